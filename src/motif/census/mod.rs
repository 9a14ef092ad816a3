//! Exact counts of labelled patterns, and an estimate of the number of occurrences before counting.
//!
//! - `count`: [`count`], the census of a run's graphs: count, support and non-overlapping count of each pattern.
//! - `dense_counts`: for few labels, one counter for every possible pattern, in one enumeration.
//! - `occurrences`: the occurrences of a group of shapes, held in memory where they fit.
//! - `hash_counts`: for many labels, the counts of one shape's patterns.
//! - `non_overlapping`: the largest number of pairwise non-overlapping occurrences.
//! - `estimate`: [`estimate_instances`], an estimate of the number of occurrences.

mod count;
mod dense_counts;
mod estimate;
mod hash_counts;
mod non_overlapping;
mod occurrences;

pub use count::{Census, PatternCount, count};
pub(crate) use count::{CensusBuilder, PatternIdx};
pub use estimate::estimate_instances;
pub(crate) use occurrences::{MAX_KEPT_OCCURRENCES, Occurrences, ShapeGroup, shape_groups};
