//! How many values, and how many bytes, a delta-encoded page becomes: the decoder believes the numbers that stand in
//! it, and a few bytes can say that one long string stands a million times.
//!
//! Source: Parquet format, Encodings.md, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY.

use parquet::basic::Encoding;

/// Values of a page as the encoding itself counts them, and the bytes of its strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) values: u64,
    /// Bytes of all strings together; 0 for integers.
    pub(crate) bytes: u64,
}

/// Walks the values of a page, after its levels. Other encodings say nothing of the sort and give `None`.
///
/// # Errors
/// What is wrong: more values than `most`, or numbers that end too soon or cannot be.
pub(crate) fn extent(encoding: Encoding, data: &[u8], most: u32) -> Result<Option<Extent>, &'static str> {
    let most = u64::from(most);
    let extent = match encoding {
        Encoding::DELTA_BINARY_PACKED => {
            let values = Header::read(&mut Reader { data, at: 0 }, most)?.values;
            Extent { values, bytes: 0 }
        }
        Encoding::DELTA_LENGTH_BYTE_ARRAY => {
            let mut reader = Reader { data, at: 0 };
            let (values, bytes) = lengths(&mut reader, most)?;
            Extent { values, bytes }
        }
        Encoding::DELTA_BYTE_ARRAY => {
            let mut reader = Reader { data, at: 0 };
            let (values, prefixes) = lengths(&mut reader, most)?;
            let (_, suffixes) = lengths(&mut reader, most)?;
            Extent { values, bytes: prefixes.saturating_add(suffixes) }
        }
        _ => return Ok(None),
    };
    Ok(Some(extent))
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn varint(&mut self) -> Result<u64, &'static str> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.data.get(self.at).ok_or("ends within a number")?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("holds a number of more than 64 bits")
    }

    fn zigzag(&mut self) -> Result<i64, &'static str> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// The `width` bits from bit `bit` of the bytes from here on.
    fn bits(&self, bit: usize, width: usize) -> Result<u64, &'static str> {
        let mut value = 0;
        for i in 0..width {
            let at = bit + i;
            let byte = self.data.get(self.at + at / 8).ok_or("ends within its values")?;
            value |= u64::from(byte >> (at % 8) & 1) << i;
        }
        Ok(value)
    }
}

struct Header {
    mini_blocks: usize,
    per_mini_block: usize,
    values: u64,
    first: i64,
}

impl Header {
    fn read(reader: &mut Reader, most: u64) -> Result<Self, &'static str> {
        let (block, mini_blocks) = (reader.varint()?, reader.varint()?);
        let values = reader.varint()?;
        let first = reader.zigzag()?;
        if values > most {
            return Err("declares more values than its page");
        }
        // The width of each part of a block is a byte that must be there, and a block is 128 values at least.
        if mini_blocks == 0 || mini_blocks > 1 << 16 || block == 0 || block > 1 << 24 || block % 128 != 0 {
            return Err("declares impossible blocks");
        }
        let per = block / mini_blocks;
        if block % mini_blocks != 0 || per % 32 != 0 {
            return Err("declares impossible blocks");
        }
        Ok(Self { mini_blocks: mini_blocks as usize, per_mini_block: per as usize, values, first })
    }
}

/// Passes over one packed list of lengths; gives their number and their sum.
fn lengths(reader: &mut Reader, most: u64) -> Result<(u64, u64), &'static str> {
    let header = Header::read(reader, most)?;
    let mut last = header.first as i32;
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
        let min_delta = reader.zigzag()?;
        let widths = reader.at..reader.at + header.mini_blocks;
        let widths = reader.data.get(widths).ok_or("ends within a block")?;
        reader.at += header.mini_blocks;
        for &width in widths {
            if left == 0 {
                break;
            }
            if width > 32 {
                return Err("holds lengths of more than 32 bits");
            }
            for i in 0..(header.per_mini_block as u64).min(left) {
                let delta = reader.bits(i as usize * usize::from(width), width.into())?;
                last = last.wrapping_add(min_delta.wrapping_add(delta as i64) as i32);
                add(last)?;
            }
            left -= (header.per_mini_block as u64).min(left);
            reader.at += usize::from(width) * header.per_mini_block / 8;
        }
    }
    Ok((header.values, sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Block of 128 in 4 parts, 3 values, the first 5 (zigzag 10), then min delta -1 and width 1: deltas 0 and -1.
    const LENGTHS: [u8; 13] = [0x80, 0x01, 0x04, 0x03, 0x0a, 0x01, 1, 0, 0, 0, 0b01, 0, 0];

    #[test]
    fn lengths_are_summed_and_passed_over() {
        let bytes = [&LENGTHS[..], &[0], &LENGTHS, &[0]].concat();
        let one = extent(Encoding::DELTA_LENGTH_BYTE_ARRAY, &bytes, 3);
        assert_eq!(one, Ok(Some(Extent { values: 3, bytes: 5 + 5 + 4 })));
        let two = extent(Encoding::DELTA_BYTE_ARRAY, &bytes, 3);
        assert_eq!(two, Ok(Some(Extent { values: 3, bytes: 28 })));
        assert_eq!(extent(Encoding::PLAIN, &bytes, 3), Ok(None));
    }

    #[test]
    fn a_count_that_lies_is_refused() {
        assert!(extent(Encoding::DELTA_BINARY_PACKED, &LENGTHS, 2).is_err());
        assert!(extent(Encoding::DELTA_LENGTH_BYTE_ARRAY, &LENGTHS[..10], 3).is_err());
        let many = [0x80, 0x01, 0x04, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00];
        assert!(extent(Encoding::DELTA_BYTE_ARRAY, &many, 100).is_err());
    }
}
