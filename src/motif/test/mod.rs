//! The test of the counted patterns against a null, corrected for the number of patterns.
//!
//! - `max_t`: [`SignificanceTest`], the max-T test of all patterns, in all graphs and in those not held out.
//! - `visitors`: what the test reads from the replicates, phase by phase.
//! - `score`: [`Scale`], a pattern's count on one scale for all patterns.
//! - `maxima`: the largest score of each replicate.
//! - `moments`: exact sums of counts and of their squares.
//! - `result`: [`TestResult`], the result of the test.
//! - `holdout`: the random choice of the graphs that are held out.
//! - `track`: some patterns tracked once more through the same replicates, ...
//! - `confirm`: ... for the max-T test among the graphs held out, ...
//! - `by_graph`: ... and for the counts in each graph.
//! - `bootstrap`: the interval of a lift, from resampled graphs.
//! - `correction`: p-values corrected without the replicates.

mod bootstrap;
mod by_graph;
mod confirm;
mod correction;
mod holdout;
mod max_t;
mod maxima;
mod moments;
mod result;
mod score;
#[cfg(test)]
mod tests;
mod track;
mod visitors;

pub(super) use bootstrap::lift_intervals;
pub(super) use correction::{benjamini_hochberg, benjamini_yekutieli, bonferroni};
pub(super) use holdout::choose_held_out;
pub(super) use max_t::SignificanceTest;
pub(super) use result::{PatternOutcome, TestResult};
