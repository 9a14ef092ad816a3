//! The time column of a table: timestamps, epochs or text.

use jiff::tz::TimeZone;

use super::order::Time;
use super::table_reader::{TableReader, floats};
use super::{EventsError, TimeFormat, clock};
use crate::table::{Array, Column, Labels, TimeUnit, Values};

impl<'a> TableReader<'a> {
    /// The column that the map names as the time, else the only column of timestamps.
    pub(super) fn time_column(&self) -> Result<&'a Column, EventsError> {
        if let Some(time) = &self.map.time {
            return self.column(&time.name, "time");
        }
        let timestamps: Vec<_> =
            self.table.columns().iter().filter(|c| matches!(c.values, Values::Time { .. })).collect();
        let names =
            |columns: &[&Column]| columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        match timestamps.as_slice() {
            [only] => Ok(only),
            [] => {
                let all: Vec<_> = self.table.columns().iter().collect();
                let why = format!("no column holds timestamps ({})", names(&all));
                Err(EventsError::NoTime { file: self.file.to_owned(), why })
            }
            many => {
                let why = format!("several columns hold timestamps ({})", names(many));
                Err(EventsError::NoTime { file: self.file.to_owned(), why })
            }
        }
    }

    /// Time of each row.
    pub(super) fn times(&self, column: &Column) -> Result<Vec<Time>, EventsError> {
        let zone = clock::zone(self.map.zone.as_deref().unwrap_or("UTC"))?;
        let format = self.map.time.as_ref().and_then(|time| time.format);
        let unit = match format {
            Some(TimeFormat::S) => Some(TimeUnit::Second),
            Some(TimeFormat::Ms) => Some(TimeUnit::Millisecond),
            Some(TimeFormat::Us) => Some(TimeUnit::Microsecond),
            Some(TimeFormat::Ns) => Some(TimeUnit::Nanosecond),
            Some(TimeFormat::Text) | None => None,
        };
        match (&column.values, format) {
            (Values::Time { unit: stored, .. }, Some(_)) if unit != Some(*stored) => {
                Err(self.wrong_type(column, "time", format!("no other format: write --time {}", column.name)))
            }
            (Values::Time { unit, utc, values }, _) => self.timestamps(column, *unit, *utc, values, &zone),
            (Values::Text(labels), None | Some(TimeFormat::Text)) => self.texts(column, labels, &zone),
            (Values::Text(_), Some(_)) => {
                Err(self.wrong_type(column, "time", "numbers for this format: write --time COLUMN:text"))
            }
            (values, _) => match unit {
                Some(unit) => self.epochs(column, values, unit),
                None => {
                    let want = format!("a unit: write --time {}:s|ms|us|ns", column.name);
                    Err(self.wrong_type(column, "time", want))
                }
            },
        }
    }

    /// Timestamps: instants in UTC, or wall-clock times in `zone`.
    fn timestamps(
        &self,
        column: &Column,
        unit: TimeUnit,
        utc: bool,
        values: &Array<i64>,
        zone: &TimeZone,
    ) -> Result<Vec<Time>, EventsError> {
        let out_of_range = || "the time is out of range".to_owned();
        let resolve = |(row, value): (usize, Option<i64>)| {
            let value = value.ok_or_else(|| self.missing(row, column, "time"))?;
            let resolved = match utc {
                true => clock::epoch(value, unit).ok_or_else(out_of_range),
                false => clock::wall_clock(i128::from(value) * clock::nanoseconds(unit), zone),
            };
            resolved.map_err(|why| self.value(row, column, value.to_string(), why))
        };
        values.iter().enumerate().map(resolve).collect()
    }

    /// Times as text; without an offset they are wall-clock times in `zone`.
    fn texts(&self, column: &Column, labels: &Labels, zone: &TimeZone) -> Result<Vec<Time>, EventsError> {
        let resolve = |(row, value): (usize, Option<&str>)| {
            let value = value.filter(|v| !v.is_empty()).ok_or_else(|| self.missing(row, column, "time"))?;
            clock::text(value, zone).map_err(|why| self.value(row, column, format!("{value:?}"), why))
        };
        labels.iter().enumerate().map(resolve).collect()
    }

    /// Numbers since the epoch in `unit`.
    fn epochs(&self, column: &Column, values: &Values, unit: TimeUnit) -> Result<Vec<Time>, EventsError> {
        let overflow = "64-bit milliseconds cannot hold this time: check the unit of --time";
        if let Some(integers) = self.integers(column)? {
            let resolve = |(row, value): (usize, Option<i64>)| {
                let value = value.ok_or_else(|| self.missing(row, column, "time"))?;
                clock::epoch(value, unit).ok_or_else(|| self.value(row, column, value.to_string(), overflow))
            };
            return integers.iter().enumerate().map(resolve).collect();
        }
        let floats = floats(values).filter(|_| !matches!(values, Values::Bool(_)));
        let Some(floats) = floats else {
            return Err(self.wrong_type(column, "time", "integers, floats, text or timestamps"));
        };
        let resolve = |(row, value): (usize, Option<f64>)| {
            let value = value.filter(|v| !v.is_nan()).ok_or_else(|| self.missing(row, column, "time"))?;
            clock::fractional(value, unit).ok_or_else(|| self.value(row, column, value.to_string(), overflow))
        };
        floats.iter().enumerate().map(resolve).collect()
    }
}
