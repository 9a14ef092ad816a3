//! Counts of occurrences that share no event: the statistic that is tested.
//!
//! Occurrences of a pattern overlap and come in clumps, and clumps make a count vary far more than its mean says. Of
//! the occurrences that share no event each event is in one at most, so their number varies little. They are taken
//! greedily: by falling first event, and among those of one first event the one whose last event is earliest, then
//! the one whose last but one is, and so on ([`Occurrences`](crate::motif::census::Occurrences) are in this order).

/// Span of events, in event numbers, that a window of bits covers.
const WINDOW: u32 = u64::BITS;

/// The occurrences taken so far of several patterns, each identified by a number.
pub(crate) struct DisjointCounts {
    patterns: Vec<Taken>,
    /// Events of the occurrences taken, if windows are too short for the occurrences.
    events: Option<EventSet>,
}

/// The occurrences taken of one pattern.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    /// Bit `d`: event `base + d` is in an occurrence taken. Events beyond the window cannot be in a later occurrence.
    window: u64,
    /// First event of the occurrence added last.
    base: u32,
    /// Number of occurrences taken.
    count: u32,
}

impl DisjointCounts {
    pub(crate) fn new() -> Self {
        Self { patterns: Vec::new(), events: None }
    }

    /// Clears everything, in preparation for `patterns` patterns with occurrences of at most `span` event numbers
    /// from the first event to the last.
    pub(crate) fn clear(&mut self, patterns: usize, span: u32) {
        self.patterns.clear();
        self.patterns.resize(patterns, Taken::default());
        if span < WINDOW {
            self.events = None;
        } else {
            self.events.get_or_insert_default().clear();
        }
    }

    /// Adds a pattern without occurrences and returns its number.
    pub(crate) fn push(&mut self) -> usize {
        self.patterns.push(Taken::default());
        self.patterns.len() - 1
    }

    /// Takes an occurrence unless it shares an event with one taken; returns whether it is taken. The occurrences of
    /// a pattern are added by falling first event.
    #[inline]
    pub(crate) fn add<const K: usize>(&mut self, pattern: usize, events: &[u32; K]) -> bool {
        let taken = &mut self.patterns[pattern];
        let is_free = match &mut self.events {
            None => taken.add_to_window(events),
            Some(set) => set.insert_all_or_none(pattern as u32, events),
        };
        taken.count += u32::from(is_free);
        is_free
    }

    /// Number of occurrences taken of a pattern.
    pub(crate) fn count(&self, pattern: usize) -> u32 {
        self.patterns[pattern].count
    }
}

impl Taken {
    #[inline]
    fn add_to_window<const K: usize>(&mut self, events: &[u32; K]) -> bool {
        let first = events[0];
        let bits = events.iter().fold(0_u64, |bits, &event| bits | 1 << (event - first));
        let earlier = self.base.wrapping_sub(first);
        let window = if earlier < WINDOW { self.window << earlier } else { 0 };
        let is_free = window & bits == 0;
        self.window = if is_free { window | bits } else { window };
        self.base = first;
        is_free
    }
}

/// A set of pairs of a pattern and an event: open addressing, at most half full.
#[derive(Default)]
struct EventSet {
    slots: Vec<Slot>,
    used: usize,
    /// Slots of another epoch are empty.
    epoch: u32,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    pair: u64,
    epoch: u32,
}

/// Number of slots at first.
const FIRST_SLOTS: usize = 64;

impl EventSet {
    fn clear(&mut self) {
        if self.slots.is_empty() {
            self.slots.resize(FIRST_SLOTS, Slot::default());
        }
        self.used = 0;
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.slots.fill(Slot::default());
            self.epoch = 1;
        }
    }

    /// Inserts every event of an occurrence if none is in the set; returns whether it did.
    fn insert_all_or_none<const K: usize>(&mut self, pattern: u32, events: &[u32; K]) -> bool {
        let pair = |event: u32| u64::from(pattern) << 32 | u64::from(event);
        if events.iter().any(|&event| self.slots[self.find(pair(event))].epoch == self.epoch) {
            return false;
        }
        if (self.used + K) * 2 > self.slots.len() {
            self.double();
        }
        for &event in events {
            let at = self.find(pair(event));
            self.slots[at] = Slot { pair: pair(event), epoch: self.epoch };
        }
        self.used += K;
        true
    }

    /// Index of the slot of `pair`, or of the empty slot where it would be inserted (linear probing).
    #[inline]
    fn find(&self, pair: u64) -> usize {
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
        let mask = self.slots.len() - 1;
        let mut at = ((pair ^ pair >> 29).wrapping_mul(GOLDEN) >> 32) as usize & mask;
        while self.slots[at].epoch == self.epoch && self.slots[at].pair != pair {
            at = (at + 1) & mask;
        }
        at
    }

    #[cold]
    fn double(&mut self) {
        let larger = vec![Slot::default(); self.slots.len() * 2];
        let slots = std::mem::replace(&mut self.slots, larger);
        for slot in slots.into_iter().filter(|slot| slot.epoch == self.epoch) {
            let at = self.find(slot.pair);
            self.slots[at] = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Greedy by definition, over sets.
    fn greedy(rows: &[(usize, [u32; 3])], pattern: usize) -> u32 {
        let mut used: BTreeSet<u32> = BTreeSet::new();
        let mut count = 0;
        for (_, row) in rows.iter().filter(|(of, _)| *of == pattern) {
            if row.iter().all(|event| !used.contains(event)) {
                used.extend(row);
                count += 1;
            }
        }
        count
    }

    #[test]
    fn windows_and_sets_take_what_a_greedy_search_over_sets_takes() {
        for span in [7, 63, 64, 500] {
            let mut stream = crate::philox::Philox::new(span.into()).stream(0, 0);
            let mut counts = DisjointCounts::new();
            for round in 0..20 {
                let mut rows: Vec<(usize, [u32; 3])> = (0..400)
                    .map(|_| {
                        let first = stream.below(300);
                        let mut row = [first, 1 + stream.below(span - 1), 1 + stream.below(span - 1)];
                        row[2] += u32::from(row[1] == row[2] && row[2] < span);
                        row[1] -= u32::from(row[1] == row[2]);
                        row[1..].sort_unstable();
                        (stream.below(9) as usize, [first, first + row[1].max(1), first + row[2]])
                    })
                    .filter(|(_, row)| row[0] < row[1] && row[1] < row[2])
                    .collect();
                rows.sort_by_key(|&(_, [a, b, c])| (std::cmp::Reverse(a), c, b));
                counts.clear(8, span);
                assert_eq!(counts.push(), 8);
                rows.iter().for_each(|(pattern, row)| {
                    counts.add(*pattern, row);
                });
                for pattern in 0..9 {
                    assert_eq!(counts.count(pattern), greedy(&rows, pattern), "span {span}, round {round}");
                }
            }
        }
    }
}
