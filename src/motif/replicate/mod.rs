//! Replicates of a null: the patterns of each shape counted in data drawn under the null.
//!
//! - `replicates`: [`Replicates`], which shows the occurrences of each shape under each replicate to a
//!   [`ReplicateVisitor`].
//! - `labelled_occurrences`: [`LabelledOccurrences`], one shape's occurrences under some labellings.
//! - `sketch_counter`: [`SketchCounter`], exact counts of known patterns, bounds for all others.
//! - `perfect_hash`: [`PerfectHash`], a slot for each known pattern, found by one read.
//! - `lanes`: [`LabelLanes`], labellings side by side.
//! - `progress`: [`ProgressCounter`], the number of replicates done.

mod labelled_occurrences;
mod lanes;
mod perfect_hash;
mod progress;
mod replicates;
mod sketch_counter;

pub(crate) use labelled_occurrences::LabelledOccurrences;
pub(crate) use lanes::{LANES, LabelMask};
pub(crate) use perfect_hash::{PerfectHash, Slot};
pub(crate) use progress::ProgressCounter;
pub(crate) use replicates::{LABEL_BYTES, ReplicateVisitor, Replicates, TrackedShape};
pub(crate) use sketch_counter::SketchCounter;
