//! Decompression with bounded output.
//!
//! A page declares its decompressed length. An impossible length is refused before memory is allocated (most codecs
//! have a largest ratio), and output beyond the declared length stops decompression, so a decompression bomb has no
//! effect.

use std::cell::RefCell;
use std::io::Read;

use parquet::basic::Compression;

/// Error of decompression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CodecError {
    /// The codec is not supported.
    Unsupported(&'static str),
    /// The bytes are not valid, or have another length than declared.
    Damaged(String),
}

thread_local! {
    /// Zstandard context, reused because its setup takes longer than decompressing a small page.
    static ZSTD: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Compression codec of the pages of a column chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    None,
    Snappy,
    Gzip,
    Brotli,
    Lz4,
    Lz4Raw,
    Zstd,
}

impl Codec {
    /// The codec of a column chunk.
    ///
    /// # Errors
    /// [`CodecError::Unsupported`] for LZO, for which no maintained decoder exists.
    pub(crate) fn new(compression: Compression) -> Result<Self, CodecError> {
        Ok(match compression {
            Compression::UNCOMPRESSED => Self::None,
            Compression::SNAPPY => Self::Snappy,
            Compression::GZIP(_) => Self::Gzip,
            Compression::BROTLI(_) => Self::Brotli,
            Compression::LZ4 => Self::Lz4,
            Compression::LZ4_RAW => Self::Lz4Raw,
            Compression::ZSTD(_) => Self::Zstd,
            Compression::LZO => return Err(CodecError::Unsupported("lzo")),
        })
    }

    /// Returns whether `compressed_len` bytes can decompress to `uncompressed_len`. Zstandard and Brotli can encode a
    /// repetition of any length in a few bytes; the other formats have a maximum ratio.
    pub(crate) fn plausible(self, compressed_len: usize, uncompressed_len: usize) -> bool {
        let max_ratio = match self {
            Self::None => return compressed_len == uncompressed_len,
            // A copy of 64 bytes takes three bytes, or two from a near offset.
            Self::Snappy => 64,
            // A match of 258 bytes takes two bits.
            Self::Gzip => 1032,
            // Each byte extends a length by 255.
            Self::Lz4 | Self::Lz4Raw => 256,
            Self::Brotli | Self::Zstd => return compressed_len > 0 || uncompressed_len == 0,
        };
        uncompressed_len <= compressed_len.saturating_mul(max_ratio)
    }

    /// Decompresses `input` to `len` bytes and appends them to `out`.
    ///
    /// # Errors
    /// [`CodecError::Damaged`] if `input` is not valid, or decompresses to fewer or more bytes.
    pub(crate) fn append(self, input: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let start = out.len();
        let damaged = |e: &dyn std::fmt::Display| CodecError::Damaged(e.to_string());
        out.reserve_exact(len);
        match self {
            Self::None => out.extend_from_slice(input),
            Self::Snappy => {
                if snap::raw::decompress_len(input).map_err(|e| damaged(&e))? != len {
                    return Err(CodecError::Damaged(format!(
                        "it does not decompress to the {len} bytes it declares"
                    )));
                }
                out.resize(start + len, 0);
                snap::raw::Decoder::new().decompress(input, &mut out[start..]).map_err(|e| damaged(&e))?;
            }
            Self::Gzip => read_bounded(flate2::read::MultiGzDecoder::new(input), len, out)?,
            Self::Brotli => read_bounded(brotli_decompressor::Decompressor::new(input, 1 << 16), len, out)?,
            Self::Lz4 => lz4(input, len, out)?,
            Self::Lz4Raw => lz4_block(input, len, out)?,
            Self::Zstd => ZSTD
                .with_borrow_mut(|decoder| {
                    let decoder = match decoder {
                        Some(decoder) => decoder,
                        none => none.insert(zstd::bulk::Decompressor::new().map_err(|e| damaged(&e))?),
                    };
                    // The decoder writes into the reserved capacity only.
                    let mut cursor = std::io::Cursor::new(&mut *out);
                    cursor.set_position(start as u64);
                    decoder.decompress_to_buffer(input, &mut cursor).map_err(|e| damaged(&e))
                })
                .map(drop)?,
        }
        match out.len() - start {
            got if got == len => Ok(()),
            got => Err(CodecError::Damaged(format!(
                "it decompresses to {got} bytes instead of the {len} it declares"
            ))),
        }
    }
}

/// Appends all decompressed bytes of `source` to `out`; an error if there are more than `len`, of which one is read.
fn read_bounded(source: impl Read, len: usize, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let mut source = source.take(len as u64);
    source.read_to_end(out).map_err(|e| CodecError::Damaged(e.to_string()))?;
    let mut more = [0];
    match source.into_inner().read(&mut more) {
        Ok(0) => Ok(()),
        Ok(_) => {
            Err(CodecError::Damaged(format!("it decompresses to more than the {len} bytes it declares")))
        }
        Err(e) => Err(CodecError::Damaged(e.to_string())),
    }
}

/// The deprecated LZ4 codec of Parquet: Hadoop frames; from early writers also one LZ4 frame or a bare block.
fn lz4(input: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let start = out.len();
    if hadoop_lz4(input, len, out).is_some() {
        return Ok(());
    }
    out.truncate(start);
    if read_bounded(lz4_flex::frame::FrameDecoder::new(input), len, out).is_ok() && out.len() - start == len {
        return Ok(());
    }
    out.truncate(start);
    lz4_block(input, len, out)
}

/// Hadoop frames: decompressed length, compressed length, both big-endian, then an LZ4 block.
fn hadoop_lz4(mut input: &[u8], len: usize, out: &mut Vec<u8>) -> Option<()> {
    let end = out.len() + len;
    while !input.is_empty() {
        let (head, rest) = input.split_first_chunk::<8>()?;
        let length =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize;
        let (uncompressed, compressed) = (length(0), length(4));
        if compressed > rest.len() || uncompressed > end - out.len() {
            return None;
        }
        lz4_block(&rest[..compressed], uncompressed, out).ok()?;
        input = &rest[compressed..];
    }
    (out.len() == end).then_some(())
}

fn lz4_block(input: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let start = out.len();
    out.resize(start + len, 0);
    let got = lz4_flex::block::decompress_into(input, &mut out[start..]);
    let got = got.map_err(|e| CodecError::Damaged(e.to_string()))?;
    out.truncate(start + got);
    if got == len {
        return Ok(());
    }
    Err(CodecError::Damaged(format!("it decompresses to {got} bytes instead of the {len} it declares")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn frame(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn hadoop_frames(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for part in bytes.chunks(1000) {
            let block = lz4_flex::block::compress(part);
            out.extend((part.len() as u32).to_be_bytes());
            out.extend((block.len() as u32).to_be_bytes());
            out.extend(block);
        }
        out
    }

    type Compress = fn(&[u8]) -> Vec<u8>;

    fn compressors() -> [(Compression, Compress); 7] {
        [
            (Compression::UNCOMPRESSED, <[u8]>::to_vec),
            (Compression::SNAPPY, |b| snap::raw::Encoder::new().compress_vec(b).unwrap()),
            (Compression::GZIP(Default::default()), gzip),
            (Compression::LZ4, hadoop_frames),
            (Compression::LZ4, frame),
            (Compression::LZ4_RAW, |b| lz4_flex::block::compress(b)),
            (Compression::ZSTD(Default::default()), |b| zstd::bulk::compress(b, 3).unwrap()),
        ]
    }

    #[test]
    fn every_codec_returns_exactly_the_compressed_bytes_or_an_error() {
        let bytes: Vec<u8> = (0..4000u32).map(|i| ((i * i) >> 7) as u8).collect();
        for (compression, compress) in compressors() {
            let compressed = compress(&bytes);
            let codec = Codec::new(compression).unwrap();
            assert!(codec.plausible(compressed.len(), bytes.len()), "{compression}");
            for _ in 0..2 {
                let mut out = b"levels".to_vec();
                codec.append(&compressed, bytes.len(), &mut out).unwrap();
                assert!(out.starts_with(b"levels") && out[6..] == bytes, "{compression}");
            }
            for wrong in [bytes.len() - 1, bytes.len() + 1] {
                let mut out = Vec::new();
                assert!(codec.append(&compressed, wrong, &mut out).is_err(), "{compression} {wrong}");
                assert!(out.capacity() <= wrong.max(1 << 12) * 2, "{compression}: {}", out.capacity());
            }
            assert!(codec.append(&compressed[..compressed.len() / 2], bytes.len(), &mut Vec::new()).is_err());
        }
    }

    #[test]
    fn a_decompression_bomb_stops_at_the_declared_length() {
        let bomb = vec![0; 64 << 20];
        for (compression, compress) in compressors().into_iter().skip(1) {
            let compressed = compress(&bomb);
            let mut out = Vec::new();
            let codec = Codec::new(compression).unwrap();
            assert!(codec.append(&compressed, 1000, &mut out).is_err(), "{compression}");
            assert!(out.capacity() < 1 << 16, "{compression} took {}", out.capacity());
        }
    }

    #[test]
    fn a_ratio_above_the_largest_of_a_codec_is_implausible() {
        let snappy = Codec::new(Compression::SNAPPY).unwrap();
        assert!(!snappy.plausible(100, 6401));
        assert!(!Codec::new(Compression::UNCOMPRESSED).unwrap().plausible(100, 101));
        assert_eq!(Codec::new(Compression::LZO).err(), Some(CodecError::Unsupported("lzo")));
    }
}
