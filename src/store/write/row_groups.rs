//! The rows of a file, gathered into row groups.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use parquet::errors::ParquetError;

use crate::store::StoreError;
use crate::store::columns::narrow::Narrow;
use crate::store::columns::to_arrow::Arrays;
use crate::store::config::StoreConfig;
use crate::store::write::checksum::Sealing;
use crate::store::write::column_chunk_writer::{Open, Refusal};
use crate::store::write::content_defined_chunking::Cuts;
use crate::store::write::row_buffer::RowBuffer;
use crate::table::{Column, Table, Values};

/// Most row groups that are encoded at once.
const MOST_AT_ONCE: usize = 16;

/// Row groups to encode at once: four a thread, so that all have work until the last is done; one where there is one.
fn at_once() -> usize {
    match rayon::current_num_threads() {
        1 => 1,
        threads => (4 * threads).min(MOST_AT_ONCE),
    }
}

/// Rows on their way into a file. At most a row group of them is kept, and the encoded form of some.
pub(crate) struct Groups {
    path: PathBuf,
    config: StoreConfig,
    narrowing: Option<Arc<[Option<Narrow>]>>,
    /// The columns of the first batch, without rows.
    declared: Option<Table>,
    cuts: Option<Cuts>,
    pending: RowBuffer,
    out: Out,
    rows: u64,
}

/// The file: its properties are known once the first row group is.
enum Out {
    Waiting(Sealing),
    Open(Box<Open>),
    /// An error has closed it.
    Closed,
}

impl Groups {
    /// Rows for an empty file, by a checked configuration; with `narrowing`, all of them must fit it.
    pub(crate) fn new(
        path: PathBuf,
        file: File,
        config: StoreConfig,
        narrowing: Option<Arc<[Option<Narrow>]>>,
    ) -> Self {
        let cuts = config.content_defined.then(|| Cuts::new(&config));
        let out = Out::Waiting(Sealing::new(file));
        Self { path, config, narrowing, declared: None, cuts, pending: RowBuffer::default(), out, rows: 0 }
    }

    /// Takes rows.
    ///
    /// # Errors
    /// [`StoreError::Schema`], [`StoreError::OutOfRange`], [`StoreError::Encode`], [`StoreError::Io`]; no more can be
    /// written then.
    pub(crate) fn append(&mut self, batch: &Table) -> Result<(), StoreError> {
        self.declare(batch)?;
        let narrowing = self.narrowing.clone().unwrap_or_else(|| vec![None; batch.columns().len()].into());
        let mut ends = self.ends(batch).into_iter();
        let mut start = 0;
        if self.pending.rows() > 0
            && let Some(end) = ends.next()
        {
            self.pending.extend(batch, 0..end);
            self.flush(&narrowing)?;
            start = end;
        }
        let whole: Vec<_> = ends.map(|end| std::mem::replace(&mut start, end)..end).collect();
        if !whole.is_empty() {
            let arrays = Arrays::new(batch, &narrowing);
            for groups in whole.chunks(at_once()) {
                self.write(batch, &arrays, groups)?;
            }
        }
        if start < batch.rows() {
            self.pending.extend(batch, start..batch.rows());
        }
        Ok(())
    }

    /// Writes what is left, and the footer. Gives the file and its number of rows.
    ///
    /// # Errors
    /// As [`append`](Self::append); [`StoreError::Encode`] if no batch was given.
    pub(crate) fn finish(mut self) -> Result<(File, u64), StoreError> {
        let Some(declared) = self.declared.take() else {
            return Err(self.failed("no table was given: append one, if without rows"));
        };
        let narrowing = self.narrowing.clone().unwrap_or_else(|| vec![None; declared.columns().len()].into());
        if self.pending.rows() > 0 {
            self.flush(&narrowing)?;
        }
        let arrays = Arrays::new(&declared, &narrowing);
        let open = self.open(&declared, &arrays, 0..0);
        let open = open.map_err(|refusal| self.refused(&declared, 0, refusal))?;
        let rows = self.rows;
        let file = open.close().map_err(|e| self.failed_by(e))?;
        let sealed = file.seal();
        sealed.map(|file| (file, rows)).map_err(|source| self.io(source))
    }

    fn failed(&self, why: impl Into<String>) -> StoreError {
        StoreError::Encode { path: self.path.clone(), why: why.into() }
    }

    fn io(&self, source: std::io::Error) -> StoreError {
        StoreError::Io { path: self.path.clone(), action: "write", source }
    }

    /// The library's error; what the operating system said through it comes back as that.
    fn failed_by(&self, error: ParquetError) -> StoreError {
        match error {
            ParquetError::External(source) => match source.downcast::<std::io::Error>() {
                Ok(source) => self.io(*source),
                Err(other) => self.failed(other.to_string()),
            },
            other => self.failed(other.to_string()),
        }
    }

    fn refused(&self, table: &Table, before: u64, refusal: Refusal) -> StoreError {
        match refusal {
            Refusal::Library(error) => self.failed_by(error),
            Refusal::Overflow { column, row, value } => StoreError::OutOfRange {
                path: self.path.clone(),
                column: table.columns()[column].name.clone(),
                row: before + row as u64,
                value,
            },
        }
    }

    /// Holds a batch against the first one.
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
                let null = if c.values.nullable() { "?" } else { "" };
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

    /// The rows of a batch at which groups end.
    fn ends(&mut self, batch: &Table) -> Vec<usize> {
        match &mut self.cuts {
            Some(cuts) => cuts.ends(batch),
            None => {
                let rows = self.config.row_group_rows as usize;
                (rows - self.pending.rows()..=batch.rows()).step_by(rows).collect()
            }
        }
    }

    fn flush(&mut self, narrowing: &[Option<Narrow>]) -> Result<(), StoreError> {
        let table = self.pending.take();
        let rows = 0..table.rows();
        self.write(&table, &Arrays::new(&table, narrowing), &[rows])
    }

    /// Writes row groups of a table, which follow one another.
    fn write(
        &mut self,
        table: &Table,
        arrays: &Arrays<'_>,
        groups: &[Range<usize>],
    ) -> Result<(), StoreError> {
        let (first, count) = (groups[0].start, groups.iter().map(|rows| rows.len() as u64).sum::<u64>());
        let written = self.open(table, arrays, groups[0].clone()).and_then(|mut open| {
            open.write(arrays, groups, &self.config)?;
            self.out = Out::Open(open);
            Ok(())
        });
        // Rows are counted from the file's first.
        written.map_err(|refusal| match refusal {
            Refusal::Overflow { column, row, value } => {
                self.refused(table, self.rows, Refusal::Overflow { column, row: row - first, value })
            }
            other => self.refused(table, self.rows, other),
        })?;
        self.rows += count;
        Ok(())
    }

    /// The file, opened by its first row group if it is not yet.
    fn open(&mut self, table: &Table, arrays: &Arrays<'_>, rows: Range<usize>) -> Result<Box<Open>, Refusal> {
        match std::mem::replace(&mut self.out, Out::Closed) {
            Out::Open(open) => Ok(open),
            Out::Waiting(file) => Open::new(file, table, arrays, rows, &self.config).map(Box::new),
            Out::Closed => {
                Err(ParquetError::General("an error has ended this file before".to_owned()).into())
            }
        }
    }
}

/// The columns alone.
fn without_rows(table: &Table) -> Table {
    let mut pending = RowBuffer::default();
    pending.extend(table, 0..0);
    pending.take()
}
