//! Counts of one shape's patterns under the labels of the data: the census of many labels.

use super::code::Code;
use super::occurrences::{Group, Occurrences};
use super::shape::slot_nodes;

/// Places with which a table starts at most; it grows with what it holds.
const START_PLACES: u64 = 1 << 16;
/// A flat array of all labellings is used up to this many cells for each occurrence:
/// clearing it costs less than hashing.
const CELLS_PER_ROW: u64 = 4;

/// Codes whose places are read together, so that the cache misses of their table overlap.
pub(crate) const TOGETHER: usize = 32;

/// Counts codes. Reused from shape to shape, so that it stays in the cache.
pub(crate) struct Tally<C> {
    reached_at: u32,
    reached: Vec<C>,
    radix: u32,
    /// Count of every code there can be; empty if they are too many.
    cells: Vec<u32>,
    /// The table of codes; its first `len` places are in use.
    places: Vec<Place<C>>,
    len: usize,
    used: usize,
    epoch: u32,
}

/// A place of the open-addressing table; empty unless of the current epoch, so that nothing has to be cleared.
#[derive(Clone, Copy)]
struct Place<C> {
    code: C,
    count: u32,
    epoch: u32,
}

impl<C: Code> Tally<C> {
    /// `reached_at`: count from which a code is listed by [`Tally::reached`]; at least 1.
    pub(crate) fn new(radix: u32, reached_at: u64) -> Self {
        // no shape occurs so often that its count does not fit 32 bits
        let reached_at = u32::try_from(reached_at).unwrap_or(u32::MAX);
        let (cells, places) = (Vec::new(), Vec::new());
        Self { reached_at, reached: Vec::new(), radix, cells, places, len: 0, used: 0, epoch: 0 }
    }

    /// Counts the occurrences of the shape at `place` of a group under `labels`, all else forgotten.
    pub(crate) fn count(
        &mut self,
        group: &Group,
        place: usize,
        occurrences: &Occurrences<'_>,
        labels: &[u32],
    ) {
        let k = slot_nodes(group.slots[place]);
        self.clear(k, group.instances[place]);
        match (occurrences.kept(place), k) {
            (Some(rows), 3) => self.add_rows::<3>(rows, labels),
            (Some(rows), 4) => self.add_rows::<4>(rows, labels),
            (Some(rows), _) => self.add_rows::<5>(rows, labels),
            (None, _) => occurrences.each(place, |nodes| {
                let digits = nodes.iter().map(|&node| labels[node as usize]);
                self.add(digits.fold(C::ZERO, |code, digit| code.push(self.radix, digit)));
            }),
        }
    }

    /// Forgets all counts; `rows` occurrences of shapes with `k` events will come.
    fn clear(&mut self, k: usize, rows: u64) {
        self.reached.clear();
        self.cells.clear();
        let cells = u64::from(self.radix).checked_pow(k as u32);
        match cells.filter(|&cells| cells <= rows.saturating_mul(CELLS_PER_ROW)) {
            Some(cells) => self.cells.resize(cells as usize, 0),
            None => self.empty_table((2 * rows.clamp(8, START_PLACES / 2)).next_power_of_two() as usize),
        }
    }

    /// A table of `len` places, a power of two, all empty.
    fn empty_table(&mut self, len: usize) {
        if self.places.len() < len {
            self.places.resize(len, Place { code: C::ZERO, count: 0, epoch: 0 });
        }
        (self.len, self.used) = (len, 0);
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            // all numbers have been used: 0 is that of places never used
            self.places.iter_mut().for_each(|place| place.epoch = 0);
            self.epoch = 1;
        }
    }

    /// Counts the occurrences `rows`, `[n, K]` event numbers in time order, under `labels`.
    fn add_rows<const K: usize>(&mut self, rows: &[u32], labels: &[u32]) {
        let radix = self.radix;
        let code =
            |row: &[u32; K]| row.iter().fold(C::ZERO, |code, &node| code.push(radix, labels[node as usize]));
        let (rows, _) = rows.as_chunks::<K>();
        if !self.cells.is_empty() {
            return rows.iter().for_each(|row| self.add_flat(code(row)));
        }
        for rows in rows.chunks(TOGETHER) {
            let mut codes = [C::ZERO; TOGETHER];
            codes.iter_mut().zip(rows).for_each(|(to, row)| *to = code(row));
            self.warm(codes[..rows.len()].iter().copied());
            codes[..rows.len()].iter().for_each(|&code| self.add_hashed(code));
        }
    }

    /// Reads the places of some codes that will be asked for next: reads that do not wait for one another overlap,
    /// those behind a branch that is guessed wrong do not.
    pub(crate) fn warm(&self, codes: impl Iterator<Item = C>) {
        if self.cells.is_empty() {
            let epochs = codes.map(|code| self.places[self.start(code)].epoch);
            std::hint::black_box(epochs.fold(0, |all, epoch| all ^ epoch));
        }
    }

    /// Counts one occurrence.
    fn add(&mut self, code: C) {
        if self.cells.is_empty() { self.add_hashed(code) } else { self.add_flat(code) }
    }

    #[inline]
    fn add_flat(&mut self, code: C) {
        let count = &mut self.cells[code.index()];
        *count += 1;
        if *count == self.reached_at {
            self.reached.push(code);
        }
    }

    #[inline]
    fn add_hashed(&mut self, code: C) {
        let at = self.find(code);
        let place = &mut self.places[at];
        if place.epoch == self.epoch {
            place.count += 1;
        } else {
            *place = Place { code, count: 1, epoch: self.epoch };
            self.used += 1;
        }
        if place.count == self.reached_at {
            self.reached.push(code);
        }
        if self.used * 2 > self.len {
            self.double();
        }
    }

    /// Where the search for `code` starts.
    #[inline]
    fn start(&self, code: C) -> usize {
        (code.mix() >> (u64::BITS - self.len.trailing_zeros())) as usize
    }

    /// The place that holds `code`, or the empty one where it belongs.
    #[inline]
    fn find(&self, code: C) -> usize {
        let mut at = self.start(code);
        loop {
            let place = &self.places[at];
            if place.epoch != self.epoch || place.code == code {
                return at;
            }
            at = (at + 1) & (self.len - 1);
        }
    }

    #[cold]
    fn double(&mut self) {
        let held = |place: &&Place<C>| place.epoch == self.epoch;
        let held: Vec<Place<C>> = self.places[..self.len].iter().filter(held).copied().collect();
        self.empty_table(self.len * 2);
        self.used = held.len();
        for place in held {
            let at = self.find(place.code);
            self.places[at] = Place { epoch: self.epoch, ..place };
        }
    }

    /// Occurrences of `code`.
    pub(crate) fn get(&self, code: C) -> u32 {
        if !self.cells.is_empty() {
            return self.cells[code.index()];
        }
        let place = &self.places[self.find(code)];
        if place.epoch == self.epoch { place.count } else { 0 }
    }

    /// Number of codes that occur.
    pub(crate) fn distinct(&self) -> u64 {
        let held = self.cells.iter().filter(|&&count| count > 0).count();
        if self.cells.is_empty() { self.used as u64 } else { held as u64 }
    }

    /// Codes that occur at least `reached_at` times.
    pub(crate) fn reached(&self) -> &[C] {
        &self.reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn flat_and_hashed_counts_agree_with_a_map_and_forget_when_cleared() {
        fn check<C: Code + std::fmt::Debug>(radix: u32) {
            let mut tally = Tally::<C>::new(radix, 3);
            let mut numbers = crate::philox::Philox::new(u64::from(radix)).stream(0, 0);
            for rounds in [50_u32, 3_000, 20, 70_000] {
                let mut want = BTreeMap::new();
                tally.clear(3, u64::from(rounds));
                for _ in 0..rounds {
                    let skewed = |n: u32, m: u32| n.min(m);
                    let label = skewed(numbers.below(radix), numbers.below(radix));
                    let code = [label, 1, label / 2].iter().fold(C::ZERO, |c, &l| c.push(radix, l));
                    tally.add(code);
                    *want.entry(code).or_insert(0_u32) += 1;
                }
                assert!(want.iter().all(|(&code, &count)| tally.get(code) == count));
                assert_eq!(tally.get(C::ZERO), 0);
                let mut reached = tally.reached().to_vec();
                reached.sort();
                assert_eq!(
                    reached,
                    want.iter().filter(|&(_, &n)| n >= 3).map(|(&c, _)| c).collect::<Vec<_>>()
                );
            }
        }
        check::<u64>(3);
        check::<u64>(100_000);
        check::<u128>(100_000);
    }
}
