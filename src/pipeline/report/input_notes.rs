//! The notes on how tables were read: what was assumed, left out or not used.

use std::collections::BTreeMap;

use super::Note;
use crate::events::{ColumnReading, TableReport, words_in_text};
use crate::pipeline::inputs::LoadedInputs;

/// Names that a note lists.
const LISTED: usize = 6;

/// The notes on the tables of a run. What holds for several tables is said once.
pub(super) fn input_notes(inputs: &LoadedInputs) -> Vec<Note> {
    let tables = &inputs.tables;
    let mut notes = Vec::new();
    let mut note = |code, setting, texts: Vec<(&str, String)>| {
        notes.extend(collected(texts).map(|text| Note { code, text, setting }));
    };
    note("read-as", None, each(tables, assumptions));
    note("unit-in-doubt", Some("session.time"), each(tables, other_unit));
    note("left-out-rows", Some("session.bad_rows"), each(tables, left_out));
    note("missing-words", Some("session.missing_keys"), each(tables, missing_words));
    note("mixed-columns", Some("session.missing"), each(tables, mixed));
    note("rounded-numbers", None, each(tables, rounded));
    note("doubled-names", None, each(tables, doubled));
    note("unused-columns", Some("session.kind"), each(tables, unused));
    notes
}

fn each(tables: &[TableReport], text: impl Fn(&TableReport) -> Option<String>) -> Vec<(&str, String)> {
    tables.iter().filter_map(|table| Some((table.path.as_str(), text(table)?))).collect()
}

/// One text for all files: that of the first, and the number of others that have one too.
fn collected(texts: Vec<(&str, String)>) -> Option<String> {
    let mut files: BTreeMap<&str, usize> = BTreeMap::new();
    texts.iter().for_each(|(_, text)| *files.entry(text).or_default() += 1);
    let (path, text) = texts.first()?;
    let same = files.get(text.as_str()).copied().unwrap_or(1) - 1;
    let others = texts.len() - 1 - same;
    let same = if same > 0 { format!(" and {same} more files") } else { String::new() };
    let others = if others > 0 {
        format!(" (and others in {others} files: see `tables` in run.json)")
    } else {
        String::new()
    };
    Some(format!("{path}{same}: {text}{others}"))
}

fn assumptions(table: &TableReport) -> Option<String> {
    let mut texts = Vec::new();
    if let Some(dialect) = &table.dialect {
        if dialect.delimiter != "," {
            texts.push(format!("cells are separated by {}", in_words(&dialect.delimiter)));
        }
        if dialect.comment_lines > 0 {
            texts.push(format!("{} comment lines at the top", dialect.comment_lines));
        }
        if !dialect.header {
            texts.push("the first row holds values, so columns are called 0, 1, ...".to_owned());
        }
        if dialect.unnamed_cells > 0 {
            texts.push(format!(
                "rows have {} cells more than the header names: they continue its last column as .1, .2, ...",
                dialect.unnamed_cells
            ));
        }
        if dialect.row_names {
            texts.push("the first cell of each row is its name".to_owned());
        }
    }
    if table.time.detected {
        let format = match table.time.format.as_str() {
            "s" => "seconds",
            "ms" => "milliseconds",
            "us" => "microseconds",
            "ns" => "nanoseconds",
            other => other,
        };
        texts.push(format!("times are in column {:?}, read as {format}", table.time.column));
    }
    (!texts.is_empty()).then(|| texts.join("; "))
}

fn other_unit(table: &TableReport) -> Option<String> {
    let unit = table.time.likelier_unit?;
    let (column, format) = (&table.time.column, &table.time.format);
    Some(format!(
        "times of {column:?} in {format} lie around 1970, in {unit} they would lie in the years of logs"
    ))
}

fn in_words(delimiter: &str) -> String {
    match delimiter {
        "tab" => "tabs".to_owned(),
        "blanks" => "blanks".to_owned(),
        sign => format!("`{sign}`"),
    }
}

fn left_out(table: &TableReport) -> Option<String> {
    let first = table.skipped_rows.first.as_ref()?;
    let (skipped, rows) = (table.skipped_rows.rows, table.rows);
    Some(format!(
        "{skipped} of {rows} rows were left out; the first is row {} (from 0): {}",
        first.row, first.why
    ))
}

fn missing_words(table: &TableReport) -> Option<String> {
    let labels = table.columns.iter().filter(|column| matches!(column.role, "kind" | "key" | "group"));
    let found = labels.filter(|column| !column.missing_words.is_empty());
    let texts: Vec<String> = found
        .map(|column| format!("column {:?} holds {}", column.name, words_in_text(&column.missing_words)))
        .collect();
    (!texts.is_empty()).then(|| format!("{}, read as missing", texts.join("; ")))
}

/// Columns of numbers with a few words among them, which are text.
fn mixed(table: &TableReport) -> Option<String> {
    let is_mostly_numbers = |column: &&ColumnReading| {
        let present = table.rows.saturating_sub(column.missing);
        column.role == "unused" && column.mixed.as_ref().is_some_and(|mixed| 2 * mixed.numbers >= present)
    };
    let text = |column: &ColumnReading| {
        let mixed = column.mixed.as_ref()?;
        Some(format!("{:?} (row {}, from 0, holds {:?})", column.name, mixed.first_row, mixed.cell))
    };
    let texts: Vec<String> = table.columns.iter().filter(is_mostly_numbers).filter_map(text).collect();
    let list = listed(&texts)?;
    Some(format!(
        "columns of numbers with text among them are not used: {list}; name a word for a missing number in \
         session.missing, or say how numbers are written with --decimal and --thousands"
    ))
}

fn rounded(table: &TableReport) -> Option<String> {
    let columns = table.columns.iter().filter(|column| column.rounded > 0);
    let texts: Vec<String> =
        columns.map(|column| format!("{:?} ({} values)", column.name, column.rounded)).collect();
    let list = listed(&texts)?;
    Some(format!(
        "integers above 2^53 are rounded, since features are floats: {list}; an id belongs to --key"
    ))
}

fn doubled(table: &TableReport) -> Option<String> {
    let list = listed(&table.doubled_names)?;
    Some(format!("several columns are called {list}: from the second on .1, .2, ... is added"))
}

/// Columns of text without a role, where no column is the kind or an entity: they may have been forgotten.
fn unused(table: &TableReport) -> Option<String> {
    if table.columns.iter().any(|column| matches!(column.role, "kind" | "key")) {
        return None;
    }
    let texts: Vec<String> = table
        .columns
        .iter()
        .filter(|column| column.role == "unused" && column.holds == "text")
        .map(|column| column.name.clone())
        .collect();
    let list = listed(&texts)?;
    Some(format!(
        "columns of text have no role: {list}; name the kind of an event with --kind, what events share with --key"
    ))
}

fn listed(names: &[String]) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let more = names.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("{}{more}", names[..names.len().min(LISTED)].join(", ")))
}
