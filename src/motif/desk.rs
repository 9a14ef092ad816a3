//! Counts of one shape's patterns under one labelling: the inner loop of the nulls.

use super::code::{Code, CodeMap};
use super::known::{BATCH, Batch, Known};

/// Cells of the sketch for each occurrence, of which a part is unknown: few of these share one.
const CELLS_PER_ROW: usize = 2;
/// Cells at most, a byte each: they stay in the cache.
const MOST_CELLS: usize = 1 << 20;
/// Unknown codes that may wait at most: 8 MB.
const WAITING: usize = 1 << 20;
/// Occurrences counted between two looks at how many wait.
pub(super) const STRIDE: usize = 1 << 14;

/// Counts the codes of one shape: the known ones each in a place, all others only if they may occur often enough.
///
/// Whether an unknown code does is seen by a sketch, a small table of counters in which codes may share a cell: a
/// cell that shows too little holds no code that occurs often enough. The codes of the other cells, few, are counted
/// one by one. So every count is exact, and the loop over the occurrences has no branch that depends on a label.
pub(super) struct Desk<C> {
    /// Occurrences of each known code, and of all unknown ones behind them.
    counts: Vec<u32>,
    sketch: Vec<u8>,
    sketch_shift: u32,
    /// What the fullest cell shows.
    hottest: u8,
    /// The unknown codes met, or those met since they were last moved to `rest`.
    waiting: Vec<C>,
    waits: usize,
    /// Unknown codes counted one by one; all of them if `moved`.
    rest: CodeMap<C, u32>,
    moved: bool,
}

impl<C: Code> Desk<C> {
    pub(super) fn new() -> Self {
        Self {
            counts: Vec::new(),
            sketch: Vec::new(),
            sketch_shift: 0,
            hottest: 0,
            waiting: Vec::new(),
            waits: 0,
            rest: CodeMap::default(),
            moved: false,
        }
    }

    /// Forgets all counts; about `rows` occurrences will come.
    pub(super) fn clear(&mut self, known: &Known<C>, rows: usize) {
        self.counts.clear();
        self.counts.resize(known.places() + 1, 0);
        let cells = rows.saturating_mul(CELLS_PER_ROW).clamp(64, MOST_CELLS).next_power_of_two();
        self.sketch.clear();
        self.sketch.resize(cells, 0);
        self.sketch_shift = u64::BITS - cells.trailing_zeros();
        (self.hottest, self.waits, self.moved) = (0, 0, false);
        self.rest.clear();
    }

    /// Counts occurrences `[n, K]` of event numbers under `labels` of `bits` bits, at most [`STRIDE`] of them.
    pub(super) fn add<const K: usize>(
        &mut self,
        known: &Known<C>,
        rows: &[[u32; K]],
        labels: &[u32],
        bits: u32,
    ) {
        if self.waits + rows.len() > WAITING {
            self.move_waiting();
        }
        if self.waiting.len() < self.waits + rows.len() {
            self.waiting.resize(self.waits + rows.len(), C::NONE);
        }
        let (mut waits, mut hottest) = (self.waits, self.hottest);
        let (unknown_place, sketch_shift) = (known.places() as u32, self.sketch_shift);
        let (counts, waiting, sketch) = (&mut self.counts[..], &mut self.waiting[..], &mut self.sketch[..]);
        let mut batch = Batch::new();
        for rows in rows.chunks(BATCH) {
            known.look_up(rows, labels, bits, &mut batch);
            for ((&code, &hash), &place) in
                batch.codes[..rows.len()].iter().zip(&batch.hashes).zip(&batch.places)
            {
                counts[place as usize] += 1;
                let unknown = place == unknown_place;
                waiting[waits] = code;
                waits += usize::from(unknown);
                let cell = &mut sketch[(hash >> sketch_shift) as usize];
                *cell = cell.saturating_add(u8::from(unknown));
                hottest = hottest.max(*cell);
            }
        }
        (self.waits, self.hottest) = (waits, hottest);
    }

    /// Counts the waiting codes one by one, so that others may wait.
    #[cold]
    fn move_waiting(&mut self) {
        if !self.moved {
            self.rest.clear();
            self.moved = true;
        }
        for &code in &self.waiting[..self.waits] {
            *self.rest.entry(code).or_insert(0) += 1;
        }
        self.waits = 0;
    }

    /// Occurrences of the known code at each place so far.
    pub(super) fn counts(&self) -> &[u32] {
        &self.counts[..self.counts.len() - 1]
    }

    /// The unknown codes that have occurred at least `count` times so far, and how often. The higher `count`, the
    /// fewer cells show it: what is asked for seldom costs little.
    pub(super) fn unknown(&mut self, known: &Known<C>, count: u32) -> impl Iterator<Item = (C, u32)> {
        if self.moved {
            self.move_waiting();
        } else {
            self.rest.clear();
            let shown = u8::try_from(count).unwrap_or(u8::MAX);
            let waiting = if self.hottest >= shown { &self.waiting[..self.waits] } else { &[] };
            for &code in waiting {
                if self.sketch[(known.hash(code) >> self.sketch_shift) as usize] >= shown {
                    *self.rest.entry(code).or_insert(0) += 1;
                }
            }
        }
        self.rest.iter().map(|(&code, &n)| (code, n)).filter(move |&(_, n)| n >= count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::label_bits;
    use super::*;
    use std::collections::BTreeMap;

    /// Counts known and unknown codes of `n` triples in strides and compares with a map, at half time and at the end.
    fn check<C: Code + std::fmt::Debug>(radix: u32, n: usize, min_count: u32, know: fn(usize) -> bool) {
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
                for rows in half.chunks(STRIDE) {
                    desk.add(&known, rows, &labels, bits);
                    rows.iter().for_each(|row| *want.entry(code(row)).or_insert(0) += 1);
                }
                for (place, code) in known.iter() {
                    assert_eq!(desk.counts()[place], want.get(&code).copied().unwrap_or(0));
                }
                let reached: BTreeMap<C, u32> = desk.unknown(&known, min_count).collect();
                let expected = |(c, n): &(&C, &u32)| **n >= min_count && chosen.binary_search(c).is_err();
                let expected: BTreeMap<C, u32> =
                    want.iter().filter(expected).map(|(&c, &n)| (c, n)).collect();
                assert_eq!(reached, expected);
            }
        }
    }

    #[test]
    fn known_and_unknown_codes_are_counted_exactly() {
        for min_count in [1, 2, 3, 40, 300] {
            check::<u64>(3, 20_000, min_count, |i| i % 3 == 0);
            check::<u64>(60, 30_000, min_count, |i| i % 2 == 0);
            check::<u128>(60, 5_000, min_count, |_| false);
            check::<u64>(60, 5_000, min_count, |_| true);
        }
        check::<u64>(3, 1, 1, |_| false);
    }

    #[test]
    fn more_unknown_codes_than_may_wait_lose_no_count() {
        check::<u64>(900, WAITING + 3 * STRIDE, 3, |i| i % 100 == 0);
    }
}
