//! A reader of the compact Thrift protocol, as much as is needed to look before decoding.
//!
//! The decoder reserves memory and recurses by numbers that stand in the file. Two places do so beyond what the
//! length of the input bounds: the schema tree of the footer and the page headers. This reader walks both
//! without allocating, so that they can be refused first. Source: Thrift compact protocol specification.

/// Nesting that a footer may have; more is refused rather than recursed into.
const MAX_NESTING: u32 = 64;

/// Why bytes are no Thrift struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ThriftError {
    /// They end too soon.
    Short,
    /// They break the protocol.
    Broken,
}

/// What a field or list element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
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

impl Kind {
    fn of(code: u8) -> Result<Self, ThriftError> {
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
            _ => return Err(ThriftError::Broken),
        })
    }
}

/// A position in the bytes of a struct.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Result<u8, ThriftError> {
        let byte = *self.bytes.get(self.at).ok_or(ThriftError::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, ThriftError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ThriftError::Broken)
    }

    /// An integer field's value.
    pub(crate) fn int(&mut self) -> Result<i64, ThriftError> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// The next field of a struct, `None` at its end. `last` is the id of the field before, 0 at the start.
    pub(crate) fn field(&mut self, last: &mut i64) -> Result<Option<Kind>, ThriftError> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        *last = match head >> 4 {
            0 => self.int()?,
            delta => last.checked_add(i64::from(delta)).ok_or(ThriftError::Broken)?,
        };
        Kind::of(head & 0x0f).map(Some)
    }

    /// Element count and kind of a list.
    pub(crate) fn list(&mut self) -> Result<(u64, Kind), ThriftError> {
        let head = self.byte()?;
        let len = match head >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        // Some writers (fastparquet) give an empty list no type.
        Ok((len, if len == 0 { Kind::Byte } else { Kind::of(head & 0x0f)? }))
    }

    /// Passes over a field's value.
    pub(crate) fn skip(&mut self, kind: Kind) -> Result<(), ThriftError> {
        self.skip_counting(kind, &mut |_, _| ())
    }

    /// Passes over a field's value and tells the length and kind of every list in it.
    pub(crate) fn skip_counting(
        &mut self,
        kind: Kind,
        seen: &mut dyn FnMut(u64, Kind),
    ) -> Result<(), ThriftError> {
        self.skip_nested(kind, 0, seen)
    }

    fn skip_nested(
        &mut self,
        kind: Kind,
        depth: u32,
        seen: &mut dyn FnMut(u64, Kind),
    ) -> Result<(), ThriftError> {
        if depth > MAX_NESTING {
            return Err(ThriftError::Broken);
        }
        match kind {
            Kind::True | Kind::False => Ok(()),
            Kind::Byte => self.byte().map(drop),
            Kind::Int => self.varint().map(drop),
            Kind::Double => self.advance(8),
            Kind::Binary => {
                let len = self.varint()?;
                self.advance(len)
            }
            Kind::List => {
                let (len, kind) = self.list()?;
                seen(len, kind);
                self.elements(len, &[kind], depth, seen)
            }
            Kind::Map => match self.varint()? {
                0 => Ok(()),
                len => {
                    let kinds = self.byte()?;
                    self.elements(len, &[Kind::of(kinds >> 4)?, Kind::of(kinds & 0x0f)?], depth, seen)
                }
            },
            Kind::Struct => {
                let mut last = 0;
                while let Some(kind) = self.field(&mut last)? {
                    self.skip_nested(kind, depth + 1, seen)?;
                }
                Ok(())
            }
        }
    }

    /// Passes over `len` groups of elements. Each element takes a byte at least, so a length that lies ends as
    /// [`ThriftError::Short`] after at most the bytes there are.
    fn elements(
        &mut self,
        len: u64,
        kinds: &[Kind],
        depth: u32,
        seen: &mut dyn FnMut(u64, Kind),
    ) -> Result<(), ThriftError> {
        for _ in 0..len {
            for &kind in kinds {
                match kind {
                    // Inside a list a boolean is a byte of its own.
                    Kind::True | Kind::False => self.byte().map(drop)?,
                    other => self.skip_nested(other, depth + 1, seen)?,
                }
            }
        }
        Ok(())
    }

    fn advance(&mut self, len: u64) -> Result<(), ThriftError> {
        let end =
            usize::try_from(len).ok().and_then(|len| self.at.checked_add(len)).ok_or(ThriftError::Short)?;
        if end > self.bytes.len() {
            return Err(ThriftError::Short);
        }
        self.at = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_of_a_struct_is_short() {
        // {1: i32 -2, 3: "ab", 4: [i32 1, i32 2], 5: {}, 6: true}
        let bytes = [0x15, 0x03, 0x28, 0x02, b'a', b'b', 0x19, 0x25, 0x02, 0x04, 0x1c, 0x00, 0x11, 0x00];
        assert_eq!(Cursor::new(&bytes).skip(Kind::Struct), Ok(()));
        for end in 0..bytes.len() {
            assert_eq!(Cursor::new(&bytes[..end]).skip(Kind::Struct), Err(ThriftError::Short), "{end}");
        }
        let mut cursor = Cursor::new(&bytes);
        let mut id = 0;
        assert_eq!(cursor.field(&mut id), Ok(Some(Kind::Int)));
        assert_eq!((id, cursor.int()), (1, Ok(-2)));
    }

    #[test]
    fn an_empty_list_may_have_no_type() {
        assert_eq!(Cursor::new(&[0x19, 0x00, 0x00]).skip(Kind::Struct), Ok(()));
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert_eq!(Cursor::new(&[0x1c; 100_000]).skip(Kind::Struct), Err(ThriftError::Broken));
    }
}
