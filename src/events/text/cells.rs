//! The cells of a column.

use std::iter;

/// The cells of one column, without blanks around them, concatenated: one allocation, not one for each cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    text: String,
    /// End of each cell in `text`.
    ends: Vec<usize>,
}

impl Cells {
    /// Bytes of memory of a cell in addition to its text.
    pub(super) const BYTES: u64 = size_of::<usize>() as u64;

    pub(super) fn push(&mut self, cell: &str) {
        self.text.push_str(cell.trim());
        self.ends.push(self.text.len());
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cells in order, an empty one as `None`.
    pub(super) fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        let starts = iter::once(0).chain(self.ends.iter().copied());
        let cell =
            |(start, &end): (usize, &usize)| Some(&self.text[start..end]).filter(|cell| !cell.is_empty());
        starts.zip(&self.ends).map(cell)
    }
}
