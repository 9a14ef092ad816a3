//! Node features 18 to 23: the time of day.

use super::columns::FeatureSpec;
use super::session_range::SessionRange;

/// Trading hours, first to last.
pub(super) const TRADING_HOURS: std::ops::RangeInclusive<f64> = 9.0..=16.0;
const HOUR_S: f64 = 3600.0;
/// End of the opening phase, as a share of the duration.
const OPENING: f64 = 0.2;
/// End of the middle phase, as a share of the duration.
const MIDDLE: f64 = 0.8;

/// The features of this file.
pub(super) const INFO: [FeatureSpec; 6] = [
    (
        "time_since_open",
        "s",
        "the time of day: the original takes every session to start at midnight, and so it stands here",
    ),
    (
        "normalized_time",
        "",
        "min(time of day / duration, 1), the original's: 1 in most sessions; 0 if duration <= 0",
    ),
    ("hour", "h", "hour of the day, 0 to 23"),
    ("day_of_week", "", "constant 0: the original takes it from the time of day"),
    ("trading_hours", "", "1 if 9 <= hour <= 16"),
    (
        "session_phase",
        "",
        "of p = time of day / duration, the original's: 0 if p < 0.2, 1 if p < 0.8, else 2; 0 if duration <= 0",
    ),
];

/// Hour of the day.
pub(super) fn hour(time_of_day_s: f64) -> f64 {
    (time_of_day_s / HOUR_S).floor()
}

/// The features of an event.
pub(super) fn times(session: &SessionRange, time_of_day_s: f64) -> [f64; 6] {
    let hour = hour(time_of_day_s);
    let share = if session.duration_s > 0.0 { time_of_day_s / session.duration_s } else { 0.0 };
    let phase = match share {
        share if share < OPENING => 0.0,
        share if share < MIDDLE => 1.0,
        _ => 2.0,
    };
    let trading = f64::from(u8::from(TRADING_HOURS.contains(&hour)));
    [time_of_day_s, share.min(1.0), hour, 0.0, trading, phase]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time_of_day_s: f64, duration_s: f64) -> [f64; 6] {
        let session = SessionRange {
            open: 0.0,
            high: 0.0,
            low: 0.0,
            range: 0.01,
            height: 0.01,
            duration_s,
            theory_b: false,
        };
        times(&session, time_of_day_s)
    }

    #[test]
    fn hours_and_phases_begin_at_their_bounds() {
        assert_eq!(at(0.0, 3600.0), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(at(720.0, 3600.0)[1..], [0.2, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(at(2880.0, 3600.0)[5], 2.0);
        assert_eq!(at(32_399.0, 3600.0)[1..], [1.0, 8.0, 0.0, 0.0, 2.0]);
        assert_eq!(at(32_400.0, 3600.0)[4], 1.0);
        assert_eq!(at(61_199.5, 3600.0)[2..5], [16.0, 0.0, 1.0]);
        assert_eq!(at(61_200.0, 3600.0)[4], 0.0);
    }

    #[test]
    fn a_session_without_duration_has_one_phase() {
        for duration in [0.0, -5.0] {
            assert_eq!(at(40_000.0, duration), [40_000.0, 0.0, 11.0, 0.0, 1.0, 0.0]);
        }
    }
}
