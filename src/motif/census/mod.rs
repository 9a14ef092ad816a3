//! The exact counts of labelled patterns, and the estimate of how many occurrences there will be.
//!
//! - `count`: [`count`], the census of a run's graphs: count, support and non-overlapping count of each pattern.
//! - `dense_counts`: few labels: a counter for every possible pattern, in one enumeration.
//! - `occurrences`: the occurrences of some shapes in memory, as many as fit at a time.
//! - `hash_counts`: many labels: the counts of one shape's patterns.
//! - `non_overlapping`: the largest number of occurrences of which no two overlap.
//! - `estimate`: [`estimate_instances`], the number of occurrences before any is counted.

mod count;
mod dense_counts;
mod estimate;
mod hash_counts;
mod non_overlapping;
mod occurrences;

pub use count::{Census, PatternCount, count};
pub(crate) use count::{CensusBuilder, PatternIdx};
pub use estimate::estimate_instances;
pub(crate) use occurrences::{KEPT, Occurrences, ShapeGroup, shape_groups};
