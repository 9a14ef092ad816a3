//! Writing a file table by table, in bounded memory.

use std::path::Path;

use crate::store::StoreError;
use crate::store::config::StoreConfig;
use crate::store::write::atomic_file::AtomicFile;
use crate::store::write::row_groups::Groups;
use crate::table::Table;

/// What a write left on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Size of the file, bytes.
    pub bytes: u64,
    /// Rows in it.
    pub rows: u64,
}

/// A Parquet file that takes its rows batch by batch.
///
/// The bytes are those of [`write_table`](crate::store::write_table) over all rows at once, however they are cut into batches;
/// only narrowing, which looks at all values first, is not done. Memory: one row group, and encoded ones: two where
/// one thread works, else eight a thread and at most 32. The file appears at [`finish`](Self::finish), whole; dropped
/// before, nothing stays.
///
/// ```
/// use ironforge::store::{StoreConfig, TableWriter};
/// use ironforge::table::{Column, Table, Values};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.parquet");
/// let mut writer = TableWriter::create(&path, &StoreConfig::default())?;
/// for start in (0..30_000).step_by(1_000) {
///     let ids: Vec<u32> = (start..start + 1_000).collect();
///     writer.append(&Table::new(vec![Column::new("node_id", "", Values::U32(ids.into()))]))?;
/// }
/// assert_eq!(writer.finish()?.rows, 30_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TableWriter {
    groups: Groups,
    file: AtomicFile,
}

impl TableWriter {
    /// Begins a file beside `path`; missing folders are made.
    ///
    /// # Errors
    /// [`StoreError::Config`]; [`StoreError::Io`] if a folder or file cannot be made.
    pub fn create(path: &Path, config: &StoreConfig) -> Result<Self, StoreError> {
        config.validate()?;
        let file = AtomicFile::beside(path)?;
        let groups = Groups::new(path.to_owned(), file.handle()?, config.clone(), None);
        Ok(Self { groups, file })
    }

    /// Takes the rows of a table. The first table declares the columns; the others must have the same, with the same
    /// types and units.
    ///
    /// # Errors
    /// [`StoreError::Schema`] for other columns; [`StoreError::OutOfRange`] for a time in seconds that milliseconds
    /// cannot hold; [`StoreError::Encode`]; [`StoreError::Io`] if the disk is full. No file will appear then.
    pub fn append(&mut self, table: &Table) -> Result<(), StoreError> {
        self.groups.append(table)
    }

    /// Writes the rest, flushes the file to disk and puts it in its place.
    ///
    /// # Errors
    /// As [`append`](Self::append), and [`StoreError::Encode`] if no table was given. What stood at the place is then
    /// intact.
    pub fn finish(self) -> Result<Written, StoreError> {
        let Self { groups, file } = self;
        let (_, rows) = groups.finish()?;
        Ok(Written { bytes: file.put()?, rows })
    }
}
