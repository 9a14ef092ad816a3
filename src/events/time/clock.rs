//! Instants from epochs of any unit, from RFC 3339 text and from wall clocks of a zone.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time as TimeOfDay};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::events::EventsError;
use crate::events::order::Time;
use crate::table::TimeUnit;

/// Remedy for a wall-clock time that is not one instant.
const UNAMBIGUOUS: &str = "give it as RFC 3339 with an offset, or as a number since the epoch";

/// The time zone called `name` in the IANA database.
///
/// # Errors
/// [`EventsError::Setting`] of `session.zone` if there is no such zone.
pub(crate) fn zone(name: &str) -> Result<TimeZone, EventsError> {
    TimeZone::get(name).map_err(|_| EventsError::Setting {
        key: "session.zone",
        value: name.to_owned(),
        remedy: "use an IANA name such as UTC, Europe/Berlin or America/New_York".to_owned(),
    })
}

/// The instant of an integer epoch; `None` if its milliseconds do not fit 64 bits.
pub(crate) fn epoch(value: i64, unit: TimeUnit) -> Option<Time> {
    Time::from_ns(i128::from(value) * nanoseconds(unit))
}

/// Nanoseconds of a unit.
pub(crate) fn nanoseconds(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

/// The instant of a fractional epoch, rounded to the nearest millisecond; the rounding error is kept in `beyond_ns`
/// and orders events of equal milliseconds. `None` if the value is not finite or its milliseconds do not fit 64 bits.
pub(crate) fn fractional(value: f64, unit: TimeUnit) -> Option<Time> {
    let ms = value * (nanoseconds(unit) as f64 / 1e6);
    let whole = ms.round();
    // 2^63 is the first float that an i64 cannot hold.
    let fits = whole >= -(2f64.powi(63)) && whole < 2f64.powi(63);
    fits.then_some(Time { t_ms: whole as i64, beyond_ns: ((ms - whole) * 1e6) as i32 })
}

/// The instant of a decimal number as text, exact to the nanosecond; `None` if it is no number.
pub(crate) fn decimal(text: &str, unit: TimeUnit) -> Option<Time> {
    fractional(text.parse().ok()?, unit)
}

/// The instant of a wall-clock time in a zone.
///
/// # Errors
/// The reason: the zone repeats or skips the time (a daylight saving transition), or it is out of range.
pub(crate) fn instant(civil: DateTime, zone: &TimeZone) -> Result<Time, String> {
    // A fixed offset needs no rules, and reaches all dates; timestamps end before the last of them.
    if let Ok(offset) = zone.to_fixed_offset() {
        let since_1970 = civil.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_nanos();
        let ns = since_1970 - i128::from(offset.seconds()) * nanoseconds(TimeUnit::Second);
        return Time::from_ns(ns).ok_or_else(|| "the time is out of range".to_owned());
    }
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    let name = zone.iana_name().unwrap_or("the zone");
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => {}
        AmbiguousOffset::Gap { .. } => {
            return Err(format!("the clocks of {name} were put forward over this time; {UNAMBIGUOUS}"));
        }
        AmbiguousOffset::Fold { .. } => {
            return Err(format!("the clocks of {name} showed this time twice; {UNAMBIGUOUS}"));
        }
    }
    let timestamp = ambiguous.unambiguous().map_err(|_| "the time is out of range".to_owned())?;
    from_timestamp(timestamp)
}

fn from_timestamp(timestamp: Timestamp) -> Result<Time, String> {
    Time::from_ns(timestamp.as_nanosecond()).ok_or_else(|| "the time is out of range".to_owned())
}

/// Seconds since midnight on the wall clock, unaffected by hours that the zone skips or repeats.
pub(crate) fn second_of_day(time: TimeOfDay) -> f64 {
    let whole = i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second());
    f64::from(whole) + f64::from(time.subsec_nanosecond()) / 1e9
}

/// The instant of a wall-clock count (nanoseconds since 1970-01-01 00:00 on that clock) in a zone.
///
/// # Errors
/// As [`instant`].
pub(crate) fn wall_clock(ns: i128, zone: &TimeZone) -> Result<Time, String> {
    if zone.to_fixed_offset().is_ok_and(|offset| offset == Offset::UTC) {
        return Time::from_ns(ns).ok_or_else(|| "the time is out of range".to_owned());
    }
    // UTC only splits the count into date and time of day; `zone` then gives the instant.
    let utc = Timestamp::from_nanosecond(ns).map_err(|_| "the time is out of range".to_owned())?;
    instant(TimeZone::UTC.to_datetime(utc), zone)
}

/// The instant of a time as text: RFC 3339 with an offset, or a wall-clock time in `zone`.
///
/// # Errors
/// The reason, and the accepted formats.
pub(crate) fn text(text: &str, zone: &TimeZone) -> Result<Time, String> {
    let want = "write 2025-07-24T09:30:00-04:00, 2025-07-24 09:30:00 (in the zone of --zone), or numbers with \
                --time COLUMN:s|ms|us|ns";
    let trimmed = text.trim();
    // A time of day is required: jiff reads a date alone as midnight.
    if !trimmed.contains(':') {
        return Err(format!("it is not a date and time; {want}"));
    }
    // jiff ignores a zone in brackets, and reads second 60 as 59.
    if trimmed.contains('[') {
        return Err(format!("it names a zone in brackets; {want}"));
    }
    if has_second_60(trimmed) {
        return Err(format!("a leap second (second 60) is not supported; {want}"));
    }
    if let Ok(timestamp) = trimmed.parse::<Timestamp>() {
        return from_timestamp(timestamp);
    }
    match trimmed.parse::<DateTime>() {
        Ok(civil) => instant(civil, zone),
        Err(e) => Err(format!("it is not a date and time ({e}); {want}")),
    }
}

/// Time of day of a date and time as text, seconds since midnight, ignoring its offset.
pub(crate) fn written_second(text: &str) -> Option<f64> {
    // A civil time ignores an offset, but jiff refuses to parse one from text with the suffix Z.
    let civil: DateTime = text.trim().trim_end_matches(['Z', 'z']).parse().ok()?;
    Some(second_of_day(civil.time()))
}

/// Returns whether the time of day `HH:MM:SS` in a text has second 60.
pub(crate) fn has_second_60(text: &str) -> bool {
    text.find(':').is_some_and(|first| text.as_bytes().get(first + 3..first + 6) == Some(b":60"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_time_is_an_instant_in_its_zone() {
        let new_york = zone("America/New_York").unwrap();
        let ms = |s: &str| text(s, &new_york).map(|t| t.t_ms);
        assert_eq!(ms("2025-07-24 09:30:00"), Ok(1_753_363_800_000));
        assert_eq!(ms("2025-07-24T09:30:00.25"), Ok(1_753_363_800_250));
        assert_eq!(ms("2025-07-24T13:30:00Z"), Ok(1_753_363_800_000));
        assert_eq!(ms("2025-07-24T15:30:00+02:00"), Ok(1_753_363_800_000));
        assert!(ms("2025-03-09 02:30:00").unwrap_err().contains("forward"));
        assert!(ms("2025-11-02 01:30:00").unwrap_err().contains("twice"));
        for bad in [
            "2025-07-24 25:61:00",
            "25:61:00",
            "1753363800",
            "2025-07-24",
            "",
            "09:30:00",
            "noon",
            "2025-07-24 09:30:60",
            "2025-07-24T09:30:00[Europe/Berlin]",
        ] {
            assert!(ms(bad).is_err(), "{bad}");
        }
        assert!(zone("Mars/Olympus").is_err());
        for written in ["2025-07-24 09:30:00.5", "2025-07-24T09:30:00.5Z", "2025-07-24T09:30:00.5-04:00"] {
            assert_eq!(written_second(written), Some(34_200.5), "{written}");
        }
    }

    #[test]
    fn fractional_seconds_are_rounded_to_milliseconds() {
        assert_eq!(fractional(12.5, TimeUnit::Second), Some(Time::from_ms(12_500)));
        assert_eq!(fractional(1.001, TimeUnit::Second).map(|t| t.t_ms), Some(1001));
        for bad in [f64::NAN, f64::INFINITY, 1e300, -1e300] {
            assert_eq!(fractional(bad, TimeUnit::Second), None);
        }
        assert_eq!(epoch(i64::MAX, TimeUnit::Second), None);
        assert_eq!(epoch(-1, TimeUnit::Microsecond), Some(Time { t_ms: -1, beyond_ns: 999_000 }));
    }
}
