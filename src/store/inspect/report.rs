//! Description of a Parquet file: its structure, and the number and digest of its values.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, TimeUnit};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::schema::types::ColumnDescriptor;
use serde::Serialize;

use crate::store::StoreError;
use crate::store::inspect::column_digest;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::{OpenOptions, ParquetFile};
use crate::store::write::checksum;

/// Description of a Parquet file; the result of [`inspect`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Path of the file.
    pub path: String,
    /// Length of the file, bytes.
    pub bytes: u64,
    /// Length of the footer, bytes.
    pub footer_bytes: u64,
    /// Number of rows.
    pub rows: u64,
    /// Version of the format, as the footer declares it.
    pub format_version: i32,
    /// Name of the writer, as the footer declares it.
    pub created_by: Option<String>,
    /// Checksum of the whole file, stored by this crate's writer; verified if pages are decoded.
    pub checksum: Option<String>,
    /// Keys of the other key-value metadata.
    pub metadata_keys: Vec<String>,
    /// Leaf columns in the order of the schema.
    pub leaves: Vec<ColumnReport>,
    /// Row groups in the order of the file.
    pub row_groups: Vec<RowGroupReport>,
}

/// Description of a leaf column: a flat column, or a primitive field of a nested one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnReport {
    /// Names from the root to the leaf, joined with dots.
    pub path: String,
    /// Physical type of the values.
    pub physical_type: String,
    /// Logical type of the values, where the file declares one.
    pub logical_type: Option<String>,
    /// Number of optional and repeated nodes on the path.
    pub max_definition_level: i16,
    /// Number of repeated nodes on the path.
    pub max_repetition_level: i16,
    /// Compression codecs of the column chunks.
    pub compression: Vec<String>,
    /// Encodings of the column chunks, those of levels and dictionaries included.
    pub encodings: Vec<String>,
    /// Compressed size, bytes.
    pub compressed_bytes: u64,
    /// Size decompressed but still encoded, bytes.
    pub uncompressed_bytes: u64,
    /// True if every column chunk has statistics with a minimum and a maximum.
    pub statistics: bool,
    /// True if every column chunk has a page index.
    pub page_index: bool,
    /// Content of the pages; `None` if they were not decoded.
    #[serde(flatten)]
    pub content: Option<ColumnContent>,
}

/// Content of the pages of a leaf column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnContent {
    /// Number of values that are not null.
    pub values: u64,
    /// Number of nulls; in a list also the levels of empty and null lists.
    pub nulls: u64,
    /// SHA-256 of the values that are not null, 64 hexadecimal digits; independent of writer, compression and
    /// encoding (see [`inspect`]).
    pub sha256: String,
    /// Number of data and dictionary pages.
    pub pages: u64,
    /// Number of pages with a checksum; all of them are correct.
    pub checked_pages: u64,
}

/// Description of a row group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowGroupReport {
    /// Number of rows.
    pub rows: u64,
    /// Compressed size, bytes.
    pub compressed_bytes: u64,
    /// Size decompressed but still encoded, bytes.
    pub uncompressed_bytes: u64,
}

/// Options of [`inspect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InspectOptions {
    /// True to decode every page; false to read the footer alone.
    pub pages: bool,
    /// Memory limit of decoding, bytes.
    pub memory_limit_bytes: u64,
}

/// Describes a Parquet file of any writer: schema, row groups, encodings and sizes, and the number of values and
/// their digest for every leaf column.
///
/// The digest is SHA-256 over the values that are not null, in row order: integers, dates, times and timestamps as
/// 64-bit little-endian in the unit of their column (INT96 in nanoseconds), floats widened to 64 bits with a single
/// NaN, a boolean as one byte, strings and binary prefixed with their length as 32-bit little-endian, a decimal as
/// its text, prefixed likewise.
///
/// The checksum of a file of this crate's writer is verified first. `progress` receives the number of leaf columns
/// done and the total. Cost: one pass over the file, one column at a time, and one more if it has a checksum.
///
/// # Errors
/// [`StoreError::Io`]; [`StoreError::NotParquet`], [`StoreError::Encrypted`], [`StoreError::Damaged`],
/// [`StoreError::Feature`] for the file as a whole; [`StoreError::Memory`] if decoding a page would exceed the limit.
///
/// # Examples
/// ```
/// use ironforge::store::{InspectOptions, StoreConfig, inspect, write_table};
/// use ironforge::table::{Column, Table, Values};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("trades.parquet");
/// let table = Table::new(vec![Column::new("price", "points", Values::F64(vec![Some(101.5), None].into()))]);
/// write_table(&path, &table, &StoreConfig::default())?;
///
/// let options = InspectOptions { pages: true, memory_limit_bytes: 64 << 20 };
/// let inspection = inspect(&path, options, |_done, _total| ())?;
/// assert_eq!(inspection.leaves[0].physical_type, "DOUBLE");
/// let content = inspection.leaves[0].content.as_ref().expect("pages were decoded");
/// assert_eq!((content.values, content.nulls), (1, 1));
/// # Ok(())
/// # }
/// ```
pub fn inspect(
    path: &Path,
    options: InspectOptions,
    mut progress: impl FnMut(u64, u64),
) -> Result<Inspection, StoreError> {
    let file = ParquetFile::open(path, OpenOptions { statistics: true, ..OpenOptions::default() })?;
    let checksum = match options.pages {
        true => checksum::verify_checksum(path)?,
        false => file.key_value(checksum::KEY).map(str::to_owned),
    };
    let leaves = file.schema().num_columns();
    let mut reports = Vec::with_capacity(leaves);
    for i in 0..leaves {
        progress(i as u64, leaves as u64);
        let content = match options.pages {
            true => Some(column_content(&file, i, options.memory_limit_bytes)?),
            false => None,
        };
        reports.push(ColumnReport { content, ..column_report(&file, i) });
    }
    progress(leaves as u64, leaves as u64);
    let metadata = file.metadata.file_metadata();
    let keys = metadata.key_value_metadata().into_iter().flatten().map(|entry| entry.key.clone());
    Ok(Inspection {
        path: path.display().to_string(),
        bytes: file.len,
        footer_bytes: file.footer_len,
        rows: file.rows,
        format_version: metadata.version(),
        created_by: metadata.created_by().map(str::to_owned),
        checksum,
        metadata_keys: keys.filter(|key| key != checksum::KEY).collect(),
        leaves: reports,
        row_groups: file.metadata.row_groups().iter().map(row_group_report).collect(),
    })
}

fn column_content(file: &ParquetFile, leaf: usize, limit: u64) -> Result<ColumnContent, StoreError> {
    let budget = Arc::new(MemoryBudget::new(limit));
    let digest = column_digest::digest_column(file, leaf, &budget)?;
    let (pages, checked_pages) = budget.page_counts();
    Ok(ColumnContent {
        values: digest.values,
        nulls: digest.nulls,
        sha256: digest.sha256,
        pages,
        checked_pages,
    })
}

fn column_report(file: &ParquetFile, leaf: usize) -> ColumnReport {
    let column = file.schema().column(leaf);
    let chunks = || file.metadata.row_groups().iter().map(|group| group.column(leaf));
    let sum = |size: fn(&ColumnChunkMetaData) -> i64| chunks().map(|c| size(c).unsigned_abs()).sum();
    let names = |name: &dyn Fn(&ColumnChunkMetaData) -> Vec<String>| {
        chunks().flat_map(name).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let has_chunks = file.metadata.num_row_groups() > 0;
    ColumnReport {
        path: column.path().string(),
        physical_type: match column.type_length() {
            length if length > 0 => format!("{}({length})", column.physical_type()),
            _ => column.physical_type().to_string(),
        },
        logical_type: logical_type(&column),
        max_definition_level: column.max_def_level(),
        max_repetition_level: column.max_rep_level(),
        compression: names(&|chunk| vec![codec_name(chunk.compression()).to_owned()]),
        encodings: names(&|chunk| chunk.encodings().map(|e| format!("{e:?}").to_lowercase()).collect()),
        compressed_bytes: sum(ColumnChunkMetaData::compressed_size),
        uncompressed_bytes: sum(ColumnChunkMetaData::uncompressed_size),
        statistics: has_chunks
            && chunks().all(|c| {
                c.statistics().is_some_and(|s| s.min_bytes_opt().is_some() && s.max_bytes_opt().is_some())
            }),
        page_index: has_chunks
            && chunks().all(|c| c.column_index_offset().is_some() && c.offset_index_offset().is_some()),
        content: None,
    }
}

fn row_group_report(group: &parquet::file::metadata::RowGroupMetaData) -> RowGroupReport {
    let sum =
        |size: fn(&ColumnChunkMetaData) -> i64| group.columns().iter().map(|c| size(c).unsigned_abs()).sum();
    RowGroupReport {
        rows: group.num_rows().unsigned_abs(),
        compressed_bytes: sum(ColumnChunkMetaData::compressed_size),
        uncompressed_bytes: sum(ColumnChunkMetaData::uncompressed_size),
    }
}

fn codec_name(compression: Compression) -> &'static str {
    match compression {
        Compression::UNCOMPRESSED => "uncompressed",
        Compression::SNAPPY => "snappy",
        Compression::GZIP(_) => "gzip",
        Compression::LZO => "lzo",
        Compression::BROTLI(_) => "brotli",
        Compression::LZ4 => "lz4",
        Compression::ZSTD(_) => "zstd",
        Compression::LZ4_RAW => "lz4_raw",
    }
}

/// Name of a logical type; the deprecated converted type where no logical type is declared.
fn logical_type(column: &ColumnDescriptor) -> Option<String> {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => "ms",
        TimeUnit::MICROS => "us",
        TimeUnit::NANOS => "ns",
    };
    let utc = |utc: bool| if utc { ", utc" } else { "" };
    Some(match column.logical_type_ref() {
        None => match column.converted_type() {
            ConvertedType::NONE => return None,
            ConvertedType::DECIMAL => {
                format!("decimal({}, {})", column.type_precision(), column.type_scale())
            }
            other => other.to_string().to_lowercase(),
        },
        Some(LogicalType::Decimal(kind)) => format!("decimal({}, {})", kind.precision, kind.scale),
        Some(LogicalType::Integer(kind)) => {
            format!("{}int{}", if kind.is_signed { "" } else { "u" }, kind.bit_width)
        }
        Some(LogicalType::Time(kind)) => {
            format!("time({}{})", unit(&kind.unit), utc(kind.is_adjusted_to_u_t_c))
        }
        Some(LogicalType::Timestamp(kind)) => {
            format!("timestamp({}{})", unit(&kind.unit), utc(kind.is_adjusted_to_u_t_c))
        }
        Some(LogicalType::Unknown) => "null".to_owned(),
        Some(LogicalType::Variant(_)) => "variant".to_owned(),
        Some(LogicalType::Geometry(_)) => "geometry".to_owned(),
        Some(LogicalType::Geography(_)) => "geography".to_owned(),
        Some(other) => {
            let name = format!("{other:?}").to_lowercase();
            name.split(['(', ' ']).next().unwrap_or_default().to_owned()
        }
    })
}
