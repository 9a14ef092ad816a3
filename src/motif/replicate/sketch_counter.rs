//! Counts of one shape's patterns under several labellings: the inner loop of the test.

use std::ops::Range;

use super::lanes::{BATCH, LANES, LabelLanes};
use super::{PerfectHash, Slot};
use crate::motif::pattern::LabelKey;

/// Occurrences per cell of the sketch; only those with unknown keys use it.
const OCCURRENCES_PER_CELL: usize = 2;
/// Largest number of cells of a lane.
const MAX_CELLS: usize = 1 << 20;
/// Largest number of counters of all lanes together.
const MAX_COUNTERS: usize = 1 << 23;

/// Counts the keys of one shape, per lane: known keys exactly, each in its slot; all others in a sketch, a small
/// table in which several keys share a cell, so that a cell is an upper bound for its keys. To find the unknown
/// keys with at least some count, only the keys of the cells that reach it, few if any, are counted exactly in a
/// second pass ([`LabelledOccurrences::unknown_counts`](super::LabelledOccurrences::unknown_counts)). The loop over
/// the occurrences has no branch that depends on a label.
///
/// A counter is one byte, so that those of all lanes stay in the cache; overflows are few and counted separately.
pub(crate) struct SketchCounter {
    lanes: Range<usize>,
    /// Counters modulo 256: for each lane, those of the slots, then the cells of the sketch.
    low: Vec<u8>,
    /// Number of overflows of each counter.
    high: Vec<u32>,
    /// Indices of the nonzero entries of `high`.
    overflowed: Vec<u32>,
    /// Number of slots.
    slots: usize,
    /// Number of counters of a lane.
    width: usize,
    cell_bits: u32,
}

impl SketchCounter {
    /// A counter without lanes, to be set up by [`SketchCounter::clear`].
    pub(super) fn new() -> Self {
        let (low, high, overflowed) = (Vec::new(), Vec::new(), Vec::new());
        Self { lanes: 0..0, low, high, overflowed, slots: 0, width: 0, cell_bits: 0 }
    }

    /// Largest number of lanes that can be counted together, for about `expected` occurrences.
    pub(super) fn max_lanes<L: LabelKey>(hash: &PerfectHash<L>, expected: usize) -> usize {
        (MAX_COUNTERS / (hash.slots() + cells(expected))).clamp(1, LANES)
    }

    /// Clears all counts, in preparation for about `expected` occurrences in these lanes.
    pub(super) fn clear<L: LabelKey>(&mut self, hash: &PerfectHash<L>, expected: usize, lanes: Range<usize>) {
        let cells = cells(expected);
        self.slots = hash.slots();
        self.width = self.slots + cells;
        self.cell_bits = cells.trailing_zeros();
        self.low.clear();
        self.low.resize(self.width * lanes.len(), 0);
        self.overflowed.drain(..).for_each(|index| self.high[index as usize] = 0);
        if self.high.len() < self.low.len() {
            self.high.resize(self.low.len(), 0);
        }
        self.lanes = lanes;
    }

    /// Counts the occurrences `rows`, `[n, K]` event numbers in time order, under `labels` of `bits` bits.
    pub(super) fn add<L: LabelKey, const K: usize>(
        &mut self,
        hash: &PerfectHash<L>,
        rows: &[[u32; K]],
        labels: &LabelLanes,
        bits: u32,
    ) {
        let mut indices = [0_u32; BATCH * LANES];
        if self.lanes.len() == 1 {
            // build the keys of this lane only
            let mut keys = [L::ZERO; BATCH * LANES];
            for rows in rows.chunks(keys.len()) {
                let mut to = keys.iter_mut();
                labels.each_key(rows, self.lanes.start, bits, |key| {
                    if let Some(to) = to.next() {
                        *to = key;
                    }
                });
                let indices = &mut indices[..rows.len()];
                hash.counter_indices(&keys[..rows.len()], indices, self.cell_bits);
                self.count(0, indices.iter().copied());
            }
            return;
        }
        labels.each_batch(rows, bits, |keys: &[L]| {
            let indices = &mut indices[..keys.len()];
            hash.counter_indices(keys, indices, self.cell_bits);
            let indices = indices.as_chunks::<LANES>().0;
            for (nth, lane) in self.lanes.clone().enumerate() {
                self.count(nth, indices.iter().map(|indices| indices[lane]));
            }
        });
    }

    /// Increments counters of the `nth` of the lanes in use.
    #[inline]
    fn count(&mut self, nth: usize, indices: impl Iterator<Item = u32>) {
        let first = nth * self.width;
        let low = &mut self.low[first..first + self.width];
        for index in indices {
            let counter = &mut low[index as usize];
            *counter = counter.wrapping_add(1);
            if *counter == 0 {
                self.high[first + index as usize] += 1;
                self.overflowed.push(first as u32 + index);
            }
        }
    }

    /// Counts so far, in a lane, of the known keys in `slots`.
    pub(crate) fn counts(&self, lane: usize, slots: &[Slot]) -> Vec<u32> {
        let counters = self.counters(lane);
        let low = &self.low[counters.clone()];
        if !self.has_overflowed(&counters) {
            return slots.iter().map(|slot| low[slot.index()].into()).collect();
        }
        let high = &self.high[counters];
        slots.iter().map(|slot| high[slot.index()] << 8 | u32::from(low[slot.index()])).collect()
    }

    /// The sketch of a lane, for the occurrences counted so far.
    pub(super) fn sketch(&self, lane: usize) -> Sketch<'_> {
        let counters = self.counters(lane);
        let cells = counters.start + self.slots..counters.end;
        let high = self.has_overflowed(&cells).then(|| &self.high[cells.clone()]);
        Sketch { low: &self.low[cells], high, shift: u64::BITS - self.cell_bits }
    }

    /// Indices of the counters of a lane.
    fn counters(&self, lane: usize) -> Range<usize> {
        let start = (lane - self.lanes.start) * self.width;
        start..start + self.width
    }

    fn has_overflowed(&self, counters: &Range<usize>) -> bool {
        self.overflowed.iter().any(|&index| counters.contains(&(index as usize)))
    }
}

/// Upper bounds for the counts of the unknown keys of a lane.
pub(super) struct Sketch<'a> {
    low: &'a [u8],
    /// Overflows; `None` if no cell has any.
    high: Option<&'a [u32]>,
    shift: u32,
}

impl Sketch<'_> {
    /// Returns whether any unknown key may occur at least `count` times.
    pub(super) fn any_may_reach(&self, count: u32) -> bool {
        let Some(high) = self.high else {
            let any = |count| self.low.iter().fold(false, |any, &cell| any | (cell >= count));
            return u8::try_from(count).is_ok_and(any);
        };
        let counts = self.low.iter().zip(high).map(|(&low, &high)| high << 8 | u32::from(low));
        counts.fold(false, |any, cell| any | (cell >= count))
    }

    /// Returns whether the unknown key with this hash may occur at least `count` times.
    #[inline]
    pub(super) fn may_reach(&self, hash: u64, count: u32) -> bool {
        let cell = (hash >> self.shift) as usize;
        let high = self.high.map_or(0, |high| high[cell]);
        high << 8 | u32::from(self.low[cell]) >= count
    }
}

/// Number of cells of the sketch for about `expected` occurrences.
fn cells(expected: usize) -> usize {
    (expected / OCCURRENCES_PER_CELL).clamp(64, MAX_CELLS).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::motif::graph::LabelIdx;
    use crate::motif::pattern::label_bits;

    /// Counts known and unknown keys of `n` triples in several lanes and compares with maps, half-way and at the end.
    fn check<L: LabelKey + std::fmt::Debug>(radix: u32, n: usize, know: fn(usize) -> bool) {
        let mut stream = crate::philox::Philox::new(u64::from(radix)).stream(n as u32, 0);
        let rows: Vec<[u32; 3]> = (0..n).map(|_| std::array::from_fn(|_| stream.below(997))).collect();
        let bits = label_bits(radix as usize);
        let mut labels = LabelLanes::new(997, radix as usize);
        let mut draw = |lane: usize| {
            let skewed = |_| LabelIdx(stream.below(radix).min(stream.below(radix)));
            let drawn: Vec<LabelIdx> = (0..997).map(skewed).collect();
            labels.set(lane, &drawn);
            let key =
                |row: &[u32; 3]| row.iter().fold(L::ZERO, |c, &v| c.push_bits(bits, drawn[v as usize].0));
            rows.iter().map(key).collect()
        };
        let keys: Vec<Vec<L>> = (0..LANES).map(&mut draw).collect();
        let mut all = keys[1].clone();
        all.sort_unstable();
        all.dedup();
        let chosen: Vec<L> = all.iter().enumerate().filter(|&(i, _)| know(i)).map(|(_, &c)| c).collect();
        let hash = PerfectHash::new(&chosen, 3 * bits);
        let mut counter = SketchCounter::new();
        for lanes in [0..LANES, 1..3, 7..8] {
            counter.clear(&hash, n, lanes.clone());
            let half = n.div_ceil(2);
            for part in [0..half, half..n] {
                counter.add(&hash, &rows[part.clone()], &labels, bits);
                for lane in lanes.clone() {
                    let mut want: BTreeMap<L, u32> = BTreeMap::new();
                    keys[lane][..part.end].iter().for_each(|&key| *want.entry(key).or_insert(0) += 1);
                    let slots: Vec<Slot> = chosen.iter().map(|&key| hash.slot(key)).collect();
                    for (key, count) in chosen.iter().zip(counter.counts(lane, &slots)) {
                        assert_eq!(count, want.get(key).copied().unwrap_or(0));
                    }
                    let sketch = counter.sketch(lane);
                    want.retain(|key, _| chosen.binary_search(key).is_err());
                    assert!(want.iter().all(|(&key, &count)| sketch.may_reach(hash.hash(key), count)));
                    assert!(want.values().max().is_none_or(|&most| sketch.any_may_reach(most)));
                }
            }
            assert!(lanes.clone().all(|lane| !counter.sketch(lane).any_may_reach(n as u32 + 1)));
        }
    }

    #[test]
    fn known_keys_are_counted_and_no_unknown_key_is_missed() {
        check::<u64>(3, 20_000, |i| i % 3 == 0);
        check::<u64>(60, 30_000, |i| i % 2 == 0);
        check::<u128>(60, 5_000, |_| false);
        check::<u64>(60, 5_000, |_| true);
        check::<u128>(70_000, 5_000, |i| i % 2 == 0);
        check::<u64>(900, 100_000, |i| i % 100 == 0);
        check::<u64>(3, 1, |_| false);
    }
}
