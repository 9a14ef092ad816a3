//! The columns of a table by their roles in a [`ColumnMap`].

use super::column_map::ColumnMap;
use crate::events::EventsError;
use crate::events::raw::{BadRows, ColumnReading, RawTable, SkippedRows, shown};
use crate::suggest::suggest;
use crate::table::{Array, Column, KeyColumn, Labels, Values};

/// A table with the roles that a map gives its columns.
pub(super) struct TableReader<'a> {
    pub(super) raw: &'a RawTable,
    pub(super) map: &'a ColumnMap,
    pub(super) file: &'a str,
}

/// The reports of a table's columns, in their order.
pub(super) struct Reports(pub(super) Vec<ColumnReading>);

impl Reports {
    /// The report of a column.
    pub(super) fn of(&mut self, name: &str) -> Option<&mut ColumnReading> {
        self.0.iter_mut().find(|report| report.name == name)
    }

    pub(super) fn take_as(&mut self, name: &str, role: &'static str) {
        if let Some(report) = self.of(name) {
            report.role = role;
        }
    }
}

impl<'a> TableReader<'a> {
    /// What is known of each column before it has a role.
    pub(super) fn reports(&self) -> Reports {
        let known: std::collections::HashMap<&str, &ColumnReading> =
            self.raw.columns.iter().map(|report| (report.name.as_str(), report)).collect();
        let report = |column: &Column| {
            let known = known.get(column.name.as_str()).map(|&report| report.clone());
            known.unwrap_or_else(|| ColumnReading::new(&column.name, &column.values))
        };
        Reports(self.raw.table.columns().iter().map(report).collect())
    }

    /// The column called `name`.
    ///
    /// # Errors
    /// [`EventsError::UnknownColumn`] with the nearest name; [`EventsError::DoubledColumn`].
    pub(super) fn column(&self, name: &str, role: &'static str) -> Result<&'a Column, EventsError> {
        if self.raw.doubled.iter().any(|doubled| doubled == name) {
            return Err(EventsError::DoubledColumn {
                file: self.file.to_owned(),
                column: name.to_owned(),
                role,
            });
        }
        let names = || self.raw.table.columns().iter().map(|c| c.name.as_str());
        self.raw.table.column(name).ok_or_else(|| {
            let near =
                suggest(name, names()).map_or(String::new(), |near| format!(", did you mean {near:?}?"));
            let all = names().collect::<Vec<_>>().join(", ");
            let unusable = self.raw.ignored.iter().find(|(ignored, _)| ignored == name);
            let hint = match unusable {
                Some((_, kind)) => {
                    format!(" that can be read: it holds {kind}; the columns that can are: {all}")
                }
                None => format!("{near}; its columns are: {all}"),
            };
            EventsError::UnknownColumn { file: self.file.to_owned(), column: name.to_owned(), role, hint }
        })
    }

    /// A row's value, or `None` for a row that the map leaves out because of this error.
    pub(super) fn kept<T>(
        &self,
        row: usize,
        value: Result<T, EventsError>,
        skipped: &mut SkippedRows,
    ) -> Result<Option<T>, EventsError> {
        if skipped.contains(row) {
            return Ok(None);
        }
        match value {
            Ok(value) => Ok(Some(value)),
            Err(EventsError::Value { .. } | EventsError::Missing { .. })
                if self.map.bad_rows == BadRows::Skip =>
            {
                if let Err(error) = value {
                    skipped.add(row, error.to_string());
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// A remedy with the option that leaves rows out.
    pub(super) fn or_skip(&self, why: String) -> String {
        format!("{why}; --bad-rows skip leaves such rows out")
    }

    /// The error of a column whose type its role cannot use.
    pub(super) fn wrong_type(
        &self,
        column: &Column,
        role: &'static str,
        want: impl Into<String>,
    ) -> EventsError {
        EventsError::ColumnType {
            file: self.file.to_owned(),
            column: column.name.clone(),
            role,
            found: column.values.type_name(),
            want: want.into(),
        }
    }

    /// The error of a value in a row.
    pub(super) fn value(
        &self,
        row: usize,
        column: &Column,
        value: String,
        remedy: impl Into<String>,
    ) -> EventsError {
        let (file, column) = (self.file.to_owned(), column.name.clone());
        EventsError::Value { file, row, column, value, remedy: remedy.into() }
    }

    /// The error of a missing value in a row.
    pub(super) fn missing(&self, row: usize, column: &Column, role: &'static str) -> EventsError {
        self.absent(row, column, None, role)
    }

    /// The error of a row that has a word for a missing value.
    pub(super) fn absent(
        &self,
        row: usize,
        column: &Column,
        word: Option<&str>,
        role: &'static str,
    ) -> EventsError {
        let found = word.filter(|word| !word.trim().is_empty());
        EventsError::Missing {
            file: self.file.to_owned(),
            row,
            column: column.name.clone(),
            found: found.map_or("is empty".to_owned(), |word| format!("holds {:?}", shown(word))),
            role,
        }
    }

    /// The column as integers, `None` if it has another type.
    pub(super) fn integers(&self, column: &Column) -> Result<Option<Array<i64>>, EventsError> {
        Ok(Some(match &column.values {
            Values::U32(array) => array.map(i64::from),
            Values::I64(array) => array.clone(),
            Values::U64(array) => {
                let fit = |(row, v): (usize, Option<u64>)| {
                    v.map(i64::try_from).transpose().map_err(|_| {
                        let value = v.unwrap_or_default().to_string();
                        self.value(row, column, value, "it does not fit a signed 64-bit integer")
                    })
                };
                array.iter().enumerate().map(fit).collect::<Result<_, _>>()?
            }
            _ => return Ok(None),
        }))
    }

    /// The order of events of equal time; `None` if the map names no column. Rows that are left out have 0.
    pub(super) fn seq(
        &self,
        skipped: &mut SkippedRows,
        reports: &mut Reports,
    ) -> Result<Option<Vec<i64>>, EventsError> {
        let Some(name) = &self.map.seq else { return Ok(None) };
        let column = self.column(name, "order of ties (--seq)")?;
        reports.take_as(name, "seq");
        let integers =
            self.integers(column)?.ok_or_else(|| self.wrong_type(column, "order of ties", "integers"))?;
        let present = |(row, value): (usize, Option<i64>)| {
            let value = value.ok_or_else(|| self.missing(row, column, "position in the order of ties"));
            Ok(self.kept(row, value, skipped)?.unwrap_or(0))
        };
        integers.iter().enumerate().map(present).collect::<Result<_, _>>().map(Some)
    }

    /// Kind of each event; all missing if the map names no column.
    pub(super) fn kind(&self, reports: &mut Reports) -> Result<Labels, EventsError> {
        match &self.map.kind {
            None => Ok(Labels::all_missing(self.raw.table.rows())),
            Some(name) => self.labels_of(self.column(name, "kind")?, "kind", reports.of(name)),
        }
    }

    /// The columns of entities, in the order of the map.
    pub(super) fn keys(&self, reports: &mut Reports) -> Result<Vec<KeyColumn>, EventsError> {
        let mut keys: Vec<KeyColumn> = Vec::with_capacity(self.map.keys.len());
        for name in &self.map.keys {
            if keys.iter().any(|key| key.name == *name) {
                return Err(named_twice("session.keys", name));
            }
            let labels = self.labels_of(self.column(name, "key")?, "key", reports.of(name))?;
            keys.push(KeyColumn { name: name.clone(), labels });
        }
        Ok(keys)
    }

    /// Session of each row; `None` if the map names no column. A row without one is left out, or an error.
    pub(super) fn groups(
        &self,
        skipped: &mut SkippedRows,
        reports: &mut Reports,
    ) -> Result<Option<Labels>, EventsError> {
        let Some(name) = &self.map.group else { return Ok(None) };
        let column = self.column(name, "group")?;
        let labels = self.labels_of(column, "group", reports.of(name))?;
        for (row, id) in labels.iter().enumerate().filter(|(_, id)| id.is_none()) {
            let word = match &column.values {
                Values::Text(cells) => cells.get(row),
                _ => id,
            };
            self.kept(row, Err::<(), _>(self.absent(row, column, word, "group")), skipped)?;
        }
        Ok(Some(labels))
    }
}

pub(super) fn named_twice(key: &'static str, name: &str) -> EventsError {
    let remedy = "the column is named twice: name it once".to_owned();
    EventsError::Setting { key, value: name.to_owned(), remedy }
}
