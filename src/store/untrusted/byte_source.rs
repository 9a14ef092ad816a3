//! The bytes of a file, read range by range or mapped into memory.

use std::fs::File;
use std::io;
use std::ops::Range;

use bytes::Bytes;

/// A file from which byte ranges are read; all columns share it.
pub(crate) enum ByteSource {
    /// Each range is copied when it is requested.
    Read(File),
    /// The whole file is mapped, and ranges are views of the mapping.
    Mapped(Bytes),
}

impl ByteSource {
    /// Maps a file.
    ///
    /// # Errors
    /// The error of the operating system.
    #[allow(unsafe_code, reason = "maps a file")]
    pub(crate) fn map(file: &File) -> io::Result<Self> {
        // SAFETY: 1. the map is read-only and private to this process, and outlives every view (Bytes owns it).
        //         2. the callers of `scan_mapped` and `read_table_mapped`, the only paths to this function, promise
        //            that nobody shortens or changes the file while it is mapped; both document the consequences.
        let map = unsafe { memmap2::Mmap::map(file) }?;
        Ok(Self::Mapped(Bytes::from_owner(map)))
    }

    /// The bytes of a range; a view if the file is mapped. Callers check the range against the length of the file.
    pub(crate) fn bytes(&self, range: Range<u64>) -> io::Result<Bytes> {
        match self {
            Self::Mapped(bytes) => {
                let range = range.start as usize..range.end as usize;
                if range.end > bytes.len() || range.start > range.end {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(bytes.slice(range))
            }
            Self::Read(file) => read_range(file, range).map(Bytes::from),
        }
    }

    /// Returns whether ranges are copied, and so take heap memory.
    pub(crate) fn copies(&self) -> bool {
        matches!(self, Self::Read(_))
    }
}

/// Reads a byte range of a file. Callers check the range against the length of the file.
///
/// # Errors
/// The error of the operating system; `UnexpectedEof` if the file was shortened.
pub(crate) fn read_range(file: &File, range: Range<u64>) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; (range.end - range.start) as usize];
    read_at(file, &mut bytes, range.start)?;
    Ok(bytes)
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                bytes = &mut bytes[n..];
                offset += n as u64;
            }
        }
    }
    Ok(())
}
