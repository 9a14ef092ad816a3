//! The header of one page, as the file has it.

use parquet::basic::Encoding;

use crate::store::untrusted::thrift::{Cursor, Kind, ThriftError};

/// What stands before the bytes of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageHeader {
    pub(crate) kind: PageKind,
    /// Bytes that follow the header.
    pub(crate) compressed: u32,
    /// Bytes that they become.
    pub(crate) uncompressed: u32,
    /// CRC-32 of the bytes that follow.
    pub(crate) crc: Option<u32>,
}

/// A page and what its kind adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageKind {
    /// Levels and values compressed together.
    Data { values: u32, encoding: Code, def_levels: Code, rep_levels: Code },
    /// Levels first, never compressed, then the values.
    DataV2 {
        values: u32,
        nulls: u32,
        rows: u32,
        encoding: Code,
        def_bytes: u32,
        rep_bytes: u32,
        compressed: bool,
    },
    /// The distinct values of a chunk.
    Dictionary { values: u32, encoding: Code, sorted: bool },
    /// Anything else, which holds no values.
    Other,
}

impl PageKind {
    /// Number of values, missing ones included; none for a page that is no data page.
    pub(crate) fn values(&self) -> Option<u32> {
        match *self {
            Self::Data { values, .. } | Self::DataV2 { values, .. } => Some(values),
            Self::Dictionary { .. } | Self::Other => None,
        }
    }
}

/// The number of an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) i64);

impl Code {
    /// The encoding, if it is one that can be decoded.
    #[allow(deprecated, reason = "BIT_PACKED levels stand in old files")]
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

/// Parses a page header; the length of the header is the cursor's position afterwards.
///
/// # Errors
/// [`ThriftError::Short`] if the bytes end before it does, [`ThriftError::Broken`] if it is none, holds a negative size or count, or
/// lacks what its kind must have.
pub(crate) fn header(cursor: &mut Cursor) -> Result<PageHeader, ThriftError> {
    let (mut kind, mut compressed, mut uncompressed, mut crc) = (None, None, None, None);
    let (mut data, mut data_v2, mut dictionary) = (None, None, None);
    let mut id = 0;
    while let Some(field) = cursor.field(&mut id)? {
        match (id, field) {
            (1, Kind::Int) => kind = Some(cursor.int()?),
            (2, Kind::Int) => uncompressed = Some(size(cursor)?),
            (3, Kind::Int) => compressed = Some(size(cursor)?),
            // A CRC is stored as a signed number.
            (4, Kind::Int) => crc = Some(cursor.int()? as u32),
            (5, Kind::Struct) => data = Some(data_page(cursor)?),
            (7, Kind::Struct) => dictionary = Some(dictionary_page(cursor)?),
            (8, Kind::Struct) => data_v2 = Some(data_page_v2(cursor)?),
            _ => cursor.skip(field)?,
        }
    }
    let kind = match kind {
        Some(0) => data.ok_or(ThriftError::Broken)?,
        Some(2) => dictionary.ok_or(ThriftError::Broken)?,
        Some(3) => data_v2.ok_or(ThriftError::Broken)?,
        _ => PageKind::Other,
    };
    let (Some(compressed), Some(uncompressed)) = (compressed, uncompressed) else {
        return Err(ThriftError::Broken);
    };
    Ok(PageHeader { kind, compressed, uncompressed, crc })
}

/// A size or a count: never negative, never beyond 31 bits.
fn size(cursor: &mut Cursor) -> Result<u32, ThriftError> {
    let value = cursor.int()?;
    i32::try_from(value).ok().and_then(|v| u32::try_from(v).ok()).ok_or(ThriftError::Broken)
}

fn data_page(cursor: &mut Cursor) -> Result<PageKind, ThriftError> {
    let (mut values, mut encoding, mut def_levels, mut rep_levels) = (None, None, None, None);
    let mut id = 0;
    while let Some(field) = cursor.field(&mut id)? {
        match (id, field) {
            (1, Kind::Int) => values = Some(size(cursor)?),
            (2, Kind::Int) => encoding = Some(Code(cursor.int()?)),
            (3, Kind::Int) => def_levels = Some(Code(cursor.int()?)),
            (4, Kind::Int) => rep_levels = Some(Code(cursor.int()?)),
            _ => cursor.skip(field)?,
        }
    }
    match (values, encoding, def_levels, rep_levels) {
        (Some(values), Some(encoding), Some(def_levels), Some(rep_levels)) => {
            Ok(PageKind::Data { values, encoding, def_levels, rep_levels })
        }
        _ => Err(ThriftError::Broken),
    }
}

fn dictionary_page(cursor: &mut Cursor) -> Result<PageKind, ThriftError> {
    let (mut values, mut encoding, mut sorted) = (None, None, false);
    let mut id = 0;
    while let Some(field) = cursor.field(&mut id)? {
        match (id, field) {
            (1, Kind::Int) => values = Some(size(cursor)?),
            (2, Kind::Int) => encoding = Some(Code(cursor.int()?)),
            (3, Kind::True) => sorted = true,
            _ => cursor.skip(field)?,
        }
    }
    match (values, encoding) {
        (Some(values), Some(encoding)) => Ok(PageKind::Dictionary { values, encoding, sorted }),
        _ => Err(ThriftError::Broken),
    }
}

fn data_page_v2(cursor: &mut Cursor) -> Result<PageKind, ThriftError> {
    let (mut counts, mut encoding, mut bytes, mut compressed) = ([None; 3], None, [None; 2], true);
    let mut id = 0;
    while let Some(field) = cursor.field(&mut id)? {
        match (id, field) {
            (1..=3, Kind::Int) => counts[id as usize - 1] = Some(size(cursor)?),
            (4, Kind::Int) => encoding = Some(Code(cursor.int()?)),
            (5 | 6, Kind::Int) => bytes[id as usize - 5] = Some(size(cursor)?),
            (7, Kind::False) => compressed = false,
            _ => cursor.skip(field)?,
        }
    }
    match (counts, encoding, bytes) {
        ([Some(values), Some(nulls), Some(rows)], Some(encoding), [Some(def_bytes), Some(rep_bytes)]) => {
            Ok(PageKind::DataV2 { values, nulls, rows, encoding, def_bytes, rep_bytes, compressed })
        }
        _ => Err(ThriftError::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// {1: type, 2: uncompressed, 3: compressed, ...}, the sizes 100 and 50.
    fn with(kind: u8, rest: &[u8]) -> Vec<u8> {
        [&[0x15, kind << 1, 0x15, 0xc8, 0x01, 0x15, 0x64], rest, &[0x00]].concat()
    }

    #[test]
    fn each_kind_of_page_is_told() {
        // 5: {1: 7 values, 2: PLAIN, 3: RLE, 4: RLE}
        let bytes = with(0, &[0x2c, 0x15, 0x0e, 0x15, 0x00, 0x15, 0x06, 0x15, 0x06, 0x00]);
        let mut cursor = Cursor::new(&bytes);
        let got = header(&mut cursor).map(|h| (h.compressed, h.uncompressed, h.kind));
        let kind = PageKind::Data { values: 7, encoding: Code(0), def_levels: Code(3), rep_levels: Code(3) };
        assert_eq!(got, Ok((50, 100, kind)));
        assert_eq!(cursor.position(), bytes.len());
        // 7: {1: 3 values, 2: PLAIN_DICTIONARY}
        let bytes = with(2, &[0x4c, 0x15, 0x06, 0x15, 0x04, 0x00]);
        let kind = PageKind::Dictionary { values: 3, encoding: Code(2), sorted: false };
        assert_eq!(header(&mut Cursor::new(&bytes)).map(|h| h.kind), Ok(kind));
        assert_eq!(header(&mut Cursor::new(&with(1, &[]))).map(|h| h.kind), Ok(PageKind::Other));
    }

    #[test]
    fn a_header_without_its_kind_or_with_a_negative_count_is_broken() {
        assert_eq!(header(&mut Cursor::new(&with(0, &[]))), Err(ThriftError::Broken));
        let negative = with(2, &[0x4c, 0x15, 0x05, 0x15, 0x04, 0x00]);
        assert_eq!(header(&mut Cursor::new(&negative)), Err(ThriftError::Broken));
    }
}
