//! Settings of writing tables.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::store::StoreError;

/// ZSTD level: above 3, files hardly shrink and writing slows down.
const COMPRESSION_LEVEL: i32 = 3;
/// Rows of a row group: few enough that reading one session reads little else, enough to compress well.
const ROW_GROUP_ROWS: u32 = 10_000;
/// Upper bound of the row group settings.
const MAX_ROW_GROUP_ROWS: u32 = 100_000_000;
/// Minimum and maximum rows of a content-defined row group; the mean is [`ROW_GROUP_ROWS`].
const CONTENT_DEFINED_ROWS: (u32, u32) = (5_000, 20_000);
/// Minimum and maximum size of a content-defined data page, bytes before encoding: defaults of the Parquet libraries.
const PAGE_BYTES: (u32, u32) = (256 << 10, 1 << 20);
/// Range of the page size settings, bytes.
const PAGE_BYTES_RANGE: RangeInclusive<u32> = 1 << 10..=1 << 30;

/// The encodings that columns may get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncodingPolicy {
    /// The encoding that makes a sample of the column smallest, of all that pyarrow, DuckDB and Polars read.
    #[default]
    Measured,
    /// Plain, dictionary, and delta for integers only: for readers such as arrow2/parquet2, which know no others.
    Basic,
}

/// Settings of writing tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// ZSTD level, 1 (fast) to 22 (small).
    pub compression_level: i32,
    /// Rows of each row group but the last, 1 to 100,000,000; with `content_defined`, their mean.
    pub row_group_rows: u32,
    /// Lets the content decide where row groups and data pages end. A changed row then changes only the bytes
    /// near it, and storage that deduplicates chunks stores the rest once.
    pub content_defined: bool,
    /// Minimum rows of a content-defined row group but the last, 1 to `row_group_rows` - 1.
    pub min_row_group_rows: u32,
    /// Maximum rows of a content-defined row group, `row_group_rows` to 100,000,000.
    pub max_row_group_rows: u32,
    /// Minimum size of a content-defined data page, bytes before encoding, 1 KiB to half of `max_page_bytes`.
    pub min_page_bytes: u32,
    /// Maximum size of a content-defined data page, bytes before encoding, at most 1 GiB.
    pub max_page_bytes: u32,
    /// The encodings that columns may get.
    pub encodings: EncodingPolicy,
    /// Names of columns that are always dictionary encoded, booleans excepted; for other columns the policy decides.
    pub dictionary: Vec<String>,
    /// Stores 64-bit integers and floats in fewer bits where no value changes; never times or ids.
    pub narrow: bool,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            compression_level: COMPRESSION_LEVEL,
            row_group_rows: ROW_GROUP_ROWS,
            content_defined: false,
            min_row_group_rows: CONTENT_DEFINED_ROWS.0,
            max_row_group_rows: CONTENT_DEFINED_ROWS.1,
            min_page_bytes: PAGE_BYTES.0,
            max_page_bytes: PAGE_BYTES.1,
            encodings: EncodingPolicy::Measured,
            dictionary: Vec::new(),
            narrow: false,
        }
    }
}

impl StoreConfig {
    /// Checks the ranges. The minimum and maximum settings are checked only if `content_defined` is set.
    ///
    /// # Errors
    /// [`StoreError::Config`] with the setting that is out of its range.
    pub fn validate(&self) -> Result<(), StoreError> {
        let check = |ok: bool, setting, value: i64, want| match ok {
            true => Ok(()),
            false => Err(StoreError::Config { setting, value, want }),
        };
        let level = self.compression_level;
        check((1..=22).contains(&level), "store.compression_level", level.into(), "1 to 22")?;
        let rows = self.row_group_rows;
        check(
            (1..=MAX_ROW_GROUP_ROWS).contains(&rows),
            "store.row_group_rows",
            rows.into(),
            "1 to 100000000",
        )?;
        if !self.content_defined {
            return Ok(());
        }
        let (min, max) = (self.min_row_group_rows, self.max_row_group_rows);
        check(
            min >= 1 && min < rows,
            "store.min_row_group_rows",
            min.into(),
            "at least 1, below store.row_group_rows",
        )?;
        check(
            (rows..=MAX_ROW_GROUP_ROWS).contains(&max),
            "store.max_row_group_rows",
            max.into(),
            "store.row_group_rows to 100000000",
        )?;
        let (min, max) = (self.min_page_bytes, self.max_page_bytes);
        check(PAGE_BYTES_RANGE.contains(&max), "store.max_page_bytes", max.into(), "1024 to 1073741824")?;
        let smallest = *PAGE_BYTES_RANGE.start();
        check(
            min >= smallest && min <= max / 2,
            "store.min_page_bytes",
            min.into(),
            "1024 to half of store.max_page_bytes",
        )
    }
}
