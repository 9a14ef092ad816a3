//! The times of a table: timestamps, numbers since the epoch, or text.

use jiff::tz::TimeZone;

use super::column_map::TimeFormat;
use super::table_reader::TableReader;
use super::time_column::{LOOKED_AT, stated_unit};
use crate::events::EventsError;
use crate::events::order::Time;
use crate::events::raw::{SkippedRows, shown};
use crate::events::time::clock;
use crate::events::time::text::{DateOrder, TextForm, fits, instant};
use crate::events::time::unit::{Epochs, unit_name, year};
use crate::table::{Array, Column, Labels, TimeUnit, Values};

/// The times of a table, and how they were read.
pub(super) struct Times {
    /// Time of each row; `None` for a row that is left out.
    pub(super) times: Vec<Option<Time>>,
    /// Format of the values: `s`, `ms`, `us`, `ns`, `text`, a format of `strptime`, or `timestamp`.
    pub(super) format: String,
    /// True if the format was found in the values.
    pub(super) detected: bool,
    /// The unit in which the numbers would lie in the years of logs, if they do not in the one that was named.
    pub(super) likelier_unit: Option<&'static str>,
}

impl Times {
    fn new(times: Vec<Option<Time>>, format: impl Into<String>, detected: bool) -> Self {
        Self { times, format: format.into(), detected, likelier_unit: None }
    }
}

impl TableReader<'_> {
    /// Time of each row. A row without one is left out, or an error, as the map says.
    pub(super) fn times(&self, column: &Column, skipped: &mut SkippedRows) -> Result<Times, EventsError> {
        let zone = clock::zone(self.map.zone.as_deref().unwrap_or("UTC"))?;
        let format = self.map.time.as_ref().and_then(|time| time.format.as_ref());
        let unit = match format {
            Some(TimeFormat::S) => Some(TimeUnit::Second),
            Some(TimeFormat::Ms) => Some(TimeUnit::Millisecond),
            Some(TimeFormat::Us) => Some(TimeUnit::Microsecond),
            Some(TimeFormat::Ns) => Some(TimeUnit::Nanosecond),
            Some(TimeFormat::Text | TimeFormat::Pattern(_)) | None => None,
        };
        match (&column.values, format) {
            (Values::Time { unit: stored, .. }, Some(_)) if unit != Some(*stored) => {
                Err(self.wrong_type(column, "time", format!("no other format: write --time {}", column.name)))
            }
            (Values::Time { unit, utc, values }, _) => {
                self.timestamps(column, *unit, *utc, values, &zone, skipped)
            }
            (Values::Text(labels), None) => self.undeclared(column, labels, &zone, skipped),
            (Values::Text(labels), Some(TimeFormat::Text)) => {
                self.texts(column, labels, &zone, false, skipped)
            }
            (Values::Text(labels), Some(TimeFormat::Pattern(pattern))) => {
                self.formatted(column, labels, TextForm::Format(pattern.clone()), &zone, false, skipped)
            }
            (Values::Bool(_), _) => {
                Err(self.wrong_type(column, "time", "integers, floats, text or timestamps"))
            }
            (_, Some(TimeFormat::Text | TimeFormat::Pattern(_))) => {
                Err(self.wrong_type(column, "time", "text for this format: write --time COLUMN:s|ms|us|ns"))
            }
            (values, _) => {
                let epochs = self.epochs(column, values)?;
                let unit = match unit.or_else(|| stated_unit(column)) {
                    Some(unit) => (unit, false),
                    None => (self.detected_unit(column, &epochs)?, true),
                };
                self.numbers_of(column, &epochs, unit, skipped)
            }
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
        skipped: &mut SkippedRows,
    ) -> Result<Times, EventsError> {
        let resolve = |row: usize, value: Option<i64>| {
            let value = value.ok_or_else(|| self.missing(row, column, "time"))?;
            // The year first: a zone's rules do not reach as far as timestamps do.
            let in_utc = clock::epoch(value, unit).ok_or_else(|| "the time is out of range".to_owned());
            let resolved = in_utc.and_then(|time| self.within_years(time)).and_then(|time| match utc {
                true => Ok(time),
                false => clock::wall_clock(i128::from(value) * clock::nanoseconds(unit), zone),
            });
            resolved.map_err(|why| self.value(row, column, value.to_string(), why))
        };
        let times =
            values.iter().enumerate().map(|(row, value)| self.kept(row, resolve(row, value), skipped));
        Ok(Times::new(times.collect::<Result<_, _>>()?, "timestamp", false))
    }

    /// Text without a format: numbers if most of the first cells are, else times as text.
    fn undeclared(
        &self,
        column: &Column,
        labels: &Labels,
        zone: &TimeZone,
        skipped: &mut SkippedRows,
    ) -> Result<Times, EventsError> {
        let first = || labels.iter().flatten().filter(|cell| !self.is_missing(cell)).take(LOOKED_AT);
        let numbers = first().filter(|cell| cell.trim().parse::<f64>().is_ok()).count();
        if 2 * numbers <= first().count() {
            return self.texts(column, labels, zone, true, skipped);
        }
        let epochs = self.epochs(column, &column.values)?;
        // Digits may also be a date: 20240105.
        let dates = || first().all(|cell| matches!(cell.trim().len(), 8 | 14));
        if dates() && epochs.only_unit(self.map.years).is_none() {
            return self.texts(column, labels, zone, true, skipped);
        }
        let unit = self.detected_unit(column, &epochs)?;
        self.numbers_of(column, &epochs, (unit, true), skipped)
    }

    /// Times as text; without an offset they are wall-clock times in `zone`.
    fn texts(
        &self,
        column: &Column,
        labels: &Labels,
        zone: &TimeZone,
        detected: bool,
        skipped: &mut SkippedRows,
    ) -> Result<Times, EventsError> {
        let order = self.date_order(column, labels)?;
        self.formatted(column, labels, TextForm::Known(order), zone, detected, skipped)
    }

    fn formatted(
        &self,
        column: &Column,
        labels: &Labels,
        form: TextForm,
        zone: &TimeZone,
        detected: bool,
        skipped: &mut SkippedRows,
    ) -> Result<Times, EventsError> {
        let resolve = |row: usize, cell: Option<&str>| {
            let cell = self.present(row, column, cell)?;
            let time = instant(cell, &form, zone).and_then(|time| self.within_years(time));
            time.map_err(|why| self.value(row, column, format!("{:?}", shown(cell)), self.or_skip(why)))
        };
        let times = labels.iter().enumerate().map(|(row, cell)| self.kept(row, resolve(row, cell), skipped));
        let times = times.collect::<Result<_, _>>()?;
        let format = match form {
            TextForm::Known(_) => "text".to_owned(),
            TextForm::Format(format) => format,
        };
        Ok(Times::new(times, format, detected))
    }

    /// The order of day and month in dates such as 05/01/2024.
    fn date_order(&self, column: &Column, labels: &Labels) -> Result<DateOrder, EventsError> {
        let mut doubtful = None;
        let (mut day_first, mut month_first) = (true, true);
        for (row, cell) in labels.iter().enumerate() {
            let Some(cell) = cell.filter(|cell| !self.is_missing(cell)) else { continue };
            if let Some(fits_day_first) = fits(cell, DateOrder::DayFirst) {
                day_first &= fits_day_first;
                month_first &= fits(cell, DateOrder::MonthFirst).unwrap_or(false);
                doubtful.get_or_insert((row, cell));
            }
        }
        match (doubtful, day_first, month_first) {
            (Some((row, cell)), true, true) => {
                let [day, month] = [DateOrder::DayFirst, DateOrder::MonthFirst].map(DateOrder::format);
                let time = if cell.contains(':') { " %H:%M:%S" } else { "" };
                let why = format!(
                    "day and month cannot be told apart in this column: write --time '{name}:{day}{time}' or \
                     --time '{name}:{month}{time}'",
                    name = column.name
                );
                Err(self.value(row, column, format!("{:?}", shown(cell)), why))
            }
            (_, _, true) if doubtful.is_some() => Ok(DateOrder::MonthFirst),
            _ => Ok(DateOrder::DayFirst),
        }
    }

    /// A column as numbers since the epoch.
    fn epochs(&self, column: &Column, values: &Values) -> Result<Epochs, EventsError> {
        let wrong = || self.wrong_type(column, "time", "integers, floats, text or timestamps");
        if matches!(values, Values::Bool(_) | Values::Time { .. }) {
            return Err(wrong());
        }
        Epochs::of(values).ok_or_else(wrong)
    }

    /// The only unit in which all times lie where the times of a log do.
    fn detected_unit(&self, column: &Column, epochs: &Epochs) -> Result<TimeUnit, EventsError> {
        if let Some(unit) = epochs.only_unit(self.map.years) {
            return Ok(unit);
        }
        let name = &column.name;
        let first = epochs.first();
        let readings = first.map(|value| epochs.readings(value)).unwrap_or_default();
        let want = format!(
            "a unit, which its numbers leave in doubt{}: write --time {name}:s|ms|us|ns",
            first.map_or(String::new(), |value| format!(" ({} would be {readings})", epochs.text(value)))
        );
        Err(self.wrong_type(column, "time", want))
    }

    /// Numbers since the epoch in a unit, which was found in them or named.
    fn numbers_of(
        &self,
        column: &Column,
        epochs: &Epochs,
        (unit, detected): (TimeUnit, bool),
        skipped: &mut SkippedRows,
    ) -> Result<Times, EventsError> {
        let resolve = |row: usize| {
            if let Some(bad) = epochs.unreadable(row)
                && !self.is_missing(bad)
            {
                let why = "it is no number, as the other cells are: mend it".to_owned();
                return Err(self.value(row, column, format!("{:?}", shown(bad)), self.or_skip(why)));
            }
            if !epochs.has(row) {
                return Err(self.absent(row, column, epochs.unreadable(row), "time"));
            }
            let value = || epochs.text(row);
            let time = epochs.time(row, unit).ok_or_else(|| {
                self.value(
                    row,
                    column,
                    value(),
                    "64-bit milliseconds cannot hold this time: check the unit of --time",
                )
            })?;
            self.within_years(time).map_err(|why| {
                let guess = epochs.guess(row, unit, self.map.years, &column.name);
                self.value(row, column, value(), self.or_skip(format!("{why}{guess}")))
            })?;
            Ok(time)
        };
        let times = (0..epochs.len()).map(|row| self.kept(row, resolve(row), skipped));
        let times = times.collect::<Result<_, _>>()?;
        let likelier_unit = epochs.only_unit(self.map.years).filter(|&other| other != unit).map(unit_name);
        Ok(Times { likelier_unit, ..Times::new(times, unit_name(unit), detected) })
    }

    /// A cell that is not missing.
    fn present<'c>(
        &self,
        row: usize,
        column: &Column,
        cell: Option<&'c str>,
    ) -> Result<&'c str, EventsError> {
        match cell {
            Some(cell) if !cell.trim().is_empty() && !self.is_missing(cell) => Ok(cell),
            other => Err(self.absent(row, column, other, "time")),
        }
    }

    /// The time, if it lies in the years that the map allows.
    fn within_years(&self, time: Time) -> Result<Time, String> {
        let years = self.map.years;
        let year = year(time);
        if (years.first..=years.last).contains(&year) {
            return Ok(time);
        }
        Err(format!(
            "it is in the year {year}, outside session.years ({} to {}): check the unit, or widen session.years",
            years.first, years.last
        ))
    }
}
