//! The patterns of one labelling that occur often enough, with the number of their event-disjoint occurrences.

use super::disjoint::DisjointCounts;
use super::kept_counters::LaneCounters;
use super::{Need, PerfectHash, SketchCounter, Slot};
use crate::motif::pattern::LabelKey;

/// A pattern and its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted<P> {
    pub(crate) pattern: P,
    pub(crate) count: u32,
    /// Number of event-disjoint occurrences.
    pub(crate) disjoint: u32,
}

/// The patterns of a labelling that reach the counts that they need.
pub(crate) struct Frequent<L> {
    /// Known patterns, by slot.
    pub(crate) known: Vec<Counted<Slot>>,
    /// Unknown patterns by key, in no particular order.
    pub(crate) unknown: Vec<Counted<L>>,
}

/// Buffers that are used from shape to shape.
pub(crate) struct Scratch {
    pub(crate) counter: SketchCounter,
    pub(crate) disjoint: DisjointCounts,
    /// For each counter of a lane, whether it is followed; in none of them between two lanes. Its length is a power of
    /// two.
    is_followed: Vec<bool>,
    /// For each counter that is followed, the number of its pattern; of the last one found in a cell, or
    /// [`NO_PATTERN`].
    numbers: Vec<u32>,
    /// Positions of the occurrences of a chunk that are followed.
    kept: Box<[u16; CHUNK]>,
}

/// Occurrences looked through at a time, a power of two.
const CHUNK: usize = 512;
/// The number of no pattern.
const NO_PATTERN: u32 = u32::MAX;

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            counter: SketchCounter::new(),
            disjoint: DisjointCounts::new(),
            is_followed: vec![false],
            numbers: Vec::new(),
            kept: Box::new([0; CHUNK]),
        }
    }
}

/// The patterns that are read in detail in one lane.
pub(super) struct Followed<'a, L> {
    counter: &'a SketchCounter,
    is_followed: &'a mut [bool],
    kept: &'a mut [u16; CHUNK],
    /// Counters of the cells that are followed.
    cells: Vec<u32>,
    patterns: FollowedPatterns<'a, L>,
}

/// The patterns that are followed, numbered: the known ones, then the unknown ones as they are found.
struct FollowedPatterns<'a, L> {
    disjoint: &'a mut DisjointCounts,
    /// Number of slots: a counter at or above it is a cell, and the key of an occurrence tells its pattern.
    slots: u32,
    /// As [`Scratch::numbers`].
    numbers: &'a mut [u32],
    /// Slot and count of each known pattern.
    known: Vec<(Slot, u32)>,
    unknown: Vec<Unknown<L>>,
}

/// An unknown pattern.
struct Unknown<L> {
    key: L,
    count: u32,
    /// The number of the pattern found before it in the same cell, or [`NO_PATTERN`].
    before: u32,
}

impl<'a, L: LabelKey> Followed<'a, L> {
    pub(super) fn new(lane: usize, scratch: &'a mut Scratch, need: &Need<'_>, span: u32) -> Self {
        let Scratch { counter, disjoint, is_followed, numbers, kept } = scratch;
        counter.select(lane);
        if is_followed.len() < counter.width() {
            is_followed.resize(counter.width().next_power_of_two(), false);
        }
        numbers.resize(is_followed.len(), NO_PATTERN);
        let mut known = Vec::new();
        counter.each_slot(need.by_slot, |slot, count| {
            is_followed[slot.index()] = true;
            numbers[slot.index()] = known.len() as u32;
            known.push((slot, count));
        });
        let mut cells = Vec::new();
        if need.unknown < u32::MAX {
            counter.each_cell(need.unknown, |counter| {
                is_followed[counter as usize] = true;
                numbers[counter as usize] = NO_PATTERN;
                cells.push(counter);
            });
        }
        disjoint.clear(known.len(), span);
        let patterns =
            FollowedPatterns { disjoint, slots: counter.slots() as u32, numbers, known, unknown: Vec::new() };
        Self { counter, is_followed, kept, cells, patterns }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.known.is_empty() && self.cells.is_empty()
    }

    /// Adds all occurrences; faster if the sketch counter has kept their counters.
    pub(super) fn add<const K: usize>(
        &mut self,
        lane: usize,
        rows: &[[u32; K]],
        hash: &PerfectHash<L>,
        key: &mut impl FnMut(&[u32; K]) -> L,
        on_taken: &mut impl FnMut(usize, u32),
    ) {
        let Self { counter, is_followed, kept, patterns, .. } = self;
        let mut add = |row: &[u32; K], index: u32| patterns.add(row, index, || key(row), on_taken);
        match counter.kept(lane) {
            Some(LaneCounters::Short(indices)) => each_followed(rows, indices, is_followed, kept, &mut add),
            Some(LaneCounters::Long(indices)) => each_followed(rows, indices, is_followed, kept, &mut add),
            None => self.add_unindexed(rows, hash, key, on_taken),
        }
    }

    /// Adds occurrences whose counters were not kept.
    pub(super) fn add_unindexed<const K: usize>(
        &mut self,
        rows: &[[u32; K]],
        hash: &PerfectHash<L>,
        key: &mut impl FnMut(&[u32; K]) -> L,
        on_taken: &mut impl FnMut(usize, u32),
    ) {
        for row in rows {
            let of_row = key(row);
            let index = self.counter.index(hash, of_row);
            if self.is_followed[index as usize] {
                self.patterns.add(row, index, || of_row, on_taken);
            }
        }
    }

    /// The counts; clears the marks.
    pub(super) fn finish(self, need: &Need<'_>) -> Frequent<L> {
        let Self { is_followed, cells, patterns, .. } = self;
        patterns.known.iter().for_each(|(slot, _)| is_followed[slot.index()] = false);
        cells.iter().for_each(|&cell| is_followed[cell as usize] = false);
        let FollowedPatterns { disjoint, known, unknown, .. } = patterns;
        let of_known = known.iter().zip(0..);
        let of_unknown = unknown.iter().zip(known.len()..).filter(|(p, _)| p.count >= need.unknown);
        let of_known = of_known.map(|(&(pattern, count), number)| {
            let disjoint = disjoint.count(number);
            Counted { pattern, count, disjoint }
        });
        let of_unknown = of_unknown.map(|(&Unknown { key, count, .. }, number)| {
            let disjoint = disjoint.count(number);
            Counted { pattern: key, count, disjoint }
        });
        Frequent { known: of_known.collect(), unknown: of_unknown.collect() }
    }
}

impl<L: LabelKey> FollowedPatterns<'_, L> {
    /// Adds an occurrence of the followed counter `index`.
    #[inline]
    fn add<const K: usize>(
        &mut self,
        row: &[u32; K],
        index: u32,
        key: impl FnOnce() -> L,
        on_taken: &mut impl FnMut(usize, u32),
    ) {
        if index >= self.slots {
            return self.add_unknown(row, index, key());
        }
        let number = self.numbers[index as usize] as usize;
        if self.disjoint.add(number, row) {
            on_taken(number, row[0]);
        }
    }

    fn add_unknown<const K: usize>(&mut self, row: &[u32; K], index: u32, key: L) {
        let Self { disjoint, numbers, known, unknown, .. } = self;
        let latest = &mut numbers[index as usize];
        let mut number = *latest;
        while number != NO_PATTERN && unknown[number as usize - known.len()].key != key {
            number = unknown[number as usize - known.len()].before;
        }
        if number == NO_PATTERN {
            number = disjoint.push() as u32;
            unknown.push(Unknown { key, count: 0, before: *latest });
            *latest = number;
        }
        unknown[number as usize - known.len()].count += 1;
        disjoint.add(number as usize, row);
    }
}

/// Calls `add` with the occurrences whose counters are followed, and these counters.
fn each_followed<const K: usize, I: Copy + Into<u32>>(
    rows: &[[u32; K]],
    indices: &[I],
    is_followed: &[bool],
    kept: &mut [u16; CHUNK],
    add: &mut impl FnMut(&[u32; K], u32),
) {
    // a table of a power of two and an index below it: no bounds to check
    let mask = is_followed.len() - 1;
    let is_followed = &is_followed[..=mask];
    for (rows, indices) in rows.chunks(CHUNK).zip(indices.chunks(CHUNK)) {
        // the few occurrences that are followed, found without a branch
        let mut n = 0;
        for (at, &index) in indices.iter().enumerate() {
            kept[n & (CHUNK - 1)] = at as u16;
            n += usize::from(is_followed[index.into() as usize & mask]);
        }
        kept[..n].iter().for_each(|&at| add(&rows[usize::from(at)], indices[usize::from(at)].into()));
    }
}
