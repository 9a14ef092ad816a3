//! What the columns of a table were taken for.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::table::Values;

/// Characters of a cell that a report repeats.
const SHOWN: usize = 60;

/// What a column of a table was taken for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnReading {
    /// Name.
    pub name: String,
    /// Role in the run: `time`, `seq`, `kind`, `group`, `key`, `number`, `price` or `unused`.
    pub role: &'static str,
    /// Type of its values: `integers`, `floats`, `booleans`, `text`, `timestamps`, `times` of the time column, or `empty`.
    pub holds: &'static str,
    /// Number of rows without a value.
    pub missing: usize,
    /// Words that were read as a missing value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_words: Vec<WordCount>,
    /// The first cell that is no number, if others are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mixed: Option<MixedColumn>,
    /// Number of integers above 2^53, which a float does not hold exactly; they are rounded.
    #[serde(skip_serializing_if = "is_zero")]
    pub rounded: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A word that stands for a missing value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordCount {
    /// The word.
    pub word: String,
    /// Number of rows that have it.
    pub rows: usize,
    /// The first of them, from 0.
    pub first_row: usize,
}

/// A column of text with numbers in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MixedColumn {
    /// Number of cells that are numbers.
    pub numbers: usize,
    /// The first row, from 0, whose cell is neither a number nor a missing word.
    pub first_row: usize,
    /// That cell, shortened.
    pub cell: String,
}

impl ColumnReading {
    /// The report of a column without a role.
    pub(in crate::events) fn new(name: &str, values: &Values) -> Self {
        let rows = values.len();
        let missing = (0..rows).filter(|&row| !values.is_valid(row)).count();
        let holds = match values {
            _ if missing == rows => "empty",
            Values::U32(_) | Values::U64(_) | Values::I64(_) => "integers",
            Values::F32(_) | Values::F64(_) => "floats",
            Values::Bool(_) => "booleans",
            Values::Text(_) => "text",
            Values::Time { .. } => "timestamps",
        };
        Self {
            name: name.to_owned(),
            role: "unused",
            holds,
            missing,
            missing_words: Vec::new(),
            mixed: None,
            rounded: 0,
        }
    }
}

/// A cell, shortened for a message.
pub(in crate::events) fn shown(cell: &str) -> String {
    let mut text: String = cell.chars().take(SHOWN).collect();
    if text.len() < cell.len() {
        text.push_str("...");
    }
    text
}

/// The words among the cells, by their first row.
pub(in crate::events) fn missing_words<'a>(
    cells: impl Iterator<Item = Option<&'a str>>,
    words: &[String],
) -> Vec<WordCount> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (row, cell) in cells.enumerate() {
        if let Some(cell) = cell.filter(|cell| words.iter().any(|word| word == cell)) {
            counts.entry(cell).or_insert((0, row)).0 += 1;
        }
    }
    let mut counts: Vec<WordCount> = counts
        .into_iter()
        .map(|(word, (rows, first_row))| WordCount { word: word.to_owned(), rows, first_row })
        .collect();
    counts.sort_by_key(|count| count.first_row);
    counts
}
