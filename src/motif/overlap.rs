//! How many occurrences of a pattern do not overlap: the "non-overlapped frequency" of episodes.
//!
//! Two occurrences overlap if, in the order of their graph, the first event of each is not behind the last event of the
//! other. Occurrences are met by falling first event, and each is chosen that ends before the one chosen last
//! begins: among intervals, no choice is larger. One number of state for each pattern.
//!
//! Sources: Laxman, Sastry and Unnikrishnan, "Discovering frequent episodes and learning hidden Markov models"
//! (2005); the same, "A fast algorithm for finding frequent episodes in event streams" (2007).

/// The largest number of occurrences of which no two overlap, among those met so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Apart {
    /// First event of the occurrence chosen last.
    begin: u32,
    chosen: u32,
}

impl Default for Apart {
    fn default() -> Self {
        Self { begin: u32::MAX, chosen: 0 }
    }
}

impl Apart {
    /// Meets the occurrence from event `first` to event `last`, first events falling. Says whether it is chosen.
    #[inline]
    pub(crate) fn add(&mut self, first: u32, last: u32) -> bool {
        let chosen = last < self.begin;
        if chosen {
            self.begin = first;
            self.chosen += 1;
        }
        chosen
    }

    /// Joined with occurrences none of which overlaps with one of these.
    pub(crate) fn append(&mut self, earlier: Self) {
        self.begin = earlier.begin;
        self.chosen += earlier.chosen;
    }

    /// How many are chosen.
    pub(crate) fn count(self) -> u64 {
        u64::from(self.chosen)
    }
}
