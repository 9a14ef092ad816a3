//! Times as text, in the forms in which programs write them.
//!
//! The crate `jiff` reads dates and times; this file takes the offset from the end, which programs write in more ways
//! than one format holds, and knows which formats to try.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{Offset, TimeZone};

use super::clock;
use crate::events::order::Time;

/// Formats without doubt about day and month, the most frequent first. A blank stands for any number of blanks.
const FORMATS: [&str; 24] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y.%m.%d %H:%M:%S%.f",
    "%Y.%m.%d %H:%M",
    "%Y.%m.%d",
    "%d.%m.%Y %H:%M:%S%.f",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M:%S%.f",
    "%d-%b-%Y %H:%M:%S%.f",
    "%d/%b/%Y:%H:%M:%S",
    "%b %d, %Y %H:%M:%S",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y%m%d %H:%M:%S%.f",
    "%Y%m%dT%H%M%S%.f",
    "%Y%m%d%H%M%S",
    "%Y%m%d",
];
/// Formats with the day before the month.
const DAY_FIRST: [&str; 8] = [
    "%d/%m/%Y %H:%M:%S%.f",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %I:%M:%S %p",
    "%d/%m/%Y %I:%M %p",
    "%d/%m/%Y",
    "%d-%m-%Y %H:%M:%S%.f",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y",
];
/// The same with the month first.
const MONTH_FIRST: [&str; 8] = [
    "%m/%d/%Y %H:%M:%S%.f",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y",
    "%m-%d-%Y %H:%M:%S%.f",
    "%m-%d-%Y %H:%M",
    "%m-%d-%Y",
];
/// Forms that a message names.
const WANT: &str = "write 2025-07-24T09:30:00-04:00 or 2025-07-24 09:30:00 (in the zone of --zone), give the form as in \
                    --time 'COLUMN:%d/%m/%Y %H:%M', or numbers with --time COLUMN:s|ms|us|ns";

/// The order of day and month in dates such as 05/01/2024.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::events) enum DateOrder {
    DayFirst,
    MonthFirst,
}

impl DateOrder {
    pub(in crate::events) fn format(self) -> &'static str {
        match self {
            Self::DayFirst => "%d/%m/%Y",
            Self::MonthFirst => "%m/%d/%Y",
        }
    }
}

/// How times are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::events) enum TextForm {
    /// Any of the known forms, dates such as 05/01/2024 in this order.
    Known(DateOrder),
    /// This format of `strptime`.
    Format(String),
}

/// The instant of a text. Without an offset it is a time on the wall clock of `zone`; a date alone is its midnight.
///
/// # Errors
/// The reason, and forms that can be read.
pub(in crate::events) fn instant(text: &str, form: &TextForm, zone: &TimeZone) -> Result<Time, String> {
    let trimmed = text.trim();
    if clock::has_second_60(trimmed) {
        return Err(format!("a leap second (second 60) is not supported; {WANT}"));
    }
    let (written, offset) = match form {
        TextForm::Format(format) => {
            let broken_down = BrokenDownTime::parse(format, trimmed)
                .map_err(|e| format!("it has not the form {format:?} ({e})"))?;
            let civil =
                date_time(&broken_down).ok_or_else(|| format!("the form {format:?} gives no date"))?;
            (civil, broken_down.offset())
        }
        TextForm::Known(order) => {
            let (rest, offset) = split_offset(trimmed);
            let civil = civil(rest, *order).ok_or_else(|| format!("it is no date and time; {WANT}"))?;
            (civil, offset)
        }
    };
    match offset {
        Some(offset) => clock::instant(written, &TimeZone::fixed(offset)),
        None => clock::instant(written, zone),
    }
}

/// Returns whether a cell is a date or a time in a known form, and no number.
pub(in crate::events) fn looks_like_time(cell: &str) -> bool {
    let first = |cell: &str| cell.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let (rest, _) = split_offset(cell.trim());
    first(rest)
        && rest.bytes().any(|byte| byte.is_ascii_digit())
        && rest.bytes().any(|byte| !byte.is_ascii_digit())
        && (civil(rest, DateOrder::DayFirst).is_some() || civil(rest, DateOrder::MonthFirst).is_some())
}

/// Returns whether an order of day and month fits a text; `None` if the text is in a form that leaves no doubt.
pub(in crate::events) fn fits(text: &str, order: DateOrder) -> Option<bool> {
    let (rest, _) = split_offset(text.trim());
    let doubtful = rest.bytes().take(5).any(|byte| matches!(byte, b'/' | b'-'))
        && !rest.bytes().take(4).all(|byte| byte.is_ascii_digit())
        && rest.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && FORMATS.iter().all(|format| parsed(format, rest).is_none());
    doubtful.then(|| civil(rest, order).is_some())
}

/// The date and time of a text without an offset.
fn civil(text: &str, order: DateOrder) -> Option<DateTime> {
    let point;
    // A comma before the fraction, as ISO 8601 allows and Python's `logging` writes.
    let text = match text.rsplit_once(',') {
        Some((before, after))
            if before.contains(':')
                && !after.is_empty()
                && after.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            point = format!("{before}.{after}");
            &point
        }
        _ => text,
    };
    // The usual forms, by the faster parser; it reads a zone in brackets and drops it.
    if !text.contains('[') {
        if text.contains(':')
            && let Ok(civil) = text.parse::<DateTime>()
        {
            return Some(civil);
        }
        if text.len() == 10
            && let Ok(date) = text.parse::<Date>()
        {
            return Some(date.to_datetime(jiff::civil::Time::midnight()));
        }
    }
    let ordered = match order {
        DateOrder::DayFirst => &DAY_FIRST,
        DateOrder::MonthFirst => &MONTH_FIRST,
    };
    FORMATS.iter().chain(ordered).find_map(|format| parsed(format, text))
}

fn parsed(format: &str, text: &str) -> Option<DateTime> {
    date_time(&BrokenDownTime::parse(format, text).ok()?)
}

fn date_time(broken_down: &BrokenDownTime) -> Option<DateTime> {
    let date = broken_down.to_date().ok()?;
    let time = if broken_down.hour().is_some() {
        broken_down.to_time().ok()?
    } else {
        jiff::civil::Time::midnight()
    };
    Some(date.to_datetime(time))
}

/// A text without the offset at its end, and the offset: `Z`, `UTC`, `GMT`, `+01`, `+0100`, `+01:00`, `+01:00:00`, with
/// or without a blank before it.
fn split_offset(text: &str) -> (&str, Option<Offset>) {
    for name in ["Z", "z", "UTC", "GMT", "utc"] {
        if let Some(rest) = text.strip_suffix(name)
            && rest.trim_end().ends_with(|c: char| c.is_ascii_digit())
        {
            return (rest.trim_end(), Some(Offset::UTC));
        }
    }
    let Some(at) = text.rfind(['+', '-']) else { return (text, None) };
    let (rest, offset) = text.split_at(at);
    // Before an offset there is a time: `-05` at the end of a date is a day.
    if !rest.contains(':') && !rest.contains('T') {
        return (text, None);
    }
    match seconds(offset) {
        Some(seconds) => match Offset::from_seconds(seconds) {
            Ok(offset) => (rest.trim_end(), Some(offset)),
            Err(_) => (text, None),
        },
        None => (text, None),
    }
}

/// The seconds of `+HH[[:]MM[[:]SS]]`.
fn seconds(offset: &str) -> Option<i32> {
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits: String = offset[1..].split(':').collect();
    let whole = matches!(digits.len(), 2 | 4 | 6) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let colons_at_pairs = offset[1..].split(':').all(|part| part.len() % 2 == 0 && !part.is_empty());
    if !whole || !colons_at_pairs {
        return None;
    }
    let part = |i: usize| digits.get(2 * i..2 * i + 2).map_or(Some(0), |pair| pair.parse::<i32>().ok());
    let (hours, minutes, seconds) = (part(0)?, part(1)?, part(2)?);
    (hours <= 18 && minutes < 60 && seconds < 60).then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ms(text: &str) -> Option<i64> {
        let new_york = clock::zone("America/New_York").unwrap();
        let time = instant(text, &TextForm::Known(DateOrder::DayFirst), &new_york).ok()?;
        Some(time.t_ms)
    }

    #[test]
    fn the_forms_of_common_writers_are_read() {
        // 2024-01-05 09:30:00 in New York
        let want = Some(1_704_465_000_000);
        for text in [
            "2024-01-05 09:30:00",
            "2024-01-05T09:30:00",
            "2024-01-05T09:30",
            "2024-1-5 9:30:00",
            "2024/01/05 09:30:00",
            "05.01.2024 09:30",
            "05/01/2024 09:30:00",
            "05/01/2024 9:30:00 AM",
            "20240105T093000",
            "20240105 09:30:00",
            "20240105093000",
            "05-Jan-2024 09:30:00",
            "2024-01-05 14:30:00 UTC",
            "2024-01-05 14:30:00Z",
            "2024-01-05T14:30:00.000Z",
            "2024-01-05 15:30:00 +0100",
            "2024-01-05 15:30:00+01",
            "2024-01-05 15:30:00+01:00",
            "2024-01-05 20:00:00+0530",
            "Fri Jan 5 15:30:00 2024 +0100",
            "Fri, 05 Jan 2024 14:30:00 GMT",
            "05/Jan/2024:14:30:00 +0000",
        ] {
            assert_eq!(ms(text), want, "{text}");
        }
        assert_eq!(ms("2024-01-05 09:30:00,250"), Some(1_704_465_000_250));
        assert_eq!(ms("2024-01-05"), Some(1_704_430_800_000));
        for text in [
            "",
            "noon",
            "09:30:00",
            "2024-13-05",
            "2024-01-05 25:00:00",
            "2024-01-05 09:30:60",
            "1704465000",
            "x5",
        ] {
            assert_eq!(ms(text), None, "{text}");
        }
    }

    #[test]
    fn day_and_month_are_told_apart_where_they_can_be() {
        assert_eq!(fits("13/01/2024", DateOrder::DayFirst), Some(true));
        assert_eq!(fits("13/01/2024", DateOrder::MonthFirst), Some(false));
        assert_eq!(fits("02/01/2024 10:00", DateOrder::MonthFirst), Some(true));
        assert_eq!(fits("2024-01-05", DateOrder::MonthFirst), None);
        assert!(looks_like_time("1/13/2024") && looks_like_time("2024-01-05T09:30Z"));
        assert!(!looks_like_time("price") && !looks_like_time("20240105") && !looks_like_time("a-1"));
        let format = TextForm::Format("%d|%m|%y".to_owned());
        assert_eq!(instant("05|01|24", &format, &TimeZone::UTC).unwrap().t_ms, 1_704_412_800_000);
    }
}
