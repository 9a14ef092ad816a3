//! The confirmation of patterns in held-out units.
//!
//! In each lot the candidates are the patterns whose score in the units that are not held out is at least the median
//! of the largest scores of their size in the replicates of the whole. They are chosen without the held-out units,
//! and tested in these by max-T over the candidates of the lot.

use super::by_graph::{Taken, graph_of_events};
use super::holdout::{LOTS, Lots};
use super::maxima::{Maxima, monte_carlo_p};
use super::score::Scale;
use super::track::TrackedGroup;
use super::{PatternOutcome, SignificanceTest, TestResult};
use crate::motif::MotifError;
use crate::motif::census::{Census, Occurrences, PatternIdx};
use crate::motif::null::NullRng;
use crate::motif::pattern::LabelKey;
use crate::motif::replicate::{
    LANES, LabelMask, LabelledOccurrences, Need, NeedBySlot, ProgressCounter, ReplicateVisitor, Scratch,
    Slot, TrackedShape,
};

/// The confirmation of one pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::motif) struct Confirmation {
    /// Family-wise p in the held-out units, combined over all lots.
    pub(in crate::motif) p: f64,
    /// Number of lots in which the pattern was a candidate.
    pub(in crate::motif) lots: u32,
}

/// A candidate of a lot.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    lot: usize,
    /// Scale of the score in the held-out units.
    scale: Scale,
    /// Score of the data there.
    score: f64,
}

/// Score of a pattern that occurs no more often than expected in the held-out units: nothing is confirmed.
const EXPECTED: f64 = 0.0;

impl SignificanceTest<'_> {
    /// The confirmation of each pattern of the census; the units are the graphs of this test's union. `result` is the
    /// result over all units.
    ///
    /// # Errors
    /// Those of [`IntervalJitter::draw`](crate::motif::null::IntervalJitter::draw).
    pub(in crate::motif) fn confirm(
        &self,
        census: &Census,
        result: &TestResult,
        lots: &Lots,
    ) -> Result<Vec<Confirmation>, MotifError> {
        if self.keys_fit_64_bits() {
            self.confirm_as::<u64>(census, result, lots)
        } else {
            self.confirm_as::<u128>(census, result, lots)
        }
    }

    fn confirm_as<L: LabelKey>(
        &self,
        census: &Census,
        result: &TestResult,
        lots: &Lots,
    ) -> Result<Vec<Confirmation>, MotifError> {
        let lots_of_event = lots_of_events(&graph_of_events(self.union), lots);
        let candidates = self.candidates::<L>(census, result, lots, &lots_of_event)?;
        let maxima: Vec<Maxima> = (0..lots.len()).map(|_| Maxima::new(self.iterations, EXPECTED)).collect();
        let is_candidate = |&index: &usize| !candidates[index].is_empty();
        let chosen: Vec<PatternIdx> = (0..candidates.len()).filter(is_candidate).map(PatternIdx).collect();
        self.track::<L>(census, &chosen, &mut |replicates, tracked| {
            let visitor = HeldOutScores::new(tracked, &chosen, &candidates, &lots_of_event, &maxima);
            let rng = NullRng::confirmation(self.seed);
            replicates.visit(rng, 0..self.iterations, &tracked.shapes, &visitor).map(|_| ())
        })?;
        let sorted = |maxima: &Maxima| {
            let mut values = maxima.values();
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        let maxima: Vec<Vec<f64>> = maxima.iter().map(sorted).collect();
        let confirmation = |of_pattern: &Vec<Candidate>| {
            let mut p_values = vec![1.0; lots.len()];
            for candidate in of_pattern.iter().filter(|candidate| candidate.score > EXPECTED) {
                p_values[candidate.lot] = monte_carlo_p(&maxima[candidate.lot], candidate.score);
            }
            Confirmation { p: lots.combine(&mut p_values), lots: of_pattern.len() as u32 }
        };
        Ok(candidates.iter().map(confirmation).collect())
    }

    /// For each pattern of the census, the lots in which it is a candidate.
    fn candidates<L: LabelKey>(
        &self,
        census: &Census,
        result: &TestResult,
        lots: &Lots,
        lots_of_event: &[u16],
    ) -> Result<Vec<Vec<Candidate>>, MotifError> {
        let mut candidates = vec![Vec::new(); census.patterns.len()];
        let replicates = f64::from(self.calibration);
        for group in &self.groups(census) {
            let targets = self.targets::<L>(group, census);
            let shapes = self.shapes(group, &targets, &[]);
            let occurrences = Occurrences::of(self.union, group);
            let progress = ProgressCounter::new(0, &|_, _| {});
            let source = self.replicates(group, &occurrences, &progress);
            let visitor = LotSums { shapes: &shapes, lots_of_event };
            let observed = source.visit_observed(&shapes, &visitor);
            let rng = NullRng::calibration(self.seed);
            let drawn = source.visit(rng, 0..self.calibration, &shapes, &visitor)?;
            for (at, (shape, targets)) in shapes.iter().zip(&targets).enumerate() {
                let median = result.median(group.shapes[shape.index].nodes());
                for (target, slot) in targets.iter().zip(&shape.targets) {
                    let PatternOutcome { scale, .. } = result.outcomes[target.pattern.0];
                    let (observed, drawn) = (&observed[at][slot.index()], &drawn[at][slot.index()]);
                    for lot in 0..lots.len() {
                        let mean = |sums: u64| sums as f64 / replicates;
                        let found = scale.with_mean(mean(drawn[TOTAL] - drawn[lot]));
                        if found.score((observed[TOTAL] - observed[lot]) as u32) >= median {
                            let scale = scale.with_mean(mean(drawn[lot]));
                            let score = scale.score(observed[lot] as u32);
                            candidates[target.pattern.0].push(Candidate { lot, scale, score });
                        }
                    }
                }
            }
        }
        Ok(candidates)
    }
}

/// For each event, bit `l`: its unit is held out in lot `l`.
fn lots_of_events(unit_of_event: &[u32], lots: &Lots) -> Vec<u16> {
    let of_unit = |unit: usize| {
        lots.held_out
            .iter()
            .enumerate()
            .fold(0, |bits, (lot, held_out)| bits | u16::from(held_out[unit]) << lot)
    };
    unit_of_event.iter().map(|&unit| of_unit(unit as usize)).collect()
}

/// Entry of the sum over all units, after those of the held-out units of each lot.
const TOTAL: usize = LOTS;

/// Sums of the event-disjoint counts of each slot, over the held-out units of each lot and over all units.
struct LotSums<'a, L> {
    shapes: &'a [TrackedShape<L>],
    lots_of_event: &'a [u16],
}

impl<L: LabelKey> ReplicateVisitor<L> for LotSums<'_, L> {
    type Acc = Vec<[u64; LOTS + 1]>;

    fn init(&self, shape: usize) -> Self::Acc {
        vec![[0; LOTS + 1]; self.shapes[shape].hash.slots()]
    }

    fn visit(
        &self,
        shape: usize,
        _: u32,
        occurrences: &LabelledOccurrences<'_>,
        scratch: &mut Scratch,
        sums: &mut Self::Acc,
    ) {
        let hash = &self.shapes[shape].hash;
        let by_slot = NeedBySlot::new(vec![1; hash.slots()]);
        let need = Need { by_slot: &by_slot, unknown: u32::MAX };
        occurrences.count(hash, scratch);
        // lots and number of each occurrence taken, by the number of its pattern among the known ones
        let mut taken: Vec<(usize, u16)> = Vec::new();
        for lane in occurrences.lanes.clone() {
            taken.clear();
            let on_taken = |known, first: u32| taken.push((known, self.lots_of_event[first as usize]));
            let frequent = occurrences.frequent(lane, hash, scratch, &need, on_taken);
            for &(known, lots) in &taken {
                let sums = &mut sums[frequent.known[known].pattern.index()];
                for (lot, sum) in sums[..LOTS].iter_mut().enumerate() {
                    *sum += u64::from(lots >> lot & 1);
                }
                sums[TOTAL] += 1;
            }
        }
    }

    fn merge(&self, sums: &mut Self::Acc, later: Self::Acc) {
        let pairs = sums.iter_mut().flatten().zip(later.into_iter().flatten());
        pairs.for_each(|(sum, later)| *sum += later);
    }
}

/// Finds the largest score of each replicate over the candidates of each lot, in the held-out units.
struct HeldOutScores<'a, L> {
    shapes: &'a [TrackedShape<L>],
    masks: &'a [LabelMask],
    /// For each shape and slot, the lots in which its pattern is a candidate.
    candidates: Vec<Vec<&'a [Candidate]>>,
    lots_of_event: &'a [u16],
    /// For each lot.
    maxima: &'a [Maxima],
}

impl<'a, L: LabelKey> HeldOutScores<'a, L> {
    fn new(
        tracked: &'a TrackedGroup<L>,
        chosen: &[PatternIdx],
        candidates: &'a [Vec<Candidate>],
        lots_of_event: &'a [u16],
        maxima: &'a [Maxima],
    ) -> Self {
        let of_slot = |position: &Option<usize>| -> &'a [Candidate] {
            position.map_or(&[], |position| &candidates[chosen[position].0])
        };
        let candidates = tracked.chosen.iter().map(|slots| slots.iter().map(of_slot).collect()).collect();
        Self { shapes: &tracked.shapes, masks: &tracked.masks, candidates, lots_of_event, maxima }
    }
}

impl<L: LabelKey> ReplicateVisitor<L> for HeldOutScores<'_, L> {
    /// Counts of the current replicates, `[lanes, slots]`, by lot.
    type Acc = Vec<[u32; LOTS]>;

    fn init(&self, shape: usize) -> Self::Acc {
        vec![[0; LOTS]; LANES * self.shapes[shape].hash.slots()]
    }

    fn visit(
        &self,
        shape: usize,
        first: u32,
        occurrences: &LabelledOccurrences<'_>,
        scratch: &mut Scratch,
        counts: &mut Self::Acc,
    ) {
        let hash = &self.shapes[shape].hash;
        let slots = hash.slots();
        counts.fill([0; LOTS]);
        scratch.disjoint.clear(LANES * slots, occurrences.span());
        let on_taken = |lane: usize, slot: Slot, first: u32| {
            let lots = self.lots_of_event[first as usize];
            for (lot, count) in counts[lane * slots + slot.index()].iter_mut().enumerate() {
                *count += u32::from(lots >> lot & 1);
            }
        };
        occurrences.each_known(hash, &self.masks[shape], &mut Taken { scratch, slots, on_taken });
        for lane in occurrences.lanes.clone() {
            let counts = &counts[lane * slots..][..slots];
            for (candidates, counts) in self.candidates[shape].iter().zip(counts) {
                for &Candidate { lot, scale, .. } in *candidates {
                    self.maxima[lot].raise(first + lane as u32, scale.score(counts[lot]));
                }
            }
        }
    }

    fn merge(&self, _: &mut Self::Acc, _: Self::Acc) {}
}
