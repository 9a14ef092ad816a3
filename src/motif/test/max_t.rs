//! The max-T test of all patterns of a census against a null.
//!
//! # Why the family-wise p is exact
//! Under the null, data and replicates are exchangeable given what the null holds fixed (the labels of each block,
//! the transitions of each segment, or the events of each window). The calibration replicates are drawn independently
//! of both, so given them the score is a fixed function of a labelling: it is not fitted to the data. The tested
//! patterns are chosen by the data (patterns with `min_count` occurrences), and that choice is repeated in every
//! replicate: the largest score of a replicate is taken over the patterns that reach `min_count` *in that replicate*,
//! tested in the data or not. The largest scores of each size of patterns are standardised by their median and their
//! 95 % quantile over data and replicates together, which treats both alike. Hence the largest standardised score of
//! the data and those of the replicates are exchangeable too, and
//! `(1 + replicates whose largest score is at least the pattern's) / (1 + replicates)` bounds the chance of a
//! single false discovery (Westfall and Young 1993, single step). Scoring only the patterns tested in the data
//! would not bound it: of very many rare patterns some reach `min_count` by chance, and rarely the same ones in a
//! replicate.

use rayon::prelude::*;

use super::fdr::ScoreCounts;
use super::maxima::Maxima;
use super::result::{PatternOutcome, TestResult};
use super::scales::ShapeScales;
use super::score::{RareMeans, floor, label_shares};
use super::visitors::{Calibration, ReplicateScores, Screen};
use crate::motif::MotifError;
use crate::motif::census::{Census, Occurrences, PatternIdx, ShapeGroup, shape_groups};
use crate::motif::enumerate::ShapeIdx;
use crate::motif::graph::Union;
use crate::motif::null::{NullModel, NullRng};
use crate::motif::pattern::{LabelKey, Pattern, label_bits, label_limit};
use crate::motif::replicate::{PerfectHash, ProgressCounter, Replicates, Slot, TrackedShape};

/// Calibration replicates that decide which patterns are common, with their own mean and scale.
pub(super) const SCREENING_REPLICATES: u32 = 8;
/// A pattern is common if it reaches `min_count` in at least this number of them.
pub(super) const MIN_SCREENED: usize = 2;

/// The test of the patterns of a census against a null.
pub(in crate::motif) struct SignificanceTest<'a> {
    pub(in crate::motif) union: &'a Union,
    pub(in crate::motif) null: &'a NullModel<'a>,
    /// Smallest and largest number of events of a pattern.
    pub(in crate::motif) sizes: (usize, usize),
    /// Number of replicates.
    pub(in crate::motif) iterations: u32,
    /// Number of calibration replicates, which the scales are estimated from; at least one.
    pub(in crate::motif) calibration: u32,
    pub(in crate::motif) min_count: u64,
    pub(in crate::motif) seed: u64,
    /// Receives the work done and the total, in replicates times shapes.
    pub(in crate::motif) progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// A tested pattern: its key, and its index in the census.
#[derive(Clone, Copy)]
pub(super) struct Target<L> {
    pub(super) key: L,
    pub(super) pattern: PatternIdx,
}

/// What all groups of shapes add to.
struct Totals<'a> {
    /// The lowest score that is compared.
    floor: f64,
    maxima: &'a [Maxima; 3],
    counts: &'a ScoreCounts,
    label_shares: &'a [f64],
}

impl SignificanceTest<'_> {
    /// The result of the test: draws the replicates and compares the data with them.
    ///
    /// # Errors
    /// Those of [`IntervalJitter::draw`](crate::motif::null::IntervalJitter::draw).
    pub(in crate::motif) fn run(&self, census: &Census) -> Result<TestResult, MotifError> {
        if self.keys_fit_64_bits() { self.run_as::<u64>(census) } else { self.run_as::<u128>(census) }
    }

    /// The number of event-disjoint occurrences of each pattern of the census in the data.
    pub(in crate::motif) fn disjoint_counts(&self, census: &Census) -> Vec<u32> {
        if self.keys_fit_64_bits() {
            self.disjoint_counts_as::<u64>(census)
        } else {
            self.disjoint_counts_as::<u128>(census)
        }
    }

    fn disjoint_counts_as<L: LabelKey>(&self, census: &Census) -> Vec<u32> {
        let mut counts = vec![0; census.patterns.len()];
        for group in &shape_groups(&census.shape_counts) {
            let occurrences = Occurrences::of(self.union, group);
            let targets = self.targets::<L>(group, census);
            let shapes = self.shapes(group, &targets, &[]);
            let progress = ProgressCounter::new(0, &|_, _| {});
            let replicates = self.replicates(group, &occurrences, &progress);
            let observed = replicates.visit_observed(&shapes, &Calibration { shapes: &shapes });
            for ((sums, shape), targets) in observed.iter().zip(&shapes).zip(&targets) {
                for (target, slot) in targets.iter().zip(&shape.targets) {
                    counts[target.pattern.0] = sums.sum(slot.index()) as u32;
                }
            }
        }
        counts
    }

    /// Returns whether keys fit 64 bits; otherwise they fit 128, as the census has checked.
    pub(super) fn keys_fit_64_bits(&self) -> bool {
        self.union.vocabulary.len() <= label_limit::<u64>(self.sizes.1)
    }

    /// The shapes that can occur in a replicate, in groups that fit into memory.
    pub(super) fn groups(&self, census: &Census) -> Vec<ShapeGroup> {
        match self.null {
            NullModel::Labels(_) => shape_groups(&census.shape_counts),
            // redrawn times can give shapes that the data lack: a count of 1 includes them
            NullModel::Times(_) => {
                let (min, max) = self.sizes;
                let may_occur = |shape: ShapeIdx| (min..=max).contains(&shape.nodes());
                let counts = ShapeIdx::all().zip(&census.shape_counts);
                let counts = counts.map(|(shape, &n)| n.max(u64::from(may_occur(shape))));
                shape_groups(&counts.collect::<Vec<_>>())
            }
        }
    }

    fn run_as<L: LabelKey>(&self, census: &Census) -> Result<TestResult, MotifError> {
        let floor = floor(&census.shape_counts, self.union.vocabulary.len(), self.min_count);
        let maxima = [(); 3].map(|()| Maxima::new(self.iterations, floor));
        let counts = ScoreCounts::new(self.iterations, floor);
        let label_shares = label_shares(self.union);
        let totals = Totals { floor, maxima: &maxima, counts: &counts, label_shares: &label_shares };
        let mut outcomes = vec![PatternOutcome::default(); census.patterns.len()];
        let groups = self.groups(census);
        let shapes: usize = groups.iter().map(|group| group.shapes.len()).sum();
        let total = SCREENING_REPLICATES.min(self.calibration) + self.calibration + self.iterations;
        let progress = ProgressCounter::new(shapes as u64 * u64::from(total), self.progress);
        for group in &groups {
            let occurrences = Occurrences::of(self.union, group);
            let replicates = self.replicates(group, &occurrences, &progress);
            self.test_group::<L>(&replicates, census, &totals, &mut outcomes)?;
        }
        Ok(TestResult::new(census, outcomes, floor, &maxima, &counts))
    }

    /// The replicates of the null over a group of shapes.
    pub(super) fn replicates<'b>(
        &'b self,
        group: &'b ShapeGroup,
        occurrences: &'b Occurrences<'b>,
        progress: &'b ProgressCounter<'b>,
    ) -> Replicates<'b> {
        let Self { union, null, .. } = *self;
        Replicates { union, null, group, occurrences, progress }
    }

    fn test_group<L: LabelKey>(
        &self,
        replicates: &Replicates<'_>,
        census: &Census,
        totals: &Totals<'_>,
        outcomes: &mut [PatternOutcome],
    ) -> Result<(), MotifError> {
        let targets = self.targets::<L>(replicates.group, census);
        let common = self.common_keys(replicates, &targets)?;
        let shapes = self.shapes(replicates.group, &targets, &common);
        let calibration = Calibration { shapes: &shapes };
        let observed = replicates.visit_observed(&shapes, &calibration);
        let rng = NullRng::calibration(self.seed);
        let sums = replicates.visit(rng, 0..self.calibration, &shapes, &calibration)?;
        // only common patterns have a scale of their own: with few known keys the hash tables stay in the cache
        let no_targets: Vec<Vec<Target<L>>> = common.iter().map(|_| Vec::new()).collect();
        let common_shapes = self.shapes(replicates.group, &no_targets, &common);
        let scales: Vec<ShapeScales<'_>> = common_shapes
            .iter()
            .zip(shapes.iter().zip(&sums))
            .map(|(common, (shape, sums))| {
                let moments = |slot: &Slot| sums.moments(slot.index(), self.calibration);
                self.scales(replicates, common, shape.common.iter().map(moments), totals)
            })
            .collect();
        for (at, (shape, targets)) in shapes.iter().zip(&targets).enumerate() {
            let k = replicates.group.shapes[shape.index].nodes();
            for (target, &slot) in targets.iter().zip(&shape.targets) {
                let disjoint = observed[at].sum(slot.index()) as u32;
                let scale = scales[at].of_key(&common_shapes[at].hash, target.key);
                let score = scale.score(disjoint);
                totals.counts.add(None, k, score);
                let (null_mean, null_sd) = sums[at].mean_and_sd(slot.index(), self.calibration);
                outcomes[target.pattern.0] = PatternOutcome { disjoint, null_mean, null_sd, score, scale };
            }
        }
        let visitor = ReplicateScores {
            shapes: &common_shapes,
            scales: &scales,
            maxima: totals.maxima,
            counts: totals.counts,
        };
        let rng = NullRng::test(self.seed);
        replicates.visit(rng, 0..self.iterations, &common_shapes, &visitor).map(|_| ())
    }

    /// The scales of a shape whose known patterns are the common ones, with these means and variances.
    fn scales<'t, L: LabelKey>(
        &self,
        replicates: &Replicates<'_>,
        shape: &TrackedShape<L>,
        moments: impl Iterator<Item = (f64, f64)>,
        totals: &Totals<'t>,
    ) -> ShapeScales<'t> {
        let group = replicates.group;
        let digits = (label_bits(self.union.vocabulary.len()), group.shapes[shape.index].nodes());
        let rare =
            RareMeans::new(totals.label_shares, group.instances[shape.index], self.min_count(), digits);
        ShapeScales::new(shape, moments, rare, (totals.floor, self.min_count()))
    }

    /// `min_count` as counters have it: counts fit 32 bits (`Census::check_counters`).
    pub(super) fn min_count(&self) -> u32 {
        u32::try_from(self.min_count).unwrap_or(u32::MAX)
    }

    /// The keys of each shape's patterns that are common under the null ([`MIN_SCREENED`]), rising.
    fn common_keys<L: LabelKey>(
        &self,
        replicates: &Replicates<'_>,
        targets: &[Vec<Target<L>>],
    ) -> Result<Vec<Vec<L>>, MotifError> {
        let shapes = self.shapes(replicates.group, targets, &[]);
        let screen = Screen { shapes: &shapes, min_count: self.min_count() };
        let screening = SCREENING_REPLICATES.min(self.calibration);
        let reached = replicates.visit(NullRng::calibration(self.seed), 0..screening, &shapes, &screen)?;
        let often = |mut keys: Vec<L>| -> Vec<L> {
            keys.sort_unstable();
            let same = keys.chunk_by(|a, b| a == b).filter(|same| same.len() >= MIN_SCREENED);
            same.map(|same| same[0]).collect()
        };
        Ok(reached.into_par_iter().map(often).collect())
    }

    /// Each shape of a group with its tested patterns and those that are common.
    pub(super) fn shapes<L: LabelKey>(
        &self,
        group: &ShapeGroup,
        targets: &[Vec<Target<L>>],
        common: &[Vec<L>],
    ) -> Vec<TrackedShape<L>> {
        let label_bits = label_bits(self.union.vocabulary.len());
        let shape = |(index, targets): (usize, &Vec<Target<L>>)| {
            let common = common.get(index).map_or(&[][..], |keys| keys);
            let targets: Vec<L> = targets.iter().map(|target| target.key).collect();
            let mut keys = [&targets, common].concat();
            keys.sort_unstable();
            keys.dedup();
            let hash = PerfectHash::new(&keys, group.shapes[index].nodes() as u32 * label_bits);
            let slots = |keys: &[L]| -> Vec<Slot> { keys.iter().map(|&key| hash.slot(key)).collect() };
            let (targets, common) = (slots(&targets), slots(common));
            TrackedShape { index, hash, keys, targets, common }
        };
        targets.par_iter().enumerate().map(shape).collect()
    }

    /// The patterns of the census, by shape of the group.
    pub(super) fn targets<L: LabelKey>(&self, group: &ShapeGroup, census: &Census) -> Vec<Vec<Target<L>>> {
        let mut targets: Vec<Vec<Target<L>>> = vec![Vec::new(); group.shapes.len()];
        for (index, counted) in census.patterns.iter().enumerate() {
            let shape = counted.pattern.shape();
            if let Some(shape) = shape.and_then(|shape| group.index_of(shape)) {
                let pattern = PatternIdx(index);
                targets[shape].push(Target { key: self.key(&counted.pattern), pattern });
            }
        }
        targets
    }

    /// A pattern's labels as a key.
    pub(super) fn key<L: LabelKey>(&self, pattern: &Pattern) -> L {
        let digits = pattern.labels().iter().map(|&code| self.union.label_index(code));
        let bits = label_bits(self.union.vocabulary.len());
        digits.fold(L::ZERO, |key, digit| key.push_bits(bits, digit.0))
    }
}
