//! A bounded reader of the Thrift compact protocol, for checks before decoding.
//!
//! The decoder of the `parquet` crate allocates memory and recurses by numbers from the file. For two structures the
//! length of the input does not bound this: the schema tree of the footer and the page headers. This reader walks
//! both without allocating, so that they can be refused first. Source: Thrift compact protocol specification.

use crate::store::untrusted::byte_reader::{ByteReadError, ByteReader};

/// Maximum nesting of structs and lists; deeper ones are refused, because each level recurses.
const MAX_NESTING: u32 = 64;

/// Error of reading a Thrift struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ThriftError {
    /// The bytes end before the struct does.
    Truncated,
    /// The bytes violate the protocol.
    Invalid,
}

impl From<ByteReadError> for ThriftError {
    fn from(error: ByteReadError) -> Self {
        match error {
            ByteReadError::Truncated => Self::Truncated,
            ByteReadError::TooLong => Self::Invalid,
        }
    }
}

/// Type of a field or a list element; integers of 16, 32 and 64 bits are encoded alike, and lists and sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ThriftType {
    True,
    False,
    Byte,
    Int,
    Double,
    Binary,
    List,
    Map,
    Struct,
}

impl ThriftType {
    fn from_code(code: u8) -> Result<Self, ThriftError> {
        Ok(match code {
            1 => Self::True,
            2 => Self::False,
            3 => Self::Byte,
            4..=6 => Self::Int,
            7 => Self::Double,
            8 => Self::Binary,
            9 | 10 => Self::List,
            11 => Self::Map,
            12 => Self::Struct,
            _ => return Err(ThriftError::Invalid),
        })
    }
}

/// Reader of one encoded struct.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThriftReader<'a> {
    bytes: ByteReader<'a>,
}

impl<'a> ThriftReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: ByteReader::new(bytes) }
    }

    /// Number of bytes read so far.
    pub(crate) fn position(&self) -> usize {
        self.bytes.position()
    }

    /// The value of an integer field.
    pub(crate) fn read_int(&mut self) -> Result<i64, ThriftError> {
        Ok(self.bytes.zigzag()?)
    }

    /// Type of the next field of a struct, `None` at its end. `id` is the id of the previous field, 0 at the start,
    /// and becomes that of this one.
    pub(crate) fn next_field(&mut self, id: &mut i64) -> Result<Option<ThriftType>, ThriftError> {
        let head = self.bytes.byte()?;
        if head == 0 {
            return Ok(None);
        }
        *id = match head >> 4 {
            0 => self.read_int()?,
            delta => id.checked_add(i64::from(delta)).ok_or(ThriftError::Invalid)?,
        };
        ThriftType::from_code(head & 0x0f).map(Some)
    }

    /// Number and type of the elements of a list.
    pub(crate) fn list_header(&mut self) -> Result<(u64, ThriftType), ThriftError> {
        let head = self.bytes.byte()?;
        let len = match head >> 4 {
            15 => self.bytes.varint()?,
            short => u64::from(short),
        };
        // Some writers (fastparquet) give an empty list no type.
        Ok((len, if len == 0 { ThriftType::Byte } else { ThriftType::from_code(head & 0x0f)? }))
    }

    /// Skips the value of a field.
    pub(crate) fn skip(&mut self, kind: ThriftType) -> Result<(), ThriftError> {
        self.skip_visiting_lists(kind, &mut |_, _| ())
    }

    /// Skips the value of a field and calls `visit` with the length and element type of every list in it.
    pub(crate) fn skip_visiting_lists(
        &mut self,
        kind: ThriftType,
        visit: &mut dyn FnMut(u64, ThriftType),
    ) -> Result<(), ThriftError> {
        self.skip_nested(kind, 0, visit)
    }

    fn skip_nested(
        &mut self,
        kind: ThriftType,
        depth: u32,
        visit: &mut dyn FnMut(u64, ThriftType),
    ) -> Result<(), ThriftError> {
        if depth > MAX_NESTING {
            return Err(ThriftError::Invalid);
        }
        match kind {
            ThriftType::True | ThriftType::False => {}
            ThriftType::Byte => self.bytes.byte().map(drop)?,
            ThriftType::Int => self.bytes.varint().map(drop)?,
            ThriftType::Double => self.bytes.skip(8)?,
            ThriftType::Binary => {
                let len = self.bytes.varint()?;
                self.bytes.skip(len)?;
            }
            ThriftType::List => {
                let (len, kind) = self.list_header()?;
                visit(len, kind);
                self.skip_elements(len, &[kind], depth, visit)?;
            }
            ThriftType::Map => {
                let len = self.bytes.varint()?;
                if len > 0 {
                    let types = self.bytes.byte()?;
                    let types = [ThriftType::from_code(types >> 4)?, ThriftType::from_code(types & 0x0f)?];
                    self.skip_elements(len, &types, depth, visit)?;
                }
            }
            ThriftType::Struct => {
                let mut id = 0;
                while let Some(kind) = self.next_field(&mut id)? {
                    self.skip_nested(kind, depth + 1, visit)?;
                }
            }
        }
        Ok(())
    }

    /// Skips `len` groups of elements. Each element takes at least one byte, so a false length ends as
    /// [`ThriftError::Truncated`] after at most as many steps as there are bytes.
    fn skip_elements(
        &mut self,
        len: u64,
        types: &[ThriftType],
        depth: u32,
        visit: &mut dyn FnMut(u64, ThriftType),
    ) -> Result<(), ThriftError> {
        for _ in 0..len {
            for &kind in types {
                match kind {
                    // In a list a boolean is a byte; in a struct it is part of the field's header.
                    ThriftType::True | ThriftType::False => self.bytes.byte().map(drop)?,
                    other => self.skip_nested(other, depth + 1, visit)?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_proper_prefix_of_a_struct_is_truncated() {
        // {1: i32 -2, 3: "ab", 4: [i32 1, i32 2], 5: {}, 6: true}
        let bytes = [0x15, 0x03, 0x28, 0x02, b'a', b'b', 0x19, 0x25, 0x02, 0x04, 0x1c, 0x00, 0x11, 0x00];
        assert_eq!(ThriftReader::new(&bytes).skip(ThriftType::Struct), Ok(()));
        for end in 0..bytes.len() {
            assert_eq!(
                ThriftReader::new(&bytes[..end]).skip(ThriftType::Struct),
                Err(ThriftError::Truncated),
                "{end}"
            );
        }
        let mut reader = ThriftReader::new(&bytes);
        let mut id = 0;
        assert_eq!(reader.next_field(&mut id), Ok(Some(ThriftType::Int)));
        assert_eq!((id, reader.read_int()), (1, Ok(-2)));
    }

    #[test]
    fn an_empty_list_may_have_no_type() {
        assert_eq!(ThriftReader::new(&[0x19, 0x00, 0x00]).skip(ThriftType::Struct), Ok(()));
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert_eq!(ThriftReader::new(&[0x1c; 100_000]).skip(ThriftType::Struct), Err(ThriftError::Invalid));
    }
}
