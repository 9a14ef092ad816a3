//! The null models: what is held to be chance, and data drawn as chance would have them.
//!
//! Each is a hypothesis of its own; their draws are never pooled. What a test shows is that its hypothesis is false,
//! so what a null holds fixed is as much of its meaning as what it draws.
//!
//! | | `StratifiedPermutation` | `LabelPermutation` | `IntervalJitter` |
//! |---|---|---|---|
//! | hypothesis | inside a block of time, which event bears which label is chance | inside a graph, which event \
//! bears which label is chance | inside a window, when an event of a given label happens is chance |
//! | drawn | labels inside each block | labels inside each graph | times inside each window; edges follow |
//! | held fixed | times, edges, labels of each block | times, edges, labels of each graph | labels of each window, \
//! first and last time |
//! | says false | rates of labels change fast against a block | rates of labels change at all | the density of events \
//! changes fast against a window: bursts, batches, pauses, schedules, even with labels at random |
//! | does not see | what shows in the labels of a block alone: order slower than a block | order slower than a graph \
//! | what is slower than a window |
//!
//! How far blocks hold: on labels that come and go in waves (their share between .1 and .9), blocks of a quarter of an
//! hour keep the family-wise error of .05 where a wave takes two hours (.05 measured in 300 logs); blocks of half an
//! hour do not (.14), and hold where it takes four (.04). So a block should be at most an eighth of such a wave.
//! Permutation over whole graphs gives .87 to .98 on these, and .82 on a mix that drifts.

mod jitter;
mod permutation;
mod relink;

pub(crate) use jitter::IntervalJitter;
pub(crate) use permutation::StratifiedPermutation;
pub use relink::Relink;

use super::config::{MotifConfig, Null};
use super::error::MotifError;
use super::graph::{MotifGraph, Union};
use crate::philox::Philox;

/// A null, ready to be drawn from.
pub(crate) enum Model<'a> {
    /// Labels change places.
    Labels(StratifiedPermutation),
    /// Times are drawn anew, and edges follow.
    Times(IntervalJitter<'a>),
}

impl<'a> Model<'a> {
    /// The null of a configuration, over the graphs of `union`.
    pub(crate) fn of(
        graphs: &[MotifGraph<'a>],
        union: &Union,
        config: &MotifConfig,
    ) -> Result<Self, MotifError> {
        let &MotifConfig { block_minutes, jitter_minutes, .. } = config;
        Ok(match config.null {
            Null::StratifiedPermutation => {
                let width_ms = config.block_ms().ok_or(MotifError::BlockMinutes { block_minutes })?;
                Self::Labels(StratifiedPermutation::of(graphs, union, width_ms))
            }
            Null::LabelPermutation => Self::Labels(StratifiedPermutation::of_graphs(graphs, union)),
            Null::IntervalJitter => {
                let width_ms = config.jitter_ms().ok_or(MotifError::JitterMinutes { jitter_minutes })?;
                Self::Times(IntervalJitter::of(graphs, width_ms, config.span_ms())?)
            }
        })
    }

    /// Number of events that a draw may change.
    pub(crate) fn movable(&self) -> u64 {
        match self {
            Self::Labels(null) => null.movable(),
            Self::Times(null) => null.movable(),
        }
    }
}

/// Keeps these numbers apart from those of the estimate.
const PURPOSE: u32 = 0x6E75;

/// A family of independent draws.
#[derive(Clone, Copy)]
pub(crate) struct Nulls(Philox);

impl Nulls {
    /// The draws that patterns are tested against.
    pub(crate) fn tests(seed: u64) -> Self {
        Self(Philox::new(seed).fork(PURPOSE))
    }

    /// The draws that only fix the scale of the score.
    pub(crate) fn pilots(seed: u64) -> Self {
        Self(Philox::new(seed).fork(PURPOSE + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fixes_the_scale_is_drawn_apart_from_what_is_tested() {
        let first = |nulls: Nulls| nulls.0.stream(0, 0).next_u32();
        assert_ne!(first(Nulls::pilots(1)), first(Nulls::tests(1)));
        assert_ne!(first(Nulls::tests(1)), first(Nulls::tests(2)));
    }
}
