//! A bit set of nodes.

/// A set of nodes inside a fixed range.
pub(super) struct BitSet {
    /// First word of the range, in units of 64 nodes.
    base: usize,
    words: Vec<u64>,
}

impl BitSet {
    /// An empty set with capacity for the nodes `from..=to`.
    pub(super) fn empty(from: u32, to: u32) -> Self {
        let base = from as usize / 64;
        Self { base, words: vec![0; to as usize / 64 + 1 - base] }
    }

    /// Index of the word that holds `u`, and its bit in it.
    fn word_and_bit(&self, u: u32) -> (usize, u64) {
        (u as usize / 64 - self.base, 1 << (u % 64))
    }

    pub(super) fn contains(&self, u: u32) -> bool {
        let (word, bit) = self.word_and_bit(u);
        self.words[word] & bit != 0
    }

    /// Adds a node; returns whether it is new.
    pub(super) fn insert(&mut self, u: u32) -> bool {
        let (word, bit) = self.word_and_bit(u);
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// The smallest node of the set that is at least `u`. O(1) per 64 nodes skipped.
    pub(super) fn next(&self, u: u32) -> Option<u32> {
        let (word, bit) = self.word_and_bit(u);
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
