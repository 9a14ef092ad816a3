//! The number of occurrences of a pattern that do not overlap: the "non-overlapped frequency" of episodes.
//!
//! Two occurrences overlap if, in the order of their graph, the first event of each is not after the last event of
//! the other. Occurrences arrive by falling first event, and each is chosen that ends before the one chosen last
//! begins: for intervals, no choice is larger. Eight bytes of state for each pattern.
//!
//! Sources: Laxman, Sastry and Unnikrishnan, "Discovering frequent episodes and learning hidden Markov models"
//! (2005); the same, "A fast algorithm for finding frequent episodes in event streams" (2007).

/// The largest number of occurrences of which no two overlap, among those added so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct NonOverlapping {
    /// First event of the occurrence chosen last.
    begin: u32,
    chosen: u32,
}

impl Default for NonOverlapping {
    fn default() -> Self {
        Self { begin: u32::MAX, chosen: 0 }
    }
}

impl NonOverlapping {
    /// Adds the occurrence from event `first` to event `last`; first events fall. Returns whether it is chosen.
    #[inline]
    pub(super) fn add(&mut self, first: u32, last: u32) -> bool {
        let chosen = last < self.begin;
        if chosen {
            self.begin = first;
            self.chosen += 1;
        }
        chosen
    }

    /// Adds occurrences of which none overlaps with one of these.
    pub(super) fn append(&mut self, earlier: Self) {
        self.begin = earlier.begin;
        self.chosen += earlier.chosen;
    }

    /// Number of occurrences chosen.
    pub(super) fn count(self) -> u64 {
        u64::from(self.chosen)
    }
}
