//! Columns of ids: integers or texts, one type for all columns of a graph.

use std::path::Path;

use crate::pipeline::error::EdgeListError;
use crate::table::{Array, Labels, MISSING, Table, Values};

/// The columns of ids of a graph: those of its edges, and of the nodes that the request adds.
pub(super) struct EdgeIds<T> {
    pub(super) src: T,
    pub(super) dst: T,
    pub(super) more: Option<T>,
}

/// The ids of a graph.
pub(super) enum TypedIds {
    Integers(EdgeIds<Vec<u64>>),
    /// No row is missing.
    Texts(EdgeIds<Labels>),
}

/// A column of ids; no row is missing.
pub(super) struct IdColumn<'a> {
    path: &'a Path,
    name: &'static str,
    ids: ColumnIds,
}

enum ColumnIds {
    Integers(Vec<u64>),
    Texts(Labels),
    /// Of a CSV file: integers if all columns of the graph can be, else texts, so that `007` is never shown as 7.
    Untyped(Labels),
}

impl<'a> IdColumn<'a> {
    /// The column `name` of the table in the file `path`. Texts of a CSV file have no type of their own.
    pub(super) fn of(
        table: &Table,
        name: &'static str,
        path: &'a Path,
        is_csv: bool,
    ) -> Result<Self, EdgeListError> {
        let bad = |row, found| EdgeListError::Value { path: path.to_owned(), column: name, row, found };
        let ids = match table.column(name).map(|column| &column.values) {
            Some(Values::U32(values)) => ColumnIds::Integers(integers(values, &bad)?),
            Some(Values::U64(values)) => ColumnIds::Integers(integers(values, &bad)?),
            Some(Values::I64(values)) => ColumnIds::Integers(integers(values, &bad)?),
            Some(Values::Text(labels)) => {
                let empty = |row: usize| labels.get(row).is_none_or(str::is_empty);
                if let Some(row) = (0..labels.len()).find(|&row| empty(row)) {
                    return Err(bad(row, "missing".to_owned()));
                }
                if is_csv { ColumnIds::Untyped(labels.clone()) } else { ColumnIds::Texts(labels.clone()) }
            }
            other => {
                let found = other.map_or("missing", Values::type_name).to_owned();
                return Err(EdgeListError::Type { path: path.to_owned(), column: name, found });
            }
        };
        Ok(Self { path, name, ids })
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> u64 {
        match &self.ids {
            ColumnIds::Integers(ids) => size_of_val(&ids[..]) as u64,
            ColumnIds::Texts(labels) | ColumnIds::Untyped(labels) => labels.bytes(),
        }
    }

    fn can_be_integers(&self) -> bool {
        match &self.ids {
            ColumnIds::Integers(_) => true,
            ColumnIds::Texts(_) => false,
            ColumnIds::Untyped(labels) => labels.names.iter().all(|name| integer(name).is_some()),
        }
    }

    fn into_integers(self) -> Result<Vec<u64>, EdgeListError> {
        let labels = match self.ids {
            ColumnIds::Integers(ids) => return Ok(ids),
            ColumnIds::Texts(labels) | ColumnIds::Untyped(labels) => labels,
        };
        let bad =
            |row, found| EdgeListError::Value { path: self.path.to_owned(), column: self.name, row, found };
        let values: Vec<Option<i128>> = labels.names.iter().map(|name| integer(name)).collect();
        let row = |(row, &code): (usize, &u32)| {
            let value = values.get(code as usize).copied().flatten().and_then(|id| u64::try_from(id).ok());
            value.ok_or_else(|| bad(row, labels.get(row).unwrap_or("missing").to_owned()))
        };
        labels.codes.iter().enumerate().map(row).collect()
    }

    fn into_texts(self, integers_elsewhere: &str) -> Result<Labels, EdgeListError> {
        match self.ids {
            ColumnIds::Texts(labels) | ColumnIds::Untyped(labels) => Ok(labels),
            ColumnIds::Integers(_) => Err(EdgeListError::MixedTypes {
                path: self.path.to_owned(),
                column: self.name,
                texts: integers_elsewhere.to_owned(),
            }),
        }
    }
}

impl EdgeIds<IdColumn<'_>> {
    /// The ids, of one type: integers if every column can be read so, else texts.
    pub(super) fn typed(self) -> Result<TypedIds, EdgeListError> {
        let columns = [Some(&self.src), Some(&self.dst), self.more.as_ref()];
        let text = columns.into_iter().flatten().find(|column| !column.can_be_integers());
        let text = text.map(|column| format!("{} of {}", column.name, column.path.display()));
        let Self { src, dst, more } = self;
        Ok(match text {
            None => TypedIds::Integers(EdgeIds {
                src: src.into_integers()?,
                dst: dst.into_integers()?,
                more: more.map(IdColumn::into_integers).transpose()?,
            }),
            Some(text) => TypedIds::Texts(EdgeIds {
                src: src.into_texts(&text)?,
                dst: dst.into_texts(&text)?,
                more: more.map(|column| column.into_texts(&text)).transpose()?,
            }),
        })
    }
}

/// The rows of a column of integers from 0, none missing; `bad` makes the error of a row.
fn integers<T: Copy + Default + Into<i128>>(
    values: &Array<T>,
    bad: &impl Fn(usize, String) -> EdgeListError,
) -> Result<Vec<u64>, EdgeListError> {
    let row = |(row, value): (usize, Option<T>)| match value.map(Into::into) {
        None => Err(bad(row, "missing".to_owned())),
        Some(value) => u64::try_from(value).map_err(|_| bad(row, value.to_string())),
    };
    values.iter().enumerate().map(row).collect()
}

/// The integer of 64 bits that is written as `text`, without a sign or zeros that it would lose.
fn integer(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    if !plain || digits.starts_with('0') && text != "0" {
        return None;
    }
    text.parse().ok().filter(|id| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(id))
}

/// The distinct texts that a row has: the names of labels may be more.
pub(super) fn used(labels: &Labels) -> impl Iterator<Item = &str> {
    let mut is_used = vec![false; labels.names.len()];
    labels.codes.iter().filter(|&&code| code != MISSING).for_each(|&code| is_used[code as usize] = true);
    labels.names.iter().zip(is_used).filter(|(_, is_used)| *is_used).map(|(name, _)| name.as_str())
}
