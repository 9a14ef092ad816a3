//! CSV files as tables: a header, one row per event, types inferred from the values.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use csv::{ErrorKind, ReaderBuilder, StringRecord};

use super::EventsError;
use crate::suggest::suggest;
use crate::table::{Array, Column, Labels, Table, Values};

/// Bytes of a cell in addition to its text while the file is read.
const BYTES_PER_CELL: u64 = 8;
/// Maximum size of a value in a typed column, bytes.
const BYTES_PER_VALUE: u64 = 16;

/// Reads a CSV file; see [`csv_from`].
///
/// # Errors
/// As [`csv_from`], and [`EventsError::Io`] if the file cannot be opened.
pub fn csv_table(
    path: &Path,
    columns: Option<&[&str]>,
    text_columns: &[&str],
    memory_limit_bytes: u64,
) -> Result<Table, EventsError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|source| EventsError::Io { file: name.clone(), source })?;
    csv_from(file, &name, columns, text_columns, memory_limit_bytes)
}

/// Reads comma-separated UTF-8 text with a header: the named columns, or all of them, in the file's order.
///
/// An empty cell is a missing value. A column has integers if all its values parse as such, else floats if all are
/// numbers, else booleans if all are `true` or `false` (in any case), else text; a column without any value has
/// missing floats. Columns in `text_columns` stay text: `007` stays `007`.
///
/// # Errors
/// [`EventsError::Csv`] with the line: no header, a column without a name or named twice, a row of another length,
/// text that is not UTF-8; [`EventsError::UnknownColumn`]; [`EventsError::Memory`]; [`EventsError::Io`].
pub fn csv_from(
    input: impl Read,
    file: &str,
    columns: Option<&[&str]>,
    text_columns: &[&str],
    memory_limit_bytes: u64,
) -> Result<Table, EventsError> {
    let remaining = Rc::new(Cell::new(memory_limit_bytes));
    let limited = LimitedReader { input: input.chain(SENTINEL), remaining: Rc::clone(&remaining) };
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(limited);
    let over_limit =
        || EventsError::Memory { file: file.to_owned(), key: "limits.memory_gb", limit: memory_limit_bytes };
    let broken = |line, why: String| EventsError::Csv { file: file.to_owned(), line, why };
    let fail = |e: csv::Error| match e.kind() {
        ErrorKind::Io(io) if io.kind() == io::ErrorKind::FileTooLarge => over_limit(),
        ErrorKind::Utf8 { pos, .. } => {
            broken(pos.as_ref().map_or(1, csv::Position::line), "it is not UTF-8 text: convert it".to_owned())
        }
        _ => {
            let line = e.position().map_or(1, csv::Position::line);
            match e.into_kind() {
                ErrorKind::Io(source) => EventsError::Io { file: file.to_owned(), source },
                _ => broken(line, "it is not CSV".to_owned()),
            }
        }
    };
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record).map_err(fail)? || is_sentinel(&record) {
        return Err(broken(1, "the file is empty: its first line must name the columns".to_owned()));
    }
    let header = header(&record, file)?;
    let selected = selected_columns(&header, file, columns)?;
    let mut cells = vec![Cells::default(); selected.len()];
    let mut held = 0u64;
    let mut line = 1;
    loop {
        if !reader.read_record(&mut record).map_err(fail)? {
            let why = "a quote opens in this row and is never closed: the rest of the file would be one cell"
                .to_owned();
            return Err(broken(line, why));
        }
        if is_sentinel(&record) {
            break;
        }
        line = record.position().map_or(line, csv::Position::line);
        if record.len() != header.len() {
            let why = format!("it has {} cells, the header names {} columns", record.len(), header.len());
            return Err(broken(line, why));
        }
        for (cells, &column) in cells.iter_mut().zip(&selected) {
            let text = record.get(column).unwrap_or_default();
            held += text.len() as u64 + BYTES_PER_CELL + BYTES_PER_VALUE;
            cells.push(text);
        }
        // The reader stops at the remaining memory, also inside a record that never ends.
        remaining.set(memory_limit_bytes.checked_sub(held).ok_or_else(over_limit)?);
    }
    let column = |(cells, column): (Cells, usize)| {
        let name = &header[column];
        let values = if text_columns.contains(&name.as_str()) { cells.text() } else { cells.typed() };
        Column::new(name, "", values)
    };
    Ok(Table::new(cells.into_iter().zip(selected).map(column).collect()))
}

/// Row appended to the input. If it is not read as a row, it is part of a cell whose quote was never closed.
const SENTINEL: &[u8] = b"\n\0\n";

fn is_sentinel(record: &StringRecord) -> bool {
    record.len() == 1 && record.get(0) == Some("\0")
}

/// A reader that fails with [`io::ErrorKind::FileTooLarge`] once the remaining memory is used up.
struct LimitedReader<R> {
    input: R,
    /// Bytes that may still be read; reset after each record.
    remaining: Rc<Cell<u64>>,
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let remaining = self.remaining.get();
        if remaining == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let max = buffer.len().min(usize::try_from(remaining).unwrap_or(usize::MAX));
        let read = self.input.read(&mut buffer[..max])?;
        self.remaining.set(remaining - read as u64);
        Ok(read)
    }
}

/// The column names in the first record.
fn header(record: &StringRecord, file: &str) -> Result<Vec<String>, EventsError> {
    let broken = |why| EventsError::Csv { file: file.to_owned(), line: 1, why };
    let mut names: Vec<String> = Vec::with_capacity(record.len());
    for (i, name) in record.iter().enumerate() {
        // A byte order mark is not part of the name.
        let name = if i == 0 { name.trim_start_matches('\u{feff}') } else { name };
        if name.is_empty() {
            return Err(broken(format!(
                "column {i} (from 0) has no name: the first line must name all columns"
            )));
        }
        names.push(name.to_owned());
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(broken(format!("two columns are called {:?}: rename one", pair[0]))),
        None => Ok(names),
    }
}

/// Indices of the named columns, or of all, in the order of the file.
fn selected_columns(
    header: &[String],
    file: &str,
    columns: Option<&[&str]>,
) -> Result<Vec<usize>, EventsError> {
    let Some(columns) = columns else { return Ok((0..header.len()).collect()) };
    let names = || header.iter().map(String::as_str);
    if let Some(&unknown) = columns.iter().find(|&&column| !names().any(|name| name == column)) {
        let near =
            suggest(unknown, names()).map_or(String::new(), |near| format!(", did you mean {near:?}?"));
        return Err(EventsError::UnknownColumn {
            file: file.to_owned(),
            column: unknown.to_owned(),
            role: "events",
            hint: format!("{near}; its columns are: {}", header.join(", ")),
        });
    }
    Ok((0..header.len()).filter(|&i| columns.contains(&header[i].as_str())).collect())
}

/// The cells of one column, concatenated.
#[derive(Debug, Clone, Default)]
struct Cells {
    text: String,
    /// End of each cell in `text`.
    ends: Vec<usize>,
}

impl Cells {
    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    /// The cells in order, an empty cell as `None`.
    fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let cell = |(start, &end)| Some(&self.text[start..end]).filter(|cell: &&str| !cell.is_empty());
        starts.zip(&self.ends).map(cell)
    }

    /// The cells as values; `None` if one cannot be parsed.
    fn parsed<T: Copy + Default>(&self, parse: impl Fn(&str) -> Option<T>) -> Option<Array<T>> {
        self.iter().map(|cell| cell.map_or(Some(None), |cell| parse(cell).map(Some))).collect()
    }

    /// The cells as values of the inferred type.
    fn typed(&self) -> Values {
        if self.text.is_empty() {
            return Values::F64(Array::all_missing(self.ends.len()));
        }
        if let Some(values) = self.parsed(|cell| cell.parse().ok()) {
            return Values::I64(values);
        }
        if let Some(values) = self.parsed(|cell| cell.parse().ok()) {
            return Values::F64(values);
        }
        let boolean = |cell: &str| match cell {
            _ if cell.eq_ignore_ascii_case("true") => Some(true),
            _ if cell.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        };
        self.parsed(boolean).map_or_else(|| self.text(), Values::Bool)
    }

    fn text(&self) -> Values {
        Values::Text(Labels::encode(self.iter()))
    }
}
