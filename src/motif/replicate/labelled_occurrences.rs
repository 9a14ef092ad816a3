//! The occurrences of a shape under several labellings, and the ways to count them.

use std::ops::Range;

use super::frequent::{Followed, Frequent, Scratch};
use super::lanes::LabelLanes;
use super::{LabelMask, Need, PerfectHash, Slot};
use crate::motif::census::Occurrences;
use crate::motif::pattern::LabelKey;

/// Occurrences passed on at a time if they are not kept but enumerated again.
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
    /// Number of events of an occurrence.
    pub(crate) fn nodes(&self) -> usize {
        self.k
    }

    /// Largest distance in event numbers from the first event of an occurrence to its last.
    pub(crate) fn span(&self) -> u32 {
        self.occurrences.span(self.k)
    }

    /// Counts the keys of all lanes. Must precede [`LabelledOccurrences::frequent`].
    pub(crate) fn count<L: LabelKey>(&self, hash: &PerfectHash<L>, scratch: &mut Scratch) {
        let is_kept = self.occurrences.kept(self.index).is_some();
        let (labels, bits, counter) = (self.labels, self.bits, &mut scratch.counter);
        counter.clear(hash, self.expected, self.lanes.clone(), is_kept);
        match self.k {
            3 => self.each(|rows: &[[u32; 3]]| counter.add(hash, rows, labels, bits)),
            4 => self.each(|rows: &[[u32; 4]]| counter.add(hash, rows, labels, bits)),
            _ => self.each(|rows: &[[u32; 5]]| counter.add(hash, rows, labels, bits)),
        }
    }

    /// The patterns of a lane with at least the counts that they need, and their event-disjoint counts. `on_taken`
    /// receives the index in [`Frequent::known`] and the first event of each occurrence taken of a known pattern.
    ///
    /// Only the occurrences of these patterns, and those of unknown keys in cells that reach the count needed, are
    /// read in detail: few if the counts needed are high.
    pub(crate) fn frequent<L: LabelKey>(
        &self,
        lane: usize,
        hash: &PerfectHash<L>,
        scratch: &mut Scratch,
        need: &Need<'_>,
        mut on_taken: impl FnMut(usize, u32),
    ) -> Frequent<L> {
        let mut followed = Followed::new(lane, scratch, need, self.span());
        if !followed.is_empty() {
            match self.k {
                3 => self.follow::<L, 3>(lane, hash, &mut followed, &mut on_taken),
                4 => self.follow::<L, 4>(lane, hash, &mut followed, &mut on_taken),
                _ => self.follow::<L, 5>(lane, hash, &mut followed, &mut on_taken),
            }
        }
        followed.finish(need)
    }

    fn follow<L: LabelKey, const K: usize>(
        &self,
        lane: usize,
        hash: &PerfectHash<L>,
        followed: &mut Followed<'_, L>,
        on_taken: &mut impl FnMut(usize, u32),
    ) {
        let mut key_of = |row: &[u32; K]| self.labels.key(row, lane, self.bits);
        if let Some(kept) = self.occurrences.kept(self.index) {
            let (rows, _) = kept.as_chunks::<K>();
            return followed.add(lane, rows, hash, &mut key_of, on_taken);
        }
        self.each(|rows: &[[u32; K]]| {
            followed.add_unindexed(rows, hash, &mut key_of, on_taken);
        });
    }

    /// Calls `visit` with the lane, the events and the slot of each occurrence that has a known key. Fast for few
    /// known keys: an occurrence with a label that `mask` excludes is skipped in all lanes at once.
    pub(crate) fn each_known<L: LabelKey>(
        &self,
        hash: &PerfectHash<L>,
        mask: &LabelMask,
        visit: &mut impl KnownVisitor,
    ) {
        let masks = &self.labels.masks(mask)[..];
        match self.k {
            3 => self.each(|rows: &[[u32; 3]]| self.look_up(rows, hash, masks, visit)),
            4 => self.each(|rows: &[[u32; 4]]| self.look_up(rows, hash, masks, visit)),
            _ => self.each(|rows: &[[u32; 5]]| self.look_up(rows, hash, masks, visit)),
        }
    }

    /// [`LabelledOccurrences::each_known`] for some occurrences; `masks` as [`LabelLanes::masks`].
    fn look_up<L: LabelKey, const K: usize>(
        &self,
        rows: &[[u32; K]],
        hash: &PerfectHash<L>,
        masks: &[u64],
        visit: &mut impl KnownVisitor,
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
                    let slot = hash.slot(self.labels.key(row, lane, self.bits));
                    if slot != hash.unknown_slot() {
                        visit.visit(lane, row, slot);
                    }
                }
            }
        }
    }

    /// Calls `visit` with the occurrences, many at a time.
    fn each<const K: usize>(&self, mut visit: impl FnMut(&[[u32; K]])) {
        if let Some(kept) = self.occurrences.kept(self.index) {
            return visit(kept.as_chunks::<K>().0);
        }
        let mut rows: Vec<[u32; K]> = Vec::with_capacity(ROWS_PER_CHUNK);
        self.occurrences.each(self.index, |nodes| {
            rows.extend(nodes.as_chunks::<K>().0);
            if rows.len() == ROWS_PER_CHUNK {
                visit(&rows);
                rows.clear();
            }
        });
        visit(&rows);
    }
}

/// Receives occurrences of known patterns.
pub(crate) trait KnownVisitor {
    /// Receives an occurrence of the pattern in `slot` in a lane.
    fn visit<const K: usize>(&mut self, lane: usize, events: &[u32; K], slot: Slot);
}
