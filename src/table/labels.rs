//! Strings as codes.

/// The code of a missing label.
pub const MISSING: u32 = u32::MAX;

/// A column of strings, each distinct string stored once; a row may have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// The distinct strings, in order of first appearance.
    pub names: Vec<String>,
    /// Index into `names` of each row, or [`MISSING`].
    pub codes: Vec<u32>,
}

impl Labels {
    /// Encodes a column of strings.
    pub fn encode<'a>(rows: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut index = std::collections::HashMap::new();
        let mut labels = Self::default();
        for row in rows {
            let code = match row {
                None => MISSING,
                Some(text) => *index.entry(text).or_insert_with(|| {
                    labels.names.push(text.to_owned());
                    labels.names.len() as u32 - 1
                }),
            };
            labels.codes.push(code);
        }
        labels
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

    /// The strings of rows `order[0], order[1], ...`; names that no row uses any more are dropped.
    ///
    /// # Panics
    /// If `order` names a row that does not exist.
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        // By code, not by text: every row may have a name of a megabyte. New codes are kept in an array if there are
        // no more names than rows, else in a map of the names met.
        let few = self.names.len() <= order.len();
        let mut table = vec![MISSING; if few { self.names.len() } else { 0 }];
        let mut met = std::collections::HashMap::new();
        let mut selected = Self { names: Vec::new(), codes: Vec::with_capacity(order.len()) };
        for &i in order {
            let code = self.codes[i];
            if code == MISSING {
                selected.codes.push(MISSING);
                continue;
            }
            let new = match table.get_mut(code as usize) {
                Some(new) => new,
                None => met.entry(code).or_insert(MISSING),
            };
            if *new == MISSING {
                *new = selected.names.len() as u32;
                selected.names.push(self.names[code as usize].clone());
            }
            selected.codes.push(*new);
        }
        selected
    }

    /// The same rows, those of the string `text` missing. O(rows), for strings of any length.
    pub fn without(&self, text: &str) -> Self {
        let mut labels = self.clone();
        if let Some(gone) = labels.names.iter().position(|name| name == text) {
            labels.names.remove(gone);
            let gone = gone as u32;
            for code in labels.codes.iter_mut().filter(|code| **code >= gone && **code != MISSING) {
                *code = if *code == gone { MISSING } else { *code - 1 };
            }
        }
        labels
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
        assert_eq!(labels.select(&[2, 1]).names, ["a"]);
        let (few, many) = (labels.select(&[3, 2, 0, 1]), labels.select(&[3]));
        assert_eq!((few.names, few.codes), (vec!["b".to_owned(), "a".to_owned()], vec![0, 1, 0, MISSING]));
        assert_eq!((many.names, many.codes), (vec!["b".to_owned()], vec![0]));
        assert_eq!(labels.without("b").iter().collect::<Vec<_>>(), [None, None, Some("a"), None]);
        assert_eq!(labels.without("c"), labels);
    }
}
