//! Conversion of Parquet files to Arrow IPC files and back, batch by batch.
//!
//! Every type that both formats have is converted, nested ones included. An Arrow IPC file is as untrusted as a
//! Parquet file: see `ipc`.

use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, Schema};
use parquet::arrow::{
    ArrowSchemaConverter, ArrowWriter, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::store::arrow::ipc::{self, IpcReader};
use crate::store::arrow::materialized_size::rows_within;
use crate::store::config::StoreConfig;
use crate::store::error::{IoAction, StoreError};
use crate::store::read::row_group_batches::RowGroupReader;
use crate::store::read::selection::stored_schema;
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
/// from the types of the Parquet file, not from an Arrow schema stored in it; the metadata of columns and schema is
/// kept.
///
/// # Errors
/// As [`read_table`](crate::store::read_table) for the input; [`StoreError::NotTabular`] if it has neither format;
/// [`StoreError::Feature`] for a compressed Arrow IPC file or a type that the other format does not have;
/// [`StoreError::Io`] if the output cannot be written.
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
        head if head.starts_with(&ipc::CONTINUATION) => {
            let feature = "the stream format of Arrow IPC".to_owned();
            Err(StoreError::Feature { path: path.to_owned(), feature })
        }
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
    let file = ParquetFile::open(from, OpenOptions::default())?;
    let leaves: Vec<usize> = (0..file.schema().num_columns()).collect();
    let levels_and_schema = || {
        let levels = parquet_to_arrow_field_levels(file.schema(), ProjectionMask::all(), None)?;
        Ok::<_, ParquetError>((levels, parquet_to_arrow_schema(file.schema(), None)?))
    };
    let decoded = catch_panic(levels_and_schema).map_err(|why| file.damaged(why))?;
    let (levels, schema) = decoded.map_err(|e| file.damaged(format!("its schema is invalid: {e}")))?;
    let schema = Arc::new(with_stored_metadata(&file, schema));
    let out = AtomicFile::create(to)?;
    let mut writer =
        FileWriter::try_new(BufWriter::new(out.handle()?), &schema).map_err(|e| write_error(to, e))?;
    let budget = Arc::new(MemoryBudget::new(limit));
    let batch_rows = config.row_group_rows.into();
    let reader =
        RowGroupReader { file: &file, levels: &levels, leaves: &leaves, budget: &budget, batch_rows };
    let mut rows = 0;
    for (group, metadata) in file.metadata.row_groups().iter().enumerate().filter(|(_, g)| g.num_rows() > 0) {
        let mut batches = reader.batches(group, None)?;
        let mut read = 0;
        while let Some(batch) = batches.next(&file)? {
            read += batch.num_rows() as u64;
            let batch = RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec());
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

/// `schema` with the metadata that the Parquet file stores for its columns and for the whole schema.
fn with_stored_metadata(file: &ParquetFile, schema: Schema) -> Schema {
    let stored = stored_schema(file);
    let field = |(i, field): (usize, &Arc<arrow_schema::Field>)| {
        let metadata = stored.fields().get(i).map(|field| field.metadata().clone()).unwrap_or_default();
        // An extension type in the metadata might not fit the plain type.
        let metadata: std::collections::HashMap<_, _> =
            metadata.into_iter().filter(|(key, _)| !key.starts_with("ARROW:")).collect();
        field.as_ref().clone().with_metadata(metadata)
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
    let schema = catch_panic(|| ArrowSchemaConverter::new().convert(&reader.schema).map_err(unsupported));
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
        ArrowWriter::try_new(out.handle()?, Arc::clone(&reader.schema), Some(properties)).map_err(unsupported)
    });
    let mut writer = opened.map_err(|why| reader.damaged(why))??;
    let mut rows = 0;
    while let Some(batch) = reader.next()? {
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
