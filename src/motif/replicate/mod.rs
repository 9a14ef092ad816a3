//! Replicates of a null: counts of the patterns of each shape in data drawn under the null.
//!
//! - `replicates`: [`Replicates`], which draws replicates and passes the occurrences of each shape to a
//!   [`ReplicateVisitor`].
//! - `labelled_occurrences`: [`LabelledOccurrences`], one shape's occurrences under several labellings.
//! - `frequent`: [`Frequent`], the patterns that occur often enough, with their event-disjoint counts.
//! - `disjoint`: [`DisjointCounts`], counts of occurrences that share no event.
//! - `sketch_counter`: [`SketchCounter`], exact counts of known patterns, upper bounds for all others.
//! - `kept_counters`: `KeptCounters`, the counter of each occurrence.
//! - `need`: [`Need`], the counts that patterns need to be read in detail.
//! - `perfect_hash`: [`PerfectHash`], the slot of each known pattern, without probing.
//! - `lanes`: `LabelLanes`, several labellings interleaved.
//! - `progress`: [`ProgressCounter`], the number of replicates done.

mod disjoint;
mod frequent;
mod kept_counters;
mod labelled_occurrences;
mod lanes;
mod need;
mod perfect_hash;
mod progress;
mod replicates;
mod sketch_counter;

pub(crate) use frequent::Scratch;
pub(crate) use labelled_occurrences::{KnownVisitor, LabelledOccurrences};
pub(crate) use lanes::{LANES, LabelMask};
pub(crate) use need::{Need, NeedBySlot};
pub(crate) use perfect_hash::{PerfectHash, Slot};
pub(crate) use progress::ProgressCounter;
pub(crate) use replicates::{LABEL_BYTES, ReplicateVisitor, Replicates, TrackedShape};
use sketch_counter::SketchCounter;
