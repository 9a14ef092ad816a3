//! Tables of files that were written at different times, one below the other.
//!
//! A column that a file does not have is missing in its rows, and so is nullable in the whole; a column that is
//! nullable in one file is so in the whole. Everything else that differs is an error: a column that means another thing
//! in another file cannot be put right by guessing.

use std::path::Path;

use crate::store::StoreError;
use crate::table::{Column, Labels, MISSING, Table, Values};

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
                    let values = std::mem::replace(&mut known.values, Values::U32(Vec::new()));
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
                    let values = below(missing, column.values).unwrap_or(Values::U32(Vec::new()));
                    self.columns.push(Column { values, ..column });
                }
            }
        }
        for (known, _) in self.columns.iter_mut().zip(seen).filter(|(_, seen)| !seen) {
            let values = std::mem::replace(&mut known.values, Values::U32(Vec::new()));
            let missing = missing_like(&values, added);
            known.values = below(values, missing).unwrap_or(Values::U32(Vec::new()));
        }
        self.rows = rows;
        Ok(())
    }

    pub(crate) fn finish(self) -> Table {
        Table::new(self.columns)
    }
}

/// So many missing values, of the type that can be missing.
fn missing_like(values: &Values, rows: usize) -> Values {
    match values {
        Values::U32(_) | Values::U64(_) | Values::I64(_) | Values::OptI64(_) => {
            Values::OptI64(vec![None; rows])
        }
        Values::F32(_) | Values::OptF32(_) => Values::OptF32(vec![None; rows]),
        Values::F64(_) | Values::OptF64(_) => Values::OptF64(vec![None; rows]),
        Values::OptBool(_) => Values::OptBool(vec![None; rows]),
        Values::Text(_) => Values::Text(Labels { names: Vec::new(), codes: vec![MISSING; rows] }),
        Values::Time { unit, utc, .. } => Values::Time { unit: *unit, utc: *utc, values: vec![None; rows] },
    }
}

/// The values of `a` and below them those of `b`; `None` if they are of different types, or a number of `u64` that
/// must become nullable does not fit `i64`.
fn below(a: Values, b: Values) -> Option<Values> {
    fn joined<T>(mut a: Vec<T>, b: Vec<T>) -> Vec<T> {
        a.extend(b);
        a
    }
    Some(match (a, b) {
        (Values::U32(a), Values::U32(b)) => Values::U32(joined(a, b)),
        (Values::U64(a), Values::U64(b)) => Values::U64(joined(a, b)),
        (Values::I64(a), Values::I64(b)) => Values::I64(joined(a, b)),
        (Values::F32(a), Values::F32(b)) => Values::F32(joined(a, b)),
        (Values::F64(a), Values::F64(b)) => Values::F64(joined(a, b)),
        (Values::OptBool(a), Values::OptBool(b)) => Values::OptBool(joined(a, b)),
        (Values::OptI64(a), Values::OptI64(b)) => Values::OptI64(joined(a, b)),
        (Values::OptF32(a), Values::OptF32(b)) => Values::OptF32(joined(a, b)),
        (Values::OptF64(a), Values::OptF64(b)) => Values::OptF64(joined(a, b)),
        (Values::Text(a), Values::Text(b)) => Values::Text(labels(a, b)),
        (Values::Time { unit, utc, values: a }, Values::Time { unit: other, utc: other_utc, values: b })
            if unit == other && utc == other_utc =>
        {
            Values::Time { unit, utc, values: joined(a, b) }
        }
        // One side can be missing, the other not.
        (a @ (Values::OptI64(_) | Values::OptF32(_) | Values::OptF64(_)), b) if !b.nullable() => {
            below(a, nullable(b)?)?
        }
        (a, b @ (Values::OptI64(_) | Values::OptF32(_) | Values::OptF64(_))) if !a.nullable() => {
            below(nullable(a)?, b)?
        }
        _ => return None,
    })
}

fn nullable(values: Values) -> Option<Values> {
    Some(match values {
        Values::U32(v) => Values::OptI64(v.into_iter().map(|v| Some(v.into())).collect()),
        Values::U64(v) => {
            let fit: Result<Vec<_>, _> = v.into_iter().map(|v| i64::try_from(v).map(Some)).collect();
            Values::OptI64(fit.ok()?)
        }
        Values::I64(v) => Values::OptI64(v.into_iter().map(Some).collect()),
        Values::F32(v) => Values::OptF32(v.into_iter().map(Some).collect()),
        Values::F64(v) => Values::OptF64(v.into_iter().map(Some).collect()),
        other => other,
    })
}

fn labels(mut a: Labels, b: Labels) -> Labels {
    let known: std::collections::HashMap<&str, u32> = a.names.iter().map(String::as_str).zip(0..).collect();
    let mut names = Vec::new();
    let mut codes = Vec::with_capacity(b.names.len());
    for name in &b.names {
        codes.push(known.get(name.as_str()).copied().unwrap_or_else(|| {
            names.push(name.clone());
            (known.len() + names.len() - 1) as u32
        }));
    }
    a.names.extend(names);
    a.codes
        .extend(b.codes.into_iter().map(|code| if code == MISSING { MISSING } else { codes[code as usize] }));
    a
}
