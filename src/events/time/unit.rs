//! Numbers since the epoch, and the unit that they are in.

use super::{Years, clock};
use crate::events::order::Time;
use crate::table::{Array, Labels, TimeUnit, Values};

/// The units of numbers since the epoch.
pub(in crate::events) const UNITS: [TimeUnit; 4] =
    [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];

/// Years in which the times of a log lie if nobody says otherwise: in no two units do numbers lie in them.
const USUAL_YEARS: Years = Years { first: 1990, last: 2099 };

/// The name of a unit in `COLUMN:UNIT`.
pub(in crate::events) fn unit_name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

fn unit_in_words(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    }
}

/// The year of an instant, UTC, in the proleptic Gregorian calendar.
pub(in crate::events) fn year(time: Time) -> i32 {
    // The algorithm of Howard Hinnant's `civil_from_days`: eras of 400 years that begin in March.
    let days = time.t_ms.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let after_december = i64::from(day_of_year >= 306);
    i32::try_from(era * 400 + year + after_december).unwrap_or(i32::MAX)
}

/// A column of numbers since the epoch, as exact as the file has them.
pub(in crate::events) enum Epochs {
    Integers(Array<i64>),
    Floats(Array<f64>),
    /// Decimal numbers as text.
    Texts(Labels),
}

impl Epochs {
    /// The numbers of a column; `None` if its type has none.
    pub(in crate::events) fn of(values: &Values) -> Option<Self> {
        Some(match values {
            Values::I64(values) => Self::Integers(values.clone()),
            Values::U32(values) => Self::Integers(values.map(i64::from)),
            Values::U64(values) if values.present().all(|value| i64::try_from(value).is_ok()) => {
                Self::Integers(values.map(|value| value as i64))
            }
            Values::Text(labels) => Self::Texts(labels.clone()),
            Values::Bool(_) | Values::Time { .. } => return None,
            Values::F32(values) => Self::Floats(values.map(f64::from)),
            Values::F64(values) => Self::Floats(values.clone()),
            Values::U64(values) => Self::Floats(values.map(|value| value as f64)),
        })
    }

    pub(in crate::events) fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Texts(labels) => labels.len(),
        }
    }

    /// Returns whether a row has a number.
    pub(in crate::events) fn has(&self, row: usize) -> bool {
        match self {
            Self::Integers(values) => values.is_valid(row),
            Self::Floats(values) => values.get(row).is_some_and(|value| !value.is_nan()),
            Self::Texts(labels) => labels.get(row).is_some_and(is_decimal),
        }
    }

    /// The text of a row that is no number.
    pub(in crate::events) fn unreadable(&self, row: usize) -> Option<&str> {
        match self {
            Self::Texts(labels) => {
                labels.get(row).filter(|cell| !cell.trim().is_empty() && !is_decimal(cell))
            }
            Self::Integers(_) | Self::Floats(_) => None,
        }
    }

    /// The instant of a row in a unit; `None` without a number, or if 64-bit milliseconds cannot hold it.
    pub(in crate::events) fn time(&self, row: usize, unit: TimeUnit) -> Option<Time> {
        match self {
            Self::Integers(values) => clock::epoch(values.get(row)?, unit),
            Self::Floats(values) => clock::fractional(values.get(row)?, unit),
            Self::Texts(labels) => clock::decimal(labels.get(row)?.trim(), unit),
        }
    }

    /// The number of a row as text.
    pub(in crate::events) fn text(&self, row: usize) -> String {
        match self {
            Self::Integers(values) => values.get(row).unwrap_or_default().to_string(),
            Self::Floats(values) => values.get(row).unwrap_or_default().to_string(),
            Self::Texts(labels) => labels.get(row).unwrap_or_default().trim().to_owned(),
        }
    }

    /// The first row that has a number.
    pub(in crate::events) fn first(&self) -> Option<usize> {
        (0..self.len()).find(|&row| self.has(row))
    }

    /// The unit in which all numbers lie in the years of logs, if exactly one does.
    pub(in crate::events) fn only_unit(&self, years: Years) -> Option<TimeUnit> {
        let first = self.first()?;
        let years =
            Years { first: years.first.max(USUAL_YEARS.first), last: years.last.min(USUAL_YEARS.last) };
        // The first number excludes all but one unit.
        let unit = UNITS.into_iter().find(|&unit| self.lies_in(first, unit, years))?;
        (0..self.len()).filter(|&row| self.has(row)).all(|row| self.lies_in(row, unit, years)).then_some(unit)
    }

    fn lies_in(&self, row: usize, unit: TimeUnit, years: Years) -> bool {
        self.time(row, unit).is_some_and(|time| (years.first..=years.last).contains(&year(time)))
    }

    /// The year of a row's number in each unit, in words.
    pub(in crate::events) fn readings(&self, row: usize) -> String {
        let reading = |unit: TimeUnit| {
            let year =
                self.time(row, unit).map_or("no time".to_owned(), |time| format!("the year {}", year(time)));
            format!("{year} in {}", unit_in_words(unit))
        };
        UNITS.map(reading).join(", ")
    }

    /// What may be wrong with a number that is outside the allowed years in `unit`: the end of a sentence.
    pub(in crate::events) fn guess(&self, row: usize, unit: TimeUnit, years: Years, column: &str) -> String {
        let years =
            Years { first: years.first.max(USUAL_YEARS.first), last: years.last.min(USUAL_YEARS.last) };
        let count = |unit| (0..self.len()).filter(|&row| self.lies_in(row, unit, years)).count();
        let Some(other) = UNITS.into_iter().find(|&other| other != unit && self.lies_in(row, other, years))
        else {
            return String::new();
        };
        let (fitting, rows) = (count(other), self.len());
        let guess = format!(
            "; is `{column}` in {}? {fitting} of {rows} values would lie in the years {} to {}",
            unit_in_words(other),
            years.first,
            years.last
        );
        let before = (0..row).filter(|&row| self.lies_in(row, unit, years)).count();
        match before {
            0 => guess,
            before => format!(
                "{guess}, but {before} before this row fit {}: units change here",
                unit_in_words(unit)
            ),
        }
    }
}

/// Returns whether a text is a decimal number.
fn is_decimal(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn years_are_those_of_the_calendar() {
        let day = |days: i64| year(Time::from_ms(days * 86_400_000));
        assert_eq!(
            [day(0), day(-1), day(364), day(365), day(19_722), day(19_723)],
            [1970, 1969, 1970, 1971, 2023, 2024]
        );
        assert_eq!([day(-719_162), day(-719_163), day(2_932_896), day(2_932_897)], [1, 0, 9999, 10_000]);
    }

    #[test]
    fn the_only_unit_of_usual_years_is_found() {
        let unit =
            |values: Vec<i64>| Epochs::of(&Values::I64(values.into())).unwrap().only_unit(Years::default());
        assert_eq!(unit(vec![1_700_000_000, 1_600_000_000]), Some(TimeUnit::Second));
        assert_eq!(unit(vec![1_700_000_000_000]), Some(TimeUnit::Millisecond));
        assert_eq!(unit(vec![1_700_000_000_000_000_000]), Some(TimeUnit::Nanosecond));
        assert_eq!(unit(vec![0, 36]), None);
        assert_eq!(unit(vec![1_700_000_000, 1_700_000_000_000]), None);
    }
}
