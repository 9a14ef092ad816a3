//! The bytes of an input: a regular file as it is, and a file without its compression for whatever is compressed, a
//! pipe or standard input.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::pipeline::error::{Error, MemoryTask};
use crate::store::FileCompression;

/// Name of standard input on the command line.
pub(super) const STANDARD_INPUT: &str = "-";
/// Bytes at the start of a file that tell its format.
const HEAD_BYTES: u64 = 1 << 12;

/// Archives and compressions that are not read: first bytes, name, and what unpacks them.
const REFUSED: [(&[u8], &str, &str); 6] = [
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet", "unpack it, or save it as CSV"),
    (b"BZh", "compressed by bzip2", "decompress it with `bunzip2`"),
    (b"\xfd7zXZ\x00", "compressed by xz", "decompress it with `unxz`"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it"),
    (b"SQLite format 3\x00", "an SQLite database", "export the table as CSV or Parquet"),
    (b"\x89HDF\r\n", "an HDF5 file", "export the table as CSV or Parquet"),
];

/// An input that can be read from its start as often as needed.
pub(super) struct Spooled {
    /// First bytes, without compression.
    pub(super) head: Vec<u8>,
    path: PathBuf,
    /// Removes the temporary file once it has been read.
    _spool: Option<NamedTempFile>,
}

impl Spooled {
    /// Where the bytes are.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes from the start.
    pub(super) fn open(&self) -> Result<File, Error> {
        File::open(&self.path).map_err(|e| Error::input(&self.path, e))
    }

    /// Opens an input. What is not a regular file is read once, from start to end, and what is compressed is
    /// decompressed, into a temporary file of at most `limit` bytes.
    pub(super) fn new(path: &Path, limit: u64) -> Result<Self, Error> {
        let failed = |e: io::Error| match e.kind() {
            io::ErrorKind::FileTooLarge => Error::Memory {
                task: MemoryTask::Spooling { source: path.display().to_string() },
                needed: limit.saturating_add(1),
                limit,
            },
            // The decoders say no more than that.
            io::ErrorKind::InvalidData
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::Other => {
                Error::BrokenCompression { path: path.display().to_string(), why: e.to_string() }
            }
            _ => Error::input(path, e),
        };
        let (regular, mut input): (bool, Box<dyn Read>) = if path.as_os_str() == STANDARD_INPUT {
            (false, Box::new(io::stdin()))
        } else {
            let file = File::open(path).map_err(failed)?;
            (file.metadata().map_err(failed)?.is_file(), Box::new(file))
        };
        let mut head = Vec::new();
        input.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(failed)?;
        let compression = FileCompression::of(&head);
        if regular && compression.is_none() {
            refuse(path, &head)?;
            return Ok(Self { head, path: path.to_owned(), _spool: None });
        }
        let whole = BufReader::new(io::Cursor::new(head).chain(input));
        let decoded: Box<dyn Read> = match compression {
            None => Box::new(whole),
            Some(compression) => compression.reader(whole).map_err(failed)?,
        };
        let (spool, head) = spooled(decoded, limit).map_err(failed)?;
        refuse(path, &head)?;
        Ok(Self { head, path: spool.path().to_owned(), _spool: Some(spool) })
    }
}

fn refuse(path: &Path, head: &[u8]) -> Result<(), Error> {
    match REFUSED.iter().find(|(magic, ..)| head.starts_with(magic)) {
        Some(&(_, what, remedy)) => {
            Err(Error::UnreadableFormat { path: path.display().to_string(), what, remedy })
        }
        None => Ok(()),
    }
}

/// Copies bytes to a temporary file, and returns the first ones.
fn spooled(input: impl Read, limit: u64) -> io::Result<(NamedTempFile, Vec<u8>)> {
    let mut file = NamedTempFile::new()?;
    let mut limited = input.take(limit.saturating_add(1));
    let mut head = Vec::new();
    limited.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    file.write_all(&head)?;
    let copied = head.len() as u64 + io::copy(&mut limited, &mut file)?;
    if copied > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    file.flush()?;
    Ok((file, head))
}
