//! Rows of a file, gathered into row groups and written.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use parquet::errors::ParquetError;

use crate::store::columns::narrow::NarrowType;
use crate::store::columns::to_arrow::TableArrays;
use crate::store::config::StoreConfig;
use crate::store::error::{IoAction, StoreError};
use crate::store::write::checksum::ChecksumWriter;
use crate::store::write::column_chunk_writer::{ColumnChunkWriter, EncodeError};
use crate::store::write::content_defined_chunking::ContentDefinedChunker;
use crate::store::write::row_buffer::RowBuffer;
use crate::table::{Column, Table, Values};

/// Maximum number of row groups that are encoded at a time.
const MAX_AT_ONCE: usize = 16;

/// Number of row groups to encode at a time: four per thread, so that every thread has work until the last column is
/// encoded; one where there is one thread.
fn at_once() -> usize {
    match rayon::current_num_threads() {
        1 => 1,
        threads => (4 * threads).min(MAX_AT_ONCE),
    }
}

/// Writer of a file's row groups. It buffers the rows of at most one row group, and some encoded row groups.
pub(crate) struct RowGroupWriter {
    path: PathBuf,
    config: StoreConfig,
    narrowing: Option<Arc<[Option<NarrowType>]>>,
    /// The columns of the first batch, without rows.
    declared: Option<Table>,
    chunker: Option<ContentDefinedChunker>,
    buffer: RowBuffer,
    state: FileState,
    /// Number of rows written, without buffered ones.
    rows: u64,
}

/// State of the file. It is opened with the first row group, which determines its encodings.
enum FileState {
    Unopened(ChecksumWriter),
    Open(Box<ColumnChunkWriter>),
    /// Closed by an error.
    Closed,
}

impl RowGroupWriter {
    /// Writer to an empty file. `config` must be valid; with `narrowing`, all values must fit it.
    pub(crate) fn new(
        path: PathBuf,
        file: File,
        config: StoreConfig,
        narrowing: Option<Arc<[Option<NarrowType>]>>,
    ) -> Self {
        let chunker = config.content_defined.then(|| ContentDefinedChunker::new(&config));
        let state = FileState::Unopened(ChecksumWriter::new(file));
        Self {
            path,
            config,
            narrowing,
            declared: None,
            chunker,
            buffer: RowBuffer::default(),
            state,
            rows: 0,
        }
    }

    /// Appends rows.
    ///
    /// # Errors
    /// [`StoreError::Schema`], [`StoreError::OutOfRange`], [`StoreError::Encode`], [`StoreError::Io`]; nothing
    /// more can be written then.
    pub(crate) fn append(&mut self, batch: &Table) -> Result<(), StoreError> {
        self.declare(batch)?;
        let narrowing = self.narrowing.clone().unwrap_or_else(|| vec![None; batch.columns().len()].into());
        let mut ends = self.ends(batch).into_iter();
        let mut start = 0;
        if self.buffer.rows() > 0
            && let Some(end) = ends.next()
        {
            self.buffer.extend(batch, 0..end);
            self.flush(&narrowing)?;
            start = end;
        }
        let whole: Vec<_> = ends.map(|end| std::mem::replace(&mut start, end)..end).collect();
        if !whole.is_empty() {
            let arrays = TableArrays::new(batch, &narrowing);
            for groups in whole.chunks(at_once()) {
                self.write(batch, &arrays, groups)?;
            }
        }
        if start < batch.rows() {
            self.buffer.extend(batch, start..batch.rows());
        }
        Ok(())
    }

    /// Writes the buffered rows and the footer. Returns the file and its number of rows.
    ///
    /// # Errors
    /// As [`append`](Self::append); [`StoreError::Encode`] if no batch was appended.
    pub(crate) fn finish(mut self) -> Result<(File, u64), StoreError> {
        let Some(declared) = self.declared.take() else {
            return Err(self.failed("no table was given: append one, which may have no rows"));
        };
        let narrowing = self.narrowing.clone().unwrap_or_else(|| vec![None; declared.columns().len()].into());
        if self.buffer.rows() > 0 {
            self.flush(&narrowing)?;
        }
        let arrays = TableArrays::new(&declared, &narrowing);
        let writer = self.open(&declared, &arrays, 0..0);
        let writer = writer.map_err(|error| self.encode_error(&declared, 0, error))?;
        let rows = self.rows;
        let file = writer.close().map_err(|e| self.parquet_error(e))?;
        let finished = file.finish();
        finished.map(|file| (file, rows)).map_err(|source| self.io(source))
    }

    fn failed(&self, why: impl Into<String>) -> StoreError {
        StoreError::Encode { path: self.path.clone(), why: why.into() }
    }

    fn io(&self, source: std::io::Error) -> StoreError {
        StoreError::Io { path: self.path.clone(), action: IoAction::Write, source }
    }

    /// The error of the `parquet` crate; an error of the operating system inside it becomes [`StoreError::Io`].
    fn parquet_error(&self, error: ParquetError) -> StoreError {
        match error {
            ParquetError::External(source) => match source.downcast::<std::io::Error>() {
                Ok(source) => self.io(*source),
                Err(other) => self.failed(other.to_string()),
            },
            other => self.failed(other.to_string()),
        }
    }

    /// The error of encoding rows of a table whose first row is row `before` of the file.
    fn encode_error(&self, table: &Table, before: u64, error: EncodeError) -> StoreError {
        match error {
            EncodeError::Parquet(error) => self.parquet_error(error),
            EncodeError::TimeOverflow { column, row, value } => StoreError::OutOfRange {
                path: self.path.clone(),
                column: table.columns()[column].name.clone(),
                row: before + row as u64,
                value,
            },
        }
    }

    /// Declares the columns of the first batch, and checks those of every later batch against them.
    fn declare(&mut self, batch: &Table) -> Result<(), StoreError> {
        for column in batch.columns() {
            if let Values::Text(labels) = &column.values {
                let bytes: u64 = labels.names.iter().map(|name| name.len() as u64).sum();
                if bytes > i32::MAX as u64 {
                    let why =
                        format!("column {:?} has {bytes} bytes of distinct strings at once", column.name);
                    return Err(self.failed(format!("{why}: give at most 2147483647, in smaller batches")));
                }
            }
        }
        let Some(declared) = &self.declared else {
            self.declared = Some(without_rows(batch));
            return Ok(());
        };
        let describe = |table: &Table| -> Vec<String> {
            let one = |c: &Column| {
                let null = if c.values.is_nullable() { "?" } else { "" };
                format!("{} {}{null} {:?}", c.name, c.values.type_name(), c.unit)
            };
            table.columns().iter().map(one).collect()
        };
        let (want, got) = (describe(declared), describe(batch));
        let time = |c: &Column| match &c.values {
            Values::Time { unit, utc, .. } => Some((*unit, *utc)),
            _ => None,
        };
        let times = |table: &Table| table.columns().iter().map(time).collect::<Vec<_>>();
        if want == got && times(declared) == times(batch) {
            return Ok(());
        }
        Err(StoreError::Schema { path: self.path.clone(), want: want.join(", "), got: got.join(", ") })
    }

    /// The rows of a batch at which row groups end, exclusive.
    fn ends(&mut self, batch: &Table) -> Vec<usize> {
        match &mut self.chunker {
            Some(chunker) => chunker.row_group_ends(batch),
            None => {
                let rows = self.config.row_group_rows as usize;
                (rows - self.buffer.rows()..=batch.rows()).step_by(rows).collect()
            }
        }
    }

    /// Writes the buffered rows as a row group.
    fn flush(&mut self, narrowing: &[Option<NarrowType>]) -> Result<(), StoreError> {
        let table = self.buffer.take();
        let rows = 0..table.rows();
        self.write(&table, &TableArrays::new(&table, narrowing), &[rows])
    }

    /// Writes consecutive row groups of a table.
    fn write(
        &mut self,
        table: &Table,
        arrays: &TableArrays<'_>,
        groups: &[Range<usize>],
    ) -> Result<(), StoreError> {
        let (first, count) = (groups[0].start, groups.iter().map(|rows| rows.len() as u64).sum::<u64>());
        let written = self.open(table, arrays, groups[0].clone()).and_then(|mut writer| {
            writer.write(arrays, groups, &self.config)?;
            self.state = FileState::Open(writer);
            Ok(())
        });
        // In errors, rows are counted from the first row of the file.
        written.map_err(|error| match error {
            EncodeError::TimeOverflow { column, row, value } => self.encode_error(
                table,
                self.rows,
                EncodeError::TimeOverflow { column, row: row - first, value },
            ),
            other => self.encode_error(table, self.rows, other),
        })?;
        self.rows += count;
        Ok(())
    }

    /// Takes the writer of the file out of the state; the first row group opens the file.
    fn open(
        &mut self,
        table: &Table,
        arrays: &TableArrays<'_>,
        rows: Range<usize>,
    ) -> Result<Box<ColumnChunkWriter>, EncodeError> {
        match std::mem::replace(&mut self.state, FileState::Closed) {
            FileState::Open(writer) => Ok(writer),
            FileState::Unopened(file) => {
                ColumnChunkWriter::new(file, table, arrays, rows, &self.config).map(Box::new)
            }
            FileState::Closed => {
                Err(ParquetError::General("an earlier error has ended this file".to_owned()).into())
            }
        }
    }
}

/// The columns of a table, without rows.
fn without_rows(table: &Table) -> Table {
    let mut buffer = RowBuffer::default();
    buffer.extend(table, 0..0);
    buffer.take()
}
