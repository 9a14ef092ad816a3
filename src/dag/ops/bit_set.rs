//! A set of nodes, one bit each.

/// A set of nodes inside a fixed range.
pub(super) struct BitSet {
    /// First word of the range, in units of 64 nodes.
    base: usize,
    words: Vec<u64>,
}

impl BitSet {
    /// The empty set of nodes in `from..=to`.
    pub(super) fn empty(from: u32, to: u32) -> Self {
        let base = from as usize / 64;
        Self { base, words: vec![0; to as usize / 64 + 1 - base] }
    }

    /// Index of the word that holds `u`, and its bit.
    fn slot(&self, u: u32) -> (usize, u64) {
        (u as usize / 64 - self.base, 1 << (u % 64))
    }

    pub(super) fn contains(&self, u: u32) -> bool {
        let (word, bit) = self.slot(u);
        self.words[word] & bit != 0
    }

    /// Adds a node; returns whether it is new.
    pub(super) fn insert(&mut self, u: u32) -> bool {
        let (word, bit) = self.slot(u);
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// The least node of the set that is at least `u`. O(1) for each 64 nodes passed over.
    pub(super) fn next(&self, u: u32) -> Option<u32> {
        let (word, bit) = self.slot(u);
        // All bits from that of `u` upwards.
        let mut left = self.words.get(word)? & bit.wrapping_neg();
        let mut at = word;
        while left == 0 {
            at += 1;
            left = *self.words.get(at)?;
        }
        Some(((self.base + at) * 64) as u32 + left.trailing_zeros())
    }
}
