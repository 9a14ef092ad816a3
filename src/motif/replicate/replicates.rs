//! Replicates of a null: a visitor receives each shape's occurrences in each replicate.
//!
//! If only labels are drawn, the outer loop is over shapes and the inner one over replicates: the data of a shape
//! (its occurrences, known patterns and sums) then stay in the cache.

use std::ops::Range;

use rayon::prelude::*;

use super::lanes::{LANES, LabelLanes, in_groups};
use super::{LabelledOccurrences, PerfectHash, ProgressCounter, Scratch, SketchCounter, Slot};
use crate::motif::MotifError;
use crate::motif::census::{Occurrences, ShapeGroup};
use crate::motif::graph::{LabelIdx, Union};
use crate::motif::null::{IntervalJitter, LabelNull, NullModel, NullRng};
use crate::motif::pattern::{LabelKey, label_bits};

/// Bytes of drawn labels held at a time, unless [`LANES`] replicates need more.
pub(crate) const LABEL_BYTES: usize = 1 << 26;
/// Occurrences times replicates of one piece of parallel work: about ten milliseconds.
const COUNTS_PER_PIECE: u64 = 4_000_000;

/// A shape and those of its patterns that are tracked through the replicates.
pub(crate) struct TrackedShape<L> {
    /// Index of the shape in its group.
    pub(crate) index: usize,
    /// The known patterns: those that are tested, common, or both.
    pub(crate) hash: PerfectHash<L>,
    /// Keys of the known patterns.
    pub(crate) keys: Vec<L>,
    /// Slots of the tested patterns, in the order of the census.
    pub(crate) targets: Vec<Slot>,
    /// Slots of the patterns that are common under the null.
    pub(crate) common: Vec<Slot>,
}

/// Receives the replicates of each shape and accumulates a result.
pub(crate) trait ReplicateVisitor<L>: Sync {
    /// Accumulated result of one shape.
    type Acc: Send;

    /// The result before any replicate. `shape` is an index into the tracked shapes.
    fn init(&self, shape: usize) -> Self::Acc;

    /// Receives some replicates of a shape: lane l has the labels of replicate `first + l`.
    fn visit(
        &self,
        shape: usize,
        first: u32,
        occurrences: &LabelledOccurrences<'_>,
        scratch: &mut Scratch,
        acc: &mut Self::Acc,
    );

    /// Merges the result of later replicates into `acc`.
    fn merge(&self, acc: &mut Self::Acc, later: Self::Acc);
}

/// The replicates of one null over one group of shapes.
pub(crate) struct Replicates<'a> {
    pub(crate) union: &'a Union,
    pub(crate) null: &'a NullModel<'a>,
    pub(crate) group: &'a ShapeGroup,
    pub(crate) occurrences: &'a Occurrences<'a>,
    pub(crate) progress: &'a ProgressCounter<'a>,
}

impl Replicates<'_> {
    /// The results of the visitor for the data themselves, by tracked shape.
    pub(crate) fn visit_observed<L: LabelKey, V: ReplicateVisitor<L>>(
        &self,
        shapes: &[TrackedShape<L>],
        visitor: &V,
    ) -> Vec<V::Acc> {
        let labels = LabelLanes::single(&self.union.labels, self.union.vocabulary.len());
        let one = |scratch: &mut Scratch, (at, shape): (usize, &TrackedShape<L>)| {
            let mut acc = visitor.init(at);
            let occurrences = self.labelled(self.occurrences, shape.index, &labels, 0..1);
            visitor.visit(at, 0, &occurrences, scratch, &mut acc);
            acc
        };
        shapes.par_iter().enumerate().map_init(Scratch::new, one).collect()
    }

    /// The results of the visitor for the replicates `iterations`, by tracked shape.
    ///
    /// # Errors
    /// Those of [`IntervalJitter::draw`].
    pub(crate) fn visit<L: LabelKey, V: ReplicateVisitor<L>>(
        &self,
        rng: NullRng,
        iterations: Range<u32>,
        shapes: &[TrackedShape<L>],
        visitor: &V,
    ) -> Result<Vec<V::Acc>, MotifError> {
        match self.null {
            NullModel::Labels(null) => Ok(self.visit_labels(null, rng, iterations, shapes, visitor)),
            NullModel::Times(null) => self.visit_times(null, rng, iterations, shapes, visitor),
        }
    }

    /// [`Replicates::visit`] for a null that draws labels and keeps the edges.
    fn visit_labels<L: LabelKey, V: ReplicateVisitor<L>>(
        &self,
        null: &LabelNull,
        rng: NullRng,
        iterations: Range<u32>,
        shapes: &[TrackedShape<L>],
        visitor: &V,
    ) -> Vec<V::Acc> {
        let mut accs: Vec<V::Acc> = (0..shapes.len()).map(|at| visitor.init(at)).collect();
        let (observed, vocabulary) = (&self.union.labels, self.union.vocabulary.len());
        let lanes_bytes = observed.len() * LabelLanes::bytes_per_event(vocabulary);
        let replicates_at_a_time =
            (LABEL_BYTES / lanes_bytes.max(1)).clamp(1, u32::MAX as usize / LANES) * LANES;
        let next = |first: u32, n: usize| first..iterations.end.min(first.saturating_add(n as u32));
        for first in iterations.clone().step_by(replicates_at_a_time) {
            let draw = |labelling: &mut Vec<LabelIdx>, first: u32| {
                let replicates = next(first, LANES);
                let mut lanes = LabelLanes::new(observed.len(), vocabulary);
                for (lane, iteration) in replicates.clone().enumerate() {
                    null.draw(rng, iteration, observed, labelling);
                    lanes.set(lane, labelling);
                }
                (replicates, lanes)
            };
            let firsts: Vec<u32> = next(first, replicates_at_a_time).step_by(LANES).collect();
            let labels: Vec<LabelBatch> = firsts.into_par_iter().map_init(Vec::new, draw).collect();
            self.visit_batches(&labels, shapes, visitor, &mut accs);
        }
        accs
    }

    /// Visits drawn labels, in parallel, and merges the results into `accs`.
    fn visit_batches<L: LabelKey, V: ReplicateVisitor<L>>(
        &self,
        labels: &[LabelBatch],
        shapes: &[TrackedShape<L>],
        visitor: &V,
        accs: &mut [V::Acc],
    ) {
        type Piece<'p> = (usize, &'p [LabelBatch]);
        let pieces: Vec<Piece<'_>> = shapes
            .iter()
            .enumerate()
            .flat_map(|(at, shape)| {
                let replicates = COUNTS_PER_PIECE / self.group.instances[shape.index].max(1);
                let batches = usize::try_from(replicates).unwrap_or(usize::MAX) / LANES;
                labels.chunks(batches.max(1)).map(move |piece| (at, piece))
            })
            .collect();
        let one = |scratch: &mut Scratch, &(at, piece): &Piece<'_>| {
            let mut acc = visitor.init(at);
            let index = shapes[at].index;
            let max_lanes = SketchCounter::max_lanes(&shapes[at].hash, self.group.instances[index] as usize);
            for (replicates, labels) in piece {
                for lanes in in_groups(replicates.len(), max_lanes) {
                    let occurrences = self.labelled(self.occurrences, index, labels, lanes);
                    visitor.visit(at, replicates.start, &occurrences, scratch, &mut acc);
                }
                self.progress.add(replicates.len() as u64);
            }
            acc
        };
        let of_pieces: Vec<V::Acc> = pieces.par_iter().map_init(Scratch::new, one).collect();
        for ((at, _), later) in pieces.iter().zip(of_pieces) {
            visitor.merge(&mut accs[*at], later);
        }
    }

    /// [`Replicates::visit`] for a null that redraws times and relinks events, in parallel over replicates.
    fn visit_times<L: LabelKey, V: ReplicateVisitor<L>>(
        &self,
        null: &IntervalJitter<'_>,
        rng: NullRng,
        iterations: Range<u32>,
        shapes: &[TrackedShape<L>],
        visitor: &V,
    ) -> Result<Vec<V::Acc>, MotifError> {
        let mut accs: Vec<V::Acc> = (0..shapes.len()).map(|at| visitor.init(at)).collect();
        let threads = rayon::current_num_threads() as u32;
        let piece_len = (iterations.len() as u32).div_ceil(threads.saturating_mul(4)).max(1);
        let firsts: Vec<u32> = iterations.clone().step_by(piece_len as usize).collect();
        let one = |&first: &u32| {
            let piece = first..iterations.end.min(first.saturating_add(piece_len));
            self.visit_times_piece(null, rng, piece, shapes, visitor)
        };
        for later in firsts.par_iter().map(one).collect::<Result<Vec<_>, _>>()? {
            accs.iter_mut().zip(later).for_each(|(acc, later)| visitor.merge(acc, later));
        }
        Ok(accs)
    }

    /// The results for the replicates `piece`, on one thread.
    fn visit_times_piece<L: LabelKey, V: ReplicateVisitor<L>>(
        &self,
        null: &IntervalJitter<'_>,
        rng: NullRng,
        piece: Range<u32>,
        shapes: &[TrackedShape<L>],
        visitor: &V,
    ) -> Result<Vec<V::Acc>, MotifError> {
        let mut scratch = Scratch::new();
        let mut accs: Vec<V::Acc> = (0..shapes.len()).map(|at| visitor.init(at)).collect();
        for iteration in piece {
            let union = null.draw(rng, iteration)?;
            let occurrences = Occurrences::of(&union, self.group);
            let labels = LabelLanes::single(&union.labels, self.union.vocabulary.len());
            for (at, (shape, acc)) in shapes.iter().zip(&mut accs).enumerate() {
                let occurrences = self.labelled(&occurrences, shape.index, &labels, 0..1);
                if occurrences.expected > 0 || !shape.targets.is_empty() {
                    visitor.visit(at, iteration, &occurrences, &mut scratch, acc);
                }
            }
            self.progress.add(shapes.len() as u64);
        }
        Ok(accs)
    }

    /// The occurrences of the `index`-th shape of the group under the labellings in `lanes`.
    fn labelled<'b>(
        &self,
        occurrences: &'b Occurrences<'b>,
        index: usize,
        labels: &'b LabelLanes,
        lanes: Range<usize>,
    ) -> LabelledOccurrences<'b> {
        let k = self.group.shapes[index].nodes();
        let kept = occurrences.kept(index).map(|kept| kept.len() / k);
        LabelledOccurrences {
            occurrences,
            index,
            expected: kept.unwrap_or(self.group.instances[index] as usize),
            k,
            labels,
            lanes,
            bits: label_bits(self.union.vocabulary.len()),
        }
    }
}

/// Up to [`LANES`] consecutive replicates, and their labels.
type LabelBatch = (Range<u32>, LabelLanes);
