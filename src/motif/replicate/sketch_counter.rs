//! Counts of one shape's patterns under several labellings: the inner loop of the test.

use std::ops::Range;

use super::kept_counters::{KeptCounters, LaneCounters};
use super::lanes::{BATCH, LANES, LabelLanes};
use super::{NeedBySlot, PerfectHash, Slot};
use crate::motif::pattern::LabelKey;

/// Largest number of cells of a lane.
const MAX_CELLS: usize = 1 << 20;
/// Largest number of counters of all lanes together.
const MAX_COUNTERS: usize = 1 << 23;

/// Counts the keys of one shape, per lane: known keys exactly, each in its slot; all others in a sketch, a small
/// table in which several keys share a cell, so that a cell is an upper bound for its keys. To find the unknown
/// keys with at least some count, only the keys of the cells that reach it are counted exactly in a second pass
/// ([`LabelledOccurrences::frequent`](super::LabelledOccurrences::frequent)). The loop over the occurrences has no
/// branch that depends on a label.
///
/// A counter is one byte, and the lanes are counted one by one where their counters are kept, so that the counters stay
/// in the cache; overflows are few and counted separately.
pub(crate) struct SketchCounter {
    lanes: Range<usize>,
    /// Counters modulo 256: for each lane, those of the slots, then the cells of the sketch. If counters are kept, of
    /// the selected lane only.
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
    /// The counter of each occurrence in each lane in use, if they are kept.
    kept: KeptCounters,
    /// First counter of the selected lane.
    first: usize,
    /// Number of occurrences added.
    added: usize,
}

impl SketchCounter {
    /// A counter without lanes, to be set up by [`SketchCounter::clear`].
    pub(super) fn new() -> Self {
        Self {
            lanes: 0..0,
            low: Vec::new(),
            high: Vec::new(),
            overflowed: Vec::new(),
            slots: 0,
            width: 0,
            cell_bits: 0,
            kept: KeptCounters::new(),
            first: 0,
            added: 0,
        }
    }

    /// Largest number of lanes that can be counted together, for about `expected` occurrences.
    pub(super) fn max_lanes<L: LabelKey>(hash: &PerfectHash<L>, expected: usize) -> usize {
        (MAX_COUNTERS / (hash.slots() + cells(expected))).clamp(1, LANES)
    }

    /// Clears all counts, in preparation for about `expected` occurrences in these lanes; exactly this number if
    /// `keeps_counters`: the counter of each occurrence is then kept, and lanes are counted one by one.
    pub(super) fn clear<L: LabelKey>(
        &mut self,
        hash: &PerfectHash<L>,
        expected: usize,
        lanes: Range<usize>,
        keeps_counters: bool,
    ) {
        let cells = cells(expected);
        self.slots = hash.slots();
        self.width = self.slots + cells;
        self.kept.clear(if keeps_counters { expected } else { 0 }, lanes.len(), self.width);
        self.added = 0;
        self.cell_bits = cells.trailing_zeros();
        self.clear_counts(if keeps_counters { 1 } else { lanes.len() });
        self.lanes = lanes;
    }

    /// Sets the counts of some lanes to zero.
    fn clear_counts(&mut self, lanes: usize) {
        self.low.clear();
        self.low.resize(self.width * lanes, 0);
        self.overflowed.drain(..).for_each(|index| self.high[index as usize] = 0);
        if self.high.len() < self.low.len() {
            self.high.resize(self.low.len(), 0);
        }
    }

    /// Makes the counts of a lane those that are read. If counters are kept, this counts them: the counts of one lane
    /// stay in the cache, and those of all lanes would not.
    pub(super) fn select(&mut self, lane: usize) {
        let nth = lane - self.lanes.start;
        let kept = std::mem::replace(&mut self.kept, KeptCounters::new());
        match kept.lane(nth, self.added) {
            Some(LaneCounters::Short(counters)) => self.count_lane(counters),
            Some(LaneCounters::Long(counters)) => self.count_lane(counters),
            None => self.first = nth * self.width,
        }
        self.kept = kept;
    }

    /// Counts one lane. Neighbouring occurrences often have one counter: taken from two places in turn, an increment
    /// does not wait for the one before.
    fn count_lane<I: Copy + Into<u32>>(&mut self, counters: &[I]) {
        self.first = 0;
        self.clear_counts(1);
        let (first, second) = counters.split_at(counters.len() / 2);
        for (&a, &b) in first.iter().zip(second) {
            self.increment(a.into());
            self.increment(b.into());
        }
        second[first.len()..].iter().for_each(|&counter| self.increment(counter.into()));
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
                self.count_or_keep(0, rows.len(), indices.iter().copied());
                self.added += rows.len();
            }
            return;
        }
        labels.each_batch(rows, bits, |keys: &[L]| {
            let indices = &mut indices[..keys.len()];
            hash.counter_indices(keys, indices, self.cell_bits);
            let indices = indices.as_chunks::<LANES>().0;
            for (nth, lane) in self.lanes.clone().enumerate() {
                self.count_or_keep(nth, indices.len(), indices.iter().map(|indices| indices[lane]));
            }
            self.added += indices.len();
        });
    }

    /// Keeps the counters of `n` occurrences in the `nth` of the lanes in use, or increments them.
    #[inline]
    fn count_or_keep(&mut self, nth: usize, n: usize, counters: impl Iterator<Item = u32>) {
        if self.kept.is_empty() {
            self.first = nth * self.width;
            counters.for_each(|counter| self.increment(counter));
        } else {
            self.kept.set(nth, self.added, n, counters);
        }
    }

    /// Increments a counter of the selected lane.
    #[inline]
    fn increment(&mut self, index: u32) {
        let at = self.first + index as usize;
        let counter = &mut self.low[at];
        *counter = counter.wrapping_add(1);
        if *counter == 0 {
            self.high[at] += 1;
            self.overflowed.push(at as u32);
        }
    }

    /// Number of counters of a lane: those of the slots, then the cells of the sketch.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Number of slots of a lane, which come first among its counters.
    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// The counter of each occurrence in a lane, in the order in which they were added; `None` if they are not kept.
    pub(super) fn kept(&self, lane: usize) -> Option<LaneCounters<'_>> {
        self.kept.lane(lane - self.lanes.start, self.added)
    }

    /// The counter of a key in a lane.
    pub(super) fn index<L: LabelKey>(&self, hash: &PerfectHash<L>, key: L) -> u32 {
        let mut index = [0];
        hash.counter_indices(&[key], &mut index, self.cell_bits);
        index[0]
    }

    /// Calls `visit` with the slots of the selected lane whose counts reach those of `need`, and these counts.
    pub(super) fn each_slot(&self, need: &NeedBySlot, mut visit: impl FnMut(Slot, u32)) {
        let counters = self.first..self.first + self.slots;
        let low = &self.low[counters.clone()];
        if self.has_overflowed(&counters) {
            let counts = low.iter().zip(&self.high[counters]).map(|(&low, &high)| whole(low, high));
            for (slot, (count, &need)) in counts.zip(&need.whole).enumerate() {
                if count >= need {
                    visit(Slot::at(slot), count);
                }
            }
            return;
        }
        for (chunk, (low, bytes)) in low.chunks(CHUNK).zip(need.bytes.chunks(CHUNK)).enumerate() {
            // without a branch for each: few chunks have one
            if low.iter().zip(bytes).fold(false, |any, (&count, &need)| any | (count >= need)) {
                let first = chunk * CHUNK;
                for (slot, (&count, &need)) in (first..).zip(low.iter().zip(&need.whole[first..])) {
                    if u32::from(count) >= need {
                        visit(Slot::at(slot), count.into());
                    }
                }
            }
        }
    }

    /// Calls `visit` with the index of each cell of the sketch of the selected lane that reaches `count`.
    pub(super) fn each_cell(&self, count: u32, mut visit: impl FnMut(u32)) {
        let cells = self.first + self.slots..self.first + self.width;
        let low = &self.low[cells.clone()];
        if self.has_overflowed(&cells) {
            for (cell, (&low, &high)) in low.iter().zip(&self.high[cells]).enumerate() {
                if whole(low, high) >= count {
                    visit((self.slots + cell) as u32);
                }
            }
            return;
        }
        let Ok(count) = u8::try_from(count) else { return };
        for (chunk, low) in low.chunks(CHUNK).enumerate() {
            if low.iter().fold(false, |any, &reached| any | (reached >= count)) {
                let reached = low.iter().enumerate().filter(|&(_, &reached)| reached >= count);
                reached.for_each(|(at, _)| visit((self.slots + chunk * CHUNK + at) as u32));
            }
        }
    }

    fn has_overflowed(&self, counters: &Range<usize>) -> bool {
        self.overflowed.iter().any(|&index| counters.contains(&(index as usize)))
    }
}

/// Counters compared at a time, without a branch.
const CHUNK: usize = 64;

/// A count from its lowest byte and its overflows; the largest number if it does not fit.
fn whole(low: u8, high: u32) -> u32 {
    if high > u32::MAX >> 8 { u32::MAX } else { high << 8 | u32::from(low) }
}

/// Number of cells of the sketch for about `expected` occurrences: one for each.
fn cells(expected: usize) -> usize {
    expected.clamp(64, MAX_CELLS).next_power_of_two()
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
            counter.clear(&hash, n, lanes.clone(), true);
            let half = n.div_ceil(2);
            for part in [0..half, half..n] {
                counter.add(&hash, &rows[part.clone()], &labels, bits);
                for lane in lanes.clone() {
                    counter.select(lane);
                    let mut want: BTreeMap<L, u32> = BTreeMap::new();
                    keys[lane][..part.end].iter().for_each(|&key| *want.entry(key).or_insert(0) += 1);
                    let need = NeedBySlot::new(vec![1; hash.slots()]);
                    let mut known: BTreeMap<Slot, u32> = BTreeMap::new();
                    counter.each_slot(&need, |slot, count| {
                        known.insert(slot, count);
                    });
                    for &key in &chosen {
                        let count = known.get(&hash.slot(key)).copied().unwrap_or(0);
                        assert_eq!(count, want.get(&key).copied().unwrap_or(0));
                    }
                    want.retain(|key, _| chosen.binary_search(key).is_err());
                    for least in [1, 3, 40, 300] {
                        let mut cells = Vec::new();
                        counter.each_cell(least, |cell| cells.push(cell));
                        let reached = want.iter().filter(|&(_, &count)| count >= least);
                        assert!(reached.clone().all(|(&key, _)| cells.contains(&counter.index(&hash, key))));
                    }
                    let want_indices = keys[lane][..part.end].iter().map(|&key| counter.index(&hash, key));
                    let kept: Vec<u32> = match counter.kept(lane).unwrap() {
                        LaneCounters::Short(indices) => indices.iter().map(|&index| index.into()).collect(),
                        LaneCounters::Long(indices) => indices.to_vec(),
                    };
                    assert!(kept.into_iter().eq(want_indices));
                }
            }
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
