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
    scratch: &'a mut Scratch,
    /// Slot and count of each known pattern.
    known: Vec<(Slot, u32)>,
    /// Cells that are followed.
    cells: Vec<u32>,
    /// For each unknown key in these cells, its number after the known patterns.
    numbers: KeyMap<L, u32>,
    /// Key and count of each unknown pattern.
    unknown: Vec<(L, u32)>,
}

impl<'a, L: LabelKey> Followed<'a, L> {
    pub(super) fn new(lane: usize, scratch: &'a mut Scratch, need: &Need<'_>, span: u32) -> Self {
        let Scratch { counter, disjoint, followed, .. } = scratch;
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
        Self { scratch, known, cells, numbers: KeyMap::default(), unknown: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.cells.is_empty()
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
        let Self { scratch: Scratch { counter, disjoint, followed, kept }, numbers, unknown, known, .. } =
            self;
        let mut add = |row: &[u32; K], number: u32| {
            if number == CELL {
                add_unknown(disjoint, numbers, unknown, known.len(), key(row), row);
            } else if disjoint.add(number as usize, row) {
                on_taken(number as usize, row[0]);
            }
        };
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
        let Self { scratch: Scratch { counter, disjoint, followed, .. }, numbers, unknown, known, .. } = self;
        for row in rows {
            let of_row = key(row);
            let number = followed[counter.index(hash, of_row) as usize];
            if number == NOT_FOLLOWED {
                continue;
            }
            if number != CELL {
                if disjoint.add(number as usize, row) {
                    on_taken(number as usize, row[0]);
                }
            } else {
                add_unknown(disjoint, numbers, unknown, known.len(), of_row, row);
            }
        }
    }

    /// The counts; clears the marks.
    pub(super) fn finish(self, need: &Need<'_>) -> Frequent<L> {
        let Scratch { disjoint, followed, .. } = self.scratch;
        self.known.iter().for_each(|(slot, _)| followed[slot.index()] = NOT_FOLLOWED);
        self.cells.iter().for_each(|&cell| followed[cell as usize] = NOT_FOLLOWED);
        let first_unknown = self.known.len();
        let known = self.known.into_iter().enumerate();
        let known =
            known.map(|(i, (pattern, count))| Counted { pattern, count, disjoint: disjoint.count(i) });
        let unknown = self.unknown.into_iter().enumerate().map(|(i, (pattern, count))| Counted {
            pattern,
            count,
            disjoint: disjoint.count(first_unknown + i),
        });
        Frequent { known: known.collect(), unknown: unknown.filter(|p| p.count >= need.unknown).collect() }
    }
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

fn add_unknown<L: LabelKey, const K: usize>(
    disjoint: &mut DisjointCounts,
    numbers: &mut KeyMap<L, u32>,
    unknown: &mut Vec<(L, u32)>,
    first: usize,
    key: L,
    row: &[u32; K],
) {
    let number = *numbers.entry(key).or_insert_with(|| {
        unknown.push((key, 0));
        disjoint.push() as u32
    });
    unknown[number as usize - first].1 += 1;
    disjoint.add(number as usize, row);
}
