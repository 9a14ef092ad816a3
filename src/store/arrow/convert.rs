//! Parquet to Arrow IPC files and back, batch by batch.
//!
//! Every type that both formats have is converted, nested ones included. An Arrow IPC file is no more believed than a
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

use crate::store::StoreConfig;
use crate::store::StoreError;
use crate::store::arrow::ipc::{self, Ipc};
use crate::store::arrow::materialized_size;
use crate::store::read::row_group_batches::Plan;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::{Open, ParquetFile};
use crate::store::write::atomic_file::AtomicFile;

/// The part of the memory allowed, one of so many, that the rows at hand may take once they are written out, and that
/// an unfinished row group may.
const PARTS: u64 = 4;
/// Bytes of a column's writer before it has a value: a dictionary's table, and the compressor.
const BYTES_PER_COLUMN: u64 = 128 << 10;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Parquet.
    Parquet,
    /// Arrow IPC, the file format (also called Feather version 2).
    ArrowIpc,
}

/// What a conversion wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converted {
    /// The kind of the new file.
    pub kind: FileKind,
    /// Rows in it.
    pub rows: u64,
    /// Its size, bytes.
    pub bytes: u64,
}

/// Converts a Parquet file to an Arrow IPC file, or an Arrow IPC file to Parquet: which it is, its first bytes say.
///
/// Parquet is written with ZSTD at `config.compression_level` in row groups of `config.row_group_rows` rows, with
/// statistics and page index, in smaller ones where rows are so wide that memory asks for it; Arrow IPC uncompressed,
/// in batches of at most as many rows. The new file appears whole or not at all. The other settings are for tables of
/// this crate and change nothing. About `memory_limit_bytes` are taken at most. Types of the Parquet file decide those
/// of the Arrow file; metadata of columns and schema is kept.
///
/// # Errors
/// As [`read_table`](crate::store::read_table) for the input, [`StoreError::NotTabular`] if it is of neither kind;
/// [`StoreError::Feature`] for a compressed Arrow IPC file or a type that the other format does not have;
/// [`StoreError::Io`] if the output cannot be written.
pub fn convert(
    from: &Path,
    to: &Path,
    config: &StoreConfig,
    memory_limit_bytes: u64,
) -> Result<Converted, StoreError> {
    config.validate()?;
    match kind_of(from)? {
        FileKind::Parquet => to_ipc(from, to, config, memory_limit_bytes),
        FileKind::ArrowIpc => to_parquet(from, to, config, memory_limit_bytes),
    }
}

fn kind_of(path: &Path) -> Result<FileKind, StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), action: "open", source };
    let mut head = Vec::new();
    File::open(path).map_err(io)?.take(6).read_to_end(&mut head).map_err(io)?;
    match head.as_slice() {
        head if head.starts_with(b"PAR1") => Ok(FileKind::Parquet),
        head if head == ipc::MAGIC => Ok(FileKind::ArrowIpc),
        head if head.starts_with(&ipc::CONTINUATION) => {
            let feature = "the stream format of Arrow IPC".to_owned();
            Err(StoreError::Feature { path: path.to_owned(), feature })
        }
        _ => Err(StoreError::NotTabular { path: path.to_owned() }),
    }
}

fn failed(path: &Path, error: ArrowError) -> StoreError {
    let path = path.to_owned();
    match error {
        ArrowError::IoError(_, source) => StoreError::Io { path, action: "write", source },
        other => StoreError::Encode { path, why: other.to_string() },
    }
}

fn to_ipc(from: &Path, to: &Path, config: &StoreConfig, limit: u64) -> Result<Converted, StoreError> {
    let file = ParquetFile::open(from, Open::default())?;
    let (leaves, all) = (0..file.schema().num_columns(), ProjectionMask::all());
    let leaves: Vec<usize> = leaves.collect();
    let plan = || {
        let levels = parquet_to_arrow_field_levels(file.schema(), all, None)?;
        Ok::<_, ParquetError>((levels, parquet_to_arrow_schema(file.schema(), None)?))
    };
    let plan = catch_panic(plan).map_err(|why| file.damaged(why))?;
    let (levels, schema) = plan.map_err(|e| file.damaged(format!("its schema cannot be: {e}")))?;
    let schema = Arc::new(with_notes(&file, schema));
    let place = AtomicFile::beside(to)?;
    let mut writer =
        FileWriter::try_new(BufWriter::new(place.handle()?), &schema).map_err(|e| failed(to, e))?;
    let budget = Arc::new(MemoryBudget::new(limit));
    let batch_rows = config.row_group_rows.into();
    let plan = Plan { file: &file, levels: &levels, leaves: &leaves, budget: &budget, batch_rows };
    let mut rows = 0;
    for (group, metadata) in file.metadata.row_groups().iter().enumerate().filter(|(_, g)| g.num_rows() > 0) {
        let mut batches = plan.group(group, None)?;
        let mut read = 0;
        while let Some(batch) = batches.next(&file)? {
            read += batch.num_rows() as u64;
            let batch = RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec());
            batch.and_then(|batch| writer.write(&batch)).map_err(|e| failed(to, e))?;
        }
        if read != metadata.num_rows().unsigned_abs() && !leaves.is_empty() {
            let why = format!("row group {group} holds {read} rows instead of {}", metadata.num_rows());
            return Err(file.damaged(why));
        }
        rows += read;
    }
    writer.finish().map_err(|e| failed(to, e))?;
    drop(writer);
    Ok(Converted { kind: FileKind::ArrowIpc, rows, bytes: place.put()? })
}

/// The schema with the metadata that the writer left with its columns, and with the file's.
fn with_notes(file: &ParquetFile, schema: Schema) -> Schema {
    let about = file.metadata.file_metadata();
    let noted = catch_panic(|| parquet_to_arrow_schema(file.schema(), about.key_value_metadata()));
    let noted = noted.ok().and_then(Result::ok).unwrap_or_else(Schema::empty);
    let with_note = |(i, field): (usize, &Arc<arrow_schema::Field>)| {
        let note = noted.fields().get(i).map(|noted| noted.metadata().clone()).unwrap_or_default();
        // Metadata that names an extension type would claim what the plain type may not keep.
        let note: std::collections::HashMap<_, _> =
            note.into_iter().filter(|(key, _)| !key.starts_with("ARROW:")).collect();
        field.as_ref().clone().with_metadata(note)
    };
    let fields: Vec<_> = schema.fields().iter().enumerate().map(with_note).collect();
    Schema::new_with_metadata(fields, noted.metadata().clone())
}

fn to_parquet(from: &Path, to: &Path, config: &StoreConfig, limit: u64) -> Result<Converted, StoreError> {
    let mut source = Ipc::open(from, limit)?;
    let unsupported = |e: ParquetError| StoreError::Feature {
        path: from.to_owned(),
        feature: format!("a type that Parquet does not have ({e})"),
    };
    let encode = |e: ParquetError| match e {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => StoreError::Io { path: to.to_owned(), action: "write", source: *source },
            Err(other) => StoreError::Encode { path: to.to_owned(), why: other.to_string() },
        },
        ParquetError::NYI(feature) => StoreError::Feature { path: from.to_owned(), feature },
        // The writer holds the batches against their schema, which the decoder does not do to its depth.
        other => StoreError::Damaged { path: from.to_owned(), why: other.to_string() },
    };
    let schema = catch_panic(|| ArrowSchemaConverter::new().convert(&source.schema).map_err(unsupported));
    let leaves = schema.map_err(|why| source.damaged(why))??.num_columns() as u64;
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
    let place = AtomicFile::beside(to)?;
    let opened = catch_panic(|| {
        ArrowWriter::try_new(place.handle()?, Arc::clone(&source.schema), Some(properties))
            .map_err(unsupported)
    });
    let mut writer = opened.map_err(|why| source.damaged(why))??;
    let mut rows = 0;
    while let Some(batch) = source.next()? {
        let step = materialized_size::rows_at_once(&batch, limit / PARTS)
            .map_err(|needs| StoreError::Memory { path: from.to_owned(), needs, limit })?
            .clamp(1, config.row_group_rows as usize);
        for start in (0..batch.num_rows()).step_by(step) {
            let slice = batch.slice(start, step.min(batch.num_rows() - start));
            let written = catch_panic(|| {
                writer.write(&slice)?;
                // Rows that are wide end a row group before its time.
                if writer.memory_size() as u64 > limit / PARTS { writer.flush() } else { Ok(()) }
            });
            written.map_err(|why| source.damaged(why))?.map_err(encode)?;
        }
        rows += batch.num_rows() as u64;
    }
    catch_panic(|| writer.close()).map_err(|why| source.damaged(why))?.map_err(encode)?;
    Ok(Converted { kind: FileKind::Parquet, rows, bytes: place.put()? })
}
