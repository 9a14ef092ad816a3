//! The largest number of pairwise non-overlapping occurrences of a pattern: the "non-overlapped frequency" of
//! episodes.
//!
//! An occurrence is the interval from its first to its last event in the order of its graph; two overlap if these
//! intervals intersect. This is interval scheduling: occurrences arrive sorted by falling first event, and the greedy
//! choice of each that ends before the last chosen one begins is optimal. Eight bytes of state per pattern.
//!
//! Sources: Laxman, Sastry and Unnikrishnan, "Discovering frequent episodes and learning hidden Markov models"
//! (2005); the same authors, "A fast algorithm for finding frequent episodes in event streams" (2007).

/// The largest number of pairwise non-overlapping occurrences among those added.
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
    /// Adds the occurrence from event `first` to event `last`, `first` not above that of the previous call. Returns
    /// whether it is chosen.
    #[inline]
    pub(super) fn add(&mut self, first: u32, last: u32) -> bool {
        let chosen = last < self.begin;
        if chosen {
            self.begin = first;
            self.chosen += 1;
        }
        chosen
    }

    /// Adds the chosen occurrences of earlier events, none of which overlaps with one added here.
    pub(super) fn append(&mut self, earlier: Self) {
        self.begin = earlier.begin;
        self.chosen += earlier.chosen;
    }

    /// Number of occurrences chosen.
    pub(super) fn count(self) -> u64 {
        u64::from(self.chosen)
    }
}
