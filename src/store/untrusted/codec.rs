//! Decompression that cannot give more than it was told to.
//!
//! A page declares how much it becomes. What cannot be true is refused before memory is taken for it (a codec has a
//! largest ratio), and what becomes more is refused when the declared size is full: a bomb ends where it began.

use std::cell::RefCell;
use std::io::Read;

use parquet::basic::Compression;

/// Why bytes cannot be decompressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CodecFault {
    /// The codec is not known here.
    Unknown(&'static str),
    /// The bytes are not what they claim to be.
    Damaged(String),
}

thread_local! {
    /// The working memory of Zstandard, which takes longer to set up than a small page to decompress.
    static ZSTD: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// How the pages of a chunk are compressed.
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
    /// [`CodecFault::Unknown`] for LZO, which has no maintained decoder.
    pub(crate) fn new(compression: Compression) -> Result<Self, CodecFault> {
        Ok(match compression {
            Compression::UNCOMPRESSED => Self::None,
            Compression::SNAPPY => Self::Snappy,
            Compression::GZIP(_) => Self::Gzip,
            Compression::BROTLI(_) => Self::Brotli,
            Compression::LZ4 => Self::Lz4,
            Compression::LZ4_RAW => Self::Lz4Raw,
            Compression::ZSTD(_) => Self::Zstd,
            Compression::LZO => return Err(CodecFault::Unknown("lzo")),
        })
    }

    /// Whether so many bytes can come of so few. Zstandard and brotli can say a repetition of any length in a few
    /// bytes; the others gain at most a factor that their format fixes.
    pub(crate) fn plausible(self, compressed: usize, uncompressed: usize) -> bool {
        let most = match self {
            Self::None => return compressed == uncompressed,
            // A copy of 64 bytes takes three, or two from near.
            Self::Snappy => 64,
            // 258 bytes in two bits.
            Self::Gzip => 1032,
            // A length grows by 255 with each byte.
            Self::Lz4 | Self::Lz4Raw => 256,
            Self::Brotli | Self::Zstd => return compressed > 0 || uncompressed == 0,
        };
        uncompressed <= compressed.saturating_mul(most)
    }

    /// Appends the `len` bytes that `input` becomes to `out`.
    ///
    /// # Errors
    /// [`CodecFault::Damaged`] if it is no such data, or becomes fewer or more bytes.
    pub(crate) fn append(self, input: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), CodecFault> {
        let start = out.len();
        let damaged = |e: &dyn std::fmt::Display| CodecFault::Damaged(e.to_string());
        out.reserve_exact(len);
        match self {
            Self::None => out.extend_from_slice(input),
            Self::Snappy => {
                if snap::raw::decompress_len(input).map_err(|e| damaged(&e))? != len {
                    return Err(CodecFault::Damaged(format!(
                        "it does not become the {len} bytes it declares"
                    )));
                }
                out.resize(start + len, 0);
                snap::raw::Decoder::new().decompress(input, &mut out[start..]).map_err(|e| damaged(&e))?;
            }
            Self::Gzip => bounded(flate2::read::MultiGzDecoder::new(input), len, out)?,
            Self::Brotli => bounded(brotli_decompressor::Decompressor::new(input, 1 << 16), len, out)?,
            Self::Lz4 => lz4(input, len, out)?,
            Self::Lz4Raw => lz4_block(input, len, out)?,
            Self::Zstd => ZSTD
                .with_borrow_mut(|decoder| {
                    let decoder = match decoder {
                        Some(decoder) => decoder,
                        none => none.insert(zstd::bulk::Decompressor::new().map_err(|e| damaged(&e))?),
                    };
                    // It writes into what was reserved, and no further.
                    let mut cursor = std::io::Cursor::new(&mut *out);
                    cursor.set_position(start as u64);
                    decoder.decompress_to_buffer(input, &mut cursor).map_err(|e| damaged(&e))
                })
                .map(drop)?,
        }
        match out.len() - start {
            got if got == len => Ok(()),
            got => {
                Err(CodecFault::Damaged(format!("it becomes {got} bytes instead of the {len} it declares")))
            }
        }
    }
}

/// Reads to the end, but at most one byte more than `len`.
fn bounded(source: impl Read, len: usize, out: &mut Vec<u8>) -> Result<(), CodecFault> {
    let mut source = source.take(len as u64);
    source.read_to_end(out).map_err(|e| CodecFault::Damaged(e.to_string()))?;
    let mut more = [0];
    match source.into_inner().read(&mut more) {
        Ok(0) => Ok(()),
        Ok(_) => Err(CodecFault::Damaged(format!("it becomes more than the {len} bytes it declares"))),
        Err(e) => Err(CodecFault::Damaged(e.to_string())),
    }
}

/// The older LZ4 of Parquet: Hadoop's frames; or, from early writers, one LZ4 frame or a bare block.
fn lz4(input: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), CodecFault> {
    let start = out.len();
    if hadoop(input, len, out).is_some() {
        return Ok(());
    }
    out.truncate(start);
    if bounded(lz4_flex::frame::FrameDecoder::new(input), len, out).is_ok() && out.len() - start == len {
        return Ok(());
    }
    out.truncate(start);
    lz4_block(input, len, out)
}

/// Hadoop's frames: length decompressed, length compressed, both big-endian, and a block.
fn hadoop(mut input: &[u8], len: usize, out: &mut Vec<u8>) -> Option<()> {
    let end = out.len() + len;
    while !input.is_empty() {
        let (head, rest) = input.split_first_chunk::<8>()?;
        let big =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize;
        let (uncompressed, compressed) = (big(0), big(4));
        if compressed > rest.len() || uncompressed > end - out.len() {
            return None;
        }
        lz4_block(&rest[..compressed], uncompressed, out).ok()?;
        input = &rest[compressed..];
    }
    (out.len() == end).then_some(())
}

fn lz4_block(input: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), CodecFault> {
    let start = out.len();
    out.resize(start + len, 0);
    let got = lz4_flex::block::decompress_into(input, &mut out[start..]);
    let got = got.map_err(|e| CodecFault::Damaged(e.to_string()))?;
    out.truncate(start + got);
    if got == len {
        return Ok(());
    }
    Err(CodecFault::Damaged(format!("it becomes {got} bytes instead of the {len} it declares")))
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

    type Pack = fn(&[u8]) -> Vec<u8>;

    fn packers() -> [(Compression, Pack); 7] {
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
    fn every_codec_gives_exactly_what_was_packed_or_an_error() {
        let bytes: Vec<u8> = (0..4000u32).map(|i| ((i * i) >> 7) as u8).collect();
        for (compression, pack) in packers() {
            let packed = pack(&bytes);
            let codec = Codec::new(compression).unwrap();
            assert!(codec.plausible(packed.len(), bytes.len()), "{compression}");
            for _ in 0..2 {
                let mut out = b"levels".to_vec();
                codec.append(&packed, bytes.len(), &mut out).unwrap();
                assert!(out.starts_with(b"levels") && out[6..] == bytes, "{compression}");
            }
            for wrong in [bytes.len() - 1, bytes.len() + 1] {
                let mut out = Vec::new();
                assert!(codec.append(&packed, wrong, &mut out).is_err(), "{compression} {wrong}");
                assert!(out.capacity() <= wrong.max(1 << 12) * 2, "{compression}: {}", out.capacity());
            }
            assert!(codec.append(&packed[..packed.len() / 2], bytes.len(), &mut Vec::new()).is_err());
        }
    }

    #[test]
    fn a_bomb_ends_at_what_was_declared() {
        let bomb = vec![0; 64 << 20];
        for (compression, pack) in packers().into_iter().skip(1) {
            let packed = pack(&bomb);
            let mut out = Vec::new();
            let codec = Codec::new(compression).unwrap();
            assert!(codec.append(&packed, 1000, &mut out).is_err(), "{compression}");
            assert!(out.capacity() < 1 << 16, "{compression} took {}", out.capacity());
        }
    }

    #[test]
    fn a_ratio_that_a_codec_cannot_have_is_implausible() {
        let snappy = Codec::new(Compression::SNAPPY).unwrap();
        assert!(!snappy.plausible(100, 6401));
        assert!(!Codec::new(Compression::UNCOMPRESSED).unwrap().plausible(100, 101));
        assert_eq!(Codec::new(Compression::LZO).err(), Some(CodecFault::Unknown("lzo")));
    }
}
