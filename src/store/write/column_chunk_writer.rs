//! Column chunks: those of several row groups are encoded in parallel, then written in order.

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
use parquet::file::properties::{CdcOptions, EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;

use crate::store::columns::to_arrow::{self, TableArrays};
use crate::store::config::StoreConfig;
use crate::store::write::checksum::{self, ChecksumWriter};
use crate::store::write::encoding::{self, ColumnEncoding};
use crate::store::write::float_bounds;
use crate::store::write::page_buffer_pool::PageBufferPool;
use crate::table::Table;

/// The `created_by` of the footer.
const CREATED_BY: &str = concat!("ironforge ", env!("CARGO_PKG_VERSION"));

/// Writer of the column chunks of a file whose schema and encodings are decided.
pub(crate) struct ColumnChunkWriter {
    writer: SerializedFileWriter<ChecksumWriter>,
    encoder: ChunkEncoder,
    /// The last row groups, encoded and not yet written.
    encoded: Vec<Vec<EncodedChunk>>,
}

/// Encoder of column chunks.
struct ChunkEncoder {
    /// Per column, the factory of its writers; each row group needs a new one.
    factories: Vec<ArrowRowGroupWriterFactory>,
    schema: Arc<Schema>,
    encodings: Vec<ColumnEncoding>,
}

/// An encoded column chunk.
enum EncodedChunk {
    Standard(ArrowColumnChunk),
    /// With content-defined pages: the bytes of a one-column file that contains it.
    ContentDefined(Bytes, ColumnCloseResult),
}

/// Error of encoding a row group.
pub(crate) enum EncodeError {
    Parquet(ParquetError),
    /// A time in seconds that does not fit in milliseconds.
    TimeOverflow {
        column: usize,
        row: usize,
        value: String,
    },
}

impl From<ParquetError> for EncodeError {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

impl From<ArrowError> for EncodeError {
    fn from(error: ArrowError) -> Self {
        Self::Parquet(error.into())
    }
}

impl ColumnChunkWriter {
    /// Begins a file. The encodings are chosen on a sample of the rows `rows`, those of the first row group.
    pub(crate) fn new(
        file: ChecksumWriter,
        table: &Table,
        arrays: &TableArrays<'_>,
        rows: Range<usize>,
        config: &StoreConfig,
    ) -> Result<Self, EncodeError> {
        let schema = Arc::new(to_arrow::schema(table, arrays.narrowing()));
        // A value out of range is reported with its row when its row group is encoded.
        let sample = |c: usize, rows: Range<usize>| {
            let array = arrays.array(c, rows.clone());
            array.unwrap_or_else(|_| arrow_array::new_null_array(schema.field(c).data_type(), rows.len()))
        };
        let encodings = encoding::choose(table.columns(), rows, &schema, config, sample)?;
        let recorded = encoding::metadata_entry(table.columns(), &encodings);
        let mut properties = properties(config, &schema, &encodings)?;
        properties = properties.into_builder().set_key_value_metadata(Some(vec![recorded])).build();
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let parquet = ArrowSchemaConverter::new().convert(&schema)?;
        let properties = Arc::new(properties);
        let writer = SerializedFileWriter::new(file, parquet.root_schema_ptr(), Arc::clone(&properties))?;
        let factories = writer_factories(&schema, &properties)?;
        Ok(Self { writer, encoder: ChunkEncoder { factories, schema, encodings }, encoded: Vec::new() })
    }

    /// Writes the last row groups, the page index and the footer.
    ///
    /// # Errors
    /// Those of the `parquet` crate, which may contain one of the operating system.
    pub(crate) fn close(mut self) -> Result<ChecksumWriter, ParquetError> {
        write_row_groups(&mut self.writer, self.encoded)?;
        self.writer.flush()?;
        self.writer.inner_mut().hold_back_tail();
        self.writer.append_key_value_metadata(checksum::placeholder());
        self.writer.into_inner()
    }

    /// Encodes the columns of several row groups in parallel, while the row groups before are written: no thread
    /// waits for the slowest column of a row group while another row group has columns left.
    pub(crate) fn write(
        &mut self,
        arrays: &TableArrays<'_>,
        groups: &[Range<usize>],
        config: &StoreConfig,
    ) -> Result<(), EncodeError> {
        let Self { writer, encoder, encoded } = self;
        let columns = encoder.encodings.len();
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(groups.len() * columns)));
        // One column at a time, in order: a thread sleeps only once, when no column is left.
        let work = || {
            loop {
                let task = next.fetch_add(1, Ordering::Relaxed);
                let Some(rows) = task.checked_div(columns).and_then(|group| groups.get(group)) else { break };
                let chunk = encoder.encode(task % columns, arrays, rows.clone(), config);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((task, chunk));
            }
        };
        let before = std::mem::take(encoded);
        rayon::scope(|scope| {
            for _ in 1..rayon::current_num_threads() {
                scope.spawn(|_| work());
            }
            let written = write_row_groups(writer, before);
            work();
            written
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

/// Writes the column chunks of row groups in order.
fn write_row_groups(
    writer: &mut SerializedFileWriter<ChecksumWriter>,
    groups: Vec<Vec<EncodedChunk>>,
) -> Result<(), ParquetError> {
    for chunks in groups {
        let mut group = writer.next_row_group()?;
        for chunk in chunks {
            match chunk {
                EncodedChunk::Standard(chunk) => chunk.append_to_row_group(&mut group)?,
                EncodedChunk::ContentDefined(bytes, close) => group.append_column(&bytes, close)?,
            }
        }
        group.close()?;
    }
    Ok(())
}

impl ChunkEncoder {
    /// Encodes rows of a column.
    fn encode(
        &self,
        column: usize,
        arrays: &TableArrays<'_>,
        rows: Range<usize>,
        config: &StoreConfig,
    ) -> Result<EncodedChunk, EncodeError> {
        let array = arrays.array(column, rows);
        let array = array.map_err(|e| EncodeError::TimeOverflow { column, row: e.row, value: e.value })?;
        if config.content_defined
            && self.encodings[column] != ColumnEncoding::Dictionary
            && logical_bytes(&array) > u64::from(config.min_page_bytes)
        {
            return self.encode_content_defined(column, &array, config);
        }
        // Created here and so in parallel: the codecs query the features of the processor, which is slow on a virtual
        // machine.
        let mut writers = self.factories[column].create_column_writers(0)?;
        let mut writer =
            writers.pop().ok_or_else(|| ParquetError::General("a column has no writer".to_owned()))?;
        for leaf in compute_leaves(self.schema.field(column), &array)? {
            writer.write(&leaf)?;
        }
        let mut chunk = writer.close()?;
        float_bounds::drop_nan_bounds(chunk.close_mut())?;
        Ok(EncodedChunk::Standard(chunk))
    }

    /// Encodes a column with content-defined pages. The `parquet` crate offers them only in a writer of whole files:
    /// the column is written as a file in memory, and its column chunk is moved to this file.
    fn encode_content_defined(
        &self,
        column: usize,
        array: &ArrayRef,
        config: &StoreConfig,
    ) -> Result<EncodedChunk, EncodeError> {
        let schema = Arc::new(Schema::new(vec![self.schema.field(column).clone()]));
        // The `parquet` crate would chunk by dictionary codes, which depend on the batch, not by the strings.
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
        let missing = |what: &str| ParquetError::General(format!("a file of one row group has no {what}"));
        let metadata = file.row_groups().first().ok_or_else(|| missing("row group"))?.column(0).clone();
        let pages = file.page_index_for_row_group(0);
        let mut close = ColumnCloseResult {
            bytes_written: metadata.compressed_size() as u64,
            rows_written,
            metadata,
            bloom_filter: None,
            column_index: Some(pages.column_index(0).ok_or_else(|| missing("column index"))?.clone()),
            offset_index: Some(pages.offset_index(0).ok_or_else(|| missing("offset index"))?.clone()),
        };
        float_bounds::drop_nan_bounds(&mut close)?;
        let bytes = Bytes::from(std::mem::take(writer.inner_mut()));
        Ok(EncodedChunk::ContentDefined(bytes, close))
    }
}

/// For each column, the factory of its writers.
///
/// # Errors
/// Those of the `parquet` crate.
fn writer_factories(
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

/// Writer properties of a file with these columns.
fn properties(
    config: &StoreConfig,
    schema: &Schema,
    encodings: &[ColumnEncoding],
) -> Result<WriterProperties, ParquetError> {
    let rows =
        if config.content_defined { config.max_row_group_rows } else { config.row_group_rows } as usize;
    let mut builder = encoding::properties_builder(config.compression_level)?
        .set_created_by(CREATED_BY.to_owned())
        .set_statistics_enabled(EnabledStatistics::Page);
    if config.content_defined {
        // Pages that end at a fixed number of rows or bytes would undo the content-defined ones.
        builder = builder
            .set_data_page_row_count_limit(usize::MAX)
            .set_data_page_size_limit(2 * config.max_page_bytes as usize);
    }
    Ok(encoding::set_encodings(builder, schema, encodings, rows).build())
}

/// Size of a column as content-defined pages count it: the bytes of the values, and two for each level.
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
