//! A set of nodes, one bit each.

/// Nodes of a range that starts at a multiple of 64.
pub(super) struct Marks {
    base: usize,
    words: Vec<u64>,
}

impl Marks {
    /// None of the nodes `from..=to`.
    pub(super) fn between(from: u32, to: u32) -> Self {
        let base = from as usize / 64;
        Self { base, words: vec![0; to as usize / 64 + 1 - base] }
    }

    fn place(&self, u: u32) -> (usize, u64) {
        (u as usize / 64 - self.base, 1 << (u % 64))
    }

    pub(super) fn holds(&self, u: u32) -> bool {
        let (word, bit) = self.place(u);
        self.words[word] & bit != 0
    }

    /// Says whether it is new.
    pub(super) fn insert(&mut self, u: u32) -> bool {
        let (word, bit) = self.place(u);
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// The least node of the set that is at least `u`. O(1) for each 64 nodes passed over.
    pub(super) fn next(&self, u: u32) -> Option<u32> {
        let (word, bit) = self.place(u);
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
