//! Visitors of the data and the replicates, one for each phase of the test.

use super::fdr::ScoreCounts;
use super::maxima::Maxima;
use super::moments::MomentSums;
use super::scales::ShapeScales;
use crate::motif::pattern::LabelKey;
use crate::motif::replicate::{
    LabelledOccurrences, Need, NeedBySlot, ReplicateVisitor, Scratch, TrackedShape,
};

/// Lists the keys of the patterns with at least `min_count`, once for each replicate in which they have it.
pub(super) struct Screen<'a, L> {
    pub(super) shapes: &'a [TrackedShape<L>],
    pub(super) min_count: u32,
}

impl<L: LabelKey> ReplicateVisitor<L> for Screen<'_, L> {
    type Acc = Vec<L>;

    fn init(&self, _: usize) -> Vec<L> {
        Vec::new()
    }

    fn visit(
        &self,
        shape: usize,
        _: u32,
        occurrences: &LabelledOccurrences<'_>,
        scratch: &mut Scratch,
        reached: &mut Vec<L>,
    ) {
        let TrackedShape { hash, keys, .. } = &self.shapes[shape];
        let key_of = hash.keys_by_slot(keys);
        let by_slot = NeedBySlot::new(vec![self.min_count; hash.slots()]);
        let need = Need { by_slot: &by_slot, unknown: self.min_count };
        occurrences.count(hash, scratch);
        for lane in occurrences.lanes.clone() {
            let frequent = occurrences.frequent(lane, hash, scratch, &need, |_, _| {});
            reached.extend(frequent.known.iter().filter_map(|known| key_of[known.pattern.index()]));
            reached.extend(frequent.unknown.iter().map(|unknown| unknown.pattern));
        }
    }

    fn merge(&self, reached: &mut Vec<L>, mut later: Vec<L>) {
        reached.append(&mut later);
    }
}

/// Sums the event-disjoint counts of the known patterns, by slot.
pub(super) struct Calibration<'a, L> {
    pub(super) shapes: &'a [TrackedShape<L>],
}

impl<L: LabelKey> ReplicateVisitor<L> for Calibration<'_, L> {
    type Acc = MomentSums;

    fn init(&self, shape: usize) -> MomentSums {
        MomentSums::new(self.shapes[shape].hash.slots())
    }

    fn visit(
        &self,
        shape: usize,
        _: u32,
        occurrences: &LabelledOccurrences<'_>,
        scratch: &mut Scratch,
        sums: &mut MomentSums,
    ) {
        let TrackedShape { hash, .. } = &self.shapes[shape];
        // an empty slot has a count of 0
        let by_slot = NeedBySlot::new(vec![1; hash.slots()]);
        let need = Need { by_slot: &by_slot, unknown: u32::MAX };
        occurrences.count(hash, scratch);
        for lane in occurrences.lanes.clone() {
            let frequent = occurrences.frequent(lane, hash, scratch, &need, |_, _| {});
            for known in &frequent.known {
                sums.add(known.pattern.index(), known.disjoint);
            }
        }
    }

    fn merge(&self, sums: &mut MomentSums, later: MomentSums) {
        sums.merge(&later);
    }
}

/// Finds the largest score of each replicate, and counts its patterns by score.
pub(super) struct ReplicateScores<'a, L> {
    pub(super) shapes: &'a [TrackedShape<L>],
    pub(super) scales: &'a [ShapeScales<'a>],
    /// Largest scores of the patterns of 3, 4 and 5 events.
    pub(super) maxima: &'a [Maxima; 3],
    pub(super) counts: &'a ScoreCounts,
}

impl<L: LabelKey> ReplicateVisitor<L> for ReplicateScores<'_, L> {
    type Acc = ();

    fn init(&self, _: usize) {}

    fn visit(
        &self,
        shape: usize,
        first: u32,
        occurrences: &LabelledOccurrences<'_>,
        scratch: &mut Scratch,
        (): &mut (),
    ) {
        let TrackedShape { hash, .. } = &self.shapes[shape];
        let scales = &self.scales[shape];
        let need = scales.need();
        let k = occurrences.nodes();
        occurrences.count(hash, scratch);
        for lane in occurrences.lanes.clone() {
            let replicate = first + lane as u32;
            let frequent = occurrences.frequent(lane, hash, scratch, &need, |_, _| {});
            let known = frequent.known.iter().map(|p| scales.of_slot(p.pattern).score(p.disjoint));
            let unknown = frequent.unknown.iter().map(|p| scales.of_unknown(p.pattern).score(p.disjoint));
            let mut largest = f64::NEG_INFINITY;
            for score in known.chain(unknown) {
                self.counts.add(Some(replicate), k, score);
                largest = largest.max(score);
            }
            self.maxima[k - 3].raise(replicate, largest);
        }
    }

    fn merge(&self, (): &mut (), (): ()) {}
}
