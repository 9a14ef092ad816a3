//! The checksum that a file carries of itself: SHA-256 over every byte, footer included.
//!
//! It stands in the footer's key-value metadata under `ironforge.checksum`, as `sha256:` and 64 hexadecimal digits, and
//! is taken over the file with those 64 digits as `0`. So one bit changed anywhere, be it in a page, in a statistic or
//! in the checksum itself, is found. Any program with SHA-256 can check it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use parquet::file::metadata::KeyValue;
use sha2::{Digest, Sha256};

use crate::store::StoreError;
use crate::store::write::float_bounds;

/// Key of the file's metadata.
pub(crate) const KEY: &str = "ironforge.checksum";
/// What the value begins with.
const SCHEME: &str = "sha256:";
/// Hexadecimal digits of the digest.
const DIGITS: usize = 64;
/// Length of a footer and magic, at the end of a file, bytes.
const TAIL: u64 = 8;
/// Bytes hashed at a time.
const BLOCK: usize = 1 << 18;

/// The entry with no digest yet: it must be the last one of the footer.
pub(crate) fn blank() -> KeyValue {
    KeyValue::new(KEY.to_owned(), format!("{SCHEME}{}", "0".repeat(DIGITS)))
}

/// Bytes on their way into a file, hashed; what follows the row groups is kept back until it is sealed.
pub(crate) struct Sealing {
    file: File,
    sha: Sha256,
    tail: Option<Vec<u8>>,
}

impl Sealing {
    pub(crate) fn new(file: File) -> Self {
        Self { file, sha: Sha256::new(), tail: None }
    }

    /// Keeps back what is written from now on: page index and footer.
    pub(crate) fn keep_tail(&mut self) {
        self.tail = Some(Vec::new());
    }

    /// Sets the orders of columns and the checksum in the footer, and writes it.
    ///
    /// # Errors
    /// The file cannot be written, or the tail is none that has a blank checksum.
    pub(crate) fn seal(self) -> std::io::Result<File> {
        let Self { mut file, mut sha, tail } = self;
        let mut tail = tail.unwrap_or_default();
        let other = |why| std::io::Error::other(why);
        let (start, end) = span(&tail).ok_or_else(|| other("what was written has no footer"))?;
        let footer = &mut tail[start..end];
        float_bounds::of_types(footer).map_err(|_| other("the footer is no Thrift struct"))?;
        let at = digits(footer).ok_or_else(|| other("the footer has no place for a checksum"))?;
        sha.update(&tail);
        tail[start + at..start + at + DIGITS].copy_from_slice(hex(&sha.finalize()).as_bytes());
        file.write_all(&tail)?;
        Ok(file)
    }
}

/// Where the footer of a file lies that ends like these bytes.
fn span(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = bytes.len().checked_sub(TAIL as usize)?;
    let size = u32::from_le_bytes(bytes[end..end + 4].try_into().ok()?);
    Some((end.checked_sub(size as usize)?, end)).filter(|_| bytes[end + 4..] == *b"PAR1")
}

impl Write for Sealing {
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

/// Compares a file with the checksum it carries, and gives that; `None` if it carries none, as those of other writers.
/// Reads the whole file.
///
/// # Errors
/// [`StoreError::Io`]; [`StoreError::Damaged`] if the bytes have another checksum or the file has no footer.
pub fn verify(path: &Path) -> Result<Option<String>, StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), action: "read", source };
    let mut file = File::open(path).map_err(|source| StoreError::Io {
        path: path.to_owned(),
        action: "open",
        source,
    })?;
    let (bytes, start) = match footer(&mut file) {
        Ok(found) => found,
        Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
            return Err(StoreError::Damaged { path: path.to_owned(), why: e.to_string() });
        }
        Err(e) => return Err(io(e)),
    };
    let Some(at) = digits(&bytes) else { return Ok(None) };
    let recorded = String::from_utf8_lossy(&bytes[at..at + DIGITS]).into_owned();
    let blank = start + at as u64..start + (at + DIGITS) as u64;
    file.rewind().map_err(io)?;
    let (mut sha, mut block, mut offset) = (Sha256::new(), vec![0; BLOCK], 0u64);
    loop {
        let read = file.read(&mut block).map_err(io)?;
        if read == 0 {
            break;
        }
        let end = offset + read as u64;
        for place in blank.start.max(offset)..blank.end.min(end) {
            block[(place - offset) as usize] = b'0';
        }
        sha.update(&block[..read]);
        offset = end;
    }
    let found = hex(&sha.finalize());
    if found != recorded {
        let why = format!("its bytes have the checksum {found}, it says {recorded}");
        return Err(StoreError::Damaged { path: path.to_owned(), why });
    }
    Ok(Some(format!("{SCHEME}{recorded}")))
}

/// The footer of a file, and where it begins.
fn footer(file: &mut File) -> std::io::Result<(Vec<u8>, u64)> {
    let bad = |why| std::io::Error::new(std::io::ErrorKind::InvalidData, why);
    let len = file.seek(SeekFrom::End(0))?;
    let tail = len.checked_sub(TAIL).ok_or_else(|| bad("it is too short"))?;
    file.seek(SeekFrom::Start(tail))?;
    let mut bytes = [0; TAIL as usize];
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

/// Where the digits stand in a footer. The last place that looks like the entry is the entry: what comes after the
/// key-value metadata, the writer's name and the orders of columns, is ours.
fn digits(footer: &[u8]) -> Option<usize> {
    // Thrift, compact: a binary field behind the one before, and its length.
    let mut head = KEY.as_bytes().to_vec();
    head.extend([0x18, (SCHEME.len() + DIGITS) as u8]);
    head.extend(SCHEME.as_bytes());
    let at = footer.windows(head.len()).rposition(|window| window == head)? + head.len();
    (at + DIGITS <= footer.len()).then_some(at)
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
