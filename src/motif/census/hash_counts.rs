//! Counts of one shape's patterns in the data: the census for many labels.

use super::occurrences::{Occurrences, ShapeGroup};
use crate::motif::graph::LabelIdx;
use crate::motif::pattern::LabelKey;

/// Largest initial number of slots; the table doubles when half of it is used.
const MAX_INITIAL_SLOTS: u64 = 1 << 16;
/// Largest number of possible keys, per occurrence, for which an array with a cell for every key is used: clearing it
/// then costs less than hashing.
const CELLS_PER_OCCURRENCE: u64 = 4;
/// Keys whose slots are prefetched together, so that their cache misses overlap.
const PREFETCHED_KEYS: usize = 32;

/// Counts keys, in an array or an open-addressing hash table. Reused from shape to shape, so that it stays in the
/// cache.
pub(super) struct HashCounts<L> {
    min_count: u32,
    frequent: Vec<L>,
    radix: u32,
    /// Count of every possible key; empty if the hash table is used instead.
    cells: Vec<u32>,
    /// The hash table: its first `len` slots, `used` of them occupied.
    slots: Vec<CountSlot<L>>,
    len: usize,
    used: usize,
    epoch: u32,
}

/// A slot of the hash table; empty unless it has the current epoch, so that clearing the table is O(1).
#[derive(Clone, Copy)]
struct CountSlot<L> {
    key: L,
    count: u32,
    epoch: u32,
}

impl<L: LabelKey> HashCounts<L> {
    /// A counter of labels below `radix`; [`HashCounts::frequent`] lists the keys with at least `min_count`, which
    /// is not 0.
    pub(super) fn new(radix: u32, min_count: u64) -> Self {
        // counts fit 32 bits (Census::check_counters)
        let min_count = u32::try_from(min_count).unwrap_or(u32::MAX);
        let (cells, slots) = (Vec::new(), Vec::new());
        Self { min_count, frequent: Vec::new(), radix, cells, slots, len: 0, used: 0, epoch: 0 }
    }

    /// Replaces all counts by those of the `index`-th shape of a group under `labels`.
    pub(super) fn count(
        &mut self,
        group: &ShapeGroup,
        index: usize,
        occurrences: &Occurrences<'_>,
        labels: &[LabelIdx],
    ) {
        let k = group.shapes[index].nodes();
        self.clear(k, group.instances[index]);
        match (occurrences.kept(index), k) {
            (Some(rows), 3) => self.add_rows::<3>(rows, labels),
            (Some(rows), 4) => self.add_rows::<4>(rows, labels),
            (Some(rows), _) => self.add_rows::<5>(rows, labels),
            (None, _) => occurrences.each(index, |nodes| {
                let digits = nodes.iter().map(|&node| labels[node as usize]);
                self.add(digits.fold(L::ZERO, |key, digit| key.push(self.radix, digit)));
            }),
        }
    }

    /// Clears all counts, in preparation for `rows` occurrences of a shape with `k` events.
    fn clear(&mut self, k: usize, rows: u64) {
        self.frequent.clear();
        self.cells.clear();
        let cells = u64::from(self.radix).checked_pow(k as u32);
        match cells.filter(|&cells| cells <= rows.saturating_mul(CELLS_PER_OCCURRENCE)) {
            Some(cells) => self.cells.resize(cells as usize, 0),
            None => self.empty_table((2 * rows.clamp(8, MAX_INITIAL_SLOTS / 2)).next_power_of_two() as usize),
        }
    }

    /// Provides `len` empty slots, a power of two.
    fn empty_table(&mut self, len: usize) {
        if self.slots.len() < len {
            self.slots.resize(len, CountSlot { key: L::ZERO, count: 0, epoch: 0 });
        }
        (self.len, self.used) = (len, 0);
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            // the epoch wrapped around to that of slots never used
            self.slots.iter_mut().for_each(|slot| slot.epoch = 0);
            self.epoch = 1;
        }
    }

    /// Counts the occurrences `rows`, `[n, K]` event numbers in time order, under `labels`.
    fn add_rows<const K: usize>(&mut self, rows: &[u32], labels: &[LabelIdx]) {
        let radix = self.radix;
        let key =
            |row: &[u32; K]| row.iter().fold(L::ZERO, |key, &node| key.push(radix, labels[node as usize]));
        let (rows, _) = rows.as_chunks::<K>();
        if !self.cells.is_empty() {
            return rows.iter().for_each(|row| self.add_to_cell(key(row)));
        }
        for rows in rows.chunks(PREFETCHED_KEYS) {
            let mut keys = [L::ZERO; PREFETCHED_KEYS];
            keys.iter_mut().zip(rows).for_each(|(to, row)| *to = key(row));
            self.prefetch(keys[..rows.len()].iter().copied());
            keys[..rows.len()].iter().for_each(|&key| self.add_hashed(key));
        }
    }

    /// Reads the slots of some keys before they are counted: these reads are independent and overlap, while the
    /// reads of the search wait for mispredicted branches.
    fn prefetch(&self, keys: impl Iterator<Item = L>) {
        if self.cells.is_empty() {
            let epochs = keys.map(|key| self.slots[self.start(key)].epoch);
            std::hint::black_box(epochs.fold(0, |all, epoch| all ^ epoch));
        }
    }

    /// Counts one occurrence.
    fn add(&mut self, key: L) {
        if self.cells.is_empty() { self.add_hashed(key) } else { self.add_to_cell(key) }
    }

    #[inline]
    fn add_to_cell(&mut self, key: L) {
        let count = &mut self.cells[key.index()];
        *count += 1;
        if *count == self.min_count {
            self.frequent.push(key);
        }
    }

    #[inline]
    fn add_hashed(&mut self, key: L) {
        let index = self.find(key);
        let slot = &mut self.slots[index];
        if slot.epoch == self.epoch {
            slot.count += 1;
        } else {
            *slot = CountSlot { key, count: 1, epoch: self.epoch };
            self.used += 1;
        }
        if slot.count == self.min_count {
            self.frequent.push(key);
        }
        if self.used * 2 > self.len {
            self.double();
        }
    }

    /// Index of the slot at which probing for `key` starts.
    #[inline]
    fn start(&self, key: L) -> usize {
        (key.mix() >> (u64::BITS - self.len.trailing_zeros())) as usize
    }

    /// Index of the slot of `key`, or of the empty slot where it would be inserted (linear probing).
    #[inline]
    fn find(&self, key: L) -> usize {
        let mut index = self.start(key);
        loop {
            let slot = &self.slots[index];
            if slot.epoch != self.epoch || slot.key == key {
                return index;
            }
            index = (index + 1) & (self.len - 1);
        }
    }

    #[cold]
    fn double(&mut self) {
        let is_used = |slot: &&CountSlot<L>| slot.epoch == self.epoch;
        let used: Vec<CountSlot<L>> = self.slots[..self.len].iter().filter(is_used).copied().collect();
        self.empty_table(self.len * 2);
        self.used = used.len();
        for slot in used {
            let index = self.find(slot.key);
            self.slots[index] = CountSlot { epoch: self.epoch, ..slot };
        }
    }

    /// Number of occurrences of `key`.
    pub(super) fn get(&self, key: L) -> u32 {
        if !self.cells.is_empty() {
            return self.cells[key.index()];
        }
        let slot = &self.slots[self.find(key)];
        if slot.epoch == self.epoch { slot.count } else { 0 }
    }

    /// Number of distinct keys counted.
    pub(super) fn distinct(&self) -> u64 {
        let cells = self.cells.iter().filter(|&&count| count > 0).count();
        if self.cells.is_empty() { self.used as u64 } else { cells as u64 }
    }

    /// Keys that occur at least `min_count` times.
    pub(super) fn frequent(&self) -> &[L] {
        &self.frequent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn counts_in_cells_and_in_slots_equal_those_of_a_map_and_are_cleared() {
        fn check<L: LabelKey + std::fmt::Debug>(radix: u32) {
            let mut counts = HashCounts::<L>::new(radix, 3);
            let mut stream = crate::philox::Philox::new(u64::from(radix)).stream(0, 0);
            for rounds in [50_u32, 3_000, 20, 70_000] {
                let mut want = BTreeMap::new();
                counts.clear(3, u64::from(rounds));
                for _ in 0..rounds {
                    let skewed = |n: u32, m: u32| n.min(m);
                    let label = skewed(stream.below(radix), stream.below(radix));
                    let key = [label, 1, label / 2].iter().fold(L::ZERO, |c, &l| c.push(radix, LabelIdx(l)));
                    counts.add(key);
                    *want.entry(key).or_insert(0_u32) += 1;
                }
                assert!(want.iter().all(|(&key, &count)| counts.get(key) == count));
                assert_eq!(counts.get(L::ZERO), 0);
                let mut frequent = counts.frequent().to_vec();
                frequent.sort();
                assert_eq!(
                    frequent,
                    want.iter().filter(|&(_, &n)| n >= 3).map(|(&c, _)| c).collect::<Vec<_>>()
                );
            }
        }
        check::<u64>(3);
        check::<u64>(100_000);
        check::<u128>(100_000);
    }
}
