//! JSON records as tables: one object a line, or a list of objects.

use std::collections::HashMap;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::cells::Cells;
use super::options::{Delimiter, TextOptions};
use super::typing::{text, typed};
use crate::events::EventsError;
use crate::events::raw::{BadRows, ColumnReading, RawTable, SkippedRows};
use crate::table::{Array, Column, Table, Values};

/// Characters of a nested name beyond which a field is not a column.
const MAX_DEPTH: usize = 16;

/// One field of all records.
#[derive(Debug, Default)]
struct Field {
    cells: Cells,
    strings: usize,
    numbers: usize,
    booleans: usize,
    /// Lists, and objects nested too deeply: they are no values.
    lists: usize,
}

/// Reads records: `records` gives each with its line, or the reason why it is none.
///
/// A field is a column; the field `b` of the object `a` is the column `a.b`. A field that is absent or null is missing.
/// Columns of JSON numbers have integers or floats, of booleans booleans, of strings text; a column of both, and a
/// column in `text_columns`, is typed as the cells of delimited text are. Lists are not read.
///
/// # Errors
/// [`EventsError::Line`] for a line that is no object; [`EventsError::NoEvents`].
pub fn read_json_records(
    bytes: &[u8],
    file: &str,
    text_columns: &[&str],
    options: &TextOptions,
) -> Result<RawTable, EventsError> {
    let mut fields: Vec<(String, Field)> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut skipped = SkippedRows::default();
    let mut rows = 0;
    for_each_record(bytes, |line, record| {
        let record = match record {
            Ok(record) => record,
            Err(why) if options.bad_rows == BadRows::Skip => {
                skipped.add(rows, &why);
                Map::new()
            }
            Err(why) => {
                let why = format!("{why}: mend it, or leave such records out with --bad-rows skip");
                return Err(EventsError::Line { file: file.to_owned(), line, why });
            }
        };
        let mut values = Vec::new();
        flatten(&record, "", 0, &mut values);
        for (name, value) in values {
            let at = *index.entry(name).or_insert_with_key(|name| {
                fields.push((name.clone(), Field::default()));
                fields.len() - 1
            });
            let field = &mut fields[at].1;
            // A field that comes up late is missing in the records before.
            (field.cells.len()..rows).for_each(|_| field.cells.push(""));
            if field.cells.len() > rows {
                let why = format!("two fields are called {:?}: rename one", fields[at].0);
                return Err(EventsError::Line { file: file.to_owned(), line, why });
            }
            field.push(value);
        }
        rows += 1;
        Ok(())
    })?;
    if rows == 0 {
        return Err(EventsError::NoEvents { file: file.to_owned() });
    }
    let (mut columns, mut reports, mut ignored) = (Vec::new(), Vec::new(), Vec::new());
    for (name, mut field) in fields {
        (field.cells.len()..rows).for_each(|_| field.cells.push(""));
        if let Some((values, report)) = field.typed(&name, text_columns, options) {
            columns.push(Column::new(&name, "", values));
            reports.push(report);
        } else {
            ignored.push((name, "lists".to_owned()));
        }
    }
    Ok(RawTable { table: Table::new(columns), columns: reports, skipped, ignored, ..RawTable::default() })
}

impl Field {
    fn push(&mut self, value: &Value) {
        match value {
            Value::Null => self.cells.push(""),
            Value::Bool(value) => {
                self.booleans += 1;
                self.cells.push(if *value { "true" } else { "false" });
            }
            Value::Number(value) => {
                self.numbers += 1;
                self.cells.push(&value.to_string());
            }
            Value::String(value) => {
                self.strings += 1;
                self.cells.push(value);
            }
            Value::Array(_) | Value::Object(_) => {
                self.lists += 1;
                self.cells.push("");
            }
        }
    }

    /// The column; `None` if it holds nothing but lists.
    fn typed(
        &self,
        name: &str,
        text_columns: &[&str],
        options: &TextOptions,
    ) -> Option<(Values, ColumnReading)> {
        let only_strings = self.numbers + self.booleans == 0 && self.strings > 0;
        if self.lists > 0 && self.strings + self.numbers + self.booleans == 0 {
            return None;
        }
        Some(if only_strings || text_columns.contains(&name) {
            let values = text(&self.cells);
            let report = ColumnReading::new(name, &values);
            (values, report)
        } else if self.strings + self.numbers + self.booleans == 0 {
            let values = Values::F64(Array::all_missing(self.cells.len()));
            let report = ColumnReading::new(name, &values);
            (values, report)
        } else {
            typed(name, &self.cells, options, Delimiter::Byte(b','))
        })
    }
}

/// The fields of an object and of the objects in it, by dotted name.
fn flatten<'a>(
    record: &'a Map<String, Value>,
    prefix: &str,
    depth: usize,
    values: &mut Vec<(String, &'a Value)>,
) {
    for (name, value) in record {
        let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Object(inner) if depth < MAX_DEPTH => flatten(inner, &name, depth + 1, values),
            value => values.push((name, value)),
        }
    }
}

/// Returns whether a text holds several JSON values, one after another, the first of them an object.
pub fn is_json_lines(bytes: &[u8]) -> bool {
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
    let is_object = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    is_object && matches!(stream.next(), Some(Ok(_))) && {
        let rest = &bytes[stream.byte_offset()..];
        rest.iter().any(|byte| !byte.is_ascii_whitespace())
    }
}

/// The end of each JSON value of a text; of those before the first error, if there is one.
pub(crate) fn ends_of_values(bytes: &[u8]) -> Vec<usize> {
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
    let mut ends = Vec::new();
    while let Some(Ok(_)) = stream.next() {
        ends.push(stream.byte_offset());
    }
    ends
}

/// A record, or the reason why it is none.
type Record = Result<Map<String, Value>, String>;

/// Gives each record with its line; the elements of a list of objects are records.
fn for_each_record(
    bytes: &[u8],
    mut each: impl FnMut(u64, Record) -> Result<(), EventsError>,
) -> Result<(), EventsError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let is_list = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_list && let Ok(items) = serde_json::from_slice::<Vec<Value>>(bytes) {
        return items.into_iter().try_for_each(|item| each(1, object(item)));
    }
    let (mut line, mut counted) = (1, 0);
    let mut line_of = |at: usize| {
        line += bytes[counted..at].iter().filter(|&&byte| byte == b'\n').count() as u64;
        counted = at;
        line
    };
    let mut from = 0;
    while from < bytes.len() {
        let mut stream = serde_json::Deserializer::from_slice(&bytes[from..]).into_iter::<Value>();
        let failed = loop {
            let before = from + stream.byte_offset();
            // Blanks before a value belong to the offset of the one before it.
            let start = before + bytes[before..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            match stream.next() {
                None => break None,
                Some(Ok(value)) => each(line_of(start), object(value))?,
                Some(Err(e)) => {
                    let message = e.to_string();
                    let why = message.split(" at line ").next().unwrap_or_default().to_owned();
                    each(line_of(start), Err(format!("it is not JSON: {why}")))?;
                    break Some(start);
                }
            }
        };
        // After an error the next line is read: one that is broken spoils no other.
        let Some(start) = failed else { break };
        let end = bytes[start..].iter().position(|&byte| byte == b'\n');
        from = end.map_or(bytes.len(), |length| start + length + 1);
    }
    Ok(())
}

fn object(value: Value) -> Record {
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(format!("it is {}, not an object", kind(&other))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
