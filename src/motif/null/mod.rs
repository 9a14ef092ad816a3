//! The null models: what is assumed to be chance, and data drawn as chance would have them.
//!
//! - `model`: [`NullModel`], the null that a configuration names.
//! - `rng`: [`NullRng`], the random streams of replicates for calibration and for the test.
//! - `permutation`: labels exchanged inside blocks of time, or inside a graph.
//! - `jitter`: times drawn again inside windows, and events linked again.
//!
//! Each null is a separate hypothesis; their replicates are never pooled. A test shows that its hypothesis is false,
//! so what a null holds fixed is as much a part of its meaning as what it draws.
//!
//! | | `StratifiedPermutation` | `LabelPermutation` | `IntervalJitter` |
//! |---|---|---|---|
//! | hypothesis | inside a block of time, which event has which label is chance | inside a graph, which event has \
//! which label is chance | inside a window, when an event of a given label happens is chance |
//! | drawn | labels inside each block | labels inside each graph | times inside each window; edges follow |
//! | held fixed | times, edges, labels of each block | times, edges, labels of each graph | labels of each window, \
//! first and last time |
//! | false alarms if | rates of labels change fast against a block | rates of labels change at all | the density \
//! of events changes fast against a window: bursts, batches, pauses, schedules, even with labels at random |
//! | does not see | structure in the labels of a block alone: order slower than a block | order slower than a graph \
//! | structure slower than a window |
//!
//! Measured on labels that come and go in waves (their share between .1 and .9): blocks of a quarter of an hour keep
//! the family-wise error of .05 where a wave takes two hours (.05 measured in 300 logs); blocks of half an hour do
//! not (.14), and do where it takes four (.04). So a block should be at most an eighth of such a wave. Permutation
//! over whole graphs gives .87 to .98 on these, and .82 on a mix that drifts.

mod jitter;
mod model;
mod permutation;
mod rng;

pub(crate) use jitter::IntervalJitter;
pub(crate) use model::NullModel;
pub(crate) use permutation::StratifiedPermutation;
pub(crate) use rng::NullRng;
