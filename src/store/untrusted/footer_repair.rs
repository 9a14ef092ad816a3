//! Removal of fields of a column's metadata whose type differs from that of the format.
//!
//! Some writers used field ids for their own purposes that the format assigned later (Dremio in 2019: id 15, a list
//! where the format now has a length). A Thrift reader skips a field of an unexpected type; the footer decoder of the
//! `parquet` crate misreads the rest. Such fields are therefore removed before it decodes the footer.

use crate::store::untrusted::byte_reader::push_zigzag;
use crate::store::untrusted::thrift::{ThriftError, ThriftReader, ThriftType};

/// Field ids from the footer to the metadata of a column: row groups, columns, metadata.
const COLUMN_METADATA: [i64; 3] = [4, 1, 3];

/// The type that the format gives a field of a column's metadata; `None` where it has no such field.
fn declared_type(id: i64) -> Option<ThriftType> {
    match id {
        1 | 4..=7 | 9..=11 | 14 | 15 => Some(ThriftType::Int),
        2 | 3 | 8 | 13 => Some(ThriftType::List),
        12 | 16 | 17 => Some(ThriftType::Struct),
        _ => None,
    }
}

/// The footer without fields of a wrong type; `None` if it has none, or if the bytes are not a footer.
pub(crate) fn without_mistyped_fields(footer: &[u8]) -> Option<Vec<u8>> {
    let mut copy = FooterCopy { from: footer, reader: ThriftReader::new(footer), to: Vec::new(), copied: 0 };
    copy.descend(&COLUMN_METADATA).ok()?;
    if copy.copied == 0 {
        return None;
    }
    copy.to.extend_from_slice(&footer[copy.copied..]);
    Some(copy.to)
}

/// A copy of a footer in progress.
struct FooterCopy<'a> {
    from: &'a [u8],
    reader: ThriftReader<'a>,
    to: Vec<u8>,
    /// Bytes of `from` that are copied or left out so far.
    copied: usize,
}

impl FooterCopy<'_> {
    /// Reads a struct to its end; structs on the path are entered, other fields skipped.
    fn descend(&mut self, path: &[i64]) -> Result<(), ThriftError> {
        let [step, rest @ ..] = path else { return self.column_metadata() };
        let mut id = 0;
        while let Some(kind) = self.reader.next_field(&mut id)? {
            match kind {
                ThriftType::Struct if id == *step => self.descend(rest)?,
                ThriftType::List if id == *step => {
                    let (len, element) = self.reader.list_header()?;
                    if len > 0 && element != ThriftType::Struct {
                        return Err(ThriftError::Invalid);
                    }
                    for _ in 0..len {
                        self.descend(rest)?;
                    }
                }
                _ => self.reader.skip(kind)?,
            }
        }
        Ok(())
    }

    fn column_metadata(&mut self) -> Result<(), ThriftError> {
        // A field's header holds the difference to the previous id, so it changes after a field that is left out.
        let (mut id, mut kept_id, mut gap) = (0, 0, false);
        loop {
            let header = self.reader.position();
            let Some(kind) = self.reader.next_field(&mut id)? else { return Ok(()) };
            let value = self.reader.position();
            self.reader.skip(kind)?;
            if declared_type(id).is_some_and(|declared| declared != kind) {
                self.to.extend_from_slice(&self.from[self.copied..header]);
                self.copied = self.reader.position();
                gap = true;
                continue;
            }
            if std::mem::take(&mut gap) {
                self.push_field_header(id, kept_id, self.from[header] & 0x0f);
                self.copied = value;
            }
            kept_id = id;
        }
    }

    fn push_field_header(&mut self, id: i64, previous_id: i64, type_code: u8) {
        if let Some(delta @ 1..=15) = id.checked_sub(previous_id) {
            self.to.push((delta as u8) << 4 | type_code);
            return;
        }
        self.to.push(type_code);
        push_zigzag(&mut self.to, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A footer with one column whose metadata is `column`.
    fn footer(column: &[u8]) -> Vec<u8> {
        // {1: i32 1, 4: [{1: [{2: i64 4, 3: column}], 3: i64 0}], 6: ""}
        let (before, after) =
            (&[0x15, 2, 0x39, 0x1c, 0x19, 0x1c, 0x26, 8, 0x1c], &[0, 0, 0x26, 0, 0, 0x28, 0, 0]);
        [&before[..], column, &after[..]].concat()
    }

    #[test]
    fn fields_of_the_declared_type_stay() {
        // Types, encodings, an unknown field 40 that is a list, and a boolean.
        assert_eq!(
            without_mistyped_fields(&footer(&[0x15, 2, 0x19, 0x15, 0, 0x09, 80, 0x15, 0, 0x11])),
            None
        );
        assert_eq!(without_mistyped_fields(b""), None);
        assert_eq!(without_mistyped_fields(&[0xff; 40]), None);
    }

    #[test]
    fn fields_of_another_type_are_left_out_at_any_position() {
        // 1: i32, 2: i32 instead of a list, 4: i32, 12: list instead of a struct, 13: list, 15: list of lists, 16:
        // {}.
        let column = [0x15, 2, 0x15, 8, 0x25, 4, 0x89, 0x15, 0, 0x19, 0x15, 6, 0x29, 0x19, 0x15, 0, 0x1c, 0];
        let kept = [0x15, 2, 0x35, 4, 0x99, 0x15, 6, 0x3c, 0];
        assert_eq!(without_mistyped_fields(&footer(&column)), Some(footer(&kept)));
        // All but the last, including the first; the remaining id 300 takes the long form of a header.
        let column = [0x18, 0, 0x15, 0, 0x05, 0xd8, 4, 2];
        assert_eq!(without_mistyped_fields(&footer(&column)), Some(footer(&[0x05, 0xd8, 4, 2])));
    }

    #[test]
    fn a_truncated_footer_is_left_as_it_is() {
        let whole = footer(&[0x15, 2, 0x15, 8, 0x25, 4]);
        assert!(without_mistyped_fields(&whole).is_some());
        for end in 0..whole.len() {
            assert_eq!(without_mistyped_fields(&whole[..end]), None, "{end}");
        }
    }
}
