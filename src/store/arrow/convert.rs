//! Conversion of Parquet files to Arrow IPC files and back, batch by batch.
//!
//! Every type that both formats have is converted, nested ones included. An Arrow IPC file is as untrusted as a
//! Parquet file: see `ipc`.

use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType, Int64Type,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, TimeUnit};
use parquet::arrow::{
    ArrowSchemaConverter, ArrowWriter, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema,
};
use parquet::basic::{Compression, ConvertedType, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::store::arrow::ipc::{self, IpcReader};
use crate::store::arrow::materialized_size::rows_within;
use crate::store::arrow::parquet_types::{stored_batch, stored_schema as stored_schema_of};
use crate::store::config::StoreConfig;
use crate::store::error::{IoAction, StoreError};
use crate::store::read::row_group_batches::RowGroupReader;
use crate::store::read::selection::{TableSource, stored_schema};
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::{OpenOptions, ParquetFile};
use crate::store::write::atomic_file::AtomicFile;

/// Divisor of the memory limit: the materialized rows of one write may take one share, an unfinished row group
/// another.
const MEMORY_SHARES: u64 = 4;
/// Memory of a column writer without values, bytes: its dictionary's hash table, and the compressor.
const BYTES_PER_COLUMN: u64 = 128 << 10;

/// Format of a file of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Parquet.
    Parquet,
    /// The Arrow IPC file format (also called Feather version 2).
    ArrowIpc,
}

/// Format and size of a file that a conversion wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversionSummary {
    /// Format of the new file.
    pub format: FileFormat,
    /// Number of rows.
    pub rows: u64,
    /// Size of the new file, bytes.
    pub bytes: u64,
}

/// Converts a Parquet file to an Arrow IPC file, or an Arrow IPC file to a Parquet file. The format of the input is
/// detected from its first bytes.
///
/// Parquet is written with ZSTD at `config.compression_level`, with statistics and page index, in row groups of
/// `config.row_group_rows` rows, or fewer where wide rows would exceed the memory limit. Arrow IPC is written
/// uncompressed, in batches of at most `config.row_group_rows` rows. The other settings have no effect. The new file
/// appears complete or not at all. Takes at most about `memory_limit_bytes`. The types of an Arrow IPC file follow
/// from the types of the Parquet file, not from an Arrow schema stored in it, except that integers become durations
/// where it says so; the metadata of columns and schema is kept. INT96 becomes timestamps in nanoseconds, or in
/// microseconds if these do not hold all values. What Parquet lacks is scaled (timestamps and times of day in seconds to
/// milliseconds, dates in milliseconds to timestamps) or refused (intervals, unions) before anything is written.
///
/// # Errors
/// As [`read_table`](crate::store::read_table) for the input; [`StoreError::NotTabular`] if it has neither format;
/// [`StoreError::Feature`] for a column of a type that the other format does not have; [`StoreError::OutOfRange`] for a time
/// that it does not hold; [`StoreError::Io`] if the output cannot be written.
pub fn convert(
    from: &Path,
    to: &Path,
    config: &StoreConfig,
    memory_limit_bytes: u64,
) -> Result<ConversionSummary, StoreError> {
    config.validate()?;
    match detect_format(from)? {
        FileFormat::Parquet => to_ipc(from, to, config, memory_limit_bytes),
        FileFormat::ArrowIpc => to_parquet(from, to, config, memory_limit_bytes),
    }
}

/// The format of a file, from its first bytes.
fn detect_format(path: &Path) -> Result<FileFormat, StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), action: IoAction::Open, source };
    let mut head = Vec::new();
    File::open(path).map_err(io)?.take(6).read_to_end(&mut head).map_err(io)?;
    match head.as_slice() {
        head if head.starts_with(b"PAR1") => Ok(FileFormat::Parquet),
        head if head == ipc::MAGIC => Ok(FileFormat::ArrowIpc),
        head if head.starts_with(&ipc::CONTINUATION) => Ok(FileFormat::ArrowIpc),
        _ => Err(StoreError::NotTabular { path: path.to_owned() }),
    }
}

/// The error of writing an Arrow IPC file.
fn write_error(path: &Path, error: ArrowError) -> StoreError {
    let path = path.to_owned();
    match error {
        ArrowError::IoError(_, source) => StoreError::Io { path, action: IoAction::Write, source },
        other => StoreError::Encode { path, why: other.to_string() },
    }
}

fn to_ipc(from: &Path, to: &Path, config: &StoreConfig, limit: u64) -> Result<ConversionSummary, StoreError> {
    let mut source = TableSource::open(from, OpenOptions::default())?;
    refuse_intervals(&source)?;
    let roots: Vec<usize> = (0..source.schema.fields().len()).collect();
    source.choose_int96_units(&roots, limit)?;
    let file = &source.file;
    let leaves: Vec<usize> = (0..file.schema().num_columns()).collect();
    let levels_and_schema = || {
        let plain = parquet_to_arrow_schema(file.schema(), None)?;
        let fields = plain.fields().iter().zip(source.schema.fields()).map(|(plain, read)| {
            // Only the unit of INT96 differs from the plain types, and that of strings, which stay as they are.
            let is_time = matches!(read.data_type(), DataType::Timestamp(..));
            if is_time { Arc::clone(read) } else { Arc::clone(plain) }
        });
        let fields: Fields = fields.collect();
        let levels = parquet_to_arrow_field_levels(file.schema(), ProjectionMask::all(), Some(&fields))?;
        Ok::<_, ParquetError>((levels, Schema::new_with_metadata(fields, plain.metadata().clone())))
    };
    let decoded = catch_panic(levels_and_schema).map_err(|why| file.damaged(why))?;
    let (levels, schema) = decoded.map_err(|e| file.damaged(format!("its schema is invalid: {e}")))?;
    let schema = Arc::new(with_stored_metadata(file, schema));
    let out = AtomicFile::create(to)?;
    let mut writer =
        FileWriter::try_new(BufWriter::new(out.handle()?), &schema).map_err(|e| write_error(to, e))?;
    let budget = Arc::new(MemoryBudget::new(limit));
    let batch_rows = config.row_group_rows.into();
    let reader = RowGroupReader { file, levels: &levels, leaves: &leaves, budget: &budget, batch_rows };
    let mut rows = 0;
    for (group, metadata) in file.metadata.row_groups().iter().enumerate().filter(|(_, g)| g.num_rows() > 0) {
        let mut batches = reader.batches(group, None)?;
        let mut read = 0;
        while let Some(batch) = batches.next(file)? {
            read += batch.num_rows() as u64;
            let columns =
                batch.columns().iter().zip(schema.fields()).map(|(array, field)| as_declared(array, field));
            let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect());
            batch.and_then(|batch| writer.write(&batch)).map_err(|e| write_error(to, e))?;
        }
        if read != metadata.num_rows().unsigned_abs() && !leaves.is_empty() {
            let why = format!("row group {group} holds {read} rows instead of {}", metadata.num_rows());
            return Err(file.damaged(why));
        }
        rows += read;
    }
    writer.finish().map_err(|e| write_error(to, e))?;
    drop(writer);
    Ok(ConversionSummary { format: FileFormat::ArrowIpc, rows, bytes: out.commit()? })
}

/// Refuses intervals: Arrow has none of months, days and milliseconds that the decoder would give as they are.
fn refuse_intervals(source: &TableSource) -> Result<(), StoreError> {
    let schema = source.file.schema();
    let columns = (0..schema.num_columns()).map(|leaf| schema.column(leaf));
    let mut intervals = columns.filter(|column| column.converted_type() == ConvertedType::INTERVAL);
    match intervals.next() {
        Some(column) => Err(StoreError::Feature {
            path: source.file.path.clone(),
            feature: format!(
                "column {:?} of type INTERVAL, whose months Arrow would lose",
                column.path().string()
            ),
        }),
        None => Ok(()),
    }
}

/// An array in the type of its field: integers as durations where the field says so.
fn as_declared(array: &ArrayRef, field: &Field) -> ArrayRef {
    let integers = || array.as_primitive::<Int64Type>();
    match (array.data_type(), field.data_type()) {
        (DataType::Int64, DataType::Duration(unit)) => match unit {
            TimeUnit::Second => Arc::new(integers().reinterpret_cast::<DurationSecondType>()),
            TimeUnit::Millisecond => Arc::new(integers().reinterpret_cast::<DurationMillisecondType>()),
            TimeUnit::Microsecond => Arc::new(integers().reinterpret_cast::<DurationMicrosecondType>()),
            TimeUnit::Nanosecond => Arc::new(integers().reinterpret_cast::<DurationNanosecondType>()),
        },
        _ => Arc::clone(array),
    }
}

/// `schema` with the metadata that the Parquet file stores for its columns and for the whole schema, and durations where it
/// says that integers are.
fn with_stored_metadata(file: &ParquetFile, schema: Schema) -> Schema {
    let stored = stored_schema(file);
    let field = |(i, field): (usize, &Arc<arrow_schema::Field>)| {
        let metadata = stored.fields().get(i).map(|field| field.metadata().clone()).unwrap_or_default();
        // An extension type in the metadata might not fit the plain type.
        let metadata: std::collections::HashMap<_, _> =
            metadata.into_iter().filter(|(key, _)| !key.starts_with("ARROW:")).collect();
        // A duration is stored as an integer.
        let declared = stored.fields().get(i).map(|field| field.data_type());
        let kind = match (field.data_type(), declared) {
            (DataType::Int64, Some(declared @ DataType::Duration(_))) => declared.clone(),
            (kind, _) => kind.clone(),
        };
        field.as_ref().clone().with_data_type(kind).with_metadata(metadata)
    };
    let fields: Vec<_> = schema.fields().iter().enumerate().map(field).collect();
    Schema::new_with_metadata(fields, stored.metadata().clone())
}

fn to_parquet(
    from: &Path,
    to: &Path,
    config: &StoreConfig,
    limit: u64,
) -> Result<ConversionSummary, StoreError> {
    let mut reader = IpcReader::open(from, limit)?;
    let unsupported = |e: ParquetError| StoreError::Feature {
        path: from.to_owned(),
        feature: format!("a type that Parquet does not have ({e})"),
    };
    let encode = |e: ParquetError| match e {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => StoreError::Io { path: to.to_owned(), action: IoAction::Write, source: *source },
            Err(other) => StoreError::Encode { path: to.to_owned(), why: other.to_string() },
        },
        ParquetError::NYI(feature) => StoreError::Feature { path: from.to_owned(), feature },
        // The writer checks the batches against their schema at every depth, which the decoder does not.
        other => StoreError::Damaged { path: from.to_owned(), why: other.to_string() },
    };
    let stored = stored_schema_of(&reader.schema, from)?;
    let schema = catch_panic(|| ArrowSchemaConverter::new().convert(&stored).map_err(unsupported));
    let leaves = schema.map_err(|why| reader.damaged(why))??.num_columns() as u64;
    let needs = leaves.saturating_mul(BYTES_PER_COLUMN);
    if needs > limit {
        return Err(StoreError::Memory { path: from.to_owned(), needs, limit });
    }
    let level = ZstdLevel::try_new(config.compression_level).map_err(encode)?;
    let properties = WriterProperties::builder()
        .set_created_by(concat!("ironforge ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(config.row_group_rows as usize))
        .set_statistics_enabled(EnabledStatistics::Page)
        .build();
    let out = AtomicFile::create(to)?;
    let opened = catch_panic(|| {
        ArrowWriter::try_new(out.handle()?, Arc::clone(&stored), Some(properties)).map_err(unsupported)
    });
    let mut writer = opened.map_err(|why| reader.damaged(why))??;
    let mut rows = 0;
    while let Some(batch) = reader.next()? {
        let batch = stored_batch(&batch, &stored, from, rows)?;
        let step = rows_within(&batch, limit / MEMORY_SHARES)
            .map_err(|needs| StoreError::Memory { path: from.to_owned(), needs, limit })?
            .clamp(1, config.row_group_rows as usize);
        for start in (0..batch.num_rows()).step_by(step) {
            let slice = batch.slice(start, step.min(batch.num_rows() - start));
            let written = catch_panic(|| {
                writer.write(&slice)?;
                // Wide rows end a row group early.
                if writer.memory_size() as u64 > limit / MEMORY_SHARES { writer.flush() } else { Ok(()) }
            });
            written.map_err(|why| reader.damaged(why))?.map_err(encode)?;
        }
        rows += batch.num_rows() as u64;
    }
    catch_panic(|| writer.close()).map_err(|why| reader.damaged(why))?.map_err(encode)?;
    Ok(ConversionSummary { format: FileFormat::Parquet, rows, bytes: out.commit()? })
}
