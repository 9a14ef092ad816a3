//! A bounded reader of byte slices and variable-length integers, for Thrift structs and delta-encoded pages.

/// Error of a [`ByteReader`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteReadError {
    /// The bytes end before the value does.
    Truncated,
    /// A variable-length integer has more than 64 bits.
    TooLong,
}

/// A position in a byte slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByteReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> ByteReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Number of bytes read so far.
    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The bytes from the position on; empty past the end.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, ByteReadError> {
        let byte = *self.bytes.get(self.position).ok_or(ByteReadError::Truncated)?;
        self.position += 1;
        Ok(byte)
    }

    /// An unsigned LEB128 integer.
    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, ByteReadError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ByteReadError::TooLong)
    }

    /// A signed integer: zigzag, then LEB128.
    #[inline]
    pub(crate) fn zigzag(&mut self) -> Result<i64, ByteReadError> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// Skips `len` bytes, which must all exist.
    pub(crate) fn skip(&mut self, len: u64) -> Result<(), ByteReadError> {
        let end = usize::try_from(len).ok().and_then(|len| self.position.checked_add(len));
        self.position = end.filter(|&end| end <= self.bytes.len()).ok_or(ByteReadError::Truncated)?;
        Ok(())
    }

    /// Skips `len` bytes, possibly past the end, where every further read fails: writers may omit trailing padding.
    pub(crate) fn skip_padded(&mut self, len: usize) {
        self.position = self.position.saturating_add(len);
    }

    /// The next `len` bytes.
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], ByteReadError> {
        let bytes = self.rest().get(..len).ok_or(ByteReadError::Truncated)?;
        self.position += len;
        Ok(bytes)
    }
}

/// Appends an integer as [`ByteReader::zigzag`] reads it.
pub(crate) fn push_zigzag(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest > 0x7f {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_they_were_written() {
        for value in [0, 1, -1, 63, -64, 64, 1 << 40, i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            push_zigzag(&mut bytes, value);
            assert_eq!(ByteReader::new(&bytes).zigzag(), Ok(value));
            let cut = &bytes[..bytes.len() - 1];
            assert_eq!(ByteReader::new(cut).zigzag(), Err(ByteReadError::Truncated), "{value}");
        }
        assert_eq!(ByteReader::new(&[0xff; 11]).varint(), Err(ByteReadError::TooLong));
    }

    #[test]
    fn nothing_is_read_past_the_end() {
        let mut reader = ByteReader::new(&[1, 2, 3]);
        assert_eq!(reader.skip(u64::MAX), Err(ByteReadError::Truncated));
        assert_eq!(reader.take(4), Err(ByteReadError::Truncated));
        assert_eq!(reader.take(2), Ok(&[1, 2][..]));
        reader.skip_padded(5);
        assert_eq!((reader.rest(), reader.byte()), (&[][..], Err(ByteReadError::Truncated)));
    }
}
