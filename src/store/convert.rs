//! Parquet to Arrow IPC files and back, batch by batch.
//!
//! Every type that both formats have is converted, nested ones included. An Arrow IPC file is no more believed than a
//! Parquet file: its blocks must lie inside it and fit the memory allowed before any is read.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::writer::FileWriter;
use arrow_ipc::{Block, root_as_footer};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use parquet::arrow::{ArrowWriter, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::batches::Plan;
use super::file::{Open, ParquetFile};
use super::meter::Meter;
use super::place::Unfinished;
use super::shield::shield;
use super::{StoreConfig, StoreError};

/// First and last bytes of an Arrow IPC file.
const MAGIC: &[u8; 6] = b"ARROW1";
/// Largest footer of an Arrow IPC file that is read, bytes.
const MAX_FOOTER: u64 = 16 << 20;
/// Rows of a batch without any column that takes memory.
const MAX_EMPTY_ROWS: u64 = 1 << 20;

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
/// statistics and page index; Arrow IPC uncompressed, in batches of at most as many rows. The new file appears whole or
/// not at all. The other settings are for tables of this crate and change nothing. About `memory_limit_bytes` are taken
/// at most. Types of the Parquet file decide those of the Arrow file; metadata of columns and schema is kept.
///
/// # Errors
/// As [`read_table`](super::read_table) for the input, [`StoreError::NotTabular`] if it is of neither kind;
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
        head if head == MAGIC => Ok(FileKind::ArrowIpc),
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
        Ok::<_, parquet::errors::ParquetError>((levels, parquet_to_arrow_schema(file.schema(), None)?))
    };
    let plan = shield(plan).map_err(|why| file.damaged(why))?;
    let (levels, schema) = plan.map_err(|e| file.damaged(format!("its schema cannot be: {e}")))?;
    let schema = Arc::new(with_notes(&file, schema));
    let place = Unfinished::beside(to)?;
    let mut writer =
        FileWriter::try_new(BufWriter::new(place.handle()?), &schema).map_err(|e| failed(to, e))?;
    let meter = Arc::new(Meter::new(limit));
    let batch_rows = config.row_group_rows.into();
    let plan = Plan { file: &file, levels: &levels, leaves: &leaves, meter: &meter, batch_rows };
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
    let noted = shield(|| parquet_to_arrow_schema(file.schema(), about.key_value_metadata()));
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
    let unsupported = |e: parquet::errors::ParquetError| StoreError::Feature {
        path: from.to_owned(),
        feature: format!("a type that Parquet does not have ({e})"),
    };
    let encode = |e: parquet::errors::ParquetError| match e {
        parquet::errors::ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => StoreError::Io { path: to.to_owned(), action: "write", source: *source },
            Err(other) => StoreError::Encode { path: to.to_owned(), why: other.to_string() },
        },
        other => StoreError::Encode { path: to.to_owned(), why: other.to_string() },
    };
    let level = ZstdLevel::try_new(config.compression_level).map_err(encode)?;
    let properties = WriterProperties::builder()
        .set_created_by(concat!("ironforge ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(config.row_group_rows as usize))
        .set_statistics_enabled(EnabledStatistics::Page)
        .build();
    let place = Unfinished::beside(to)?;
    let opened = shield(|| {
        ArrowWriter::try_new(place.handle()?, Arc::clone(&source.schema), Some(properties))
            .map_err(unsupported)
    });
    let mut writer = opened.map_err(|why| source.damaged(why))??;
    let mut rows = 0;
    while let Some(batch) = source.next()? {
        let step = (config.row_group_rows as usize).max(1);
        for start in (0..batch.num_rows()).step_by(step) {
            let slice = batch.slice(start, step.min(batch.num_rows() - start));
            shield(|| writer.write(&slice)).map_err(|why| source.damaged(why))?.map_err(encode)?;
        }
        rows += batch.num_rows() as u64;
    }
    writer.close().map_err(encode)?;
    Ok(Converted { kind: FileKind::Parquet, rows, bytes: place.put()? })
}

/// An Arrow IPC file whose blocks were held against its length.
struct Ipc<'a> {
    path: &'a Path,
    file: File,
    schema: SchemaRef,
    decoder: FileDecoder,
    batches: Vec<Block>,
    at: usize,
}

impl<'a> Ipc<'a> {
    fn open(path: &'a Path, limit: u64) -> Result<Self, StoreError> {
        let io = |source| StoreError::Io { path: path.to_owned(), action: "read", source };
        let damaged = |why: &str| StoreError::Damaged { path: path.to_owned(), why: why.to_owned() };
        let mut file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        if len < 20 {
            return Err(damaged("it is shorter than any Arrow IPC file"));
        }
        let tail = span(&mut file, len - 10, 10).map_err(io)?;
        let (size, magic) = tail.split_at(4);
        if magic != MAGIC {
            return Err(damaged("it does not end with ARROW1: the end is cut off"));
        }
        let size = u64::from(u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
        if size > len - 18 || size > MAX_FOOTER || size > limit {
            return Err(damaged("its footer is longer than the file, or than is read"));
        }
        let footer = span(&mut file, len - 10 - size, size).map_err(io)?;
        let parsed = shield(|| -> Result<_, String> {
            let footer = root_as_footer(&footer).map_err(|e| format!("its footer is broken: {e}"))?;
            let schema = footer.schema().ok_or("its footer has no schema")?;
            if !schema.endianness().equals_to_target_endianness() {
                return Err("its numbers have the byte order of another machine".to_owned());
            }
            let schema = try_fb_to_schema(schema).map_err(|e| format!("its schema cannot be: {e}"))?;
            let dictionaries: Vec<Block> = footer.dictionaries().iter().flatten().copied().collect();
            let batches: Vec<Block> = footer.recordBatches().iter().flatten().copied().collect();
            Ok((schema, footer.version(), dictionaries, batches))
        });
        let (schema, version, dictionaries, batches) =
            parsed.and_then(|parsed| parsed).map_err(|why| damaged(&why))?;
        for block in dictionaries.iter().chain(&batches) {
            let place = [block.offset(), block.metaDataLength().into(), block.bodyLength()];
            let place = place.map(u64::try_from);
            let [Ok(offset), Ok(header), Ok(body)] = place else {
                return Err(damaged("a block of it has a negative length"));
            };
            let size = header.saturating_add(body);
            if offset.saturating_add(size) > len {
                return Err(damaged("a block of it lies outside the file"));
            }
            if size > limit {
                return Err(StoreError::Memory { path: path.to_owned(), needs: size, limit });
            }
        }
        let schema = Arc::new(schema);
        let decoder = FileDecoder::new(Arc::clone(&schema), version);
        let mut ipc = Self { path, file, schema, decoder, batches, at: 0 };
        // Dictionaries stay for the whole file: together they must fit.
        let mut held = 0u64;
        for block in &dictionaries {
            let bytes = ipc.block(block)?;
            held = held.saturating_add(bytes.len() as u64);
            if held > limit {
                return Err(StoreError::Memory { path: path.to_owned(), needs: held, limit });
            }
            let read =
                shield(|| ipc.decoder.read_dictionary(block, &bytes)).map_err(|why| ipc.damaged(why))?;
            read.map_err(|e| ipc.error(e))?;
        }
        Ok(ipc)
    }

    fn damaged(&self, why: String) -> StoreError {
        StoreError::Damaged { path: self.path.to_owned(), why }
    }

    fn error(&self, error: ArrowError) -> StoreError {
        let text = error.to_string();
        let path = self.path.to_owned();
        match error {
            ArrowError::NotYetImplemented(feature) => StoreError::Feature { path, feature },
            // What Arrow says where a codec was left out of it.
            _ if text.contains("requires the lz4 feature") || text.contains("requires the zstd feature") => {
                StoreError::Feature { path, feature: "compressed Arrow IPC batches".to_owned() }
            }
            _ => StoreError::Damaged { path, why: text },
        }
    }

    fn block(&mut self, block: &Block) -> Result<Buffer, StoreError> {
        // Offsets and lengths were found to be positive and inside the file.
        let len = block.metaDataLength().unsigned_abs().into();
        let len = block.bodyLength().unsigned_abs().saturating_add(len);
        let bytes = span(&mut self.file, block.offset().unsigned_abs(), len);
        let bytes =
            bytes.map_err(|source| StoreError::Io { path: self.path.to_owned(), action: "read", source })?;
        Ok(Buffer::from_vec(bytes))
    }

    fn next(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        while let Some(block) = self.batches.get(self.at).copied() {
            self.at += 1;
            let bytes = self.block(&block)?;
            let read = shield(|| self.decoder.read_record_batch(&block, &bytes));
            let batch = read.map_err(|why| self.damaged(why))?.map_err(|e| self.error(e))?;
            let Some(batch) = batch else { continue };
            // A row takes a bit at least, unless all its columns are nothing but missing.
            let most = (bytes.len() as u64).saturating_mul(8).max(MAX_EMPTY_ROWS);
            if batch.num_rows() as u64 > most {
                let why = format!("a batch of {} bytes declares {} rows", bytes.len(), batch.num_rows());
                return Err(self.damaged(why));
            }
            return Ok(Some(batch));
        }
        Ok(None)
    }
}

fn span(file: &mut File, start: u64, len: u64) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = vec![0; len as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}
