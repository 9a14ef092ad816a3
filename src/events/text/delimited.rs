//! Delimited files as tables.

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

use csv::{ErrorKind, ReaderBuilder, StringRecord};

use super::cells::Cells;
use super::clean_reader::{CleanReader, QuoteError};
use super::dialect::{Found, find};
use super::options::{Delimiter, TextOptions};
use super::sample::Head;
use super::typing::{text, typed};
use crate::events::EventsError;
use crate::events::raw::{BadRows, ColumnReading, RawTable, SkippedRows};
use crate::suggest::suggest;
use crate::table::{Column, Table};

/// Maximum size of a value in a typed column, bytes.
const BYTES_PER_VALUE: u64 = 16;
/// Start of a file in UTF-16 of either byte order.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// Reads UTF-8 text of delimited cells: the named columns, or all of them, in the order of the file.
///
/// An empty cell is a missing value. Columns in `text_columns` stay text: `007` stays `007`. The others get the type
/// that all their cells have (see [`ColumnReading`]).
///
/// # Errors
/// [`EventsError::Line`] with the line: a row of another length, a stray quote, text that is not UTF-8;
/// [`EventsError::UnknownColumn`]; [`EventsError::NoEvents`] for an empty file; [`EventsError::Memory`];
/// [`EventsError::Io`].
pub fn read_delimited(
    input: impl Read,
    file: &str,
    columns: Option<&[&str]>,
    text_columns: &[&str],
    options: &TextOptions,
    memory_limit_bytes: u64,
) -> Result<RawTable, EventsError> {
    let remaining = Rc::new(Cell::new(memory_limit_bytes));
    let mut limited = LimitedReader { input, remaining: Rc::clone(&remaining) };
    let errors = Errors { file, limit: memory_limit_bytes };
    let head = Head::read(&mut limited).map_err(|e| errors.io(e, 1))?;
    if UTF_16.iter().any(|mark| head.bytes.starts_with(mark)) {
        return Err(
            errors.line(1, "it is UTF-16 text: convert it to UTF-8, as `iconv -f UTF-16 -t UTF-8` does")
        );
    }
    let Some(found) = find(&head, options) else {
        return Err(EventsError::NoEvents { file: file.to_owned() });
    };
    let first_line = 1 + head.bytes[..found.skipped].iter().filter(|&&byte| byte == b'\n').count() as u64;
    let rest = Cursor::new(&head.bytes[found.skipped..]).chain(limited);
    let mut rows = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .quoting(options.quotes)
        .delimiter(found.syntax.clean_delimiter())
        .from_reader(CleanReader::new(rest, found.syntax, first_line));

    let Found { dialect, names, .. } = &found;
    let selected = selected_columns(&found, file, columns)?;
    let row_cells = names.of_cells.len();
    let mut cells = vec![Cells::default(); selected.len()];
    let (mut held, mut count) = (0u64, 0usize);
    let mut skipped = SkippedRows::default();
    let mut record = StringRecord::new();
    let mut header = StringRecord::new();
    if dialect.header && !rows.read_record(&mut header).map_err(|e| errors.csv(e, first_line))? {
        return Err(EventsError::NoEvents { file: file.to_owned() });
    }
    while rows.read_record(&mut record).map_err(|e| errors.csv(e, first_line))? {
        let line = record.position().map_or(1, csv::Position::line) + first_line - 1;
        let why = match record.len() {
            // The end of a row of one empty column is an empty line, which is no row.
            found if found != row_cells => {
                Some(format!("it has {found} cells, the rows before it have {row_cells}"))
            }
            _ if dialect.header && record == header => Some("it repeats the header".to_owned()),
            _ => None,
        };
        if let Some(why) = &why {
            if options.bad_rows == BadRows::Error {
                let why = format!("{why}: mend it, or leave such rows out with --bad-rows skip");
                return Err(errors.line(line, why));
            }
            skipped.add(count, why);
        }
        for (cells, &column) in cells.iter_mut().zip(&selected) {
            let text = record.get(column).filter(|_| why.is_none()).unwrap_or_default();
            held += text.len() as u64 + Cells::BYTES + BYTES_PER_VALUE;
            cells.push(text);
        }
        count += 1;
        // The reader stops at the remaining memory, also inside a record that never ends.
        remaining.set(memory_limit_bytes.checked_sub(held).ok_or_else(|| errors.memory())?);
    }
    let delimiter = found.syntax.delimiter;
    let column = |(cells, column): (Cells, &usize)| {
        typed_column(&found, cells, *column, text_columns, options, delimiter)
    };
    let (table, columns): (Vec<Column>, Vec<ColumnReading>) =
        cells.into_iter().zip(&selected).filter_map(column).unzip();
    Ok(RawTable {
        table: Table::new(table),
        columns,
        skipped,
        doubled: names.doubled.clone(),
        nameless: names.of_cells.iter().filter(|name| name.is_none()).count(),
        dialect: Some(found.dialect),
        ..RawTable::default()
    })
}

fn typed_column(
    found: &Found,
    cells: Cells,
    column: usize,
    text_columns: &[&str],
    options: &TextOptions,
    delimiter: Delimiter,
) -> Option<(Column, ColumnReading)> {
    let name = found.names.of_cells.get(column)?.as_deref()?;
    let (values, report) = if text_columns.contains(&name) {
        let values = text(&cells);
        let report = ColumnReading::new(name, &values);
        (values, report)
    } else {
        typed(name, &cells, options, delimiter)
    };
    Some((Column::new(name, "", values), report))
}

/// Indices of the named columns, or of all that have a name, in the order of the file.
fn selected_columns(found: &Found, file: &str, columns: Option<&[&str]>) -> Result<Vec<usize>, EventsError> {
    let all = || found.names.of_cells.iter().enumerate().filter_map(|(i, name)| Some((i, name.as_deref()?)));
    let Some(columns) = columns else { return Ok(all().map(|(i, _)| i).collect()) };
    if let Some(&unknown) = columns.iter().find(|&&column| !all().any(|(_, name)| name == column)) {
        let near = suggest(unknown, all().map(|(_, name)| name))
            .map_or(String::new(), |near| format!(", did you mean {near:?}?"));
        let names = all().map(|(_, name)| name).collect::<Vec<_>>().join(", ");
        let mut hint = format!("{near}; its columns are: {names}");
        if !found.dialect.header {
            hint.push_str(
                " (its first row holds values, so columns have numbers; --header says that it names them)",
            );
        } else if found.dialect.comment_lines > 0 {
            hint.push_str(
                " (lines at its top that begin with # or % were read as comments: --comment none reads them)",
            );
        }
        return Err(EventsError::UnknownColumn {
            file: file.to_owned(),
            column: unknown.to_owned(),
            role: "events",
            hint,
        });
    }
    Ok(all().filter(|(_, name)| columns.contains(name)).map(|(i, _)| i).collect())
}

/// Errors of one file.
struct Errors<'a> {
    file: &'a str,
    limit: u64,
}

impl Errors<'_> {
    fn line(&self, line: u64, why: impl Into<String>) -> EventsError {
        EventsError::Line { file: self.file.to_owned(), line, why: why.into() }
    }

    fn memory(&self) -> EventsError {
        EventsError::Memory { file: self.file.to_owned(), key: "limits.memory_gb", limit: self.limit }
    }

    /// An error of the reader, or of one of those that it reads from.
    fn io(&self, error: io::Error, line: u64) -> EventsError {
        if error.kind() == io::ErrorKind::FileTooLarge {
            return self.memory();
        }
        match error.get_ref().and_then(|inner| inner.downcast_ref::<QuoteError>()) {
            Some(&QuoteError::TextAfter { opened, closed }) => {
                let place = if opened == closed { String::new() } else { format!(", on line {closed}") };
                let why = format!(
                    "text follows the closing quote of a cell that opens on this line{place}: mend the quotes, or read \
                     them as text with --quote none"
                );
                self.line(opened, why)
            }
            Some(&QuoteError::Unclosed { opened }) => self.line(
                opened,
                "a quote opens in this row and is never closed: the rest of the file would be one cell; mend it, or read \
                 quotes as text with --quote none",
            ),
            None if error.kind() == io::ErrorKind::InvalidData => self.line(line, error.to_string()),
            None => EventsError::Io { file: self.file.to_owned(), source: error },
        }
    }

    fn csv(&self, error: csv::Error, first_line: u64) -> EventsError {
        let line = error.position().map_or(1, csv::Position::line) + first_line - 1;
        match error.into_kind() {
            ErrorKind::Io(source) => self.io(source, line),
            ErrorKind::Utf8 { pos, .. } => {
                let line = pos.map_or(line, |pos| pos.line() + first_line - 1);
                self.line(
                    line,
                    "it is not UTF-8 text: convert it, as `iconv -f LATIN1 -t UTF-8` does for Latin-1",
                )
            }
            _ => self.line(line, "it is not delimited text"),
        }
    }
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
