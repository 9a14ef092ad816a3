//! The null models: what is assumed to be random, and the replicates drawn under that assumption.
//!
//! - `model`: [`NullModel`], the null that a configuration names.
//! - `rng`: [`NullRng`], the random streams of replicates for calibration and for the test.
//! - `permutation`: labels permuted inside blocks of time, or inside a graph.
//! - `transitions`: sequences of labels with the same transitions.
//! - `jitter`: times redrawn inside windows, and events relinked.
//!
//! Each null is a separate hypothesis; their replicates are never pooled. A test shows that its hypothesis is false,
//! so what a null holds fixed is as much a part of its meaning as what it draws.
//!
//! [`StratifiedPermutation`]: inside a block of time, which event has which label is random.
//! - Drawn: the labels inside each block. Fixed: times, edges, the labels of each block.
//! - False alarms if the rates of labels change within a block.
//! - Blind to an order of labels over times longer than a block.
//!
//! `LabelPermutation`: the same with one block per graph.
//! - Drawn: the labels inside each graph. Fixed: times, edges, the labels of each graph.
//! - False alarms if the rates of labels change at all, though event-disjoint counts show it less than others.
//! - Blind to structure across graphs.
//!
//! [`TransitionShuffle`]: inside a segment, a label depends on the label before it alone.
//! - Drawn: the order of the labels inside each segment. Fixed: times, edges, the number of each transition.
//! - False alarms if the mix of labels changes within a segment for another reason.
//! - Blind to what pairs of successive labels explain, which is what it is for.
//!
//! [`IntervalJitter`]: inside a window, the time of an event is random.
//! - Drawn: the times inside each window; edges follow. Fixed: the labels of each window, the first and the last
//!   time.
//! - False alarms if the density of events changes within a window (bursts, batches, pauses, schedules), even if
//!   labels are random.
//! - Blind to structure over times longer than a window.
//!
//! A block should be at most an eighth of the period in which the mix of labels changes: so it was measured with counts
//! of all occurrences (`benches/record/2026-11-22-motif.md`).

mod jitter;
mod model;
mod permutation;
mod rng;
mod transitions;

pub(crate) use jitter::IntervalJitter;
pub(crate) use model::{LabelNull, NullModel};
pub(crate) use permutation::StratifiedPermutation;
pub(crate) use rng::NullRng;
pub(crate) use transitions::TransitionShuffle;
