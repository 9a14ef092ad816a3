//! What a file is made of, and what is in it: for eyes and for programs.

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
use crate::store::untrusted::parquet_file::{Open, ParquetFile};
use crate::store::write::checksum;

/// What [`inspect`] finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// The file.
    pub path: String,
    /// Its size, bytes.
    pub bytes: u64,
    /// Size of its footer, bytes.
    pub footer_bytes: u64,
    /// Number of rows.
    pub rows: u64,
    /// Version of the format that the footer names.
    pub format_version: i32,
    /// The writer, as it calls itself.
    pub created_by: Option<String>,
    /// The checksum of the whole file that this crate's writer left in it; where pages are decoded, it is right.
    pub checksum: Option<String>,
    /// Keys of the other metadata.
    pub metadata_keys: Vec<String>,
    /// The leaf columns in the order of the schema.
    pub leaves: Vec<LeafReport>,
    /// The row groups in the order of the file.
    pub row_groups: Vec<GroupReport>,
}

/// One leaf column: a column of the file, or what a nested column comes down to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeafReport {
    /// Names from the root down, with dots between.
    pub path: String,
    /// How values are stored.
    pub physical_type: String,
    /// What they stand for, where the file says so.
    pub logical_type: Option<String>,
    /// Levels of optional and repeated nodes above a value.
    pub max_definition_level: i16,
    /// Levels of repeated nodes above a value.
    pub max_repetition_level: i16,
    /// Compressions of its chunks.
    pub compression: Vec<String>,
    /// Encodings of its chunks, those of levels and dictionaries included.
    pub encodings: Vec<String>,
    /// Bytes in the file.
    pub compressed_bytes: u64,
    /// Bytes decompressed and still encoded.
    pub uncompressed_bytes: u64,
    /// Whether every chunk has statistics with a smallest and a largest value.
    pub statistics: bool,
    /// Whether every chunk has a page index.
    pub page_index: bool,
    /// What its pages hold; `None` if they were not decoded.
    #[serde(flatten)]
    pub content: Option<Content>,
}

/// What the pages of a leaf hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// Values that are there.
    pub values: u64,
    /// Values that are missing; below a list also what an empty or missing list has in their place.
    pub nulls: u64,
    /// Digest of the values that are there, 64 hexadecimal digits: it is the same for any writer, compression and
    /// encoding.
    pub sha256: String,
    /// Pages of values and dictionaries.
    pub pages: u64,
    /// How many of them carry a checksum, which was found to be right.
    pub checked_pages: u64,
}

/// One row group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupReport {
    /// Number of rows.
    pub rows: u64,
    /// Bytes in the file.
    pub compressed_bytes: u64,
    /// Bytes decompressed and still encoded.
    pub uncompressed_bytes: u64,
}

/// How far [`inspect`] looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Whether every page is decoded; else the footer alone is read.
    pub pages: bool,
    /// Memory that decoding may take, bytes.
    pub memory_limit_bytes: u64,
}

/// Describes a Parquet file of any writer: schema, row groups, encodings and sizes, and of every leaf column the number
/// of values and a digest of them.
///
/// The digest is SHA-256 over the values that are there, in row order: integers, dates, times and timestamps as 64-bit
/// little-endian in their own unit (INT96 in nanoseconds), floats widened to 64 bits with one NaN for all, a boolean
/// as one byte, strings and binary behind their length as 32-bit little-endian, a decimal as its text likewise.
///
/// The checksum of a file of this crate's writer is verified before. `progress` is told how many leaf columns are done, of how many. Cost: one pass over the file, one
/// column at a time, and one more where it has a checksum.
///
/// # Errors
/// [`StoreError::Io`]; [`StoreError::NotParquet`], [`StoreError::Encrypted`], [`StoreError::Damaged`],
/// [`StoreError::Feature`] for what the file is; [`StoreError::Memory`] before a page would take too much.
pub fn inspect(
    path: &Path,
    depth: Depth,
    mut progress: impl FnMut(u64, u64),
) -> Result<Inspection, StoreError> {
    let file = ParquetFile::open(path, Open { statistics: true, ..Open::default() })?;
    let checksum = match depth.pages {
        true => checksum::verify(path)?,
        false => file.field_metadata(checksum::KEY).map(str::to_owned),
    };
    let leaves = file.schema().num_columns();
    let mut reports = Vec::with_capacity(leaves);
    for i in 0..leaves {
        progress(i as u64, leaves as u64);
        let content = match depth.pages {
            true => Some(content(&file, i, depth.memory_limit_bytes)?),
            false => None,
        };
        reports.push(LeafReport { content, ..leaf_report(&file, i) });
    }
    progress(leaves as u64, leaves as u64);
    let about = file.metadata.file_metadata();
    let keys = about.key_value_metadata().into_iter().flatten().map(|entry| entry.key.clone());
    Ok(Inspection {
        path: path.display().to_string(),
        bytes: file.len,
        footer_bytes: file.footer_len,
        rows: file.rows,
        format_version: about.version(),
        created_by: about.created_by().map(str::to_owned),
        checksum,
        metadata_keys: keys.filter(|key| key != checksum::KEY).collect(),
        leaves: reports,
        row_groups: file.metadata.row_groups().iter().map(group_report).collect(),
    })
}

fn content(file: &ParquetFile, leaf: usize, limit: u64) -> Result<Content, StoreError> {
    let budget = Arc::new(MemoryBudget::new(limit));
    let decoded = column_digest::decode(file, leaf, &budget)?;
    let (pages, checked_pages) = budget.pages();
    Ok(Content { values: decoded.values, nulls: decoded.nulls, sha256: decoded.sha256, pages, checked_pages })
}

fn leaf_report(file: &ParquetFile, leaf: usize) -> LeafReport {
    let column = file.schema().column(leaf);
    let chunks = || file.metadata.row_groups().iter().map(|group| group.column(leaf));
    let sum = |size: fn(&ColumnChunkMetaData) -> i64| chunks().map(|c| size(c).unsigned_abs()).sum();
    let names = |name: &dyn Fn(&ColumnChunkMetaData) -> Vec<String>| {
        chunks().flat_map(name).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let some = file.metadata.num_row_groups() > 0;
    LeafReport {
        path: column.path().string(),
        physical_type: match column.type_length() {
            length if length > 0 => format!("{}({length})", column.physical_type()),
            _ => column.physical_type().to_string(),
        },
        logical_type: logical_type(&column),
        max_definition_level: column.max_def_level(),
        max_repetition_level: column.max_rep_level(),
        compression: names(&|chunk| vec![codec(chunk.compression()).to_owned()]),
        encodings: names(&|chunk| chunk.encodings().map(|e| format!("{e:?}").to_lowercase()).collect()),
        compressed_bytes: sum(ColumnChunkMetaData::compressed_size),
        uncompressed_bytes: sum(ColumnChunkMetaData::uncompressed_size),
        statistics: some
            && chunks().all(|c| {
                c.statistics().is_some_and(|s| s.min_bytes_opt().is_some() && s.max_bytes_opt().is_some())
            }),
        page_index: some
            && chunks().all(|c| c.column_index_offset().is_some() && c.offset_index_offset().is_some()),
        content: None,
    }
}

fn group_report(group: &parquet::file::metadata::RowGroupMetaData) -> GroupReport {
    let sum =
        |size: fn(&ColumnChunkMetaData) -> i64| group.columns().iter().map(|c| size(c).unsigned_abs()).sum();
    GroupReport {
        rows: group.num_rows().unsigned_abs(),
        compressed_bytes: sum(ColumnChunkMetaData::compressed_size),
        uncompressed_bytes: sum(ColumnChunkMetaData::uncompressed_size),
    }
}

fn codec(compression: Compression) -> &'static str {
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

/// What values stand for, in words; the older annotations where the newer are missing.
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
