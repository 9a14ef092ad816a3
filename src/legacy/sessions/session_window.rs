//! Hours of a session, events outside them, and placeholders of unknown times.

use jiff::civil::Time as TimeOfDay;

use crate::events::clock;

/// Times of day that are placeholders if they are outside the session, seconds since midnight: the original writes
/// them for the high and the low of a session if it does not know their times.
const PLACEHOLDERS_S: [f64; 3] = [0.0, 43_200.0, 45_000.0];

/// First and last second of a session on its wall clock, inclusive; the last may be after midnight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SessionWindow {
    start_s: f64,
    end_s: f64,
}

impl SessionWindow {
    pub(super) fn new(start: TimeOfDay, end: TimeOfDay) -> Self {
        Self { start_s: clock::second_of_day(start), end_s: clock::second_of_day(end) }
    }

    fn contains(self, second: f64) -> bool {
        let (after, before) = (second >= self.start_s, second <= self.end_s);
        if self.start_s <= self.end_s { after && before } else { after || before }
    }

    /// Number of times of day outside the window.
    pub(super) fn outside(self, time_of_day_s: &[f64]) -> usize {
        time_of_day_s.iter().filter(|&&second| !self.contains(second)).count()
    }
}

/// Number of times of day that are placeholders: 00:00:00, 12:00:00 and 12:30:00 outside the window. Without a
/// window: 00:00:00, if more than one event has it.
pub(super) fn placeholders(window: Option<SessionWindow>, time_of_day_s: &[f64]) -> usize {
    let at = |marks: &[f64]| time_of_day_s.iter().filter(|second| marks.contains(second)).count();
    match window {
        Some(window) => {
            PLACEHOLDERS_S.iter().filter(|&&mark| !window.contains(mark)).map(|&mark| at(&[mark])).sum()
        }
        None => Some(at(&PLACEHOLDERS_S[..1])).filter(|&several| several > 1).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHT: SessionWindow = SessionWindow { start_s: 82_800.0, end_s: 3_600.0 };
    const MORNING: SessionWindow = SessionWindow { start_s: 34_200.0, end_s: 43_199.0 };

    #[test]
    fn both_ends_are_inside_and_a_window_may_cross_midnight() {
        assert_eq!(MORNING.outside(&[34_199.0, 34_200.0, 43_199.0, 43_199.5, 43_200.0]), 3);
        assert_eq!(NIGHT.outside(&[82_799.0, 82_800.0, 0.0, 3_600.0, 3_601.0]), 2);
    }

    #[test]
    fn a_placeholder_is_outside_the_window() {
        let times = [0.0, 43_200.0, 43_200.0, 45_000.0, 45_001.0, 34_200.0];
        assert_eq!(placeholders(Some(MORNING), &times), 4);
        assert_eq!(placeholders(Some(NIGHT), &times), 3);
        assert_eq!(placeholders(None, &times), 0, "one event at midnight is plausible");
        assert_eq!(placeholders(None, &[0.0, 0.0, 43_200.0]), 2);
    }
}
