//! A table as it was read from a file, before its columns have roles.

use std::collections::HashSet;

use serde::Serialize;

use super::{ColumnReading, SkippedRows};
use crate::table::{Column, Labels, Table, Values};

/// A table and what its reader found beside it.
#[derive(Debug, Clone, Default)]
pub struct RawTable {
    /// The columns that have a name, in the order of the file.
    pub table: Table,
    /// What the reader of a text file took each column for; empty where the file states the types.
    pub columns: Vec<ColumnReading>,
    /// The format of a delimited file.
    pub dialect: Option<Dialect>,
    /// Rows that could not be read; they are in the table, without values.
    pub skipped: SkippedRows,
    /// Names that several columns have in the file.
    pub doubled: Vec<String>,
    /// Number of columns without a name, which were passed over.
    pub nameless: usize,
    /// Name and type of columns that no event can use.
    pub ignored: Vec<(String, String)>,
    /// Columns that number or name the rows: no number of an event by default.
    pub index_columns: Vec<String>,
}

impl From<Table> for RawTable {
    fn from(table: Table) -> Self {
        Self { table, ..Self::default() }
    }
}

impl RawTable {
    /// Adds the columns of a table of as many rows; those of a name that the table has are left out.
    pub fn add_columns(&mut self, more: Table) {
        let mut columns = std::mem::take(&mut self.table).into_columns();
        let known: HashSet<String> = columns.iter().map(|column| column.name.clone()).collect();
        columns.extend(more.into_columns().into_iter().filter(|column| !known.contains(&column.name)));
        self.table = Table::new(columns);
    }

    /// Adds a column with one text for all rows, `None` for a missing one, unless the table has a column of that name.
    pub fn add_constant(&mut self, name: &str, value: Option<&str>) {
        if self.table.column(name).is_some() {
            return;
        }
        let rows = self.table.rows();
        let values = Values::Text(Labels::encode((0..rows).map(|_| value)));
        self.add_columns(Table::new(vec![Column::new(name, "", values)]));
    }
}

/// The format that a delimited file was read in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dialect {
    /// What separates cells: a character, `tab` or `blanks`.
    pub delimiter: String,
    /// Whether the first row names the columns.
    pub header: bool,
    /// Number of comment lines at the top.
    pub comment_lines: usize,
    /// True if the first cell of each row is the name of the row, which the header does not name.
    pub row_names: bool,
    /// Number of cells of a row that the header does not name: a list, as in files of the benchmark JODIE.
    pub unnamed_cells: usize,
}
