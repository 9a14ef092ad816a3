//! How tables are written.

use serde::{Deserialize, Serialize};

use super::StoreError;

/// ZSTD level: 3 is where files stop shrinking much and writing is still quick.
const COMPRESSION_LEVEL: i32 = 3;
/// Rows of a row group: small enough to read one session's part, large enough to compress.
const ROW_GROUP_ROWS: u32 = 10_000;
/// Most rows of a row group that may be asked for.
const MAX_ROWS: u32 = 100_000_000;
/// Fewest and most rows of a content-defined row group; they average [`ROW_GROUP_ROWS`] between these.
const CONTENT_ROWS: (u32, u32) = (5_000, 20_000);
/// Smallest and largest page of a content-defined cut, bytes before encoding: what the Parquet libraries take.
const PAGE_BYTES: (u32, u32) = (256 << 10, 1 << 20);
/// Bounds of those, bytes.
const PAGE_BYTES_RANGE: std::ops::RangeInclusive<u32> = 1 << 10..=1 << 30;

/// Which encodings columns may get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encodings {
    /// Whichever makes a sample of the column smallest, of all that pyarrow, DuckDB and Polars read.
    #[default]
    Measured,
    /// Plain, dictionary and delta of integers alone: for readers such as arrow2/parquet2, which have no more.
    Basic,
}

/// How tables are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// ZSTD level, 1 (fast) to 22 (small).
    pub compression_level: i32,
    /// Rows of each row group but the last, 1 to 100,000,000; with `content_defined`, their mean.
    pub row_group_rows: u32,
    /// Whether row groups and pages end where their content says so: a changed row then changes its neighbourhood in
    /// the file and not all that follows, and stores that keep equal parts once keep the rest once.
    pub content_defined: bool,
    /// Fewest rows of a content-defined row group but the last, 1 to `row_group_rows` - 1.
    pub min_row_group_rows: u32,
    /// Most rows of a content-defined row group, `row_group_rows` to 100,000,000.
    pub max_row_group_rows: u32,
    /// Smallest content-defined page, bytes before encoding, 1 KiB to half of `max_page_bytes`.
    pub min_page_bytes: u32,
    /// Largest content-defined page, bytes before encoding, to 1 GiB.
    pub max_page_bytes: u32,
    /// Which encodings columns may get.
    pub encodings: Encodings,
    /// Columns that are dictionary encoded whatever they hold; of the others, those whose values repeat.
    pub dictionary: Vec<String>,
    /// Whether 64-bit integers and floats are stored in fewer bits where no value changes; never times or ids.
    pub narrow: bool,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            compression_level: COMPRESSION_LEVEL,
            row_group_rows: ROW_GROUP_ROWS,
            content_defined: false,
            min_row_group_rows: CONTENT_ROWS.0,
            max_row_group_rows: CONTENT_ROWS.1,
            min_page_bytes: PAGE_BYTES.0,
            max_page_bytes: PAGE_BYTES.1,
            encodings: Encodings::Measured,
            dictionary: Vec::new(),
            narrow: false,
        }
    }
}

impl StoreConfig {
    /// Checks the ranges. Those of content-defined cuts count only where `content_defined` is set.
    ///
    /// # Errors
    /// [`StoreError::Config`] names the setting that is out of its range.
    pub fn validate(&self) -> Result<(), StoreError> {
        let check = |ok: bool, key, value: i64, want| match ok {
            true => Ok(()),
            false => Err(StoreError::Config { key, value, want }),
        };
        let level = self.compression_level;
        check((1..=22).contains(&level), "compression_level", level.into(), "1 to 22")?;
        let rows = self.row_group_rows;
        check((1..=MAX_ROWS).contains(&rows), "row_group_rows", rows.into(), "1 to 100000000")?;
        if !self.content_defined {
            return Ok(());
        }
        let (min, max) = (self.min_row_group_rows, self.max_row_group_rows);
        check(
            min >= 1 && min < rows,
            "min_row_group_rows",
            min.into(),
            "at least 1, below store.row_group_rows",
        )?;
        check(
            (rows..=MAX_ROWS).contains(&max),
            "max_row_group_rows",
            max.into(),
            "store.row_group_rows to 100000000",
        )?;
        let (min, max) = (self.min_page_bytes, self.max_page_bytes);
        check(PAGE_BYTES_RANGE.contains(&max), "max_page_bytes", max.into(), "1024 to 1073741824")?;
        let low = *PAGE_BYTES_RANGE.start();
        check(
            min >= low && min <= max / 2,
            "min_page_bytes",
            min.into(),
            "1024 to half of store.max_page_bytes",
        )
    }
}
