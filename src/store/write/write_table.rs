//! Writing one table as one Parquet file.

use std::fs::File;
use std::path::Path;

use crate::store::columns::narrow::narrowing;
use crate::store::config::StoreConfig;
use crate::store::error::{IoAction, StoreError};
use crate::store::write::atomic_file::AtomicFile;
use crate::store::write::row_groups::RowGroupWriter;
use crate::store::write::table_writer::WriteSummary;
use crate::table::Table;
#[cfg(doc)]
use crate::table::Values;

/// Writes a table as a Parquet file. An existing file at `path` is replaced; missing folders are created.
///
/// The schema depends on the types of the table only, never on its values: [`Values::is_nullable`] decides which
/// columns are nullable, and a unit is stored as the field's metadata `unit`. Times in seconds are stored in
/// milliseconds, the coarsest unit of Parquet. With [`StoreConfig::narrow`], columns are stored in fewer bits where
/// no value changes, and the declared type is stored as the field's metadata `declared_type`. The encoding of each
/// column is chosen on a sample and recorded in the file's metadata `ironforge.encodings`. The file has statistics, a
/// page index, and a checksum of all its bytes ([`verify_checksum`](crate::store::verify_checksum)). The same table
/// and settings give the same bytes, whatever the number of threads. A table without rows gives a file without row
/// groups.
///
/// The file appears complete or not at all: it is written to a temporary file in the same folder, flushed to disk and
/// renamed, and then the folder is flushed. The columns are encoded in parallel on rayon's threads. One pass; memory
/// in addition to the table: encoded row groups, at most 2 with one thread, else 8 per thread and at most 32.
///
/// [`TableWriter`](crate::store::TableWriter) writes a table that comes in batches.
///
/// ```
/// use ironforge::store::{StoreConfig, read_table, write_table};
/// use ironforge::table::{Column, Table, Values};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("prices.parquet");
/// let table = Table::new(vec![
///     Column::new("node_id", "", Values::U32(vec![0, 1, 2].into())),
///     Column::new("price", "USD", Values::F64(vec![Some(1.5), None, Some(2.5)].into())),
/// ]);
/// let summary = write_table(&path, &table, &StoreConfig::default())?;
/// assert_eq!(summary.rows, 3);
/// assert_eq!(read_table(&path, None, 1 << 20)?.table, table);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`StoreError::Config`]; [`StoreError::Io`] if a folder or file cannot be written; [`StoreError::OutOfRange`] for
/// a time in seconds that does not fit in milliseconds; [`StoreError::Encode`]. An old file is then intact.
pub fn write_table(path: &Path, table: &Table, config: &StoreConfig) -> Result<WriteSummary, StoreError> {
    config.validate()?;
    let file = AtomicFile::create(path)?;
    let rows = encode(path, file.handle()?, table, config)?;
    Ok(WriteSummary { bytes: file.commit()?, rows })
}

/// Writes a table as a new file, directly under its name and without flushing it.
///
/// For folders that no reader sees yet: the caller flushes the whole folder with
/// [`sync_tree`](crate::store::sync_tree) before it makes the folder visible. The bytes are those of [`write_table`].
///
/// # Errors
/// As [`write_table`]; [`StoreError::Io`] if the file exists.
pub fn write_table_unsynced(path: &Path, table: &Table, config: &StoreConfig) -> Result<(), StoreError> {
    config.validate()?;
    let file = File::create_new(path).map_err(|source| StoreError::Io {
        path: path.to_owned(),
        action: IoAction::Create,
        source,
    })?;
    encode(path, file, table, config).map(|_| ())
}

/// Encodes a table into an empty file. Returns the number of rows.
pub(crate) fn encode(
    path: &Path,
    file: File,
    table: &Table,
    config: &StoreConfig,
) -> Result<u64, StoreError> {
    let narrowing = config.narrow.then(|| narrowing(table).into());
    let mut writer = RowGroupWriter::new(path.to_owned(), file, config.clone(), narrowing);
    writer.append(table)?;
    writer.finish().map(|(_, rows)| rows)
}
