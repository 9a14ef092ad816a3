//! Visitors of the data and the replicates, one for each phase of the test.

use std::ops::Range;

use super::maxima::Maxima;
use super::moments::{MomentSums, add_all};
use super::score::ShapeScales;
use crate::motif::pattern::LabelKey;
use crate::motif::replicate::{LabelledOccurrences, ReplicateVisitor, SketchCounter, TrackedShape};

/// The roots (lowest events) of all occurrences.
const ALL_ROOTS: Range<u32> = 0..u32::MAX;

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
        counter: &mut SketchCounter,
        reached: &mut Vec<L>,
    ) {
        let TrackedShape { hash, keys, targets, .. } = &self.shapes[shape];
        occurrences.clear(hash, counter);
        occurrences.count(ALL_ROOTS, hash, counter);
        for lane in occurrences.lanes.clone() {
            let counts = keys.iter().zip(counter.counts(lane, targets));
            reached.extend(counts.filter(|&(_, count)| count >= self.min_count).map(|(&key, _)| key));
            let unknown = occurrences.unknown_counts(lane, ALL_ROOTS, hash, counter, self.min_count);
            reached.extend(unknown.into_iter().map(|(key, _)| key));
        }
    }

    fn merge(&self, reached: &mut Vec<L>, mut later: Vec<L>) {
        reached.append(&mut later);
    }
}

/// Counts the tested patterns in the graphs that are not held out.
pub(super) struct DiscoveryCounts<'a, L> {
    pub(super) shapes: &'a [TrackedShape<L>],
    /// First event of the held-out graphs.
    pub(super) first_held_out: u32,
}

impl<L: LabelKey> ReplicateVisitor<L> for DiscoveryCounts<'_, L> {
    type Acc = Vec<u32>;

    fn init(&self, shape: usize) -> Vec<u32> {
        vec![0; self.shapes[shape].targets.len()]
    }

    fn visit(
        &self,
        shape: usize,
        _: u32,
        occurrences: &LabelledOccurrences<'_>,
        counter: &mut SketchCounter,
        counts: &mut Vec<u32>,
    ) {
        let TrackedShape { hash, targets, .. } = &self.shapes[shape];
        occurrences.clear(hash, counter);
        occurrences.count(0..self.first_held_out, hash, counter);
        for lane in occurrences.lanes.clone() {
            add_all(counts, &counter.counts(lane, targets));
        }
    }

    fn merge(&self, counts: &mut Vec<u32>, later: Vec<u32>) {
        add_all(counts, &later);
    }
}

/// Sums the counts of the common patterns: in all graphs, in those not held out, and in those held out.
pub(super) struct Calibration<'a, L> {
    pub(super) shapes: &'a [TrackedShape<L>],
    /// First event of the held-out graphs.
    pub(super) first_held_out: u32,
}

impl<L: LabelKey> ReplicateVisitor<L> for Calibration<'_, L> {
    type Acc = [MomentSums; 3];

    fn init(&self, shape: usize) -> [MomentSums; 3] {
        [(); 3].map(|()| MomentSums::new(self.shapes[shape].common.len()))
    }

    fn visit(
        &self,
        shape: usize,
        _: u32,
        occurrences: &LabelledOccurrences<'_>,
        counter: &mut SketchCounter,
        sums: &mut [MomentSums; 3],
    ) {
        let TrackedShape { hash, common, .. } = &self.shapes[shape];
        occurrences.clear(hash, counter);
        occurrences.count(0..self.first_held_out, hash, counter);
        let discovery: Vec<Vec<u32>> =
            occurrences.lanes.clone().map(|lane| counter.counts(lane, common)).collect();
        occurrences.count(self.first_held_out..u32::MAX, hash, counter);
        for (lane, discovery) in occurrences.lanes.clone().zip(&discovery) {
            let mut counts = counter.counts(lane, common);
            sums[0].add(&counts);
            sums[1].add(discovery);
            counts.iter_mut().zip(discovery).for_each(|(count, discovery)| *count -= discovery);
            sums[2].add(&counts);
        }
    }

    fn merge(&self, sums: &mut [MomentSums; 3], later: [MomentSums; 3]) {
        sums.iter_mut().zip(&later).for_each(|(sums, later)| sums.merge(later));
    }
}

/// Compares the counts of the tested patterns with those in the data, and finds the largest score of each replicate.
pub(super) struct MaxTTest<'a, L> {
    pub(super) shapes: &'a [TrackedShape<L>],
    /// For each shape, the scales in all graphs, in those not held out, and in those held out.
    pub(super) scales: &'a [[ShapeScales; 3]],
    /// For each shape, the count of each tested pattern in the data.
    pub(super) observed: &'a [Vec<u32>],
    /// First event of the held-out graphs, if there are any.
    pub(super) first_held_out: Option<u32>,
    pub(super) min_count: u32,
    /// Largest scores in all graphs.
    pub(super) maxima: &'a Maxima,
    /// Largest scores in the graphs that are not held out.
    pub(super) discovery: &'a Maxima,
}

/// Comparison of the counts of a shape's tested patterns in the replicates with those in the data.
pub(super) struct ReplicateComparison {
    pub(super) sums: MomentSums,
    /// For each pattern, the number of replicates with a count of at least that in the data.
    pub(super) count_ge: Vec<u32>,
    /// For each pattern, the number of replicates with a count of at most that in the data.
    pub(super) count_le: Vec<u32>,
}

impl<L: LabelKey> MaxTTest<'_, L> {
    /// Raises the maximum of a replicate to the largest score of the shape's patterns; `counter` must have counted
    /// exactly the occurrences of `roots`.
    fn raise(
        &self,
        maxima: &Maxima,
        iteration: u32,
        (shape, scales): (&TrackedShape<L>, &ShapeScales),
        (lane, roots): (usize, Range<u32>),
        occurrences: &LabelledOccurrences<'_>,
        counter: &SketchCounter,
    ) {
        // only scores above the maximum so far, perhaps raised by other shapes, matter
        let common = counter.counts(lane, &shape.common);
        let bound = scales.largest(&common, self.min_count, maxima.get(iteration));
        let known = counter.counts(lane, &shape.rare).into_iter().max();
        let least = scales.rare.least_above(bound).max(self.min_count);
        let unknown = occurrences.unknown_counts(lane, roots, &shape.hash, counter, least);
        let most = unknown.into_iter().map(|(_, count)| count).max().max(known);
        let of_rare = most.filter(|&count| count >= least).map(|count| scales.rare.score(count));
        maxima.raise(iteration, of_rare.unwrap_or(bound));
    }
}

impl<L: LabelKey> ReplicateVisitor<L> for MaxTTest<'_, L> {
    type Acc = ReplicateComparison;

    fn init(&self, shape: usize) -> ReplicateComparison {
        let targets = self.shapes[shape].targets.len();
        ReplicateComparison {
            sums: MomentSums::new(targets),
            count_ge: vec![0; targets],
            count_le: vec![0; targets],
        }
    }

    fn visit(
        &self,
        shape: usize,
        first: u32,
        occurrences: &LabelledOccurrences<'_>,
        counter: &mut SketchCounter,
        acc: &mut ReplicateComparison,
    ) {
        let observed = &self.observed[shape];
        let [all, discovery, _] = &self.scales[shape];
        let shape = &self.shapes[shape];
        occurrences.clear(&shape.hash, counter);
        let mut from = 0;
        if let Some(first_held_out) = self.first_held_out {
            occurrences.count(0..first_held_out, &shape.hash, counter);
            for lane in occurrences.lanes.clone() {
                let (iteration, at) = (first + lane as u32, (lane, 0..first_held_out));
                self.raise(self.discovery, iteration, (shape, discovery), at, occurrences, counter);
            }
            from = first_held_out;
        }
        occurrences.count(from..u32::MAX, &shape.hash, counter);
        for lane in occurrences.lanes.clone() {
            let (iteration, at) = (first + lane as u32, (lane, ALL_ROOTS));
            self.raise(self.maxima, iteration, (shape, all), at, occurrences, counter);
            let counts = counter.counts(lane, &shape.targets);
            acc.sums.add(&counts);
            for ((count_ge, &observed), &count) in acc.count_ge.iter_mut().zip(observed).zip(&counts) {
                *count_ge += u32::from(count >= observed);
            }
            for ((count_le, &observed), &count) in acc.count_le.iter_mut().zip(observed).zip(&counts) {
                *count_le += u32::from(count <= observed);
            }
        }
    }

    fn merge(&self, acc: &mut ReplicateComparison, later: ReplicateComparison) {
        acc.sums.merge(&later.sums);
        add_all(&mut acc.count_ge, &later.count_ge);
        add_all(&mut acc.count_le, &later.count_le);
    }
}
