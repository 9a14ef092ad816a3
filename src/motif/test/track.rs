//! A second pass over the data and the replicates, for chosen patterns only.

use super::SignificanceTest;
use crate::motif::MotifError;
use crate::motif::census::{Census, Occurrences, PatternIdx};
use crate::motif::pattern::{LabelKey, label_bits};
use crate::motif::replicate::{LabelMask, PerfectHash, ProgressCounter, Replicates, TrackedShape};

/// The shapes of a group that have at least one chosen pattern.
pub(super) struct TrackedGroup<L> {
    pub(super) shapes: Vec<TrackedShape<L>>,
    /// Labels of the chosen patterns of each shape.
    pub(super) masks: Vec<LabelMask>,
    /// For each shape, the position in the choice of the pattern in each slot.
    pub(super) chosen: Vec<Vec<Option<usize>>>,
}

/// Receives the replicates over a group of shapes, and the chosen patterns of the group.
type OnGroup<'a, L> = dyn FnMut(&Replicates<'_>, &TrackedGroup<L>) -> Result<(), MotifError> + 'a;

impl SignificanceTest<'_> {
    /// Calls `on_group` for each group of shapes that has at least one of the `chosen` patterns.
    pub(super) fn track<L: LabelKey>(
        &self,
        census: &Census,
        chosen: &[PatternIdx],
        on_group: &mut OnGroup<'_, L>,
    ) -> Result<(), MotifError> {
        for group in &self.groups(census) {
            let mut of_shape: Vec<Vec<(L, usize)>> = vec![Vec::new(); group.shapes.len()];
            for (position, &pattern) in chosen.iter().enumerate() {
                let shape = census.pattern(pattern).shape();
                if let Some(index) = shape.and_then(|shape| group.index_of(shape)) {
                    of_shape[index].push((self.key(census.pattern(pattern)), position));
                }
            }
            let mut tracked = TrackedGroup { shapes: Vec::new(), masks: Vec::new(), chosen: Vec::new() };
            for (index, chosen) in of_shape.iter().enumerate().filter(|(_, chosen)| !chosen.is_empty()) {
                let keys: Vec<L> = chosen.iter().map(|&(key, _)| key).collect();
                let (labels, k) = (self.union.vocabulary.len(), group.shapes[index].nodes());
                let hash = PerfectHash::new(&keys, k as u32 * label_bits(labels));
                let mut positions = vec![None; hash.slots()];
                chosen.iter().for_each(|&(key, position)| positions[hash.slot(key).index()] = Some(position));
                let targets = keys.iter().map(|&key| hash.slot(key)).collect();
                tracked.masks.push(LabelMask::new(&keys, labels, k));
                tracked.shapes.push(TrackedShape { index, hash, keys, targets, common: Vec::new() });
                tracked.chosen.push(positions);
            }
            if !tracked.shapes.is_empty() {
                let occurrences = Occurrences::of(self.union, group);
                let progress = ProgressCounter::new(0, &|_, _| {});
                on_group(&self.replicates(group, &occurrences, &progress), &tracked)?;
            }
        }
        Ok(())
    }
}
