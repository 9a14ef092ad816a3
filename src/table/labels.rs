//! Dictionary-encoded strings.

use std::collections::HashMap;
use std::ops::Range;

use super::Buffer;

/// The code of a missing label.
pub const MISSING: u32 = u32::MAX;
/// Bytes of memory of a string in addition to its text.
const BYTES_PER_STRING: u64 = size_of::<String>() as u64;
/// Bytes of memory of a distinct string of a [`LabelsBuilder`] in addition to its two copies: two `String` headers, a
/// code, and unused capacity of the hash table.
#[cfg(feature = "store")]
const BYTES_PER_INDEXED_STRING: u64 = 80;

/// A column of strings, each distinct string stored once; a row may have none.
///
/// Clones and slices share the strings and codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// The distinct strings, in order of first appearance.
    pub names: Buffer<String>,
    /// Index into `names` of each row, or [`MISSING`].
    pub codes: Buffer<u32>,
}

impl Labels {
    /// Encodes a column of strings.
    pub fn encode<'a>(rows: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut index = HashMap::new();
        let (mut names, mut codes) = (Vec::new(), Vec::new());
        for row in rows {
            codes.push(match row {
                None => MISSING,
                Some(text) => *index.entry(text).or_insert_with(|| {
                    names.push(text.to_owned());
                    names.len() as u32 - 1
                }),
            });
        }
        Self { names: names.into(), codes: codes.into() }
    }

    /// `rows` missing strings.
    pub fn all_missing(rows: usize) -> Self {
        Self { names: Buffer::default(), codes: vec![MISSING; rows].into() }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The string of row `i`, `None` if it is missing.
    ///
    /// # Panics
    /// If `i` is not a row.
    #[track_caller]
    pub fn get(&self, i: usize) -> Option<&str> {
        match self.codes[i] {
            MISSING => None,
            code => Some(&self.names[code as usize]),
        }
    }

    /// The rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        (0..self.codes.len()).map(|i| self.get(i))
    }

    /// The rows of `range`, without a copy. Keeps all names, also those that no row of the range uses.
    ///
    /// # Panics
    /// If the range is not within the rows.
    #[track_caller]
    pub fn slice(&self, range: Range<usize>) -> Self {
        Self { names: self.names.clone(), codes: self.codes.slice(range) }
    }

    /// The strings of rows `order[0], order[1], ...`; names that no row uses any more are dropped.
    ///
    /// # Panics
    /// If `order` names a row that does not exist.
    #[track_caller]
    pub fn take(&self, order: &[usize]) -> Self {
        // By code, not by text: names may be megabytes long. New codes are kept in an array if there are no more
        // names than rows, else in a map of the names that the rows use.
        let few_names = self.names.len() <= order.len();
        let mut dense = vec![MISSING; if few_names { self.names.len() } else { 0 }];
        let mut sparse = HashMap::new();
        let (mut names, mut codes) = (Vec::new(), Vec::with_capacity(order.len()));
        for &i in order {
            let code = self.codes[i];
            if code == MISSING {
                codes.push(MISSING);
                continue;
            }
            let new = match dense.get_mut(code as usize) {
                Some(new) => new,
                None => sparse.entry(code).or_insert(MISSING),
            };
            if *new == MISSING {
                *new = names.len() as u32;
                names.push(self.names[code as usize].clone());
            }
            codes.push(*new);
        }
        Self { names: names.into(), codes: codes.into() }
    }

    /// The same rows, except that rows with the string `text` become missing. O(rows + names) comparisons of codes
    /// and names.
    pub fn without(&self, text: &str) -> Self {
        let mut labels = self.clone();
        if let Some(removed) = labels.names.iter().position(|name| name == text) {
            labels.names.edit(|names| names.remove(removed));
            let removed = removed as u32;
            labels.codes.edit(|codes| {
                for code in codes.iter_mut().filter(|code| **code >= removed && **code != MISSING) {
                    *code = if *code == removed { MISSING } else { *code - 1 };
                }
            });
        }
        labels
    }

    /// Appends rows; names that are new are added in the order of `rows.names`.
    pub fn append(&mut self, rows: &Self) {
        let known: HashMap<&str, u32> = self.names.iter().map(String::as_str).zip(0..).collect();
        let mut names = Vec::new();
        let mut codes = Vec::with_capacity(rows.names.len());
        for name in &rows.names {
            codes.push(known.get(name.as_str()).copied().unwrap_or_else(|| {
                names.push(name.clone());
                (known.len() + names.len() - 1) as u32
            }));
        }
        if !names.is_empty() {
            self.names.edit(|all| all.extend(names));
        }
        let code = |&code: &u32| if code == MISSING { MISSING } else { codes[code as usize] };
        self.codes.edit(|all| all.extend(rows.codes.iter().map(code)));
    }

    /// Bytes of memory of the codes and the distinct strings.
    pub fn bytes(&self) -> u64 {
        let strings: u64 = self.names.iter().map(|name| name.len() as u64 + BYTES_PER_STRING).sum();
        size_of_val(&self.codes[..]) as u64 + strings
    }
}

/// Labels under construction. Names are in the order in which rows first use them.
#[cfg(feature = "store")]
#[derive(Debug, Default)]
pub(crate) struct LabelsBuilder {
    names: Vec<String>,
    codes: Vec<u32>,
    index: HashMap<String, u32>,
    text_bytes: u64,
}

#[cfg(feature = "store")]
impl LabelsBuilder {
    /// Appends a row.
    pub(crate) fn push(&mut self, row: Option<&str>) {
        let code = row.map_or(MISSING, |text| self.code(text));
        self.codes.push(code);
    }

    /// Appends a row of a code that [`LabelsBuilder::code`] gave, or [`MISSING`].
    pub(crate) fn push_code(&mut self, code: u32) {
        self.codes.push(code);
    }

    /// The code of a name, which is added to the names if it is new.
    pub(crate) fn code(&mut self, name: &str) -> u32 {
        if let Some(&code) = self.index.get(name) {
            return code;
        }
        let code = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), code);
        self.text_bytes += 2 * name.len() as u64 + BYTES_PER_INDEXED_STRING;
        code
    }

    /// Appends rows.
    pub(crate) fn append(&mut self, rows: &Labels) {
        // Each name is looked up once, not once per row: names may be long.
        let mut known = HashMap::from([(MISSING, MISSING)]);
        for &code in &rows.codes {
            let code = *known.entry(code).or_insert_with(|| self.code(&rows.names[code as usize]));
            self.codes.push(code);
        }
    }

    /// Reserves memory for `rows` more rows.
    pub(crate) fn reserve_exact(&mut self, rows: usize) {
        self.codes.reserve_exact(rows);
    }

    /// Bytes of memory of the distinct strings so far.
    pub(crate) fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// The finished labels.
    pub(crate) fn finish(self) -> Labels {
        Labels { names: self.names.into(), codes: self.codes.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_rows_and_first_appearance() {
        let labels = Labels::encode([Some("b"), None, Some("a"), Some("b")]);
        assert_eq!(labels.names, ["b", "a"]);
        assert_eq!(labels.iter().collect::<Vec<_>>(), [Some("b"), None, Some("a"), Some("b")]);
        assert_eq!(labels.take(&[2, 1]).names, ["a"]);
        let (few, many) = (labels.take(&[3, 2, 0, 1]), labels.take(&[3]));
        assert_eq!(
            (few.names, few.codes),
            (vec!["b".to_owned(), "a".to_owned()].into(), vec![0, 1, 0, MISSING].into())
        );
        assert_eq!((many.names, many.codes), (vec!["b".to_owned()].into(), vec![0].into()));
        assert_eq!(labels.without("b").iter().collect::<Vec<_>>(), [None, None, Some("a"), None]);
        assert_eq!(labels.without("c"), labels);
    }

    #[cfg(feature = "store")]
    #[test]
    fn appended_rows_keep_their_strings() {
        let labels = Labels::encode([Some("b"), None, Some("a")]);
        let other = Labels::encode([Some("c"), Some("b"), None]);
        let want = [Some("b"), None, Some("a"), Some("c"), Some("b"), None];
        let mut appended = labels.clone();
        appended.append(&other);
        let mut builder = LabelsBuilder::default();
        builder.append(&labels);
        builder.append(&other.slice(0..1));
        other.slice(1..3).iter().for_each(|row| builder.push(row));
        for labels in [appended, builder.finish()] {
            assert_eq!(labels.iter().collect::<Vec<_>>(), want);
            assert_eq!(labels.names, ["b", "a", "c"]);
        }
    }
}
