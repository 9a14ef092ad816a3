//! Rows that wait for their row group to fill.

use std::collections::HashMap;
use std::ops::Range;

use crate::table::{Column, Labels, MISSING, Table, Values};

/// A row group under way: columns that grow from batch to batch.
#[derive(Default)]
pub(crate) struct RowBuffer {
    columns: Vec<Column>,
    /// Per column of strings, the code of each.
    codes: Vec<HashMap<String, u32>>,
    rows: usize,
}

impl RowBuffer {
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends rows of a batch that has the same columns as those before.
    pub(crate) fn extend(&mut self, batch: &Table, rows: Range<usize>) {
        if self.columns.is_empty() {
            self.columns = batch
                .columns()
                .iter()
                .map(|column| Column::new(&column.name, &column.unit, emptied(&column.values)))
                .collect();
            self.codes.resize_with(self.columns.len(), HashMap::new);
        }
        self.rows += rows.len();
        for ((column, codes), from) in self.columns.iter_mut().zip(&mut self.codes).zip(batch.columns()) {
            append(&mut column.values, codes, &from.values, rows.clone());
        }
    }

    /// The rows as a table; none are left.
    pub(crate) fn take(&mut self) -> Table {
        self.rows = 0;
        self.codes.clear();
        Table::new(std::mem::take(&mut self.columns))
    }
}

/// No value, of the same type.
fn emptied(values: &Values) -> Values {
    match values {
        Values::U32(_) => Values::U32(vec![]),
        Values::U64(_) => Values::U64(vec![]),
        Values::I64(_) => Values::I64(vec![]),
        Values::F32(_) => Values::F32(vec![]),
        Values::F64(_) => Values::F64(vec![]),
        Values::OptBool(_) => Values::OptBool(vec![]),
        Values::OptI64(_) => Values::OptI64(vec![]),
        Values::OptF32(_) => Values::OptF32(vec![]),
        Values::OptF64(_) => Values::OptF64(vec![]),
        Values::Text(_) => Values::Text(Labels::default()),
        Values::Time { unit, utc, .. } => Values::Time { unit: *unit, utc: *utc, values: vec![] },
    }
}

fn append(to: &mut Values, codes: &mut HashMap<String, u32>, from: &Values, rows: Range<usize>) {
    match (to, from) {
        (Values::U32(to), Values::U32(from)) => to.extend_from_slice(&from[rows]),
        (Values::U64(to), Values::U64(from)) => to.extend_from_slice(&from[rows]),
        (Values::I64(to), Values::I64(from)) => to.extend_from_slice(&from[rows]),
        (Values::F32(to), Values::F32(from)) => to.extend_from_slice(&from[rows]),
        (Values::F64(to), Values::F64(from)) => to.extend_from_slice(&from[rows]),
        (Values::OptBool(to), Values::OptBool(from)) => to.extend_from_slice(&from[rows]),
        (Values::OptI64(to), Values::OptI64(from)) => to.extend_from_slice(&from[rows]),
        (Values::OptF32(to), Values::OptF32(from)) => to.extend_from_slice(&from[rows]),
        (Values::OptF64(to), Values::OptF64(from)) => to.extend_from_slice(&from[rows]),
        (Values::Time { values: to, .. }, Values::Time { values: from, .. }) => {
            to.extend_from_slice(&from[rows])
        }
        (Values::Text(to), Values::Text(from)) => {
            // By code first: a name may be long and stand in every row.
            let mut known: HashMap<u32, u32> = HashMap::from([(MISSING, MISSING)]);
            for &code in &from.codes[rows] {
                let code = *known.entry(code).or_insert_with(|| {
                    let name = &from.names[code as usize];
                    codes.get(name).copied().unwrap_or_else(|| {
                        let code = to.names.len() as u32;
                        codes.insert(name.clone(), code);
                        to.names.push(name.clone());
                        code
                    })
                });
                to.codes.push(code);
            }
        }
        _ => unreachable!("a batch is held against the declared columns before it is taken"),
    }
}
