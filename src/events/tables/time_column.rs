//! The time column of a table: the one that is named, or the only one that can be it.

use super::table_reader::TableReader;
use crate::events::EventsError;
use crate::events::time::text::looks_like_time;
use crate::events::time::unit::{Epochs, UNITS, unit_name};
use crate::table::{Column, TimeUnit, Values};

/// Rows in which a column without a format is looked at before it is read.
pub(super) const LOOKED_AT: usize = 100;

/// Most values that a column proposed as the kind has.
const KINDS: usize = 50;
/// Most columns of each role that are proposed.
const PROPOSED: usize = 3;

impl<'a> TableReader<'a> {
    /// The column that the map names as the time, else the only column of timestamps.
    ///
    /// # Errors
    /// [`EventsError::NoTime`], with options that fit the columns.
    pub(super) fn time_column(&self) -> Result<&'a Column, EventsError> {
        if let Some(time) = &self.map.time {
            return self.column(&time.name, "time");
        }
        let columns = || self.raw.table.columns().iter();
        let timestamps: Vec<&Column> = columns()
            .filter(|c| matches!(c.values, Values::Time { .. }) || stated_unit(c).is_some())
            .collect();
        let names =
            |columns: &[&Column]| columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        let why = match timestamps.as_slice() {
            [only] => return Ok(only),
            [] => format!("no column holds timestamps ({})", names(&columns().collect::<Vec<_>>())),
            many => format!("several columns hold timestamps ({})", names(many)),
        };
        Err(EventsError::NoTime { file: self.file.to_owned(), why, proposal: self.proposal(&timestamps) })
    }

    /// Options that fit the columns: for each column that could be the time, then for those that could be the kind and
    /// entities.
    fn proposal(&self, timestamps: &[&Column]) -> String {
        let columns = || self.raw.table.columns().iter();
        let texts = columns().filter(|column| holds_text_times(&column.values));
        let named = timestamps.iter().copied().chain(texts).map(|column| format!("--time {}", column.name));
        let numbers = columns().filter_map(|column| {
            let unit = Epochs::of(&column.values)?.only_unit(self.map.years)?;
            Some(format!("--time {}:{}", column.name, unit_name(unit)))
        });
        let times: Vec<String> = named.chain(numbers).take(PROPOSED).collect();
        if times.is_empty() {
            return "--time COLUMN[:s|ms|us|ns|text]".to_owned();
        }
        let labels = columns().filter(|column| !holds_text_times(&column.values)).filter_map(|column| {
            let Values::Text(labels) = &column.values else { return None };
            let repeats = labels.names.len() > 1 && labels.names.len() < labels.len();
            repeats.then(|| (labels.names.len(), column.name.as_str()))
        });
        let mut labels: Vec<(usize, &str)> = labels.collect();
        labels.sort_unstable();
        let kind = labels.first().filter(|(names, _)| *names <= KINDS).map(|(_, name)| *name);
        let keys = labels.iter().map(|(_, name)| *name).filter(|name| Some(*name) != kind).take(PROPOSED);
        let roles = kind.map(|kind| format!(" --kind {kind}")).into_iter();
        let roles: String = roles.chain(keys.map(|key| format!(" --key {key}"))).collect();
        format!("{}{roles}", times.join(" or "))
    }
}

/// Returns whether a column of text holds times, by its first cells.
fn holds_text_times(values: &Values) -> bool {
    let Values::Text(labels) = values else { return false };
    let mut first = labels.iter().flatten().filter(|cell| !cell.is_empty()).take(LOOKED_AT).peekable();
    first.peek().is_some() && first.all(looks_like_time)
}

/// The unit that the metadata of a column of integers state, as the files of this crate do.
pub(super) fn stated_unit(column: &Column) -> Option<TimeUnit> {
    let Values::I64(_) = column.values else { return None };
    let (unit, _) = column.unit.split_once(" since 1970-01-01 UTC")?;
    UNITS.into_iter().find(|&known| unit_name(known) == unit)
}
