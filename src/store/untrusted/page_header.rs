//! Page headers, decoded from Thrift.

use parquet::basic::Encoding;

use crate::store::untrusted::thrift::{ThriftError, ThriftReader, ThriftType};

/// The header of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageHeader {
    pub(crate) kind: PageKind,
    /// Length of the page after its header, bytes.
    pub(crate) compressed_len: u32,
    /// Length of the decompressed page, bytes.
    pub(crate) uncompressed_len: u32,
    /// CRC-32 of the page as stored.
    pub(crate) crc: Option<u32>,
}

/// Kind of a page, with the fields of its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageKind {
    /// Data page of version 1: levels and values compressed together.
    Data { values: u32, encoding: EncodingId, def_levels: EncodingId, rep_levels: EncodingId },
    /// Data page of version 2: levels first, never compressed, then the values.
    DataV2 {
        values: u32,
        nulls: u32,
        rows: u32,
        encoding: EncodingId,
        def_bytes: u32,
        rep_bytes: u32,
        is_compressed: bool,
    },
    /// Dictionary page: the distinct values of a column chunk.
    Dictionary { values: u32, encoding: EncodingId, sorted: bool },
    /// Any other page; it holds no values.
    Other,
}

impl PageKind {
    /// Number of values of a data page, nulls included; `None` for other pages.
    pub(crate) fn values(&self) -> Option<u32> {
        match *self {
            Self::Data { values, .. } | Self::DataV2 { values, .. } => Some(values),
            Self::Dictionary { .. } | Self::Other => None,
        }
    }
}

/// Number of an encoding as the format assigns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EncodingId(pub(crate) i64);

impl EncodingId {
    /// The encoding, `None` if it cannot be decoded.
    #[allow(deprecated, reason = "old files have BIT_PACKED levels")]
    pub(crate) fn encoding(self) -> Option<Encoding> {
        Some(match self.0 {
            0 => Encoding::PLAIN,
            2 => Encoding::PLAIN_DICTIONARY,
            3 => Encoding::RLE,
            4 => Encoding::BIT_PACKED,
            5 => Encoding::DELTA_BINARY_PACKED,
            6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
            7 => Encoding::DELTA_BYTE_ARRAY,
            8 => Encoding::RLE_DICTIONARY,
            9 => Encoding::BYTE_STREAM_SPLIT,
            _ => return None,
        })
    }
}

/// Reads a page header; its length is the position of the reader afterwards.
///
/// # Errors
/// [`ThriftError::Truncated`] if the bytes end before the header does; [`ThriftError::Invalid`] if they are not a
/// page header, hold a negative length or count, or lack a field that the kind of page requires.
pub(crate) fn read_page_header(reader: &mut ThriftReader) -> Result<PageHeader, ThriftError> {
    let (mut kind, mut compressed_len, mut uncompressed_len, mut crc) = (None, None, None, None);
    let (mut data, mut data_v2, mut dictionary) = (None, None, None);
    let mut id = 0;
    while let Some(field) = reader.next_field(&mut id)? {
        match (id, field) {
            (1, ThriftType::Int) => kind = Some(reader.read_int()?),
            (2, ThriftType::Int) => uncompressed_len = Some(read_size(reader)?),
            (3, ThriftType::Int) => compressed_len = Some(read_size(reader)?),
            // The CRC is stored as a signed integer.
            (4, ThriftType::Int) => crc = Some(reader.read_int()? as u32),
            (5, ThriftType::Struct) => data = Some(read_data_page(reader)?),
            (7, ThriftType::Struct) => dictionary = Some(read_dictionary_page(reader)?),
            (8, ThriftType::Struct) => data_v2 = Some(read_data_page_v2(reader)?),
            _ => reader.skip(field)?,
        }
    }
    let kind = match kind {
        Some(0) => data.ok_or(ThriftError::Invalid)?,
        Some(2) => dictionary.ok_or(ThriftError::Invalid)?,
        Some(3) => data_v2.ok_or(ThriftError::Invalid)?,
        _ => PageKind::Other,
    };
    let (Some(compressed_len), Some(uncompressed_len)) = (compressed_len, uncompressed_len) else {
        return Err(ThriftError::Invalid);
    };
    Ok(PageHeader { kind, compressed_len, uncompressed_len, crc })
}

/// A length or a count: not negative, at most 31 bits.
fn read_size(reader: &mut ThriftReader) -> Result<u32, ThriftError> {
    let value = reader.read_int()?;
    i32::try_from(value).ok().and_then(|v| u32::try_from(v).ok()).ok_or(ThriftError::Invalid)
}

fn read_data_page(reader: &mut ThriftReader) -> Result<PageKind, ThriftError> {
    let (mut values, mut encoding, mut def_levels, mut rep_levels) = (None, None, None, None);
    let mut id = 0;
    while let Some(field) = reader.next_field(&mut id)? {
        match (id, field) {
            (1, ThriftType::Int) => values = Some(read_size(reader)?),
            (2, ThriftType::Int) => encoding = Some(EncodingId(reader.read_int()?)),
            (3, ThriftType::Int) => def_levels = Some(EncodingId(reader.read_int()?)),
            (4, ThriftType::Int) => rep_levels = Some(EncodingId(reader.read_int()?)),
            _ => reader.skip(field)?,
        }
    }
    match (values, encoding, def_levels, rep_levels) {
        (Some(values), Some(encoding), Some(def_levels), Some(rep_levels)) => {
            Ok(PageKind::Data { values, encoding, def_levels, rep_levels })
        }
        _ => Err(ThriftError::Invalid),
    }
}

fn read_dictionary_page(reader: &mut ThriftReader) -> Result<PageKind, ThriftError> {
    let (mut values, mut encoding, mut sorted) = (None, None, false);
    let mut id = 0;
    while let Some(field) = reader.next_field(&mut id)? {
        match (id, field) {
            (1, ThriftType::Int) => values = Some(read_size(reader)?),
            (2, ThriftType::Int) => encoding = Some(EncodingId(reader.read_int()?)),
            (3, ThriftType::True) => sorted = true,
            _ => reader.skip(field)?,
        }
    }
    match (values, encoding) {
        (Some(values), Some(encoding)) => Ok(PageKind::Dictionary { values, encoding, sorted }),
        _ => Err(ThriftError::Invalid),
    }
}

fn read_data_page_v2(reader: &mut ThriftReader) -> Result<PageKind, ThriftError> {
    let (mut counts, mut encoding, mut level_bytes, mut is_compressed) = ([None; 3], None, [None; 2], true);
    let mut id = 0;
    while let Some(field) = reader.next_field(&mut id)? {
        match (id, field) {
            (1..=3, ThriftType::Int) => counts[id as usize - 1] = Some(read_size(reader)?),
            (4, ThriftType::Int) => encoding = Some(EncodingId(reader.read_int()?)),
            (5 | 6, ThriftType::Int) => level_bytes[id as usize - 5] = Some(read_size(reader)?),
            (7, ThriftType::False) => is_compressed = false,
            _ => reader.skip(field)?,
        }
    }
    match (counts, encoding, level_bytes) {
        ([Some(values), Some(nulls), Some(rows)], Some(encoding), [Some(def_bytes), Some(rep_bytes)]) => {
            Ok(PageKind::DataV2 { values, nulls, rows, encoding, def_bytes, rep_bytes, is_compressed })
        }
        _ => Err(ThriftError::Invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// {1: type, 2: uncompressed length 100, 3: compressed length 50, ...}.
    fn encoded_header(kind: u8, rest: &[u8]) -> Vec<u8> {
        [&[0x15, kind << 1, 0x15, 0xc8, 0x01, 0x15, 0x64], rest, &[0x00]].concat()
    }

    #[test]
    fn each_kind_of_page_is_recognised() {
        // 5: {1: 7 values, 2: PLAIN, 3: RLE, 4: RLE}
        let bytes = encoded_header(0, &[0x2c, 0x15, 0x0e, 0x15, 0x00, 0x15, 0x06, 0x15, 0x06, 0x00]);
        let mut reader = ThriftReader::new(&bytes);
        let got = read_page_header(&mut reader).map(|h| (h.compressed_len, h.uncompressed_len, h.kind));
        let kind = PageKind::Data {
            values: 7,
            encoding: EncodingId(0),
            def_levels: EncodingId(3),
            rep_levels: EncodingId(3),
        };
        assert_eq!(got, Ok((50, 100, kind)));
        assert_eq!(reader.position(), bytes.len());
        // 7: {1: 3 values, 2: PLAIN_DICTIONARY}
        let bytes = encoded_header(2, &[0x4c, 0x15, 0x06, 0x15, 0x04, 0x00]);
        let kind = PageKind::Dictionary { values: 3, encoding: EncodingId(2), sorted: false };
        assert_eq!(read_page_header(&mut ThriftReader::new(&bytes)).map(|h| h.kind), Ok(kind));
        assert_eq!(
            read_page_header(&mut ThriftReader::new(&encoded_header(1, &[]))).map(|h| h.kind),
            Ok(PageKind::Other)
        );
    }

    #[test]
    fn a_header_without_its_page_fields_or_with_a_negative_count_is_invalid() {
        assert_eq!(
            read_page_header(&mut ThriftReader::new(&encoded_header(0, &[]))),
            Err(ThriftError::Invalid)
        );
        let negative = encoded_header(2, &[0x4c, 0x15, 0x05, 0x15, 0x04, 0x00]);
        assert_eq!(read_page_header(&mut ThriftReader::new(&negative)), Err(ThriftError::Invalid));
    }
}
