//! A Parquet file with its footer checked, and its column chunks as pages.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::file::metadata::{
    ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader, ParquetStatisticsPolicy,
};
use parquet::schema::types::SchemaDescriptor;

use crate::store::StoreError;
use crate::store::untrusted::byte_source::ByteSource;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::column_pages::{Chunk, Pages};
use crate::store::untrusted::footer_repair;
use crate::store::untrusted::memory_budget::{Fault, MemoryBudget};
use crate::store::untrusted::validate_footer;

/// An open file that nothing is believed of beyond what was checked.
pub(crate) struct ParquetFile {
    pub(crate) path: PathBuf,
    pub(crate) metadata: Arc<ParquetMetaData>,
    pub(crate) rows: u64,
    /// Bytes of the whole file.
    pub(crate) len: u64,
    /// Bytes of its footer.
    pub(crate) footer_len: u64,
    pub(crate) input: Arc<ByteSource>,
}

/// What of a file is wanted beside its data.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Open {
    /// Map it into memory instead of reading it.
    pub(crate) map: bool,
    /// Decode the statistics of the column chunks.
    pub(crate) statistics: bool,
}

/// Most bytes of the header of a dictionary page that old writers left out of the length of a chunk (PARQUET-816).
const OLD_DICTIONARY_HEADER: u64 = 100;

fn decode(footer: &[u8], statistics: bool) -> Result<ParquetMetaData, String> {
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
    pub(crate) fn open(path: &Path, open: Open) -> Result<Self, StoreError> {
        let shell = validate_footer::open(path)?;
        let footer =
            footer_repair::without(&shell.footer).map_or(Cow::Borrowed(&shell.footer[..]), Cow::Owned);
        // Statistics that cannot be decoded are done without: nothing but speed depends on them.
        let decoded = match decode(&footer, open.statistics) {
            Err(_) if open.statistics => decode(&footer, false),
            decoded => decoded,
        };
        let damaged = |why: String| StoreError::Damaged { path: path.to_owned(), why };
        let metadata = decoded.map_err(|why| damaged(format!("its footer is broken: {why}")))?;
        let rows = validate_footer::metadata(path, &metadata, shell.data_end)?;
        let input = match open.map {
            true => ByteSource::map(&shell.file),
            false => Ok(ByteSource::Read(shell.file)),
        };
        let input =
            input.map_err(|source| StoreError::Io { path: path.to_owned(), action: "map", source })?;
        Ok(Self {
            path: path.to_owned(),
            metadata: Arc::new(metadata),
            rows,
            len: shell.len,
            footer_len: shell.footer.len() as u64,
            input: Arc::new(input),
        })
    }

    /// Bytes by which the chunks of old files are longer than they say: the header of their dictionary page.
    fn slack(&self) -> u64 {
        let about = self.metadata.file_metadata();
        // Writers of that time gave no version, or one below 1.2.9.
        let old = |writer: &str| match writer.split_once(" version ") {
            None => writer == "parquet-mr",
            Some(("parquet-mr", version)) => {
                let mut parts = version.split(['.', ' ', '-']).map(|part| part.parse().unwrap_or(0u32));
                let version = [0; 3].map(|_| parts.next().unwrap_or(0));
                version < [1, 2, 9]
            }
            Some(_) => false,
        };
        if about.created_by().is_some_and(old) { OLD_DICTIONARY_HEADER } else { 0 }
    }

    pub(crate) fn schema(&self) -> &SchemaDescriptor {
        self.metadata.file_metadata().schema_descr()
    }

    /// The pages of a leaf column in a row group.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] for a compression that is not known.
    pub(crate) fn pages(
        &self,
        group: usize,
        leaf: usize,
        budget: &Arc<MemoryBudget>,
    ) -> Result<Pages, Fault> {
        let chunk = self.metadata.row_group(group).column(leaf);
        // A chunk that lies outside the file was refused, unless its row group holds no row.
        let range = validate_footer::chunk_range(chunk).unwrap_or(0..0);
        let data_end = self.len - self.footer_len - 8;
        let range = match self.metadata.row_group(group).num_rows() {
            0 => range.start..range.start,
            _ => range.start..range.end.saturating_add(self.slack()).min(data_end).max(range.end),
        };
        Pages::new(Chunk::new(chunk, range), chunk.compression(), Arc::clone(&self.input), Arc::clone(budget))
    }

    pub(crate) fn damaged(&self, why: impl Into<String>) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), why: why.into() }
    }

    /// The value of an entry of the file's metadata.
    pub(crate) fn field_metadata(&self, key: &str) -> Option<&str> {
        let entries = self.metadata.file_metadata().key_value_metadata()?;
        entries.iter().find(|entry| entry.key == key)?.value.as_deref()
    }
}
