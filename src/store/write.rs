//! Writing one table as one Parquet file: declared schema, whole row groups, all of it or nothing.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{StoreError, encode};
use crate::table::{Table, Values};

/// ZSTD level: 3 is where files stop shrinking much and writing is still quick.
const COMPRESSION_LEVEL: i32 = 3;
/// Rows of a row group: small enough to read one session's part, large enough to compress.
const ROW_GROUP_ROWS: u32 = 10_000;
/// Name and version that a file carries as its writer.
const CREATED_BY: &str = concat!("ironforge ", env!("CARGO_PKG_VERSION"));

/// How tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// ZSTD level, 1 (fast) to 22 (small).
    pub compression_level: i32,
    /// Rows of each row group but the last, 1 to 100,000,000.
    pub row_group_rows: u32,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { compression_level: COMPRESSION_LEVEL, row_group_rows: ROW_GROUP_ROWS }
    }
}

impl StoreConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`StoreError::Config`] names the setting that is out of its range.
    pub fn validate(&self) -> Result<(), StoreError> {
        if !(1..=22).contains(&self.compression_level) {
            let value = i64::from(self.compression_level);
            return Err(StoreError::Config { key: "compression_level", value, want: "1 to 22" });
        }
        if !(1..=100_000_000).contains(&self.row_group_rows) {
            let value = i64::from(self.row_group_rows);
            return Err(StoreError::Config { key: "row_group_rows", value, want: "1 to 100000000" });
        }
        Ok(())
    }
}

/// What a write left on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Size of the file, bytes.
    pub bytes: u64,
    /// Rows in it.
    pub rows: u64,
}

/// Writes a table as a Parquet file, replacing what stands at `path`; missing folders are made.
///
/// The schema is declared by the table's types alone, never by its values: [`Values::nullable`] says which columns
/// are nullable, a unit is kept as the field's metadata `unit`, strings are dictionary encoded. Second-resolution
/// times are stored as milliseconds, the coarsest unit that Parquet has. Statistics and page index are written.
/// The same table and settings give the same bytes. A table without rows gives a file without row groups.
///
/// The file appears whole or not at all: it is written beside its place under a temporary name, flushed to disk,
/// renamed, and the folder flushed.
///
/// # Errors
/// [`StoreError::Config`], [`StoreError::Io`] if a folder or file cannot be written, [`StoreError::OutOfRange`] for
/// a time in seconds that milliseconds cannot hold, [`StoreError::Encode`]. The old file, if any, is then intact.
pub fn write_table(path: &Path, table: &Table, config: &StoreConfig) -> Result<Written, StoreError> {
    config.validate()?;
    let io = |action, source| StoreError::Io { path: path.to_owned(), action, source };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|e| io("make the folder of", e))?;
    let mut file = temporary(folder).map_err(|e| io("write", e))?;
    encode(path, file.as_file_mut(), table, config)?;
    file.as_file().sync_all().map_err(|e| io("write", e))?;
    let bytes = file.as_file().metadata().map_err(|e| io("measure", e))?.len();
    file.persist(path).map_err(|e| io("replace", e.error))?;
    sync_folder(folder).map_err(|e| io("flush the folder of", e))?;
    Ok(Written { bytes, rows: table.rows() as u64 })
}

/// Writes a table as a new file of a folder that nobody reads yet: under its own name, and not flushed. Whoever shows
/// the folder flushes it with [`sync_tree`] first. The bytes are those of [`write_table`].
///
/// # Errors
/// As [`write_table`]; a file of that name is an error.
pub fn write_part(path: &Path, table: &Table, config: &StoreConfig) -> Result<(), StoreError> {
    config.validate()?;
    let mut file = File::create_new(path).map_err(|source| StoreError::Io {
        path: path.to_owned(),
        action: "make",
        source,
    })?;
    encode(path, &mut file, table, config)
}

/// Flushes every file and folder below a folder to disk. Many at a time: a disk takes a hundred small flushes
/// together in little more than the time of one.
///
/// # Errors
/// [`StoreError::Io`] for the first that cannot be flushed.
pub fn sync_tree(folder: &Path) -> Result<(), StoreError> {
    const AT_ONCE: usize = 32;
    let mut paths = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        next += 1;
        let io = |source| StoreError::Io { path: path.clone(), action: "list", source };
        if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(io)? {
                paths.push(entry.map_err(io)?.path());
            }
        }
    }
    let sync = |path: &PathBuf| {
        let synced =
            if path.is_dir() { sync_folder(path) } else { File::open(path).and_then(|f| f.sync_all()) };
        synced.map_err(|source| StoreError::Io { path: path.clone(), action: "flush", source })
    };
    let share = paths.len().div_ceil(AT_ONCE).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            paths.chunks(share).map(|part| scope.spawn(move || part.iter().try_for_each(sync))).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

fn temporary(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ironforge-").suffix(".tmp");
    // A result is as readable as any other new file; the default would be the owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

fn encode(path: &Path, file: &mut File, table: &Table, config: &StoreConfig) -> Result<(), StoreError> {
    let failed = |why: String| StoreError::Encode { path: path.to_owned(), why };
    let schema = Arc::new(encode::schema(table));
    let encoders = encode::encoders(path, table)?;
    let properties = properties(table, config).map_err(|e| failed(e.to_string()))?;
    let mut writer =
        ArrowWriter::try_new(file, schema, Some(properties)).map_err(|e| failed(e.to_string()))?;
    let step = config.row_group_rows as usize;
    for start in (0..table.rows()).step_by(step) {
        let rows = start..table.rows().min(start + step);
        let arrays = encoders.iter().map(|(name, encoder)| (name, encoder.slice(rows.clone())));
        let batch = RecordBatch::try_from_iter(arrays).map_err(|e| failed(e.to_string()))?;
        writer.write(&batch).map_err(|e| failed(e.to_string()))?;
    }
    writer.close().map_err(|e| failed(e.to_string()))?;
    Ok(())
}

fn properties(table: &Table, config: &StoreConfig) -> parquet::errors::Result<WriterProperties> {
    let mut builder = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(config.compression_level)?))
        .set_max_row_group_row_count(Some(config.row_group_rows as usize))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_dictionary_enabled(false);
    for column in table.columns() {
        let path = ColumnPath::new(vec![column.name.clone()]);
        builder = match column.values {
            Values::Text(_) => builder.set_column_dictionary_enabled(path, true),
            // Ids, positions and times are nearly sorted: their differences are small.
            Values::U32(_) | Values::U64(_) | Values::I64(_) | Values::OptI64(_) | Values::Time { .. } => {
                builder.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED)
            }
            _ => builder,
        };
    }
    Ok(builder.build())
}
