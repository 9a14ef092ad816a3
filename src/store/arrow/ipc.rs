//! Reader of Arrow IPC, as files and as streams, batch by batch.
//!
//! A stream is a file without the footer that lists its blocks: they are found by walking from one message to the next.
//!
//! Input is untrusted: before a block is decoded, it must lie inside the file, and the sizes that it declares must
//! fit the memory limit. The format lets many buffers of a batch refer to the same bytes, so that a small file can
//! expand to a large table: a buffer is counted once per reference.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::{Block, MetadataVersion, root_as_footer_with_opts, root_as_message};
use arrow_schema::{ArrowError, SchemaRef};
use flatbuffers::{InvalidFlatbuffer, VerifierOptions};

use super::stream;
use crate::store::error::{IoAction, StoreError};
use crate::store::untrusted::byte_source::read_range;
use crate::store::untrusted::catch_panic::catch_panic;

/// First and last bytes of an Arrow IPC file.
pub(crate) const MAGIC: &[u8; 6] = b"ARROW1";
/// First bytes of a message, and so of a file in the Arrow IPC streaming format.
pub(crate) const CONTINUATION: [u8; 4] = [0xff; 4];
/// Length of the start of a file, bytes: magic and padding.
const HEAD_BYTES: u64 = 8;
/// Length of the end of a file, bytes: footer length and magic.
const TAIL_BYTES: u64 = 10;
/// Length of the shortest file that is opened, bytes.
const MIN_FILE_BYTES: u64 = 20;
/// Maximum length of a footer, bytes.
const MAX_FOOTER_BYTES: u64 = 16 << 20;
/// Memory of a FlatBuffers table of the footer once it is decoded to a field, a type or metadata, bytes.
const BYTES_PER_TABLE: u64 = 512;
/// Maximum rows of a column that takes no memory.
const MAX_EMPTY_ROWS: u64 = 1 << 20;
/// Alignment at which no buffer is copied, bytes: that of the widest number type.
const ALIGNMENT_BYTES: u64 = 16;

/// Reader of an Arrow IPC file whose blocks were checked to lie inside it.
pub(crate) struct IpcReader<'a> {
    path: &'a Path,
    file: File,
    limit: u64,
    pub(crate) schema: SchemaRef,
    decoder: FileDecoder,
    /// The dictionaries and batches in the order in which they are read.
    blocks: Vec<(Block, BlockKind)>,
    /// Index of the next block.
    next: usize,
    /// Bytes of memory of the dictionaries so far.
    held: u64,
}

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Dictionary,
    Batch,
}

/// The schema and the blocks of a file.
pub(super) struct IpcBlocks {
    pub(super) schema: SchemaRef,
    pub(super) version: MetadataVersion,
    pub(super) blocks: Vec<(Block, BlockKind)>,
}

impl<'a> IpcReader<'a> {
    /// Opens a file, checks its blocks and reads its dictionaries. `limit` is the memory limit, bytes.
    pub(crate) fn open(path: &'a Path, limit: u64) -> Result<Self, StoreError> {
        let io = |source| StoreError::Io { path: path.to_owned(), action: IoAction::Read, source };
        let damaged = |why: &str| StoreError::Damaged { path: path.to_owned(), why: why.to_owned() };
        let file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let head = read_range(&file, 0..len.min(HEAD_BYTES)).map_err(io)?;
        let IpcBlocks { schema, version, blocks } = if head.starts_with(MAGIC) {
            blocks_of_file(&file, path, len, limit)?
        } else {
            stream::blocks_of_stream(&file, path, len, limit)?
        };
        for (block, _) in &blocks {
            let sizes = [block.offset(), block.metaDataLength().into(), block.bodyLength()];
            let [Ok(offset), Ok(header), Ok(body)] = sizes.map(u64::try_from) else {
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
        let decoder = FileDecoder::new(Arc::clone(&schema), version);
        Ok(Self { path, file, limit, schema, decoder, blocks, next: 0, held: 0 })
    }

    /// Reads a dictionary. It is kept for the whole file: all together must fit the memory limit.
    fn read_dictionary(&mut self, block: &Block) -> Result<(), StoreError> {
        let bytes = self.read_block(block)?;
        self.held = self.held.saturating_add(self.check_message(block, &bytes)?);
        if self.held > self.limit {
            return Err(StoreError::Memory {
                path: self.path.to_owned(),
                needs: self.held,
                limit: self.limit,
            });
        }
        let read =
            catch_panic(|| self.decoder.read_dictionary(block, &bytes)).map_err(|why| self.damaged(why))?;
        read.map_err(|e| self.error(e))
    }

    /// The error that the file is damaged.
    pub(crate) fn damaged(&self, why: String) -> StoreError {
        StoreError::Damaged { path: self.path.to_owned(), why }
    }

    /// The error of the `arrow` crate as one of the store.
    fn error(&self, error: ArrowError) -> StoreError {
        let path = self.path.to_owned();
        match error {
            ArrowError::NotYetImplemented(feature) => StoreError::Feature { path, feature },
            other => StoreError::Damaged { path, why: other.to_string() },
        }
    }

    fn read_block(&self, block: &Block) -> Result<Buffer, StoreError> {
        // `open` checked that offset and lengths are not negative and lie inside the file.
        let start = block.offset().unsigned_abs();
        let len = block.bodyLength().unsigned_abs() + u64::from(block.metaDataLength().unsigned_abs());
        let bytes = read_range(&self.file, start..start + len);
        let bytes = bytes.map_err(|source| StoreError::Io {
            path: self.path.to_owned(),
            action: IoAction::Read,
            source,
        })?;
        Ok(Buffer::from_vec(bytes))
    }

    /// Checks the declared sizes of a message against its bytes. Returns the memory that decoding takes, bytes.
    fn check_message(&self, block: &Block, bytes: &[u8]) -> Result<u64, StoreError> {
        let body = block.bodyLength().unsigned_abs();
        let header = &bytes[..bytes.len().saturating_sub(body as usize)];
        let start = if header.starts_with(&CONTINUATION) { 8 } else { 4 };
        let message = header.get(start..).ok_or("a message of it has no length".to_owned());
        let message = message
            .and_then(|bytes| root_as_message(bytes).map_err(|e| format!("a message of it is broken: {e}")));
        let message = message.map_err(|why| self.damaged(why))?;
        let dictionary = message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data());
        // Any other message is left to the decoder, which reports it.
        let Some(batch) = message.header_as_record_batch().or(dictionary) else { return Ok(body) };
        let unpacked = batch.compression().map_or(Some(0), |_| unpacked_bytes(&batch, bytes, header.len()));
        let unpacked =
            unpacked.ok_or_else(|| self.damaged("a compressed buffer of it has no length".to_owned()))?;
        // A row takes at least one bit, unless its column has no buffers.
        let max_rows = body.max(unpacked).saturating_mul(8).max(MAX_EMPTY_ROWS);
        let lengths = batch.nodes().into_iter().flatten().map(|node| node.length());
        for length in lengths.chain([batch.length()]) {
            if u64::try_from(length).map_or(true, |length| length > max_rows) {
                return Err(self.damaged(format!("a batch of {body} bytes declares {length} rows")));
            }
        }
        let mut needs = (bytes.len() as u64).saturating_add(unpacked);
        for buffer in batch.buffers().into_iter().flatten() {
            let range = [buffer.offset(), buffer.length()].map(u64::try_from);
            let inside = |offset: u64, length| offset.checked_add(length).is_some_and(|end| end <= body);
            match range {
                [Ok(offset), Ok(length)] if inside(offset, length) => {
                    let copied = !(header.len() as u64 + offset).is_multiple_of(ALIGNMENT_BYTES);
                    needs = needs.saturating_add(if copied { length } else { 0 });
                }
                _ => return Err(self.damaged("a buffer of it lies outside its batch".to_owned())),
            }
        }
        if needs > self.limit {
            return Err(StoreError::Memory { path: self.path.to_owned(), needs, limit: self.limit });
        }
        Ok(needs)
    }

    /// The next batch; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        while let Some((block, kind)) = self.blocks.get(self.next).copied() {
            self.next += 1;
            if kind == BlockKind::Dictionary {
                self.read_dictionary(&block)?;
                continue;
            }
            let bytes = self.read_block(&block)?;
            self.check_message(&block, &bytes)?;
            let read = catch_panic(|| self.decoder.read_record_batch(&block, &bytes));
            let batch = read.map_err(|why| self.damaged(why))?.map_err(|e| self.error(e))?;
            if batch.is_some() {
                return Ok(batch);
            }
        }
        Ok(None)
    }
}

/// Length of the prefix of a compressed buffer: its length without compression, or -1 if it has none.
const PREFIX_BYTES: u64 = 8;

/// Declared bytes of the compressed buffers of a batch, without compression; the decoder stops at what is declared. `None`
/// if a buffer has no valid prefix. `header` is the length of the message before its buffers.
fn unpacked_bytes(batch: &arrow_ipc::RecordBatch<'_>, bytes: &[u8], header: usize) -> Option<u64> {
    let mut sum = 0u64;
    for buffer in batch.buffers().into_iter().flatten().filter(|buffer| buffer.length() > 0) {
        let start = header.checked_add(usize::try_from(buffer.offset()).ok()?)?;
        let prefix: [u8; PREFIX_BYTES as usize] =
            bytes.get(start..start.checked_add(PREFIX_BYTES as usize)?)?.try_into().ok()?;
        sum = sum.saturating_add(match i64::from_le_bytes(prefix) {
            -1 => 0,
            length => u64::try_from(length).ok()?,
        });
    }
    Some(sum)
}

/// The blocks of a file, by its footer.
fn blocks_of_file(file: &File, path: &Path, len: u64, limit: u64) -> Result<IpcBlocks, StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), action: IoAction::Read, source };
    let damaged = |why: &str| StoreError::Damaged { path: path.to_owned(), why: why.to_owned() };
    if len < MIN_FILE_BYTES {
        return Err(damaged("it is shorter than any Arrow IPC file"));
    }
    let tail = read_range(file, len - TAIL_BYTES..len).map_err(io)?;
    let (size, magic) = tail.split_at(4);
    if magic != MAGIC {
        return Err(damaged("it does not end with ARROW1: the end is cut off"));
    }
    let size = u64::from(u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
    if size > len - TAIL_BYTES - HEAD_BYTES || size > MAX_FOOTER_BYTES || size > limit {
        return Err(damaged("its footer is longer than the file or than the limits allow"));
    }
    let footer_end = len - TAIL_BYTES;
    let footer = read_range(file, footer_end - size..footer_end).map_err(io)?;
    let parsed = catch_panic(|| parse_footer(&footer, limit)).and_then(|parsed| parsed);
    parsed.map_err(|why| damaged(&why))
}

/// Decodes a footer that takes at most `limit` bytes of memory.
fn parse_footer(bytes: &[u8], limit: u64) -> Result<IpcBlocks, String> {
    let footer = root_as_footer_with_opts(&verifier(limit), bytes).map_err(|e| match e {
        InvalidFlatbuffer::TooManyTables | InvalidFlatbuffer::ApparentSizeTooLarge => {
            format!("its footer expands to more than {limit} bytes, the memory allowed")
        }
        other => format!("its footer is broken: {other}"),
    })?;
    let schema = decoded_schema(footer.schema().ok_or("its footer has no schema")?)?;
    let of = |blocks: Option<flatbuffers::Vector<'_, Block>>, kind| {
        blocks.iter().flatten().map(|block| (*block, kind)).collect::<Vec<_>>()
    };
    let mut blocks = of(footer.dictionaries(), BlockKind::Dictionary);
    blocks.extend(of(footer.recordBatches(), BlockKind::Batch));
    Ok(IpcBlocks { schema, version: footer.version(), blocks })
}

/// Limits of the memory that a schema of any message takes.
pub(super) fn verifier(limit: u64) -> VerifierOptions {
    // A table is decoded once per reference, so a small footer can expand to a large schema.
    let defaults = VerifierOptions::default();
    let at_most = |default: usize, limit: u64| default.min(usize::try_from(limit).unwrap_or(usize::MAX));
    VerifierOptions {
        max_tables: at_most(defaults.max_tables, limit / BYTES_PER_TABLE),
        max_apparent_size: at_most(defaults.max_apparent_size, limit),
        ..defaults
    }
}

pub(super) fn decoded_schema(schema: arrow_ipc::Schema<'_>) -> Result<SchemaRef, String> {
    if !schema.endianness().equals_to_target_endianness() {
        return Err("its byte order is not that of this processor".to_owned());
    }
    Ok(Arc::new(try_fb_to_schema(schema).map_err(|e| format!("its schema is invalid: {e}"))?))
}
