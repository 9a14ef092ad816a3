//! Compression of whole files, by their first bytes. Pages of Parquet files have codecs of their own.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

/// Compression of a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileCompression {
    /// gzip, in one member or several.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl FileCompression {
    /// The compression of a file that begins with `head`; `None` if it has none.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// A reader of the bytes without compression. It expands without bound: the caller stops at its limit.
    ///
    /// # Errors
    /// If the decoder cannot be set up. Reading fails where the file is damaged or cut off.
    pub fn reader(self, input: impl BufRead + 'static) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(input)),
            Self::Zstd => Box::new(ZstdDecoder::with_buffer(input)?),
        })
    }
}
