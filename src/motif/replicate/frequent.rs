//! The patterns of one labelling that occur often enough, with the number of their event-disjoint occurrences.

use super::disjoint::DisjointCounts;
use super::sketch_counter::LaneIndices;
use super::{NeedBySlot, PerfectHash, SketchCounter, Slot};
use crate::motif::pattern::{KeyMap, LabelKey};

/// Counts that a pattern needs to be read in detail.
pub(crate) struct Need<'a> {
    /// For each slot; `u32::MAX` for a pattern that is never read, and for an empty slot.
    pub(crate) by_slot: &'a NeedBySlot,
    /// For the unknown patterns; `u32::MAX`: they are never read.
    pub(crate) unknown: u32,
}

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
    /// For each counter of a lane, what it is followed as; [`NOT_FOLLOWED`] in all of them between two lanes. Its
    /// length is a power of two.
    followed: Vec<u32>,
    /// Position and number of the occurrences of a chunk that are followed.
    kept: Box<[(u32, u32); CHUNK]>,
}

/// Occurrences looked through at a time, a power of two.
const CHUNK: usize = 512;

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            counter: SketchCounter::new(),
            disjoint: DisjointCounts::new(),
            followed: vec![NOT_FOLLOWED],
            kept: Box::new([(0, 0); CHUNK]),
        }
    }
}

/// An entry of [`Scratch::followed`] for a counter that is not followed.
const NOT_FOLLOWED: u32 = u32::MAX;
/// An entry for a cell of the sketch: the key of the occurrence tells the pattern.
const CELL: u32 = u32::MAX - 1;

/// The patterns that are read in detail in one lane.
pub(super) struct Followed<'a, L> {
    counter: &'a SketchCounter,
    followed: &'a mut [u32],
    kept: &'a mut [(u32, u32); CHUNK],
    /// Cells that are followed.
    cells: Vec<u32>,
    patterns: FollowedPatterns<'a, L>,
}

/// The patterns that are followed, numbered: the known ones, then the unknown ones as they are found.
struct FollowedPatterns<'a, L> {
    disjoint: &'a mut DisjointCounts,
    /// Slot and count of each known pattern.
    known: Vec<(Slot, u32)>,
    /// Key and count of each unknown pattern.
    unknown: Vec<(L, u32)>,
    /// The number of each unknown pattern.
    numbers: KeyMap<L, u32>,
}

impl<'a, L: LabelKey> Followed<'a, L> {
    pub(super) fn new(lane: usize, scratch: &'a mut Scratch, need: &Need<'_>, span: u32) -> Self {
        let Scratch { counter, disjoint, followed, kept } = scratch;
        if followed.len() < counter.width() {
            followed.resize(counter.width().next_power_of_two(), NOT_FOLLOWED);
        }
        let mut known = Vec::new();
        counter.each_slot(lane, need.by_slot, |slot, count| {
            followed[slot.index()] = known.len() as u32;
            known.push((slot, count));
        });
        let mut cells = Vec::new();
        if need.unknown < u32::MAX {
            counter.each_cell(lane, need.unknown, |counter| {
                followed[counter as usize] = CELL;
                cells.push(counter);
            });
        }
        disjoint.clear(known.len(), span);
        let patterns = FollowedPatterns { disjoint, known, unknown: Vec::new(), numbers: KeyMap::default() };
        Self { counter, followed, kept, cells, patterns }
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
        let Self { counter, followed, kept, patterns, .. } = self;
        let mut add = |row: &[u32; K], number: u32| patterns.add(row, number, || key(row), on_taken);
        match counter.indices(lane) {
            Some(LaneIndices::Short(indices)) => each_followed(rows, indices, followed, kept, &mut add),
            Some(LaneIndices::Long(indices)) => each_followed(rows, indices, followed, kept, &mut add),
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
            let number = self.followed[self.counter.index(hash, of_row) as usize];
            if number != NOT_FOLLOWED {
                self.patterns.add(row, number, || of_row, on_taken);
            }
        }
    }

    /// The counts; clears the marks.
    pub(super) fn finish(self, need: &Need<'_>) -> Frequent<L> {
        let Self { followed, cells, patterns, .. } = self;
        patterns.known.iter().for_each(|(slot, _)| followed[slot.index()] = NOT_FOLLOWED);
        cells.iter().for_each(|&cell| followed[cell as usize] = NOT_FOLLOWED);
        let FollowedPatterns { disjoint, known, unknown, .. } = patterns;
        let of_known = known.iter().zip(0..);
        let of_unknown = unknown.iter().zip(known.len()..).filter(|((_, count), _)| *count >= need.unknown);
        Frequent {
            known: of_known.map(|(&pattern, number)| counted(pattern, disjoint.count(number))).collect(),
            unknown: of_unknown.map(|(&pattern, number)| counted(pattern, disjoint.count(number))).collect(),
        }
    }
}

impl<L: LabelKey> FollowedPatterns<'_, L> {
    /// Adds an occurrence of a followed counter.
    #[inline]
    fn add<const K: usize>(
        &mut self,
        row: &[u32; K],
        number: u32,
        key: impl FnOnce() -> L,
        on_taken: &mut impl FnMut(usize, u32),
    ) {
        if number == CELL {
            self.add_unknown(row, key());
        } else if self.disjoint.add(number as usize, row) {
            on_taken(number as usize, row[0]);
        }
    }

    fn add_unknown<const K: usize>(&mut self, row: &[u32; K], key: L) {
        let Self { disjoint, known, unknown, numbers } = self;
        let number = *numbers.entry(key).or_insert_with(|| {
            unknown.push((key, 0));
            disjoint.push() as u32
        });
        unknown[number as usize - known.len()].1 += 1;
        disjoint.add(number as usize, row);
    }
}

fn counted<P>((pattern, count): (P, u32), disjoint: u32) -> Counted<P> {
    Counted { pattern, count, disjoint }
}

/// Calls `add` with the occurrences whose counters are followed, and what they are followed as.
fn each_followed<const K: usize, I: Copy + Into<u32>>(
    rows: &[[u32; K]],
    indices: &[I],
    followed: &[u32],
    kept: &mut [(u32, u32); CHUNK],
    add: &mut impl FnMut(&[u32; K], u32),
) {
    // a table of a power of two and an index below it: no bounds to check
    let mask = followed.len() - 1;
    let followed = &followed[..=mask];
    for (rows, indices) in rows.chunks(CHUNK).zip(indices.chunks(CHUNK)) {
        // the few occurrences that are followed, found without a branch
        let mut n = 0;
        for (at, &index) in indices.iter().enumerate() {
            let index: u32 = index.into();
            let number = followed[index as usize & mask];
            kept[n & (CHUNK - 1)] = (at as u32, number);
            n += usize::from(number != NOT_FOLLOWED);
        }
        kept[..n].iter().for_each(|&(at, number)| add(&rows[at as usize], number));
    }
}
