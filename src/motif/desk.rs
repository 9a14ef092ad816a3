//! Counts of one shape's patterns under some labellings: the inner loop of the nulls.

use std::ops::Range;

use super::code::Code;
use super::known::Known;
use super::lanes::{BATCH, LANES, Lanes};

/// Occurrences, of which a part is unknown, for each cell of the sketch.
const ROWS_PER_CELL: usize = 2;
/// Cells at most.
const MOST_CELLS: usize = 1 << 20;
/// Counters of all lanes that are counted together.
const COUNTERS: usize = 1 << 23;

/// Counts the codes of one shape, lane by lane: the known ones each in a place, all others in a sketch, a small table
/// of counters in which codes may share a cell: a cell that shows too little holds no code that occurs often enough.
/// Codes of the other cells, few if any, are then counted one by one. So every count is exact, and the loop over the
/// occurrences has no branch that depends on a label.
///
/// A counter is a byte, so that those of all lanes stay in the cache; the few that overflow go on elsewhere.
pub(super) struct Desk {
    lanes: Range<usize>,
    /// For each lane the counters of the known codes, and the cells of the unknown ones behind them; modulo 256.
    low: Vec<u8>,
    /// How often each has overflowed.
    high: Vec<u32>,
    /// Those that have: all else in `high` is 0.
    overflowed: Vec<u32>,
    /// Known places.
    places: usize,
    /// Counters of a lane.
    width: usize,
    cell_bits: u32,
}

impl Desk {
    pub(super) fn new() -> Self {
        let (low, high, overflowed) = (Vec::new(), Vec::new(), Vec::new());
        Self { lanes: 0..0, low, high, overflowed, places: 0, width: 0, cell_bits: 0 }
    }

    /// How many lanes are counted together, of about `rows` occurrences.
    pub(super) fn together<C: Code>(known: &Known<C>, rows: usize) -> usize {
        (COUNTERS / (known.places() + cells(rows))).clamp(1, LANES)
    }

    /// Forgets all counts; about `rows` occurrences will come, in these lanes.
    pub(super) fn clear<C: Code>(&mut self, known: &Known<C>, rows: usize, lanes: Range<usize>) {
        let cells = cells(rows);
        self.places = known.places();
        self.width = self.places + cells;
        self.cell_bits = cells.trailing_zeros();
        self.low.clear();
        self.low.resize(self.width * lanes.len(), 0);
        self.overflowed.drain(..).for_each(|at| self.high[at as usize] = 0);
        if self.high.len() < self.low.len() {
            self.high.resize(self.low.len(), 0);
        }
        self.lanes = lanes;
    }

    /// Counts occurrences `[n, K]` of event numbers under `labels` of `bits` bits.
    pub(super) fn add<C: Code, const K: usize>(
        &mut self,
        known: &Known<C>,
        rows: &[[u32; K]],
        labels: &Lanes,
        bits: u32,
    ) {
        let mut found = [0_u32; BATCH * LANES];
        if self.lanes.len() == 1 {
            // a draw of its own: the other lanes are not worth their codes
            let mut codes = [C::ZERO; BATCH * LANES];
            for rows in rows.chunks(codes.len()) {
                let mut to = codes.iter_mut();
                labels.each_code(rows, self.lanes.start, bits, |code| {
                    if let Some(to) = to.next() {
                        *to = code;
                    }
                });
                let found = &mut found[..rows.len()];
                known.look_up(&codes[..rows.len()], found, self.cell_bits);
                self.count(0, found.iter().copied());
            }
            return;
        }
        labels.each_batch(rows, bits, |codes: &[C]| {
            let found = &mut found[..codes.len()];
            known.look_up(codes, found, self.cell_bits);
            let found = found.as_chunks::<LANES>().0;
            for (at, lane) in self.lanes.clone().enumerate() {
                self.count(at, found.iter().map(|found| found[lane]));
            }
        });
    }

    /// Counts in the lane `at` what was found.
    #[inline]
    fn count(&mut self, at: usize, found: impl Iterator<Item = u32>) {
        let first = at * self.width;
        let low = &mut self.low[first..first + self.width];
        for place in found {
            let counter = &mut low[place as usize];
            *counter = counter.wrapping_add(1);
            if *counter == 0 {
                self.high[first + place as usize] += 1;
                self.overflowed.push(first as u32 + place);
            }
        }
    }

    /// Occurrences in a lane so far of the known codes that stand at `places`.
    pub(super) fn counts(&self, lane: usize, places: &[u32]) -> Vec<u32> {
        let counters = self.counters(lane);
        let low = &self.low[counters.clone()];
        if !self.has_overflowed(&counters) {
            return places.iter().map(|&place| low[place as usize].into()).collect();
        }
        let high = &self.high[counters];
        places.iter().map(|&place| high[place as usize] << 8 | u32::from(low[place as usize])).collect()
    }

    /// The sketch of a lane as it is now.
    pub(super) fn sketch(&self, lane: usize) -> Sketch<'_> {
        let counters = self.counters(lane);
        let cells = counters.start + self.places..counters.end;
        let high = self.has_overflowed(&cells).then(|| &self.high[cells.clone()]);
        Sketch { low: &self.low[cells], high, shift: u64::BITS - self.cell_bits }
    }

    fn counters(&self, lane: usize) -> Range<usize> {
        let start = (lane - self.lanes.start) * self.width;
        start..start + self.width
    }

    fn has_overflowed(&self, counters: &Range<usize>) -> bool {
        self.overflowed.iter().any(|&at| counters.contains(&(at as usize)))
    }
}

/// How often the unknown codes of a lane may have occurred.
pub(super) struct Sketch<'a> {
    low: &'a [u8],
    /// `None` if no cell has overflowed.
    high: Option<&'a [u32]>,
    shift: u32,
}

impl Sketch<'_> {
    /// Whether any may have occurred `count` times.
    pub(super) fn any_reaches(&self, count: u32) -> bool {
        let Some(high) = self.high else {
            let any = |count| self.low.iter().fold(false, |any, &cell| any | (cell >= count));
            return u8::try_from(count).is_ok_and(any);
        };
        let counts = self.low.iter().zip(high).map(|(&low, &high)| high << 8 | u32::from(low));
        counts.fold(false, |any, cell| any | (cell >= count))
    }

    /// Whether that of `hash` may have.
    #[inline]
    pub(super) fn reaches(&self, hash: u64, count: u32) -> bool {
        let cell = (hash >> self.shift) as usize;
        let high = self.high.map_or(0, |high| high[cell]);
        high << 8 | u32::from(self.low[cell]) >= count
    }
}

/// Cells of the sketch for about `rows` occurrences.
fn cells(rows: usize) -> usize {
    (rows / ROWS_PER_CELL).clamp(64, MOST_CELLS).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::super::code::label_bits;
    use super::*;
    use std::collections::BTreeMap;

    /// Counts known and unknown codes of `n` triples in some lanes and compares with maps, at half time and at the end.
    fn check<C: Code + std::fmt::Debug>(radix: u32, n: usize, know: fn(usize) -> bool) {
        let mut numbers = crate::philox::Philox::new(u64::from(radix)).stream(n as u32, 0);
        let rows: Vec<[u32; 3]> = (0..n).map(|_| std::array::from_fn(|_| numbers.below(997))).collect();
        let bits = label_bits(radix as usize);
        let mut labels = Lanes::new(997, radix as usize);
        let mut draw = |lane: usize| {
            let drawn: Vec<u32> = (0..997).map(|_| numbers.below(radix).min(numbers.below(radix))).collect();
            labels.set(lane, &drawn);
            let code = |row: &[u32; 3]| row.iter().fold(C::ZERO, |c, &v| c.append(bits, drawn[v as usize]));
            rows.iter().map(code).collect()
        };
        let codes: Vec<Vec<C>> = (0..LANES).map(&mut draw).collect();
        let mut all = codes[1].clone();
        all.sort_unstable();
        all.dedup();
        let chosen: Vec<C> = all.iter().enumerate().filter(|&(i, _)| know(i)).map(|(_, &c)| c).collect();
        let known = Known::of(&chosen, 3 * bits);
        let mut desk = Desk::new();
        for lanes in [0..LANES, 1..3, 7..8] {
            desk.clear(&known, n, lanes.clone());
            let half = n.div_ceil(2);
            for part in [0..half, half..n] {
                desk.add(&known, &rows[part.clone()], &labels, bits);
                for lane in lanes.clone() {
                    let mut want: BTreeMap<C, u32> = BTreeMap::new();
                    codes[lane][..part.end].iter().for_each(|&code| *want.entry(code).or_insert(0) += 1);
                    let places: Vec<u32> = chosen.iter().map(|&code| known.place(code) as u32).collect();
                    for (code, count) in chosen.iter().zip(desk.counts(lane, &places)) {
                        assert_eq!(count, want.get(code).copied().unwrap_or(0));
                    }
                    let sketch = desk.sketch(lane);
                    want.retain(|code, _| chosen.binary_search(code).is_err());
                    assert!(want.iter().all(|(&code, &count)| sketch.reaches(known.hash(code), count)));
                    assert!(want.values().max().is_none_or(|&most| sketch.any_reaches(most)));
                }
            }
            assert!(lanes.clone().all(|lane| !desk.sketch(lane).any_reaches(n as u32 + 1)));
        }
    }

    #[test]
    fn known_codes_are_counted_and_no_unknown_one_is_missed() {
        check::<u64>(3, 20_000, |i| i % 3 == 0);
        check::<u64>(60, 30_000, |i| i % 2 == 0);
        check::<u128>(60, 5_000, |_| false);
        check::<u64>(60, 5_000, |_| true);
        check::<u128>(70_000, 5_000, |i| i % 2 == 0);
        check::<u64>(900, 100_000, |i| i % 100 == 0);
        check::<u64>(3, 1, |_| false);
    }
}
