//! Rows that are collected until their row group is full.

use std::ops::Range;

use crate::table::{Column, Table, ValuesBuilder};

/// A row group under construction: columns that grow from batch to batch.
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
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends rows of a batch that has the same columns as those before.
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

    /// The rows as a table; the buffer is empty afterwards.
    pub(crate) fn take(&mut self) -> Table {
        self.rows = 0;
        let columns = std::mem::take(&mut self.columns).into_iter();
        Table::new(columns.map(|c| Column::new(c.name, c.unit, c.values.finish())).collect())
    }
}
