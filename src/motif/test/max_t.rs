//! The max-T test of all patterns of a census against a null.
//!
//! # Why the family-wise p is exact
//! Under the null, data and replicates are exchangeable given what the null holds fixed (the labels of each block,
//! or the events of each window). The calibration replicates are drawn independently of both, so given them the
//! score is a fixed function of a labelling: it is not fitted to the data. The tested patterns are chosen by the
//! data (patterns with `min_count` occurrences), and that choice is repeated in every replicate: the largest score
//! of a replicate is taken over the patterns that reach `min_count` *in that replicate*, tested in the data or not.
//! Hence the largest score of the data and those of the replicates are exchangeable too, and
//! `(1 + replicates whose largest score is at least the pattern's) / (1 + replicates)` bounds the chance of a
//! single false discovery (Westfall and Young 1993, single step). Scoring only the patterns tested in the data
//! would not bound it: of very many rare patterns some reach `min_count` by chance, and rarely the same ones in a
//! replicate.
//!
//! The same holds for the graphs that are not held out, by themselves. The held-out graphs choose no patterns.

use rayon::prelude::*;

use super::maxima::Maxima;
use super::moments::MomentSums;
use super::score::ShapeScales;
use super::visitors::{Calibration, DiscoveryCounts, MaxTTest, ReplicateComparison, Screen};
use super::{PatternOutcome, TestResult};
use crate::motif::MotifError;
use crate::motif::census::{Census, Occurrences, PatternIdx, ShapeGroup, shape_groups};
use crate::motif::enumerate::ShapeIdx;
use crate::motif::graph::Union;
use crate::motif::null::{NullModel, NullRng};
use crate::motif::pattern::{KeyMap, LabelKey, Pattern, label_bits, label_limit};
use crate::motif::replicate::{PerfectHash, ProgressCounter, Replicates, Slot, TrackedShape};

/// Replicates that the scales are estimated from: a standard deviation is then known to 7 %, for a tenth of the
/// default work.
const CALIBRATION_REPLICATES: u32 = 100;
/// Calibration replicates that decide which patterns are common, with their own mean and scale.
pub(super) const SCREENING_REPLICATES: u32 = 8;
/// A pattern is common if it reaches `min_count` in at least this number of them; the others are rare, with a mean of
/// about 1 or less.
pub(super) const MIN_SCREENED: usize = 2;

/// The test of the patterns of a census against a null.
pub(in crate::motif) struct SignificanceTest<'a> {
    pub(in crate::motif) union: &'a Union,
    pub(in crate::motif) null: &'a NullModel<'a>,
    /// Smallest and largest number of events of a pattern.
    pub(in crate::motif) sizes: (usize, usize),
    /// Number of replicates.
    pub(in crate::motif) iterations: u32,
    pub(in crate::motif) min_count: u64,
    pub(in crate::motif) seed: u64,
    /// First event of the held-out graphs; the number of events if none is held out.
    pub(in crate::motif) first_held_out: u32,
    /// Receives the work done and the total, in replicates times shapes.
    pub(in crate::motif) progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// A tested pattern: its key, and its index in the census.
#[derive(Clone, Copy)]
struct Target<L> {
    key: L,
    pattern: PatternIdx,
}

impl SignificanceTest<'_> {
    /// The result of the test: draws the replicates and compares the data with them.
    ///
    /// # Errors
    /// Those of [`IntervalJitter::draw`](crate::motif::null::IntervalJitter::draw).
    pub(in crate::motif) fn run(&self, census: &Census) -> Result<TestResult, MotifError> {
        if self.keys_fit_64_bits() { self.run_as::<u64>(census) } else { self.run_as::<u128>(census) }
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
        let (maxima, discovery) = (Maxima::new(self.iterations), Maxima::new(self.iterations));
        let mut outcomes = vec![PatternOutcome::default(); census.patterns.len()];
        let groups = self.groups(census);
        let calibration = self.iterations.min(CALIBRATION_REPLICATES);
        let shapes: usize = groups.iter().map(|group| group.shapes.len()).sum();
        let total = SCREENING_REPLICATES.min(calibration) + calibration + self.iterations;
        let progress = ProgressCounter::new(shapes as u64 * u64::from(total), self.progress);
        for group in &groups {
            let occurrences = Occurrences::of(self.union, group);
            let replicates = self.replicates(group, &occurrences, &progress);
            self.test_group::<L>(&replicates, census, calibration, (&maxima, &discovery), &mut outcomes)?;
        }
        Ok(TestResult { outcomes, maxima: maxima.sorted(), discovery_maxima: discovery.sorted() })
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
        calibration: u32,
        (maxima, discovery): (&Maxima, &Maxima),
        outcomes: &mut [PatternOutcome],
    ) -> Result<(), MotifError> {
        let targets = self.targets::<L>(replicates.group, census);
        let first_held_out = self.first_held_out;
        let min_count = u32::try_from(self.min_count).unwrap_or(u32::MAX);

        let shapes = self.screen(replicates, &targets, calibration, min_count)?;
        let discovery_counts =
            replicates.visit_observed(&shapes, &DiscoveryCounts { shapes: &shapes, first_held_out });
        let scales = self.calibrate(replicates, &shapes, calibration)?;
        // counts fit 32 bits (Census::check_counters)
        let count = |target: &Target<L>| census.patterns[target.pattern.0].count as u32;
        let observed: Vec<Vec<u32>> =
            targets.iter().map(|targets| targets.iter().map(count).collect()).collect();
        let test = MaxTTest {
            shapes: &shapes,
            scales: &scales,
            observed: &observed,
            first_held_out: (first_held_out < self.union.nodes()).then_some(first_held_out),
            min_count,
            maxima,
            discovery,
        };
        let compared = replicates.visit(NullRng::test(self.seed), 0..self.iterations, &shapes, &test)?;
        for (at, (targets, compared)) in targets.iter().zip(&compared).enumerate() {
            let counts = observed[at].iter().copied().zip(discovery_counts[at].iter().copied());
            let of_shape = self.outcomes(&shapes[at], &scales[at], compared, counts, min_count);
            targets.iter().zip(of_shape).for_each(|(target, outcome)| outcomes[target.pattern.0] = outcome);
        }
        Ok(())
    }

    /// The shapes with their tested patterns and those that are common under the null ([`MIN_SCREENED`]).
    fn screen<L: LabelKey>(
        &self,
        replicates: &Replicates<'_>,
        targets: &[Vec<Target<L>>],
        calibration: u32,
        min_count: u32,
    ) -> Result<Vec<TrackedShape<L>>, MotifError> {
        let shapes = self.shapes(replicates.group, targets, &[]);
        let screen = Screen { shapes: &shapes, min_count };
        let rng = NullRng::calibration(self.seed);
        let reached = replicates.visit(rng, 0..SCREENING_REPLICATES.min(calibration), &shapes, &screen)?;
        let often = |mut keys: Vec<L>| -> Vec<L> {
            keys.sort_unstable();
            keys.chunk_by(|a, b| a == b)
                .filter(|same| same.len() >= MIN_SCREENED)
                .map(|same| same[0])
                .collect()
        };
        let common: Vec<Vec<L>> = reached.into_par_iter().map(often).collect();
        Ok(self.shapes(replicates.group, targets, &common))
    }

    /// For each shape, the scales in all graphs, in those not held out, and in those held out.
    fn calibrate<L: LabelKey>(
        &self,
        replicates: &Replicates<'_>,
        shapes: &[TrackedShape<L>],
        calibration: u32,
    ) -> Result<Vec<[ShapeScales; 3]>, MotifError> {
        let rng = NullRng::calibration(self.seed);
        let visitor = Calibration { shapes, first_held_out: self.first_held_out };
        let sums = replicates.visit(rng, 0..calibration, shapes, &visitor)?;
        let scales = |sums: &[MomentSums; 3]| {
            [0, 1, 2].map(|part| ShapeScales::of(&sums[part].all_moments(calibration).collect::<Vec<_>>()))
        };
        Ok(sums.iter().map(scales).collect())
    }

    /// The outcomes of the tested patterns of a shape; `counts` are those of each pattern in the data: in all
    /// graphs, and in those not held out.
    fn outcomes<L: LabelKey>(
        &self,
        shape: &TrackedShape<L>,
        scales: &[ShapeScales; 3],
        compared: &ReplicateComparison,
        counts: impl Iterator<Item = (u32, u32)>,
        min_count: u32,
    ) -> Vec<PatternOutcome> {
        let common: KeyMap<Slot, usize> =
            shape.common.iter().enumerate().map(|(i, &slot)| (slot, i)).collect();
        let outcome = |(i, (slot, (count, discovery_count))): (usize, (&Slot, (u32, u32)))| {
            let scale = |part: usize| common.get(slot).map_or(scales[part].rare, |&i| scales[part].get(i));
            let (null_mean, null_sd) = compared.sums.mean_and_sd(i, self.iterations);
            PatternOutcome {
                count_ge: compared.count_ge[i],
                count_le: compared.count_le[i],
                null_mean,
                null_sd,
                score: scale(0).score(count),
                discovery_score: (discovery_count >= min_count).then(|| scale(1).score(discovery_count)),
                held_out_count: count - discovery_count,
                held_out_scale: scale(2),
            }
        };
        shape.targets.iter().zip(counts).enumerate().map(outcome).collect()
    }

    /// Each shape of a group with its tested patterns and those that are common.
    fn shapes<L: LabelKey>(
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
            let rare = keys.iter().filter(|key| common.binary_search(key).is_err());
            let rare: Vec<Slot> = rare.map(|&key| hash.slot(key)).collect();
            let slots = |keys: &[L]| keys.iter().map(|&key| hash.slot(key)).collect();
            let (targets, common) = (slots(&targets), slots(common));
            TrackedShape { index, hash, keys, targets, common, rare }
        };
        targets.par_iter().enumerate().map(shape).collect()
    }

    /// The patterns of the census, by shape of the group.
    fn targets<L: LabelKey>(&self, group: &ShapeGroup, census: &Census) -> Vec<Vec<Target<L>>> {
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
