//! The null that a configuration names.

use super::{IntervalJitter, NullRng, StratifiedPermutation, TransitionShuffle};
use crate::motif::graph::{LabelIdx, MotifGraph, Union};
use crate::motif::{MotifConfig, MotifError, Null};

/// A null over the graphs of a run, ready to draw replicates.
pub(crate) enum NullModel<'a> {
    /// Labels are drawn.
    Labels(LabelNull),
    /// Times are redrawn, and edges rebuilt.
    Times(IntervalJitter<'a>),
}

/// A null that draws labels and keeps times and edges.
pub(crate) enum LabelNull {
    /// Labels are permuted inside blocks.
    Permutation(StratifiedPermutation),
    /// Sequences of labels keep their transitions.
    Transitions(TransitionShuffle),
}

/// Width of a segment of the null `Pairs` in blocks of the stratified null: with the default blocks as long as the
/// longest edge.
const BLOCKS_PER_SEGMENT: u64 = 8;

impl<'a> NullModel<'a> {
    /// The null of this name over the graphs of `union`.
    ///
    /// # Errors
    /// Those of [`IntervalJitter::new`].
    pub(crate) fn new(
        null: Null,
        graphs: &[MotifGraph<'a>],
        union: &Union,
        config: &MotifConfig,
    ) -> Result<Self, MotifError> {
        let permutation = |null| Ok(Self::Labels(LabelNull::Permutation(null)));
        match null {
            Null::StratifiedPermutation => {
                permutation(StratifiedPermutation::of_blocks(graphs, union, config.block_ms()?))
            }
            Null::LabelPermutation => permutation(StratifiedPermutation::of_graphs(graphs, union)),
            Null::Pairs => {
                let width_ms = config.block_ms()?.saturating_mul(BLOCKS_PER_SEGMENT);
                Ok(Self::Labels(LabelNull::Transitions(TransitionShuffle::new(graphs, union, width_ms))))
            }
            Null::IntervalJitter => {
                Ok(Self::Times(IntervalJitter::new(graphs, config.jitter_ms()?, config.span_ms())?))
            }
        }
    }

    /// Number of events that a replicate may change.
    pub(crate) fn movable(&self) -> u64 {
        match self {
            Self::Labels(LabelNull::Permutation(null)) => null.movable(),
            Self::Labels(LabelNull::Transitions(null)) => null.movable(),
            Self::Times(null) => null.movable(),
        }
    }
}

impl LabelNull {
    /// Writes the labels of replicate `iteration` to `labels`: a function of the arguments and the data, not of
    /// earlier replicates.
    pub(crate) fn draw(
        &self,
        rng: NullRng,
        iteration: u32,
        observed: &[LabelIdx],
        labels: &mut Vec<LabelIdx>,
    ) {
        match self {
            Self::Permutation(null) => null.draw(rng, iteration, observed, labels),
            Self::Transitions(null) => null.draw(rng, iteration, observed, labels),
        }
    }
}
