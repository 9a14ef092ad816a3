//! Number of values and string bytes of a delta-encoded page, computed before decoding.
//!
//! The decoder trusts the counts and lengths in the page, and a few bytes can encode a long string a million times.
//! Source: Parquet format, Encodings.md, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY.

use parquet::basic::Encoding;

use crate::store::untrusted::byte_reader::{ByteReadError, ByteReader};

/// Size of a delta-encoded page once decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeltaPageSize {
    /// Number of values, as the encoding declares it.
    pub(crate) values: u64,
    /// Bytes of all strings together; 0 for integers.
    pub(crate) string_bytes: u64,
}

/// Size of the values of a page; `data` begins after the levels. `None` for encodings other than the delta encodings.
///
/// # Errors
/// The reason, if the page declares more than `max_values` values, is truncated, or declares impossible blocks or
/// lengths.
pub(crate) fn decoded_size(
    encoding: Encoding,
    data: &[u8],
    max_values: u32,
) -> Result<Option<DeltaPageSize>, &'static str> {
    let max_values = u64::from(max_values);
    let mut reader = ByteReader::new(data);
    let size = match encoding {
        Encoding::DELTA_BINARY_PACKED => {
            let values = BlockHeader::read(&mut reader, max_values)?.values;
            DeltaPageSize { values, string_bytes: 0 }
        }
        Encoding::DELTA_LENGTH_BYTE_ARRAY => {
            let (values, string_bytes) = sum_lengths(&mut reader, max_values)?;
            DeltaPageSize { values, string_bytes }
        }
        Encoding::DELTA_BYTE_ARRAY => {
            let (values, prefixes) = sum_lengths(&mut reader, max_values)?;
            let (_, suffixes) = sum_lengths(&mut reader, max_values)?;
            DeltaPageSize { values, string_bytes: prefixes.saturating_add(suffixes) }
        }
        _ => return Ok(None),
    };
    Ok(Some(size))
}

fn integer_error(error: ByteReadError) -> &'static str {
    match error {
        ByteReadError::Truncated => "ends inside an integer",
        ByteReadError::TooLong => "holds an integer of more than 64 bits",
    }
}

/// The `width` bits from bit `first` on, least significant first.
fn read_bits(packed: &[u8], first: usize, width: usize) -> Result<u64, &'static str> {
    let mut value = 0;
    for i in 0..width {
        let bit = first + i;
        let byte = packed.get(bit / 8).ok_or("ends inside its values")?;
        value |= u64::from(byte >> (bit % 8) & 1) << i;
    }
    Ok(value)
}

/// Header of a DELTA_BINARY_PACKED sequence.
struct BlockHeader {
    miniblocks: usize,
    values_per_miniblock: usize,
    values: u64,
    first_value: i64,
}

impl BlockHeader {
    fn read(reader: &mut ByteReader, max_values: u64) -> Result<Self, &'static str> {
        let block = reader.varint().map_err(integer_error)?;
        let miniblocks = reader.varint().map_err(integer_error)?;
        let values = reader.varint().map_err(integer_error)?;
        let first_value = reader.zigzag().map_err(integer_error)?;
        if values > max_values {
            return Err("declares more values than its page");
        }
        // A block has at least 128 values; each miniblock has a bit width of one byte, which must be there.
        if miniblocks == 0 || miniblocks > 1 << 16 || block == 0 || block > 1 << 24 || block % 128 != 0 {
            return Err("declares impossible blocks");
        }
        let per_miniblock = block / miniblocks;
        if block % miniblocks != 0 || per_miniblock % 32 != 0 {
            return Err("declares impossible blocks");
        }
        Ok(Self {
            miniblocks: miniblocks as usize,
            values_per_miniblock: per_miniblock as usize,
            values,
            first_value,
        })
    }
}

/// Skips one sequence of lengths; returns their number and their sum.
fn sum_lengths(reader: &mut ByteReader, max_values: u64) -> Result<(u64, u64), &'static str> {
    let header = BlockHeader::read(reader, max_values)?;
    let mut last = header.first_value as i32;
    let mut sum = 0u64;
    let mut add = |length: i32| {
        let length = u64::try_from(length).map_err(|_| "holds a negative length")?;
        sum = sum.saturating_add(length);
        Ok::<_, &'static str>(())
    };
    let mut left = header.values;
    if left > 0 {
        add(last)?;
        left -= 1;
    }
    while left > 0 {
        let min_delta = reader.zigzag().map_err(integer_error)?;
        let widths = reader.take(header.miniblocks).map_err(|_| "ends inside a block")?;
        for &width in widths {
            if left == 0 {
                break;
            }
            if width > 32 {
                return Err("holds lengths of more than 32 bits");
            }
            let packed = reader.rest();
            let values = (header.values_per_miniblock as u64).min(left);
            for i in 0..values {
                let delta = read_bits(packed, i as usize * usize::from(width), width.into())?;
                last = last.wrapping_add(min_delta.wrapping_add(delta as i64) as i32);
                add(last)?;
            }
            left -= values;
            reader.skip_padded(usize::from(width) * header.values_per_miniblock / 8);
        }
    }
    Ok((header.values, sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Block of 128 in 4 miniblocks, 3 values, the first 5 (zigzag 10), then min delta -1 and width 1: deltas 0 and
    /// -1.
    const LENGTHS: [u8; 13] = [0x80, 0x01, 0x04, 0x03, 0x0a, 0x01, 1, 0, 0, 0, 0b01, 0, 0];

    #[test]
    fn lengths_are_summed_and_skipped() {
        let bytes = [&LENGTHS[..], &[0], &LENGTHS, &[0]].concat();
        let one = decoded_size(Encoding::DELTA_LENGTH_BYTE_ARRAY, &bytes, 3);
        assert_eq!(one, Ok(Some(DeltaPageSize { values: 3, string_bytes: 5 + 5 + 4 })));
        let two = decoded_size(Encoding::DELTA_BYTE_ARRAY, &bytes, 3);
        assert_eq!(two, Ok(Some(DeltaPageSize { values: 3, string_bytes: 28 })));
        assert_eq!(decoded_size(Encoding::PLAIN, &bytes, 3), Ok(None));
    }

    #[test]
    fn a_false_count_is_refused() {
        assert!(decoded_size(Encoding::DELTA_BINARY_PACKED, &LENGTHS, 2).is_err());
        assert!(decoded_size(Encoding::DELTA_LENGTH_BYTE_ARRAY, &LENGTHS[..10], 3).is_err());
        let many = [0x80, 0x01, 0x04, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00];
        assert!(decoded_size(Encoding::DELTA_BYTE_ARRAY, &many, 100).is_err());
    }
}
