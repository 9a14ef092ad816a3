//! Fields of a column's metadata that are not of the type which the format gives them.
//!
//! Some writers took numbers for their own fields that the format gave to others later (Dremio's in 2019: 15, a list
//! where there is a length now). Readers of Thrift pass over a field of another type than they expect; the library's
//! decoder of footers loses its way. So such fields are taken out before it reads.

use crate::store::untrusted::thrift::{Cursor, Kind, ThriftError};

/// From the footer to the metadata of a column: row groups, their columns, what is said of each.
const COLUMN: [i64; 3] = [4, 1, 3];

/// The type of a field of a column's metadata; `None` where the format has no such field.
fn declared(id: i64) -> Option<Kind> {
    match id {
        1 | 4..=7 | 9..=11 | 14 | 15 => Some(Kind::Int),
        2 | 3 | 8 | 13 => Some(Kind::List),
        12 | 16 | 17 => Some(Kind::Struct),
        _ => None,
    }
}

/// A footer without such fields; `None` where it has none, or where the bytes are no footer.
pub(crate) fn without(footer: &[u8]) -> Option<Vec<u8>> {
    let mut copy = Copy { from: footer, cursor: Cursor::new(footer), to: Vec::new(), copied: 0 };
    copy.descend(&COLUMN).ok()?;
    if copy.copied == 0 {
        return None;
    }
    copy.to.extend_from_slice(&footer[copy.copied..]);
    Some(copy.to)
}

/// A copy under way.
struct Copy<'a> {
    from: &'a [u8],
    cursor: Cursor<'a>,
    to: Vec<u8>,
    /// Bytes of the footer that are copied or left out.
    copied: usize,
}

impl Copy<'_> {
    /// Passes over a struct, and into those that the path leads to.
    fn descend(&mut self, path: &[i64]) -> Result<(), ThriftError> {
        let [step, rest @ ..] = path else { return self.column() };
        let mut id = 0;
        while let Some(kind) = self.cursor.field(&mut id)? {
            match kind {
                Kind::Struct if id == *step => self.descend(rest)?,
                Kind::List if id == *step => {
                    let (len, of) = self.cursor.list()?;
                    if len > 0 && of != Kind::Struct {
                        return Err(ThriftError::Broken);
                    }
                    for _ in 0..len {
                        self.descend(rest)?;
                    }
                }
                _ => self.cursor.skip(kind)?,
            }
        }
        Ok(())
    }

    fn column(&mut self) -> Result<(), ThriftError> {
        // A field's head holds the step from the id before: behind one that is left out it changes.
        let (mut id, mut kept, mut gap) = (0, 0, false);
        loop {
            let head = self.cursor.position();
            let Some(kind) = self.cursor.field(&mut id)? else { return Ok(()) };
            let value = self.cursor.position();
            self.cursor.skip(kind)?;
            if declared(id).is_some_and(|declared| declared != kind) {
                self.to.extend_from_slice(&self.from[self.copied..head]);
                self.copied = self.cursor.position();
                gap = true;
                continue;
            }
            if std::mem::take(&mut gap) {
                self.head(id, kept, self.from[head] & 0x0f);
                self.copied = value;
            }
            kept = id;
        }
    }

    /// Writes the head of a field.
    fn head(&mut self, id: i64, before: i64, kind: u8) {
        if let Some(step @ 1..=15) = id.checked_sub(before) {
            self.to.push((step as u8) << 4 | kind);
            return;
        }
        self.to.push(kind);
        let mut rest = ((id << 1) ^ (id >> 63)) as u64;
        while rest > 0x7f {
            self.to.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.to.push(rest as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A footer with one column, whose metadata are these bytes.
    fn footer(column: &[u8]) -> Vec<u8> {
        // {1: i32 1, 4: [{1: [{2: i64 4, 3: column}], 3: i64 0}], 6: ""}
        let (before, after) =
            (&[0x15, 2, 0x39, 0x1c, 0x19, 0x1c, 0x26, 8, 0x1c], &[0, 0, 0x26, 0, 0, 0x28, 0, 0]);
        [&before[..], column, &after[..]].concat()
    }

    #[test]
    fn fields_of_their_own_types_stay() {
        // Types, encodings, an unknown field 40 that is a list, and a boolean.
        assert_eq!(without(&footer(&[0x15, 2, 0x19, 0x15, 0, 0x09, 80, 0x15, 0, 0x11])), None);
        assert_eq!(without(b""), None);
        assert_eq!(without(&[0xff; 40]), None);
    }

    #[test]
    fn others_are_left_out_wherever_they_stand() {
        // 1: i32, 2: i32 instead of a list, 4: i32, 12: list instead of a struct, 13: list, 15: list of lists, 16: {}.
        let column = [0x15, 2, 0x15, 8, 0x25, 4, 0x89, 0x15, 0, 0x19, 0x15, 6, 0x29, 0x19, 0x15, 0, 0x1c, 0];
        let kept = [0x15, 2, 0x35, 4, 0x99, 0x15, 6, 0x3c, 0];
        assert_eq!(without(&footer(&column)), Some(footer(&kept)));
        // All of them, the first included; 300 then stands alone, and its head is a long one.
        let column = [0x18, 0, 0x15, 0, 0x05, 0xd8, 4, 2];
        assert_eq!(without(&footer(&column)), Some(footer(&[0x05, 0xd8, 4, 2])));
    }

    #[test]
    fn no_prefix_does_harm() {
        let whole = footer(&[0x15, 2, 0x15, 8, 0x25, 4]);
        assert!(without(&whole).is_some());
        for end in 0..whole.len() {
            assert_eq!(without(&whole[..end]), None, "{end}");
        }
    }
}
