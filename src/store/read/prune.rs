//! Which rows of a row group may satisfy a predicate, by the statistics of its chunks and pages.
//!
//! What statistics do not say, or say in an order that is not theirs, excludes nothing. A file whose statistics lie
//! loses rows, as with every reader that uses them: they are part of what a file says.

use std::ops::Range;

use arrow_schema::DataType;
use parquet::basic::{ColumnOrder, Type};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::page_index::{PageIndex, PageIndexProvider};
use parquet::file::metadata::{ColumnChunkMask, PageIndexPolicy, ParquetMetaDataReader};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;

use crate::store::read::predicate::{Bounds, Predicate, Scalar};
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::ParquetFile;
use crate::store::untrusted::validate_footer;

/// Rows as ranges: ascending, apart, none empty.
pub(crate) type Ranges = Vec<Range<u64>>;

/// A column that a predicate speaks of.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) leaf: usize,
    order: Order,
}

/// How the stored bounds of a column become scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Integers, times a factor: dates are stored as days and read as seconds.
    Signed(i128),
    Unsigned,
    Float,
    Bool,
    Text,
    /// Statistics are not used.
    Unknown,
}

impl Column {
    pub(crate) fn new(file: &ParquetFile, name: &str, leaf: usize, kind: &DataType) -> Self {
        let physical = file.schema().column(leaf).physical_type();
        let order = match (kind, physical) {
            (DataType::Date32, Type::INT32) => Order::Signed(86_400),
            (DataType::Timestamp(..), Type::INT64) => Order::Signed(1),
            (kind, Type::INT32 | Type::INT64) if kind.is_signed_integer() => Order::Signed(1),
            (kind, Type::INT32 | Type::INT64) if kind.is_unsigned_integer() => Order::Unsigned,
            (DataType::Float32, Type::FLOAT) | (DataType::Float64, Type::DOUBLE) => Order::Float,
            (DataType::Boolean, Type::BOOLEAN) => Order::Bool,
            (DataType::Utf8 | DataType::Dictionary(..), Type::BYTE_ARRAY) => Order::Text,
            _ => Order::Unknown,
        };
        // Bounds of files that name no order were found by comparing signed bytes.
        let order = match (order, file.metadata.file_metadata().column_order(leaf)) {
            (order, ColumnOrder::TYPE_DEFINED_ORDER(_)) => order,
            (Order::Float, ColumnOrder::IEEE_754_TOTAL_ORDER) => order,
            (Order::Signed(_) | Order::Float | Order::Bool, ColumnOrder::UNDEFINED) => order,
            _ => Order::Unknown,
        };
        Self { name: name.to_owned(), leaf, order }
    }

    fn range(&self, min: Option<Scalar>, max: Option<Scalar>) -> Option<(Scalar, Scalar)> {
        match (min?, max?) {
            (Scalar::Float(min), Scalar::Float(max)) if min.is_nan() || max.is_nan() => None,
            (min, max) => Some((min, max)),
        }
    }

    fn int32(&self, value: i32) -> Option<Scalar> {
        match self.order {
            Order::Signed(factor) => Some(Scalar::Int(i128::from(value) * factor)),
            Order::Unsigned => Some(Scalar::Int((value as u32).into())),
            _ => None,
        }
    }

    fn int64(&self, value: i64) -> Option<Scalar> {
        match self.order {
            Order::Signed(factor) => Some(Scalar::Int(i128::from(value) * factor)),
            Order::Unsigned => Some(Scalar::Int((value as u64).into())),
            _ => None,
        }
    }

    fn float(&self, value: f64) -> Option<Scalar> {
        (self.order == Order::Float).then_some(Scalar::Float(value))
    }

    fn boolean(&self, value: bool) -> Option<Scalar> {
        (self.order == Order::Bool).then_some(Scalar::Bool(value))
    }

    /// A bound may be cut off within a character; it then bounds nothing here.
    fn text(&self, value: &[u8]) -> Option<Scalar> {
        let text = std::str::from_utf8(value).ok().filter(|_| self.order == Order::Text);
        text.map(|text| Scalar::Text(text.to_owned()))
    }

    /// What the footer says of a chunk.
    fn chunk(&self, file: &ParquetFile, group: usize) -> Bounds {
        let group = file.metadata.row_group(group);
        let rows = group.num_rows().unsigned_abs();
        let Some(statistics) = group.column(self.leaf).statistics() else {
            return Bounds { rows, ..Bounds::default() };
        };
        let (min, max) = match statistics {
            Statistics::Boolean(s) => {
                (s.min_opt().and_then(|&v| self.boolean(v)), s.max_opt().and_then(|&v| self.boolean(v)))
            }
            Statistics::Int32(s) => {
                (s.min_opt().and_then(|&v| self.int32(v)), s.max_opt().and_then(|&v| self.int32(v)))
            }
            Statistics::Int64(s) => {
                (s.min_opt().and_then(|&v| self.int64(v)), s.max_opt().and_then(|&v| self.int64(v)))
            }
            Statistics::Float(s) => (
                s.min_opt().and_then(|&v| self.float(v.into())),
                s.max_opt().and_then(|&v| self.float(v.into())),
            ),
            Statistics::Double(s) => {
                (s.min_opt().and_then(|&v| self.float(v)), s.max_opt().and_then(|&v| self.float(v)))
            }
            // The older fields hold bounds in the order of signed bytes.
            Statistics::ByteArray(s) if !statistics.is_min_max_deprecated() => {
                (s.min_bytes_opt().and_then(|v| self.text(v)), s.max_bytes_opt().and_then(|v| self.text(v)))
            }
            _ => (None, None),
        };
        let old = statistics.is_min_max_deprecated() && self.order == Order::Unsigned;
        let range = if old { None } else { self.range(min, max) };
        Bounds { rows, missing: statistics.null_count_opt(), range }
    }

    /// What the page index says of each page: its rows, and their bounds. `None` if it cannot be so.
    fn pages(
        &self,
        file: &ParquetFile,
        index: &PageIndex,
        group: usize,
    ) -> Option<Vec<(Range<u64>, Bounds)>> {
        let rows = file.metadata.row_group(group).num_rows().unsigned_abs();
        let column = index.column_index(group, self.leaf)?;
        let locations = index.offset_index(group, self.leaf)?.page_locations().clone();
        if column.num_pages() != locations.len() as u64 || locations.first()?.first_row_index != 0 {
            return None;
        }
        let ends =
            locations.iter().skip(1).map(|page| page.first_row_index).chain([i64::try_from(rows).ok()?]);
        let mut pages = Vec::with_capacity(locations.len());
        for (i, (page, end)) in locations.iter().zip(ends).enumerate() {
            let (start, end) = (u64::try_from(page.first_row_index).ok()?, u64::try_from(end).ok()?);
            if start >= end || end > rows {
                return None;
            }
            let rows = end - start;
            let missing = match column.is_null_page(i) {
                true => Some(rows),
                false => column.null_count(i).and_then(|n| u64::try_from(n).ok()),
            };
            let range = if column.is_null_page(i) { None } else { self.page(column, i) };
            pages.push((start..end, Bounds { rows, missing, range }));
        }
        Some(pages)
    }

    fn page(&self, index: &ColumnIndexMetaData, i: usize) -> Option<(Scalar, Scalar)> {
        let (min, max) = match index {
            ColumnIndexMetaData::BOOLEAN(v) => {
                (self.boolean(*v.min_value(i)?), self.boolean(*v.max_value(i)?))
            }
            ColumnIndexMetaData::INT32(v) => (self.int32(*v.min_value(i)?), self.int32(*v.max_value(i)?)),
            ColumnIndexMetaData::INT64(v) => (self.int64(*v.min_value(i)?), self.int64(*v.max_value(i)?)),
            ColumnIndexMetaData::FLOAT(v) => {
                (self.float((*v.min_value(i)?).into()), self.float((*v.max_value(i)?).into()))
            }
            ColumnIndexMetaData::DOUBLE(v) => (self.float(*v.min_value(i)?), self.float(*v.max_value(i)?)),
            ColumnIndexMetaData::BYTE_ARRAY(v) => (self.text(v.min_value(i)?), self.text(v.max_value(i)?)),
            _ => (None, None),
        };
        self.range(min, max)
    }
}

/// A predicate with the columns it speaks of found in a file.
pub(crate) struct Pruner {
    pub(crate) predicate: Predicate,
    pub(crate) columns: Vec<Column>,
    pub(crate) index: Option<PageIndex>,
}

impl Pruner {
    /// The rows of a row group that may satisfy the predicate.
    pub(crate) fn rows(&self, file: &ParquetFile, group: usize) -> Ranges {
        if !self.group_may(file, group, &self.predicate) {
            return Ranges::new();
        }
        self.pages_may(file, group, &self.predicate)
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn group_may(&self, file: &ParquetFile, group: usize, predicate: &Predicate) -> bool {
        match predicate {
            Predicate::All(parts) => parts.iter().all(|part| self.group_may(file, group, part)),
            Predicate::Any(parts) => parts.iter().any(|part| self.group_may(file, group, part)),
            leaf => {
                let column = leaf.columns().first().and_then(|name| self.column(name));
                column.is_none_or(|column| may(leaf, &column.chunk(file, group)))
            }
        }
    }

    fn pages_may(&self, file: &ParquetFile, group: usize, predicate: &Predicate) -> Ranges {
        let rows = file.metadata.row_group(group).num_rows().unsigned_abs();
        let all = || std::iter::once(0..rows).collect::<Ranges>();
        match predicate {
            Predicate::All(parts) => {
                parts.iter().fold(all(), |kept, part| both(&kept, &self.pages_may(file, group, part)))
            }
            Predicate::Any(parts) => {
                parts.iter().fold(Ranges::new(), |kept, part| either(kept, self.pages_may(file, group, part)))
            }
            leaf => {
                let column = leaf.columns().first().and_then(|name| self.column(name));
                let pages =
                    column.zip(self.index.as_ref()).and_then(|(c, index)| c.pages(file, index, group));
                let Some(pages) = pages else { return all() };
                let kept = pages.into_iter().filter(|(_, bounds)| may(leaf, bounds)).map(|(rows, _)| rows);
                kept.fold(Ranges::new(), |mut kept, rows| {
                    match kept.last_mut() {
                        Some(last) if last.end == rows.start => last.end = rows.end,
                        _ => kept.push(rows),
                    }
                    kept
                })
            }
        }
    }
}

/// Whether rows with these bounds may satisfy a predicate of one column.
fn may(predicate: &Predicate, bounds: &Bounds) -> bool {
    match predicate {
        Predicate::Compare { op, value, .. } => bounds.may(*op, value),
        Predicate::Missing(_) => bounds.missing != Some(0),
        Predicate::Present(_) => bounds.missing != Some(bounds.rows),
        Predicate::All(_) | Predicate::Any(_) => true,
    }
}

fn both(a: &Ranges, b: &Ranges) -> Ranges {
    let overlap = |a: &Range<u64>, b: &Range<u64>| a.start.max(b.start)..a.end.min(b.end);
    a.iter().flat_map(|a| b.iter().map(move |b| overlap(a, b))).filter(|r| r.start < r.end).collect()
}

fn either(mut a: Ranges, b: Ranges) -> Ranges {
    a.extend(b);
    a.sort_by_key(|range| range.start);
    a.into_iter().fold(Ranges::new(), |mut kept, range| {
        match kept.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => kept.push(range),
        }
        kept
    })
}

/// The page index of some leaves; `None` if the file has none, or one that cannot be decoded in the memory left.
pub(crate) fn page_index(file: &ParquetFile, leaves: &[usize], budget: &MemoryBudget) -> Option<PageIndex> {
    let mut memory = 0u64;
    for group in file.metadata.row_groups() {
        for &leaf in leaves {
            let chunk = group.column(leaf);
            for (offset, length) in [
                (chunk.column_index_offset(), chunk.column_index_length()),
                (chunk.offset_index_offset(), chunk.offset_index_length()),
            ] {
                let start = u64::try_from(offset?).ok()?;
                let end = start.checked_add(u64::try_from(length?).ok()?)?;
                if end > file.len || end - start > budget.left() {
                    return None;
                }
                let bytes = file.input.bytes(start..end).ok()?;
                memory =
                    memory.saturating_add(validate_footer::index_memory(&bytes)?).saturating_add(end - start);
                if memory > budget.left() {
                    return None;
                }
            }
        }
    }
    let read = || {
        ParquetMetaDataReader::new_with_metadata(file.metadata.as_ref().clone())
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_page_index_mask(ColumnChunkMask::columns(leaves.iter().copied()))
            .read_page_index_and_finish(&Random(file))
    };
    catch_panic(read).ok()?.ok()?.1
}

/// The file for the reader of page indexes.
struct Random<'a>(&'a ParquetFile);

impl Length for Random<'_> {
    fn len(&self) -> u64 {
        self.0.len
    }
}

impl ChunkReader for Random<'_> {
    type T = std::io::Cursor<bytes::Bytes>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        self.get_bytes(start, (self.0.len - start.min(self.0.len)) as usize).map(std::io::Cursor::new)
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<bytes::Bytes> {
        let end = start.saturating_add(length as u64);
        if end > self.0.len {
            return Err(ParquetError::EOF("the index lies outside the file".to_owned()));
        }
        Ok(self.0.input.bytes(start..end)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_and_joined() {
        let one = |range: Range<u64>| std::iter::once(range).collect::<Ranges>();
        let (a, b) = (vec![0..5, 8..10], one(3..9));
        assert_eq!(both(&a, &b), [3..5, 8..9]);
        assert_eq!(either(a, b), one(0..10));
        assert_eq!(either(one(0..1), one(2..3)), [0..1, 2..3]);
    }
}
