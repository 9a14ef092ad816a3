//! A file under way: the columns of some row groups encoded side by side, then written one after the other.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{Array, ArrayRef, RecordBatch, cast::AsArray, types::Int32Type};
use arrow_schema::{ArrowError, Field, Schema};
use bytes::Bytes;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowRowGroupWriterFactory, ArrowWriter, ArrowWriterOptions, compute_leaves,
};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{CdcOptions, EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;

use crate::store::columns::to_arrow::{self, Arrays};
use crate::store::config::StoreConfig;
use crate::store::write::checksum::{self, Sealing};
use crate::store::write::encoding::{self, Encoding};
use crate::store::write::float_bounds;
use crate::store::write::page_buffer_pool::PageBufferPool;
use crate::table::Table;

/// Name and version that a file carries as its writer.
const CREATED_BY: &str = concat!("ironforge ", env!("CARGO_PKG_VERSION"));

/// A file whose properties are set.
pub(crate) struct Open {
    writer: SerializedFileWriter<Sealing>,
    layout: Layout,
    /// The last row groups, encoded and not yet written.
    encoded: Vec<Vec<Chunk>>,
}

/// How its columns are encoded.
struct Layout {
    /// Per column what makes its writers, one for each row group.
    columns: Vec<ArrowRowGroupWriterFactory>,
    schema: Arc<Schema>,
    encodings: Vec<Encoding>,
}

/// An encoded column of a row group.
enum Chunk {
    Whole(ArrowColumnChunk),
    /// Cut into pages by content, in a file of its own.
    Paged(Bytes, ColumnCloseResult),
}

/// Why a row group cannot be written.
pub(crate) enum Refusal {
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

impl Open {
    /// Opens it: encodings are chosen from the first rows.
    pub(crate) fn new(
        file: Sealing,
        table: &Table,
        arrays: &Arrays<'_>,
        rows: Range<usize>,
        config: &StoreConfig,
    ) -> Result<Self, Refusal> {
        let schema = Arc::new(to_arrow::schema(table, arrays.narrowing()));
        // A value out of range is found, with its row, when its group is encoded.
        let sample = |c: usize, rows: Range<usize>| {
            let part = arrays.part(c, rows.clone());
            part.unwrap_or_else(|_| arrow_array::new_null_array(schema.field(c).data_type(), rows.len()))
        };
        let encodings = encoding::choose(table.columns(), rows, &schema, config, sample)?;
        let recorded = KeyValue::new(encoding::KEY.to_owned(), encoding::record(table.columns(), &encodings));
        let mut properties = properties(config, &schema, &encodings)?;
        properties = properties.into_builder().set_key_value_metadata(Some(vec![recorded])).build();
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let parquet = ArrowSchemaConverter::new().convert(&schema)?;
        let properties = Arc::new(properties);
        let writer = SerializedFileWriter::new(file, parquet.root_schema_ptr(), Arc::clone(&properties))?;
        let columns = columns(&schema, &properties)?;
        Ok(Self { writer, layout: Layout { columns, schema, encodings }, encoded: Vec::new() })
    }

    /// Writes the last row groups, page index and footer.
    ///
    /// # Errors
    /// The library's, or the operating system's through it.
    pub(crate) fn close(mut self) -> Result<Sealing, ParquetError> {
        put(&mut self.writer, self.encoded)?;
        self.writer.flush()?;
        self.writer.inner_mut().keep_tail();
        self.writer.append_key_value_metadata(checksum::blank());
        self.writer.into_inner()
    }

    /// Encodes the columns of some row groups side by side, while the groups before are written: nobody waits for the
    /// slowest column of a group while there is another group.
    pub(crate) fn write(
        &mut self,
        arrays: &Arrays<'_>,
        groups: &[Range<usize>],
        config: &StoreConfig,
    ) -> Result<(), Refusal> {
        let Self { writer, layout, encoded } = self;
        let columns = layout.encodings.len();
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(groups.len() * columns)));
        // One by one, in order: a thread that is done takes the next column, and sleeps once, when there is none.
        let work = || {
            loop {
                let task = next.fetch_add(1, Ordering::Relaxed);
                let Some(rows) = task.checked_div(columns).and_then(|group| groups.get(group)) else { break };
                let chunk = layout.column(task % columns, arrays, rows.clone(), config);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((task, chunk));
            }
        };
        let before = std::mem::take(encoded);
        rayon::scope(|scope| {
            for _ in 1..rayon::current_num_threads() {
                scope.spawn(|_| work());
            }
            let put = put(writer, before);
            work();
            put
        })?;
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_unstable_by_key(|(task, _)| *task);
        let mut chunks = done.into_iter().map(|(_, chunk)| chunk);
        for _ in groups {
            encoded.push(chunks.by_ref().take(columns).collect::<Result<_, _>>()?);
        }
        Ok(())
    }
}

/// Writes the columns of row groups one after the other.
fn put(writer: &mut SerializedFileWriter<Sealing>, groups: Vec<Vec<Chunk>>) -> Result<(), ParquetError> {
    for chunks in groups {
        let mut group = writer.next_row_group()?;
        for chunk in chunks {
            match chunk {
                Chunk::Whole(chunk) => chunk.append_to_row_group(&mut group)?,
                Chunk::Paged(bytes, close) => group.append_column(&bytes, close)?,
            }
        }
        group.close()?;
    }
    Ok(())
}

impl Layout {
    fn column(
        &self,
        column: usize,
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
        // Here and not before: it makes codecs, which ask the processor what it can. Where that is a virtual one the
        // question goes to its host and takes long.
        let mut writers = self.columns[column].create_column_writers(0)?;
        let mut writer =
            writers.pop().ok_or_else(|| ParquetError::General("a column has no writer".to_owned()))?;
        for leaf in compute_leaves(self.schema.field(column), &array)? {
            writer.write(&leaf)?;
        }
        let mut chunk = writer.close()?;
        float_bounds::without_nan(chunk.close_mut())?;
        Ok(Chunk::Whole(chunk))
    }

    /// A column cut into pages by its content. The library cuts in a writer of whole files alone: it gets one.
    fn paged(&self, column: usize, array: &ArrayRef, config: &StoreConfig) -> Result<Chunk, Refusal> {
        let schema = Arc::new(Schema::new(vec![self.schema.field(column).clone()]));
        // The library would cut by codes, which hang on the batch; strings are the content.
        let array = match array.as_dictionary_opt::<Int32Type>() {
            Some(coded) => Arc::new(to_arrow::strings(coded)?) as ArrayRef,
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
        float_bounds::without_nan(&mut close)?;
        let bytes = Bytes::from(std::mem::take(writer.inner_mut()));
        Ok(Chunk::Paged(bytes, close))
    }
}

/// What makes the writers of each column, one by one.
///
/// # Errors
/// The library's.
fn columns(
    schema: &Schema,
    properties: &Arc<WriterProperties>,
) -> Result<Vec<ArrowRowGroupWriterFactory>, ParquetError> {
    let one = |field: &Arc<Field>| {
        let schema = Arc::new(Schema::new(vec![Arc::clone(field)]));
        let parquet = ArrowSchemaConverter::new().convert(&schema)?;
        let file =
            SerializedFileWriter::new(std::io::sink(), parquet.root_schema_ptr(), Arc::clone(properties))?;
        Ok(ArrowRowGroupWriterFactory::new(&file, schema)
            .with_page_store_factory(Arc::new(PageBufferPool::default())))
    };
    schema.fields().iter().map(one).collect()
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
