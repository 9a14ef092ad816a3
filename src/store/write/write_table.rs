//! Writing one table as one Parquet file: declared schema, whole row groups, all of it or nothing.

use std::fs::File;
use std::path::Path;

use crate::store::StoreError;
use crate::store::columns::narrow::narrowing;
use crate::store::config::StoreConfig;
use crate::store::write::atomic_file::AtomicFile;
use crate::store::write::row_groups::Groups;
use crate::store::write::table_writer::Written;
use crate::table::Table;
#[cfg(doc)]
use crate::table::Values;

/// Writes a table as a Parquet file, replacing what stands at `path`; missing folders are made.
///
/// The schema is declared by the table's types alone, never by its values: [`Values::nullable`] says which columns
/// are nullable, a unit is kept as the field's metadata `unit`. Second-resolution times are stored as milliseconds, the
/// coarsest unit that Parquet has. With [`StoreConfig::narrow`] columns are stored in fewer bits where that loses
/// nothing, and their declared type is kept as the field's metadata `declared_type`. Each column is encoded as suits a
/// sample of it; the choice stands in the file's metadata `ironforge.encodings`. Statistics and page index are
/// written, and a checksum of the whole file ([`verify_checksum`](crate::store::verify_checksum)). The same table and settings
/// give the same bytes, whatever the number of threads. A table without rows gives a file without row groups.
///
/// The file appears whole or not at all: it is written beside its place under a temporary name, flushed to disk,
/// renamed, and the folder flushed. Columns are encoded side by side on rayon's threads. Cost: one pass, and beside the
/// table the memory of some encoded row groups: two where one thread works, else eight a thread and at most 32. A table
/// that comes in parts: [`TableWriter`](crate::store::TableWriter).
///
/// # Errors
/// [`StoreError::Config`], [`StoreError::Io`] if a folder or file cannot be written, [`StoreError::OutOfRange`] for
/// a time in seconds that milliseconds cannot hold, [`StoreError::Encode`]. The old file, if any, is then intact.
pub fn write_table(path: &Path, table: &Table, config: &StoreConfig) -> Result<Written, StoreError> {
    config.validate()?;
    let file = AtomicFile::beside(path)?;
    let rows = encode(path, file.handle()?, table, config)?;
    Ok(Written { bytes: file.put()?, rows })
}

/// Writes a table as a new file of a folder that nobody reads yet: under its own name, and not flushed. Whoever shows
/// the folder flushes it with [`sync_tree`](crate::store::sync_tree) first. The bytes are those of [`write_table`].
///
/// # Errors
/// As [`write_table`]; a file of that name is an error.
pub fn write_part(path: &Path, table: &Table, config: &StoreConfig) -> Result<(), StoreError> {
    config.validate()?;
    let file = File::create_new(path);
    let file = file.map_err(|source| StoreError::Io { path: path.to_owned(), action: "make", source })?;
    encode(path, file, table, config).map(|_| ())
}

/// Encodes a table into an empty file. Gives its rows.
pub(crate) fn encode(
    path: &Path,
    file: File,
    table: &Table,
    config: &StoreConfig,
) -> Result<u64, StoreError> {
    let narrowing = config.narrow.then(|| narrowing(table).into());
    let mut groups = Groups::new(path.to_owned(), file, config.clone(), narrowing);
    groups.append(table)?;
    groups.finish().map(|(_, rows)| rows)
}
