//! Writing a file batch by batch, in bounded memory.

use std::path::Path;

use crate::store::StoreError;
use crate::store::config::StoreConfig;
use crate::store::write::atomic_file::AtomicFile;
use crate::store::write::row_groups::RowGroupWriter;
use crate::table::Table;

/// Size of a file that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteSummary {
    /// Size of the file, bytes.
    pub bytes: u64,
    /// Number of rows.
    pub rows: u64,
}

/// Writer of a Parquet file whose rows come in batches.
///
/// The bytes are those of [`write_table`](crate::store::write_table) over all rows at once, however they are split
/// into batches, except that [`StoreConfig::narrow`] has no effect: narrowing needs all values first. Memory: the rows
/// of one row group, and encoded row groups, at most 2 with one thread, else 8 per thread and at most 32. The file
/// appears at [`finish`](Self::finish), complete; a writer dropped before leaves no file.
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
    row_groups: RowGroupWriter,
    file: AtomicFile,
}

impl TableWriter {
    /// Creates a temporary file in the folder of `path`; missing folders are created.
    ///
    /// # Errors
    /// [`StoreError::Config`]; [`StoreError::Io`] if a folder or file cannot be created.
    pub fn create(path: &Path, config: &StoreConfig) -> Result<Self, StoreError> {
        config.validate()?;
        let file = AtomicFile::create(path)?;
        let row_groups = RowGroupWriter::new(path.to_owned(), file.handle()?, config.clone(), None);
        Ok(Self { row_groups, file })
    }

    /// Appends the rows of a table. The first table declares the columns; all others must have the same names, types
    /// and units.
    ///
    /// # Errors
    /// [`StoreError::Schema`] for other columns; [`StoreError::OutOfRange`] for a time in seconds that does not fit in
    /// milliseconds; [`StoreError::Encode`]; [`StoreError::Io`] if the disk is full. The file cannot be finished then.
    pub fn append(&mut self, table: &Table) -> Result<(), StoreError> {
        self.row_groups.append(table)
    }

    /// Writes the remaining rows, flushes the file to disk and renames it to its path.
    ///
    /// # Errors
    /// As [`append`](Self::append), and [`StoreError::Encode`] if no table was appended. An old file at the path is
    /// then intact.
    pub fn finish(self) -> Result<WriteSummary, StoreError> {
        let Self { row_groups, file } = self;
        let (_, rows) = row_groups.finish()?;
        Ok(WriteSummary { bytes: file.commit()?, rows })
    }
}
