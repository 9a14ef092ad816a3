//! Counts of one shape's patterns under one labelling: the inner loop of the nulls.

use super::code::Code;
use super::known::{BATCH, Batch, Known};

/// Occurrences, of which a part is unknown, for each cell of the sketch.
const ROWS_PER_CELL: usize = 2;
/// Cells at most, a byte each: they stay in the cache.
const MOST_CELLS: usize = 1 << 20;

/// Counts the codes of one shape: the known ones each in a place, all others in a sketch, a small table of counters
/// in which codes may share a cell: a cell that shows too little holds no code that occurs often enough. Codes of
/// the other cells, few if any, are then counted one by one. So every count is exact, and the loop over the occurrences
/// has no branch that depends on a label.
pub(super) struct Desk {
    /// Occurrences of each known code, and of all unknown ones behind them.
    counts: Vec<u32>,
    sketch: Vec<u8>,
    sketch_shift: u32,
    /// What the fullest cell shows.
    hottest: u8,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self { counts: Vec::new(), sketch: Vec::new(), sketch_shift: 0, hottest: 0 }
    }

    /// Forgets all counts; about `rows` occurrences will come.
    pub(super) fn clear<C: Code>(&mut self, known: &Known<C>, rows: usize) {
        self.counts.clear();
        self.counts.resize(known.places() + 1, 0);
        let cells = (rows / ROWS_PER_CELL).clamp(64, MOST_CELLS).next_power_of_two();
        self.sketch.clear();
        self.sketch.resize(cells, 0);
        self.sketch_shift = u64::BITS - cells.trailing_zeros();
        self.hottest = 0;
    }

    /// Counts occurrences `[n, K]` of event numbers under `labels` of `bits` bits.
    pub(super) fn add<C: Code, const K: usize>(
        &mut self,
        known: &Known<C>,
        rows: &[[u32; K]],
        labels: &[u32],
        bits: u32,
    ) {
        let (unknown_place, sketch_shift) = (known.places() as u32, self.sketch_shift);
        let (counts, sketch) = (&mut self.counts[..], &mut self.sketch[..]);
        let mut hottest = self.hottest;
        let mut batch = Batch::new();
        for rows in rows.chunks(BATCH) {
            known.look_up(rows, labels, bits, &mut batch);
            for (&hash, &place) in batch.hashes[..rows.len()].iter().zip(&batch.places) {
                counts[place as usize] += 1;
                let cell = &mut sketch[(hash >> sketch_shift) as usize];
                *cell = cell.saturating_add(u8::from(place == unknown_place));
                hottest = hottest.max(*cell);
            }
        }
        self.hottest = hottest;
    }

    /// Occurrences of the known code at each place so far.
    pub(super) fn counts(&self) -> &[u32] {
        &self.counts[..self.counts.len() - 1]
    }

    /// Whether an unknown code may have occurred `count` times so far.
    pub(super) fn any_may_reach(&self, count: u32) -> bool {
        self.hottest >= shown(count)
    }

    /// Whether the unknown code of `hash` may have.
    pub(super) fn may_reach(&self, hash: u64, count: u32) -> bool {
        self.sketch[(hash >> self.sketch_shift) as usize] >= shown(count)
    }
}

/// What a cell shows at least after `count` occurrences.
fn shown(count: u32) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::code::label_bits;
    use super::*;
    use std::collections::BTreeMap;

    /// Counts known and unknown codes of `n` triples and compares with a map, at half time and at the end.
    fn check<C: Code + std::fmt::Debug>(radix: u32, n: usize, know: fn(usize) -> bool) {
        let mut numbers = crate::philox::Philox::new(u64::from(radix)).stream(n as u32, 0);
        let labels: Vec<u32> = (0..997).map(|_| numbers.below(radix).min(numbers.below(radix))).collect();
        let rows: Vec<[u32; 3]> = (0..n).map(|_| std::array::from_fn(|_| numbers.below(997))).collect();
        let bits = label_bits(radix as usize);
        let code = |row: &[u32; 3]| row.iter().fold(C::ZERO, |c, &v| c.append(bits, labels[v as usize]));
        let mut all: Vec<C> = rows.iter().map(code).collect();
        all.sort_unstable();
        all.dedup();
        let chosen: Vec<C> = all.iter().enumerate().filter(|&(i, _)| know(i)).map(|(_, &c)| c).collect();
        let known = Known::of(&chosen);
        let mut desk = Desk::new();
        for _ in 0..2 {
            desk.clear(&known, n);
            let mut want: BTreeMap<C, u32> = BTreeMap::new();
            for half in rows.chunks(n.div_ceil(2)) {
                desk.add(&known, half, &labels, bits);
                half.iter().for_each(|row| *want.entry(code(row)).or_insert(0) += 1);
                for (place, code) in known.iter() {
                    assert_eq!(desk.counts()[place], want.get(&code).copied().unwrap_or(0));
                }
                for (&code, &count) in want.iter().filter(|(code, _)| chosen.binary_search(code).is_err()) {
                    assert!(desk.any_may_reach(count) && desk.may_reach(known.hash(code), count));
                }
            }
            assert!(!desk.any_may_reach(n as u32 + 1) || n > 254);
        }
    }

    #[test]
    fn known_codes_are_counted_and_no_unknown_one_is_missed() {
        check::<u64>(3, 20_000, |i| i % 3 == 0);
        check::<u64>(60, 30_000, |i| i % 2 == 0);
        check::<u128>(60, 5_000, |_| false);
        check::<u64>(60, 5_000, |_| true);
        check::<u64>(900, 100_000, |i| i % 100 == 0);
        check::<u64>(3, 1, |_| false);
    }
}
