//! Tables of files that were written at different times, one below the other.
//!
//! A column that a file does not have is missing in its rows, and so is nullable in the whole; a column that is
//! nullable in one file is so in the whole. Everything else that differs is an error: a column that means another thing
//! in another file cannot be put right by guessing.

use std::path::Path;

use crate::store::StoreError;
use crate::table::{Array, Column, Labels, Table, Values};

/// A table that grows file by file, or batch by batch.
#[derive(Default)]
pub(crate) struct Grown {
    columns: Vec<Column>,
    rows: usize,
}

impl Grown {
    /// Puts the rows of a table below; `path` is where they come from.
    ///
    /// # Errors
    /// [`StoreError::Evolution`] for a column of another type.
    pub(crate) fn append(&mut self, path: &Path, table: Table) -> Result<(), StoreError> {
        let rows = self.rows + table.rows();
        let (added, first) = (table.rows(), self.rows == 0 && self.columns.is_empty());
        let mut seen = vec![false; self.columns.len()];
        for column in table.into_columns() {
            match self.columns.iter().position(|known| known.name == column.name) {
                Some(at) => {
                    let known = &mut self.columns[at];
                    let was = known.values.type_name();
                    let is = column.values.type_name();
                    let values = std::mem::replace(&mut known.values, Values::U32(Array::default()));
                    known.values = below(values, column.values).ok_or_else(|| StoreError::Evolution {
                        path: path.to_owned(),
                        column: column.name.clone(),
                        was,
                        is,
                    })?;
                    if let Some(seen) = seen.get_mut(at) {
                        *seen = true;
                    }
                }
                None if first => self.columns.push(column),
                None => {
                    let missing = missing_like(&column.values, self.rows);
                    let values = below(missing, column.values).unwrap_or(Values::U32(Array::default()));
                    self.columns.push(Column { values, ..column });
                }
            }
        }
        for (known, _) in self.columns.iter_mut().zip(seen).filter(|(_, seen)| !seen) {
            let values = std::mem::replace(&mut known.values, Values::U32(Array::default()));
            let missing = missing_like(&values, added);
            known.values = below(values, missing).unwrap_or(Values::U32(Array::default()));
        }
        self.rows = rows;
        Ok(())
    }

    pub(crate) fn finish(self) -> Table {
        Table::new(self.columns)
    }
}

/// `rows` missing values, of the nullable type that values of this type become.
fn missing_like(values: &Values, rows: usize) -> Values {
    match values {
        Values::U32(_) | Values::U64(_) | Values::I64(_) => Values::I64(Array::all_missing(rows)),
        Values::F32(_) => Values::F32(Array::all_missing(rows)),
        Values::F64(_) => Values::F64(Array::all_missing(rows)),
        Values::Bool(_) => Values::Bool(Array::all_missing(rows)),
        Values::Text(_) => Values::Text(Labels::all_missing(rows)),
        Values::Time { unit, utc, .. } => {
            Values::Time { unit: *unit, utc: *utc, values: Array::all_missing(rows) }
        }
    }
}

/// The values of `a` followed by those of `b`; `None` if they are of different types, or a `u64` that must become
/// nullable does not fit `i64`.
fn below(a: Values, b: Values) -> Option<Values> {
    let (mut a, b) = match (a.nullable(), b.nullable()) {
        (true, false) => (a, nullable(b)?),
        (false, true) => (nullable(a)?, b),
        _ => (a, b),
    };
    a.append(&b).then_some(a)
}

/// The same values in the nullable type that a file with missing values gives: all integers are `i64` there.
fn nullable(values: Values) -> Option<Values> {
    Some(match values {
        Values::U32(array) => Values::I64(array.map(i64::from).into_nullable()),
        Values::U64(array) => {
            let fit: Option<Vec<i64>> = array.present().map(|v| i64::try_from(v).ok()).collect();
            Values::I64(Array::required(fit?).into_nullable())
        }
        other => other.into_nullable(),
    })
}
