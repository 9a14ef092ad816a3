//! The occurrences of a shape under several labellings, and the ways to count them.

use std::ops::Range;

use super::lanes::LabelLanes;
use super::{LabelMask, PerfectHash, SketchCounter, Slot};
use crate::motif::census::Occurrences;
use crate::motif::pattern::{KeyMap, LabelKey};

/// Occurrences passed to a visitor at a time if they are not kept but enumerated again.
const ROWS_PER_CHUNK: usize = 1 << 14;

/// The occurrences of a shape under several labellings, one lane each. A known key is one that the [`PerfectHash`]
/// holds.
pub(crate) struct LabelledOccurrences<'a> {
    pub(super) occurrences: &'a Occurrences<'a>,
    /// Index of the shape in its group.
    pub(super) index: usize,
    /// Number of occurrences; if they are not kept, the number in the data.
    pub(super) expected: usize,
    /// Number of events of an occurrence.
    pub(super) k: usize,
    pub(super) labels: &'a LabelLanes,
    /// The lanes in use.
    pub(crate) lanes: Range<usize>,
    /// Bits of a label in a key.
    pub(super) bits: u32,
}

impl LabelledOccurrences<'_> {
    /// Clears the counter for these occurrences.
    pub(crate) fn clear<L: LabelKey>(&self, hash: &PerfectHash<L>, counter: &mut SketchCounter) {
        counter.clear(hash, self.expected, self.lanes.clone());
    }

    /// Counts the occurrences whose first event is one of `roots`.
    pub(crate) fn count<L: LabelKey>(
        &self,
        roots: Range<u32>,
        hash: &PerfectHash<L>,
        counter: &mut SketchCounter,
    ) {
        let (labels, bits) = (self.labels, self.bits);
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| counter.add(hash, rows, labels, bits)),
            4 => self.each(roots, |rows: &[[u32; 4]]| counter.add(hash, rows, labels, bits)),
            _ => self.each(roots, |rows: &[[u32; 5]]| counter.add(hash, rows, labels, bits)),
        }
    }

    /// The unknown keys that occur at least `count` times in a lane, and their counts; `counter` must have counted
    /// exactly the occurrences of `roots`. Cheap if `count` is high: then few cells of the sketch reach it.
    pub(crate) fn unknown_counts<L: LabelKey>(
        &self,
        lane: usize,
        roots: Range<u32>,
        hash: &PerfectHash<L>,
        counter: &SketchCounter,
        count: u32,
    ) -> Vec<(L, u32)> {
        let sketch = counter.sketch(lane);
        if !sketch.any_may_reach(count) {
            return Vec::new();
        }
        let mut counts: KeyMap<L, u32> = KeyMap::default();
        let mut add = |key: L| {
            if sketch.may_reach(hash.hash(key), count) && hash.slot(key) == hash.unknown_slot() {
                *counts.entry(key).or_insert(0) += 1;
            }
        };
        let (labels, bits) = (self.labels, self.bits);
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| labels.each_key(rows, lane, bits, &mut add)),
            4 => self.each(roots, |rows: &[[u32; 4]]| labels.each_key(rows, lane, bits, &mut add)),
            _ => self.each(roots, |rows: &[[u32; 5]]| labels.each_key(rows, lane, bits, &mut add)),
        }
        counts.into_iter().filter(|&(_, n)| n >= count).collect()
    }

    /// Calls `visit` with the lane, the first event and the slot of each occurrence that has a known key and its
    /// first event in `roots`. Fast for few known keys: an occurrence with a label that `mask` excludes is skipped
    /// in all lanes at once.
    pub(crate) fn each_known<L: LabelKey>(
        &self,
        roots: Range<u32>,
        hash: &PerfectHash<L>,
        mask: &LabelMask,
        mut visit: impl FnMut(usize, u32, Slot),
    ) {
        let masks = &self.labels.masks(mask)[..];
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| self.look_up(rows, hash, masks, &mut visit)),
            4 => self.each(roots, |rows: &[[u32; 4]]| self.look_up(rows, hash, masks, &mut visit)),
            _ => self.each(roots, |rows: &[[u32; 5]]| self.look_up(rows, hash, masks, &mut visit)),
        }
    }

    /// [`LabelledOccurrences::each_known`] for some occurrences; `masks` as [`LabelLanes::masks`].
    fn look_up<L: LabelKey, const K: usize>(
        &self,
        rows: &[[u32; K]],
        hash: &PerfectHash<L>,
        masks: &[u64],
        visit: &mut impl FnMut(usize, u32, Slot),
    ) {
        // the lowest bit of each lane
        const ONES: u64 = u64::MAX / 0xFF;
        for row in rows {
            let mut allowed = ONES;
            for (rank, &event) in row.iter().enumerate() {
                allowed &= masks[event as usize] >> rank;
            }
            while allowed != 0 {
                let lane = (allowed.trailing_zeros() / u8::BITS) as usize;
                allowed &= allowed - 1;
                if self.lanes.contains(&lane) {
                    self.labels.each_key(std::slice::from_ref(row), lane, self.bits, |key| {
                        let slot = hash.slot(key);
                        if slot != hash.unknown_slot() {
                            visit(lane, row[0], slot);
                        }
                    });
                }
            }
        }
    }

    /// Calls `visit` with the occurrences whose first event is one of `roots`, many at a time.
    fn each<const K: usize>(&self, roots: Range<u32>, mut visit: impl FnMut(&[[u32; K]])) {
        if let Some(kept) = self.occurrences.kept(self.index) {
            let (rows, _) = kept.as_chunks::<K>();
            let first = |root: u32| rows.partition_point(|row| row[0] < root);
            return visit(&rows[first(roots.start)..first(roots.end)]);
        }
        let mut rows: Vec<[u32; K]> = Vec::with_capacity(ROWS_PER_CHUNK);
        self.occurrences.each(self.index, |nodes| {
            if roots.contains(&nodes[0]) {
                rows.extend(nodes.as_chunks::<K>().0);
                if rows.len() == ROWS_PER_CHUNK {
                    visit(&rows);
                    rows.clear();
                }
            }
        });
        visit(&rows);
    }
}
