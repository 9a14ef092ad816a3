//! The rows of a file, gathered into row groups and encoded group by group, its columns side by side.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, cast::AsArray, types::Int32Type};
use arrow_schema::{ArrowError, Field, Schema};
use bytes::Bytes;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriter, ArrowWriterOptions,
    compute_leaves,
};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{CdcOptions, EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;

use super::StoreError;
use super::checksum::{self, Sealing};
use super::config::StoreConfig;
use super::cuts::Cuts;
use super::encode::{self, Arrays};
use super::encoding::{self, Encoding};
use super::narrow::Narrow;
use super::orders;
use super::pending::Pending;
use crate::table::{Column, Table, Values};

/// Name and version that a file carries as its writer.
const CREATED_BY: &str = concat!("ironforge ", env!("CARGO_PKG_VERSION"));

/// Rows on their way into a file. At most a row group of them is kept, and its encoded form.
pub(super) struct Groups {
    path: PathBuf,
    config: StoreConfig,
    narrowing: Option<Arc<[Option<Narrow>]>>,
    /// The columns of the first batch, without rows.
    declared: Option<Table>,
    cuts: Option<Cuts>,
    pending: Pending,
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

struct Open {
    writer: SerializedFileWriter<Sealing>,
    columns: ArrowRowGroupWriterFactory,
    schema: Arc<Schema>,
    encodings: Vec<Encoding>,
}

/// An encoded column of a row group.
enum Chunk {
    Whole(ArrowColumnChunk),
    /// Cut into pages by content, in a file of its own.
    Paged(Bytes, Box<ColumnCloseResult>),
}

/// Why a row group cannot be written.
enum Refusal {
    Library(ParquetError),
    Overflow { column: usize, row: usize, value: String },
}

impl From<ParquetError> for Refusal {
    fn from(error: ParquetError) -> Self {
        Self::Library(error)
    }
}

impl From<ArrowError> for Refusal {
    fn from(error: ArrowError) -> Self {
        Self::Library(error.into())
    }
}

impl Groups {
    /// Rows for an empty file, by a checked configuration; with `narrowing`, all of them must fit it.
    pub(super) fn new(
        path: PathBuf,
        file: File,
        config: StoreConfig,
        narrowing: Option<Arc<[Option<Narrow>]>>,
    ) -> Self {
        let cuts = config.content_defined.then(|| Cuts::new(&config));
        let out = Out::Waiting(Sealing::new(file));
        Self { path, config, narrowing, declared: None, cuts, pending: Pending::default(), out, rows: 0 }
    }

    /// Takes rows.
    ///
    /// # Errors
    /// [`StoreError::Schema`], [`StoreError::OutOfRange`], [`StoreError::Encode`], [`StoreError::Io`]; no more can be
    /// written then.
    pub(super) fn append(&mut self, batch: &Table) -> Result<(), StoreError> {
        self.declare(batch)?;
        let narrowing = self.narrowing.clone().unwrap_or_else(|| vec![None; batch.columns().len()].into());
        let arrays = std::cell::OnceCell::new();
        let mut start = 0;
        for end in self.ends(batch) {
            if self.pending.rows() == 0 {
                let arrays = arrays.get_or_init(|| Arrays::new(batch, &narrowing));
                self.group(batch, arrays, start..end)?;
            } else {
                self.pending.extend(batch, start..end);
                self.flush(&narrowing)?;
            }
            start = end;
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
    pub(super) fn finish(mut self) -> Result<(File, u64), StoreError> {
        let Some(declared) = self.declared.take() else {
            return Err(self.failed("no table was given: append one, if without rows"));
        };
        let narrowing = self.narrowing.clone().unwrap_or_else(|| vec![None; declared.columns().len()].into());
        if self.pending.rows() > 0 {
            self.flush(&narrowing)?;
        }
        let arrays = Arrays::new(&declared, &narrowing);
        let open = self.open(&declared, &arrays, 0..0);
        let mut open = open.map_err(|refusal| self.refused(&declared, 0, refusal))?;
        let rows = self.rows;
        let close = || {
            open.writer.flush()?;
            open.writer.inner_mut().keep_tail();
            open.writer.append_key_value_metadata(checksum::blank());
            open.writer.into_inner()
        };
        let file = close().map_err(|e| self.failed_by(e))?;
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
        self.group(&table, &Arrays::new(&table, narrowing), rows)
    }

    fn group(&mut self, table: &Table, arrays: &Arrays<'_>, rows: Range<usize>) -> Result<(), StoreError> {
        let (first, count) = (rows.start, rows.len() as u64);
        let written = self.open(table, arrays, rows.clone()).and_then(|mut open| {
            open.write(arrays, rows, &self.config)?;
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
    let mut pending = Pending::default();
    pending.extend(table, 0..0);
    pending.take()
}

impl Open {
    fn new(
        file: Sealing,
        table: &Table,
        arrays: &Arrays<'_>,
        rows: Range<usize>,
        config: &StoreConfig,
    ) -> Result<Self, Refusal> {
        let schema = Arc::new(encode::schema(table, arrays.narrowing()));
        let sample = |rows: Range<usize>| {
            let columns = (0..table.columns().len()).map(|c| (c, arrays.part(c, rows.clone())));
            let arrays = columns.map(|(c, array)| {
                // A value out of range is found, with its row, when its group is encoded.
                Ok(array
                    .unwrap_or_else(|_| arrow_array::new_null_array(schema.field(c).data_type(), rows.len())))
            });
            let arrays = arrays.collect::<Result<Vec<ArrayRef>, ParquetError>>()?;
            let named = schema.fields().iter().map(|field| field.name().as_str()).zip(arrays);
            Ok(RecordBatch::try_from_iter(named)?)
        };
        let encodings = encoding::choose(table.columns(), rows, &schema, config, sample)?;
        let recorded = KeyValue::new(encoding::KEY.to_owned(), encoding::record(table.columns(), &encodings));
        let mut properties = properties(config, &schema, &encodings)?;
        properties = properties.into_builder().set_key_value_metadata(Some(vec![recorded])).build();
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let parquet = ArrowSchemaConverter::new().convert(&schema)?;
        let writer = SerializedFileWriter::new(file, parquet.root_schema_ptr(), Arc::new(properties))?;
        let columns = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&schema));
        Ok(Self { writer, columns, schema, encodings })
    }

    /// Encodes the columns of a row group side by side, and writes them one after the other.
    fn write(
        &mut self,
        arrays: &Arrays<'_>,
        rows: Range<usize>,
        config: &StoreConfig,
    ) -> Result<(), Refusal> {
        let writers = self.columns.create_column_writers(self.writer.flushed_row_groups().len())?;
        let encode = |(column, writer): (usize, ArrowColumnWriter)| {
            self.column(column, writer, arrays, rows.clone(), config)
        };
        let chunks: Vec<Result<Chunk, Refusal>> = writers.into_par_iter().enumerate().map(encode).collect();
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            match chunk? {
                Chunk::Whole(chunk) => chunk.append_to_row_group(&mut group)?,
                Chunk::Paged(bytes, close) => group.append_column(&bytes, *close)?,
            }
        }
        group.close()?;
        Ok(())
    }

    fn column(
        &self,
        column: usize,
        mut writer: ArrowColumnWriter,
        arrays: &Arrays<'_>,
        rows: Range<usize>,
        config: &StoreConfig,
    ) -> Result<Chunk, Refusal> {
        let part = arrays.part(column, rows);
        let array = part.map_err(|e| Refusal::Overflow { column, row: e.row, value: e.value })?;
        if config.content_defined
            && self.encodings[column] != Encoding::Dictionary
            && logical_bytes(&array) > u64::from(config.min_page_bytes)
        {
            return self.paged(column, &array, config);
        }
        for leaf in compute_leaves(self.schema.field(column), &array)? {
            writer.write(&leaf)?;
        }
        let mut chunk = writer.close()?;
        orders::without_nan(chunk.close_mut())?;
        Ok(Chunk::Whole(chunk))
    }

    /// A column cut into pages by its content. The library cuts in a writer of whole files alone: it gets one.
    fn paged(&self, column: usize, array: &ArrayRef, config: &StoreConfig) -> Result<Chunk, Refusal> {
        let schema = Arc::new(Schema::new(vec![self.schema.field(column).clone()]));
        // The library would cut by codes, which hang on the batch; strings are the content.
        let array = match array.as_dictionary_opt::<Int32Type>() {
            Some(coded) => Arc::new(encode::strings(coded)?) as ArrayRef,
            None => Arc::clone(array),
        };
        let options = CdcOptions {
            min_chunk_size: config.min_page_bytes as usize,
            max_chunk_size: config.max_page_bytes as usize,
            norm_level: 0,
        };
        let properties = properties(config, &schema, &self.encodings[column..=column])?
            .into_builder()
            .set_content_defined_chunking(Some(options))
            .set_max_row_group_row_count(None)
            .build();
        let writer = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let mut writer = ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(&schema), writer)?;
        let rows_written = array.len() as u64;
        let field =
            Field::new(schema.field(0).name(), array.data_type().clone(), schema.field(0).is_nullable());
        writer.write(&RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array])?)?;
        let file = writer.finish()?;
        let one = |what: &str| ParquetError::General(format!("a column of one row group has no {what}"));
        let metadata = file.row_groups().first().ok_or_else(|| one("group"))?.column(0).clone();
        let pages = file.page_index_for_row_group(0);
        let mut close = ColumnCloseResult {
            bytes_written: metadata.compressed_size() as u64,
            rows_written,
            metadata,
            bloom_filter: None,
            column_index: Some(pages.column_index(0).ok_or_else(|| one("column index"))?.clone()),
            offset_index: Some(pages.offset_index(0).ok_or_else(|| one("offset index"))?.clone()),
        };
        orders::without_nan(&mut close)?;
        let bytes = Bytes::from(std::mem::take(writer.inner_mut()));
        Ok(Chunk::Paged(bytes, Box::new(close)))
    }
}

/// Properties of a file with these columns.
fn properties(
    config: &StoreConfig,
    schema: &Schema,
    encodings: &[Encoding],
) -> Result<WriterProperties, ParquetError> {
    let rows =
        if config.content_defined { config.max_row_group_rows } else { config.row_group_rows } as usize;
    let mut builder = encoding::builder(config)?
        .set_created_by(CREATED_BY.to_owned())
        .set_statistics_enabled(EnabledStatistics::Page);
    if config.content_defined {
        // Pages that end at a fixed count of rows or bytes would undo the cuts.
        builder = builder
            .set_data_page_row_count_limit(usize::MAX)
            .set_data_page_size_limit(2 * config.max_page_bytes as usize);
    }
    Ok(encoding::set(builder, schema, encodings, rows).build())
}

/// Bytes that content-defined pages count: values, and two a level.
fn logical_bytes(array: &ArrayRef) -> u64 {
    let levels = if array.is_nullable() { 2 * array.len() as u64 } else { 0 };
    let values = match array.as_dictionary_opt::<Int32Type>() {
        Some(coded) => {
            let names = coded.values().as_string::<i32>();
            coded
                .keys()
                .iter()
                .flatten()
                .map(|key| u64::from(names.value_length(key as usize).unsigned_abs()))
                .sum()
        }
        None => array.len() as u64 * array.data_type().primitive_width().unwrap_or(1) as u64,
    };
    levels + values
}
