//! A Parquet file with a validated footer, and page readers of its column chunks.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::file::metadata::{
    ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader, ParquetStatisticsPolicy,
};
use parquet::schema::types::SchemaDescriptor;

use crate::store::error::{IoAction, StoreError};
use crate::store::untrusted::byte_source::ByteSource;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::column_pages::{CheckedPageReader, ColumnChunk};
use crate::store::untrusted::footer_repair;
use crate::store::untrusted::memory_budget::{MemoryBudget, ReadError};
use crate::store::untrusted::validate_footer;

/// An open file whose footer is validated; its pages are checked when they are read.
pub(crate) struct ParquetFile {
    pub(crate) path: PathBuf,
    pub(crate) metadata: Arc<ParquetMetaData>,
    pub(crate) rows: u64,
    /// Length of the file, bytes.
    pub(crate) len: u64,
    /// Length of the footer, bytes.
    pub(crate) footer_len: u64,
    pub(crate) source: Arc<ByteSource>,
}

/// Options of opening a file.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OpenOptions {
    /// True to map the file into memory instead of reading it.
    pub(crate) map: bool,
    /// True to decode the statistics of the column chunks.
    pub(crate) statistics: bool,
}

/// Maximum length of the dictionary page header that old writers omit from the length of a column chunk, bytes
/// (PARQUET-816).
const MAX_UNCOUNTED_DICTIONARY_HEADER_BYTES: u64 = 100;

fn decode_footer(footer: &[u8], statistics: bool) -> Result<ParquetMetaData, String> {
    let mut options = ParquetMetaDataOptions::new();
    if !statistics {
        options.set_column_stats_policy(ParquetStatisticsPolicy::SkipAll);
        options.set_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
    }
    let decoded =
        catch_panic(|| ParquetMetaDataReader::decode_metadata_with_options(footer, Some(&options)))?;
    decoded.map_err(|e| e.to_string())
}

impl ParquetFile {
    pub(crate) fn open(path: &Path, options: OpenOptions) -> Result<Self, StoreError> {
        let encoded = validate_footer::read_footer(path)?;
        let footer = footer_repair::without_mistyped_fields(&encoded.bytes)
            .map_or(Cow::Borrowed(&encoded.bytes[..]), Cow::Owned);
        // Statistics that cannot be decoded are ignored: only speed depends on them.
        let decoded = match decode_footer(&footer, options.statistics) {
            Err(_) if options.statistics => decode_footer(&footer, false),
            decoded => decoded,
        };
        let damaged = |why: String| StoreError::Damaged { path: path.to_owned(), why };
        let metadata = decoded.map_err(|why| damaged(format!("its footer cannot be decoded: {why}")))?;
        let rows = validate_footer::validate_metadata(path, &metadata, encoded.data_end)?;
        let source = match options.map {
            true => ByteSource::map(&encoded.file),
            false => Ok(ByteSource::Read(encoded.file)),
        };
        let source = source.map_err(|source| StoreError::Io {
            path: path.to_owned(),
            action: IoAction::Map,
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            metadata: Arc::new(metadata),
            rows,
            len: encoded.file_len,
            footer_len: encoded.bytes.len() as u64,
            source: Arc::new(source),
        })
    }

    /// Bytes by which the column chunks of old files may be longer than declared: the header of their dictionary
    /// page.
    fn chunk_length_slack(&self) -> u64 {
        let file_metadata = self.metadata.file_metadata();
        // Affected writers name no version, or one below 1.2.9.
        let old = |writer: &str| match writer.split_once(" version ") {
            None => writer == "parquet-mr",
            Some(("parquet-mr", version)) => {
                let mut parts = version.split(['.', ' ', '-']).map(|part| part.parse().unwrap_or(0u32));
                let version = [0; 3].map(|_| parts.next().unwrap_or(0));
                version < [1, 2, 9]
            }
            Some(_) => false,
        };
        if file_metadata.created_by().is_some_and(old) { MAX_UNCOUNTED_DICTIONARY_HEADER_BYTES } else { 0 }
    }

    pub(crate) fn schema(&self) -> &SchemaDescriptor {
        self.metadata.file_metadata().schema_descr()
    }

    /// Page reader of a leaf column in a row group.
    ///
    /// # Errors
    /// [`ReadError::Unsupported`] for an unsupported compression codec.
    pub(crate) fn page_reader(
        &self,
        group: usize,
        leaf: usize,
        budget: &Arc<MemoryBudget>,
    ) -> Result<CheckedPageReader, ReadError> {
        let chunk = self.metadata.row_group(group).column(leaf);
        // A chunk outside the file was refused, unless its row group has no rows.
        let range = validate_footer::chunk_range(chunk).unwrap_or(0..0);
        let data_end = self.len - self.footer_len - 8;
        let range = match self.metadata.row_group(group).num_rows() {
            0 => range.start..range.start,
            _ => {
                range.start..range.end.saturating_add(self.chunk_length_slack()).min(data_end).max(range.end)
            }
        };
        CheckedPageReader::new(
            ColumnChunk::new(chunk, range),
            chunk.compression(),
            Arc::clone(&self.source),
            Arc::clone(budget),
        )
    }

    pub(crate) fn damaged(&self, why: impl Into<String>) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), why: why.into() }
    }

    /// Value of an entry of the file's key-value metadata.
    pub(crate) fn key_value(&self, key: &str) -> Option<&str> {
        let entries = self.metadata.file_metadata().key_value_metadata()?;
        entries.iter().find(|entry| entry.key == key)?.value.as_deref()
    }
}
