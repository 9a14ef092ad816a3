//! Bounds of the values of a column, from the statistics in the footer and from the page index.

use std::ops::Range;

use arrow_schema::DataType;
use parquet::basic::{ColumnOrder, Type};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::page_index::{PageIndex, PageIndexProvider};
use parquet::file::metadata::{ColumnChunkMask, PageIndexPolicy, ParquetMetaDataReader};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;

use crate::store::columns::from_arrow::S_PER_DAY;
use crate::store::read::predicate::{Bounds, Scalar};
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::ParquetFile;
use crate::store::untrusted::validate_footer;

/// A flat column, and the interpretation of its statistics.
pub(crate) struct StatisticsColumn {
    pub(crate) name: String,
    /// Index of the leaf column.
    pub(crate) leaf: usize,
    order: BoundOrder,
}

/// Interpretation of the stored bounds of a column as scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BoundOrder {
    /// Signed integers, multiplied by a factor: dates are stored in days and read in seconds.
    Signed(i128),
    Unsigned,
    Float,
    Bool,
    Text,
    /// Statistics are not used, because their order is unknown or differs from that of the values.
    Unknown,
}

impl StatisticsColumn {
    pub(crate) fn new(file: &ParquetFile, name: &str, leaf: usize, kind: &DataType) -> Self {
        let physical = file.schema().column(leaf).physical_type();
        let order = match (kind, physical) {
            (DataType::Date32, Type::INT32) => BoundOrder::Signed(S_PER_DAY.into()),
            (DataType::Timestamp(..), Type::INT64) => BoundOrder::Signed(1),
            (kind, Type::INT32 | Type::INT64) if kind.is_signed_integer() => BoundOrder::Signed(1),
            (kind, Type::INT32 | Type::INT64) if kind.is_unsigned_integer() => BoundOrder::Unsigned,
            (DataType::Float32, Type::FLOAT) | (DataType::Float64, Type::DOUBLE) => BoundOrder::Float,
            (DataType::Boolean, Type::BOOLEAN) => BoundOrder::Bool,
            (DataType::Utf8 | DataType::Dictionary(..), Type::BYTE_ARRAY) => BoundOrder::Text,
            _ => BoundOrder::Unknown,
        };
        // The bounds of a file that declares no column order were computed by comparing signed bytes.
        let order = match (order, file.metadata.file_metadata().column_order(leaf)) {
            (order, ColumnOrder::TYPE_DEFINED_ORDER(_)) => order,
            (BoundOrder::Float, ColumnOrder::IEEE_754_TOTAL_ORDER) => order,
            (BoundOrder::Signed(_) | BoundOrder::Float | BoundOrder::Bool, ColumnOrder::UNDEFINED) => order,
            _ => BoundOrder::Unknown,
        };
        Self { name: name.to_owned(), leaf, order }
    }

    /// The bounds as a range; `None` if one is unknown or NaN.
    fn range(min: Option<Scalar>, max: Option<Scalar>) -> Option<(Scalar, Scalar)> {
        match (min?, max?) {
            (Scalar::Float(min), Scalar::Float(max)) if min.is_nan() || max.is_nan() => None,
            (min, max) => Some((min, max)),
        }
    }

    fn int32(&self, value: i32) -> Option<Scalar> {
        match self.order {
            BoundOrder::Signed(factor) => Some(Scalar::Int(i128::from(value) * factor)),
            BoundOrder::Unsigned => Some(Scalar::Int((value as u32).into())),
            _ => None,
        }
    }

    fn int64(&self, value: i64) -> Option<Scalar> {
        match self.order {
            BoundOrder::Signed(factor) => Some(Scalar::Int(i128::from(value) * factor)),
            BoundOrder::Unsigned => Some(Scalar::Int((value as u64).into())),
            _ => None,
        }
    }

    fn float(&self, value: f64) -> Option<Scalar> {
        (self.order == BoundOrder::Float).then_some(Scalar::Float(value))
    }

    fn boolean(&self, value: bool) -> Option<Scalar> {
        (self.order == BoundOrder::Bool).then_some(Scalar::Bool(value))
    }

    /// A bound as text; `None` if truncation left invalid UTF-8.
    fn text(&self, value: &[u8]) -> Option<Scalar> {
        let text = std::str::from_utf8(value).ok().filter(|_| self.order == BoundOrder::Text);
        text.map(|text| Scalar::Text(text.to_owned()))
    }

    /// Bounds of a row group, from the statistics of the column chunk in the footer.
    pub(crate) fn row_group_bounds(&self, file: &ParquetFile, group: usize) -> Bounds {
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
            // The deprecated fields hold bounds in the order of signed bytes.
            Statistics::ByteArray(s) if !statistics.is_min_max_deprecated() => {
                (s.min_bytes_opt().and_then(|v| self.text(v)), s.max_bytes_opt().and_then(|v| self.text(v)))
            }
            _ => (None, None),
        };
        let wrong_order = statistics.is_min_max_deprecated() && self.order == BoundOrder::Unsigned;
        let range = if wrong_order { None } else { Self::range(min, max) };
        Bounds { rows, missing: statistics.null_count_opt(), range }
    }

    /// Row range and bounds of each page of a row group, from the page index; `None` if the index is inconsistent.
    pub(crate) fn page_bounds(
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
            let range = if column.is_null_page(i) { None } else { self.page_range(column, i) };
            pages.push((start..end, Bounds { rows, missing, range }));
        }
        Some(pages)
    }

    fn page_range(&self, index: &ColumnIndexMetaData, i: usize) -> Option<(Scalar, Scalar)> {
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
        Self::range(min, max)
    }
}

/// The page index of some leaf columns; `None` if the file has none, or if it cannot be decoded in the available
/// memory.
pub(crate) fn read_page_index(
    file: &ParquetFile,
    leaves: &[usize],
    budget: &MemoryBudget,
) -> Option<PageIndex> {
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
                if end > file.len || end - start > budget.available() {
                    return None;
                }
                let bytes = file.source.bytes(start..end).ok()?;
                memory = memory
                    .saturating_add(validate_footer::page_index_memory(&bytes)?)
                    .saturating_add(end - start);
                if memory > budget.available() {
                    return None;
                }
            }
        }
    }
    let read = || {
        ParquetMetaDataReader::new_with_metadata(file.metadata.as_ref().clone())
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_page_index_mask(ColumnChunkMask::columns(leaves.iter().copied()))
            .read_page_index_and_finish(&PageIndexSource(file))
    };
    catch_panic(read).ok()?.ok()?.1
}

/// Adapter of a file to the page index reader of the `parquet` crate.
struct PageIndexSource<'a>(&'a ParquetFile);

impl Length for PageIndexSource<'_> {
    fn len(&self) -> u64 {
        self.0.len
    }
}

impl ChunkReader for PageIndexSource<'_> {
    type T = std::io::Cursor<bytes::Bytes>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        self.get_bytes(start, (self.0.len - start.min(self.0.len)) as usize).map(std::io::Cursor::new)
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<bytes::Bytes> {
        let end = start.saturating_add(length as u64);
        if end > self.0.len {
            return Err(ParquetError::EOF("the index lies outside the file".to_owned()));
        }
        Ok(self.0.source.bytes(start..end)?)
    }
}
