//! The max-T test of candidate patterns in the held-out graphs.

use super::maxima::{Maxima, monte_carlo_p};
use super::score::Scale;
use super::track::TrackedGroup;
use super::{PatternOutcome, SignificanceTest};
use crate::motif::MotifError;
use crate::motif::census::{Census, PatternIdx};
use crate::motif::null::NullRng;
use crate::motif::pattern::LabelKey;
use crate::motif::replicate::{
    LANES, LabelMask, LabelledOccurrences, ReplicateVisitor, SketchCounter, TrackedShape,
};

impl SignificanceTest<'_> {
    /// Family-wise p of each candidate in the held-out graphs: max-T over the candidates, which must have been
    /// chosen from the other graphs alone.
    ///
    /// # Errors
    /// Those of [`IntervalJitter::draw`](crate::motif::null::IntervalJitter::draw).
    pub(in crate::motif) fn confirm(
        &self,
        census: &Census,
        outcomes: &[PatternOutcome],
        candidates: &[PatternIdx],
    ) -> Result<Vec<f64>, MotifError> {
        let maxima = Maxima::new(self.iterations);
        let scale = |candidate: PatternIdx| outcomes[candidate.0].held_out_scale;
        if self.keys_fit_64_bits() {
            self.confirm_as::<u64>(census, candidates, &scale, &maxima)?;
        } else {
            self.confirm_as::<u128>(census, candidates, &scale, &maxima)?;
        }
        let maxima = maxima.sorted();
        let p = |candidate: &PatternIdx| monte_carlo_p(&maxima, outcomes[candidate.0].held_out_score());
        Ok(candidates.iter().map(p).collect())
    }

    fn confirm_as<L: LabelKey>(
        &self,
        census: &Census,
        candidates: &[PatternIdx],
        scale: &dyn Fn(PatternIdx) -> Scale,
        maxima: &Maxima,
    ) -> Result<(), MotifError> {
        self.track::<L>(census, candidates, &mut |replicates, TrackedGroup { shapes, masks, patterns }| {
            let of_shape =
                |patterns: &Vec<Option<PatternIdx>>| patterns.iter().map(|p| p.map(scale)).collect();
            let scales = patterns.iter().map(of_shape).collect();
            let visitor =
                HoldoutMaxima { shapes, masks, scales, first_held_out: self.first_held_out, maxima };
            replicates.visit(NullRng::test(self.seed), 0..self.iterations, shapes, &visitor).map(|_| ())
        })
    }
}

/// Finds the largest score of each replicate over the candidates, in the held-out graphs.
struct HoldoutMaxima<'a, L> {
    shapes: &'a [TrackedShape<L>],
    masks: &'a [LabelMask],
    /// For each shape, the scale of the candidate in each slot.
    scales: Vec<Vec<Option<Scale>>>,
    /// First event of the held-out graphs.
    first_held_out: u32,
    maxima: &'a Maxima,
}

impl<L: LabelKey> ReplicateVisitor<L> for HoldoutMaxima<'_, L> {
    /// Counts of the current replicates, `[lanes, slots]`.
    type Acc = Vec<u32>;

    fn init(&self, shape: usize) -> Vec<u32> {
        vec![0; LANES * self.shapes[shape].hash.slots()]
    }

    fn visit(
        &self,
        shape: usize,
        first: u32,
        occurrences: &LabelledOccurrences<'_>,
        _: &mut SketchCounter,
        counts: &mut Vec<u32>,
    ) {
        let hash = &self.shapes[shape].hash;
        counts.fill(0);
        occurrences.each_known(self.first_held_out..u32::MAX, hash, &self.masks[shape], |lane, _, slot| {
            counts[lane * hash.slots() + slot.index()] += 1;
        });
        for lane in occurrences.lanes.clone() {
            let counts = &counts[lane * hash.slots()..][..hash.slots()];
            let scores = self.scales[shape].iter().zip(counts).filter_map(|(s, &n)| s.map(|s| s.score(n)));
            self.maxima.raise(first + lane as u32, scores.fold(f64::NEG_INFINITY, f64::max));
        }
    }

    fn merge(&self, _: &mut Vec<u32>, _: Vec<u32>) {}
}
