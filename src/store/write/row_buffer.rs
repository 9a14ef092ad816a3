//! Buffer of the rows of an unfinished row group.

use std::ops::Range;

use crate::table::{Column, Table, ValuesBuilder};

/// Rows of an unfinished row group: columns that grow batch by batch.
#[derive(Default)]
pub(crate) struct RowBuffer {
    columns: Vec<BufferedColumn>,
    rows: usize,
}

struct BufferedColumn {
    name: String,
    unit: String,
    values: ValuesBuilder,
}

impl RowBuffer {
    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends rows of a batch. All batches must have the same columns.
    pub(crate) fn extend(&mut self, batch: &Table, rows: Range<usize>) {
        if self.columns.is_empty() {
            let empty = |column: &Column| BufferedColumn {
                name: column.name.clone(),
                unit: column.unit.clone(),
                values: column.values.builder(),
            };
            self.columns = batch.columns().iter().map(empty).collect();
        }
        self.rows += rows.len();
        for (column, from) in self.columns.iter_mut().zip(batch.columns()) {
            let appended = column.values.append(&from.values.slice(rows.clone()));
            assert!(appended, "a batch is checked against the declared columns before it is buffered");
        }
    }

    /// Returns the rows as a table, and empties the buffer.
    pub(crate) fn take(&mut self) -> Table {
        self.rows = 0;
        let columns = std::mem::take(&mut self.columns).into_iter();
        Table::new(columns.map(|c| Column::new(c.name, c.unit, c.values.finish())).collect())
    }
}
