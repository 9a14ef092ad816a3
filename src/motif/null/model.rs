//! The null that a configuration names.

use super::{IntervalJitter, StratifiedPermutation};
use crate::motif::graph::{MotifGraph, Union};
use crate::motif::{MotifConfig, MotifError, Null};

/// A null over the graphs of a run, ready to draw replicates.
pub(crate) enum NullModel<'a> {
    /// Labels are permuted.
    Labels(StratifiedPermutation),
    /// Times are redrawn, and edges rebuilt.
    Times(IntervalJitter<'a>),
}

impl<'a> NullModel<'a> {
    /// The null of a configuration, over the graphs of `union`.
    ///
    /// # Errors
    /// Those of [`IntervalJitter::new`].
    pub(crate) fn new(
        graphs: &[MotifGraph<'a>],
        union: &Union,
        config: &MotifConfig,
    ) -> Result<Self, MotifError> {
        Ok(match config.null {
            Null::StratifiedPermutation => {
                Self::Labels(StratifiedPermutation::of_blocks(graphs, union, config.block_ms()?))
            }
            Null::LabelPermutation => Self::Labels(StratifiedPermutation::of_graphs(graphs, union)),
            Null::IntervalJitter => {
                Self::Times(IntervalJitter::new(graphs, config.jitter_ms()?, config.span_ms())?)
            }
        })
    }

    /// Number of events that a replicate may change.
    pub(crate) fn movable(&self) -> u64 {
        match self {
            Self::Labels(null) => null.movable(),
            Self::Times(null) => null.movable(),
        }
    }
}
