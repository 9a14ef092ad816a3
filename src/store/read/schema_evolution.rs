//! Concatenation of tables whose columns changed over time.
//!
//! A column that a file lacks is null in its rows, and so is nullable in the result; a column that is nullable in one
//! file is nullable in the result. Any other difference of types is an error: the right conversion cannot be guessed.

use std::path::Path;

use crate::store::StoreError;
use crate::table::{Array, Column, Labels, Table, Values};

/// A table to which tables of files or batches are appended.
#[derive(Default)]
pub(crate) struct TableBuilder {
    columns: Vec<Column>,
    rows: usize,
}

impl TableBuilder {
    /// Appends the rows of a table; `path` is the file that errors name.
    ///
    /// # Errors
    /// [`StoreError::Evolution`] for a column of another type than before.
    pub(crate) fn append(&mut self, path: &Path, table: Table) -> Result<(), StoreError> {
        let rows = self.rows + table.rows();
        let (added, first) = (table.rows(), self.rows == 0 && self.columns.is_empty());
        let mut seen = vec![false; self.columns.len()];
        for column in table.into_columns() {
            match self.columns.iter().position(|known| known.name == column.name) {
                Some(index) => {
                    let known = &mut self.columns[index];
                    let was = known.values.type_name();
                    let is = column.values.type_name();
                    let values = std::mem::replace(&mut known.values, Values::U32(Array::default()));
                    known.values = concat(values, column.values).ok_or_else(|| StoreError::Evolution {
                        path: path.to_owned(),
                        column: column.name.clone(),
                        was,
                        is,
                    })?;
                    if let Some(seen) = seen.get_mut(index) {
                        *seen = true;
                    }
                }
                None if first => self.columns.push(column),
                None => {
                    let missing = missing_like(&column.values, self.rows);
                    let values = concat(missing, column.values).unwrap_or(Values::U32(Array::default()));
                    self.columns.push(Column { values, ..column });
                }
            }
        }
        for (known, _) in self.columns.iter_mut().zip(seen).filter(|(_, seen)| !seen) {
            let values = std::mem::replace(&mut known.values, Values::U32(Array::default()));
            let missing = missing_like(&values, added);
            known.values = concat(values, missing).unwrap_or(Values::U32(Array::default()));
        }
        self.rows = rows;
        Ok(())
    }

    pub(crate) fn finish(self) -> Table {
        Table::new(self.columns)
    }
}

/// A column of `rows` nulls of the nullable type for `values`.
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

/// The values of `a`, then those of `b`; `None` if their types differ, or if a `u64` value of a column that becomes
/// nullable does not fit `i64`.
fn concat(a: Values, b: Values) -> Option<Values> {
    let (mut a, b) = match (a.is_nullable(), b.is_nullable()) {
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
