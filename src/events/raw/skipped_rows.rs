//! Rows of a source that become no event.

use serde::{Deserialize, Serialize};

/// What becomes of a row that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BadRows {
    /// It is an error.
    #[default]
    Error,
    /// It is left out and counted.
    Skip,
}

/// Rows of a source that became no event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SkippedRows {
    /// Number of them.
    pub rows: usize,
    /// The first.
    pub first: Option<SkippedRow>,
    /// All of them, from 0, in ascending order.
    #[serde(skip)]
    pub positions: Vec<usize>,
}

/// A row that became no event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedRow {
    /// The row, from 0.
    pub row: usize,
    /// The reason.
    pub why: String,
}

impl SkippedRows {
    /// Adds a row. Rows may come in any order, and a row that is added again changes nothing.
    pub fn add(&mut self, row: usize, why: impl Into<String>) {
        let Err(at) = self.positions.binary_search(&row) else { return };
        self.positions.insert(at, row);
        self.rows += 1;
        if at == 0 {
            self.first = Some(SkippedRow { row, why: why.into() });
        }
    }

    /// Returns whether a row is among them.
    pub fn contains(&self, row: usize) -> bool {
        self.positions.binary_search(&row).is_ok()
    }
}
