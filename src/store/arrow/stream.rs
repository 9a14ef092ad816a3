//! The blocks of an Arrow IPC stream, found by walking from one message to the next.

use std::fs::File;
use std::path::Path;

use arrow_ipc::{Block, MessageHeader, root_as_message_with_opts};

use super::ipc::{BlockKind, CONTINUATION, IpcBlocks, decoded_schema, verifier};
use crate::store::error::{IoAction, StoreError};
use crate::store::untrusted::byte_source::read_range;
use crate::store::untrusted::catch_panic::catch_panic;

/// Bytes before the metadata of a message: the continuation mark and the length.
const PREFIX_BYTES: u64 = 8;
/// Maximum length of the metadata of a message, bytes.
const MAX_METADATA_BYTES: u64 = 16 << 20;

/// The schema and the blocks of a stream of `len` bytes. It may end without the mark of its end.
pub(super) fn blocks_of_stream(
    file: &File,
    path: &Path,
    len: u64,
    limit: u64,
) -> Result<IpcBlocks, StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), action: IoAction::Read, source };
    let damaged = |why: String| StoreError::Damaged { path: path.to_owned(), why };
    let mut found: Option<IpcBlocks> = None;
    let mut at = 0u64;
    while at < len {
        let cut = || damaged(format!("a message of it, at byte {at}, is cut off"));
        let prefix = read_range(file, at..at.saturating_add(PREFIX_BYTES).min(len)).map_err(io)?;
        let (mark, length) = prefix.split_at_checked(4).ok_or_else(cut)?;
        if mark != CONTINUATION {
            return Err(damaged(format!(
                "a message of it, at byte {at}, does not begin with the mark of one"
            )));
        }
        let length: [u8; 4] = length.try_into().map_err(|_| cut())?;
        let length = u64::from(u32::from_le_bytes(length));
        if length == 0 {
            break;
        }
        let body_start = at + PREFIX_BYTES + length;
        if body_start > len || length > MAX_METADATA_BYTES || length > limit {
            return Err(cut());
        }
        let metadata = read_range(file, at + PREFIX_BYTES..body_start).map_err(io)?;
        let parsed = catch_panic(|| message(&metadata, limit)).and_then(|parsed| parsed).map_err(damaged)?;
        let body = u64::try_from(parsed.body)
            .map_err(|_| damaged("a message of it has a negative length".to_owned()))?;
        match (parsed.content, &mut found) {
            (Content::Schema(blocks), None) => found = Some(blocks),
            (Content::Schema(_), Some(_)) => return Err(damaged("it has a second schema".to_owned())),
            (Content::Block(kind), Some(found)) => {
                let header = i32::try_from(PREFIX_BYTES + length).map_err(|_| cut())?;
                let offset = i64::try_from(at).map_err(|_| cut())?;
                found.blocks.push((Block::new(offset, header, parsed.body), kind));
            }
            (Content::Block(_), None) => {
                return Err(damaged("it has no schema before its first batch".to_owned()));
            }
            (Content::Other, _) => {}
        }
        at = body_start.saturating_add(body);
        if at > len {
            return Err(damaged("its last batch is cut off".to_owned()));
        }
    }
    found.ok_or_else(|| damaged("it has no schema".to_owned()))
}

/// A message without its body.
struct Message {
    content: Content,
    /// Length of the body, bytes.
    body: i64,
}

enum Content {
    Schema(IpcBlocks),
    Block(BlockKind),
    Other,
}

fn message(metadata: &[u8], limit: u64) -> Result<Message, String> {
    let message = root_as_message_with_opts(&verifier(limit), metadata)
        .map_err(|e| format!("a message of it is broken: {e}"))?;
    let content = match message.header_type() {
        MessageHeader::Schema => {
            let schema = message.header_as_schema().ok_or("a message of it has no schema")?;
            Content::Schema(IpcBlocks {
                schema: decoded_schema(schema)?,
                version: message.version(),
                blocks: Vec::new(),
            })
        }
        MessageHeader::DictionaryBatch => Content::Block(BlockKind::Dictionary),
        MessageHeader::RecordBatch => Content::Block(BlockKind::Batch),
        _ => Content::Other,
    };
    Ok(Message { content, body: message.bodyLength() })
}
