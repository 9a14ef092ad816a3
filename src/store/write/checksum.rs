//! Checksum of a whole file, stored in its own footer: SHA-256 over every byte, footer included.
//!
//! It is the entry `ironforge.checksum` of the footer's key-value metadata: `sha256:` and 64 hexadecimal digits. It
//! is computed with those 64 digits set to `0`. A changed bit anywhere is detected, be it in a page, in a statistic
//! or in the checksum itself, and any program with SHA-256 can verify a file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use parquet::file::metadata::KeyValue;
use sha2::{Digest, Sha256};

use crate::store::error::{IoAction, StoreError};
use crate::store::write::float_bounds;

/// Key of the file's metadata that holds the checksum.
pub(crate) const KEY: &str = "ironforge.checksum";
/// Prefix of the value.
const SCHEME: &str = "sha256:";
/// Hexadecimal digits of the digest.
const DIGITS: usize = 64;
/// Length of the end of a file after the footer, bytes: the length of the footer, and the magic.
const TAIL_BYTES: u64 = 8;
/// Bytes hashed at a time.
const BLOCK_BYTES: usize = 1 << 18;

/// The metadata entry with a zero digest. It must be the last entry of the footer.
pub(crate) fn placeholder() -> KeyValue {
    KeyValue::new(KEY.to_owned(), format!("{SCHEME}{}", "0".repeat(DIGITS)))
}

/// Writer that hashes all bytes. It holds back the bytes after the row groups until they contain the checksum.
pub(crate) struct ChecksumWriter {
    file: File,
    sha: Sha256,
    tail: Option<Vec<u8>>,
}

impl ChecksumWriter {
    /// Writer to an empty file.
    pub(crate) fn new(file: File) -> Self {
        Self { file, sha: Sha256::new(), tail: None }
    }

    /// Holds back all bytes written from now on: page index and footer.
    pub(crate) fn hold_back_tail(&mut self) {
        self.tail = Some(Vec::new());
    }

    /// Sets the column orders and the checksum in the footer, and writes the bytes that were held back.
    ///
    /// # Errors
    /// If the file cannot be written, or the bytes held back do not end with a footer that has a zero checksum.
    pub(crate) fn finish(self) -> std::io::Result<File> {
        let Self { mut file, mut sha, tail } = self;
        let mut tail = tail.unwrap_or_default();
        let other = |why| std::io::Error::other(why);
        let (start, end) = footer_span(&tail).ok_or_else(|| other("the written bytes have no footer"))?;
        let footer = &mut tail[start..end];
        float_bounds::declare_type_order(footer).map_err(|_| other("the footer is not a Thrift struct"))?;
        let offset = digest_offset(footer).ok_or_else(|| other("the footer has no checksum entry"))?;
        sha.update(&tail);
        tail[start + offset..start + offset + DIGITS].copy_from_slice(hex(&sha.finalize()).as_bytes());
        file.write_all(&tail)?;
        Ok(file)
    }
}

/// Start and end of the footer in the last bytes of a file.
fn footer_span(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = bytes.len().checked_sub(TAIL_BYTES as usize)?;
    let size = u32::from_le_bytes(bytes[end..end + 4].try_into().ok()?);
    Some((end.checked_sub(size as usize)?, end)).filter(|_| bytes[end + 4..] == *b"PAR1")
}

impl Write for ChecksumWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some(tail) = &mut self.tail {
            tail.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        let written = self.file.write(bytes)?;
        self.sha.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Verifies the checksum that a file contains, and returns it; `None` if it has none, such as a file of another
/// writer.
///
/// Reads the whole file.
///
/// # Errors
/// [`StoreError::Io`]; [`StoreError::Damaged`] if the bytes have another checksum or the file has no footer.
pub fn verify_checksum(path: &Path) -> Result<Option<String>, StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), action: IoAction::Read, source };
    let mut file = File::open(path).map_err(|source| StoreError::Io {
        path: path.to_owned(),
        action: IoAction::Open,
        source,
    })?;
    let (footer, start) = match read_footer(&mut file) {
        Ok(found) => found,
        Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
            return Err(StoreError::Damaged { path: path.to_owned(), why: e.to_string() });
        }
        Err(e) => return Err(io(e)),
    };
    let Some(at) = digest_offset(&footer) else { return Ok(None) };
    let recorded = String::from_utf8_lossy(&footer[at..at + DIGITS]).into_owned();
    let digest = start + at as u64..start + (at + DIGITS) as u64;
    file.rewind().map_err(io)?;
    let (mut sha, mut block, mut offset) = (Sha256::new(), vec![0; BLOCK_BYTES], 0u64);
    loop {
        let read = file.read(&mut block).map_err(io)?;
        if read == 0 {
            break;
        }
        let end = offset + read as u64;
        for position in digest.start.max(offset)..digest.end.min(end) {
            block[(position - offset) as usize] = b'0';
        }
        sha.update(&block[..read]);
        offset = end;
    }
    let found = hex(&sha.finalize());
    if found != recorded {
        let why = format!("its bytes have the checksum {found}, its footer says {recorded}");
        return Err(StoreError::Damaged { path: path.to_owned(), why });
    }
    Ok(Some(format!("{SCHEME}{recorded}")))
}

/// The footer of a file, and its offset.
fn read_footer(file: &mut File) -> std::io::Result<(Vec<u8>, u64)> {
    let bad = |why| std::io::Error::new(std::io::ErrorKind::InvalidData, why);
    let len = file.seek(SeekFrom::End(0))?;
    let tail = len.checked_sub(TAIL_BYTES).ok_or_else(|| bad("it is too short"))?;
    file.seek(SeekFrom::Start(tail))?;
    let mut bytes = [0; TAIL_BYTES as usize];
    file.read_exact(&mut bytes)?;
    let [a, b, c, d, magic @ ..] = bytes;
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    let start =
        tail.checked_sub(size).filter(|_| magic == *b"PAR1").ok_or_else(|| bad("it has no footer"))?;
    file.seek(SeekFrom::Start(start))?;
    let mut footer = Vec::new();
    file.take(size).read_to_end(&mut footer)?;
    Ok((footer, start))
}

/// Offset of the digest in a footer. The last bytes that look like the entry are the entry: what follows the
/// key-value metadata, `created_by` and the column orders, is written by this crate and contains no such bytes.
fn digest_offset(footer: &[u8]) -> Option<usize> {
    // Thrift compact protocol: the header of a binary field with the next field id, and its length.
    let mut entry = KEY.as_bytes().to_vec();
    entry.extend([0x18, (SCHEME.len() + DIGITS) as u8]);
    entry.extend(SCHEME.as_bytes());
    let offset = footer.windows(entry.len()).rposition(|window| window == entry)? + entry.len();
    (offset + DIGITS <= footer.len()).then_some(offset)
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
