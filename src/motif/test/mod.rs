//! The test of the counted patterns against a null, corrected for the number of patterns.
//!
//! - `max_t`: [`SignificanceTest`], the max-T test of all patterns, in all graphs and in those not held out.
//! - `visitors`: the visitors of the replicates, one for each phase of the test.
//! - `score`: `Scale`, the score of a count, comparable between patterns.
//! - `maxima`: the largest score of each replicate.
//! - `moments`: exact sums of counts and of their squares.
//! - `result`: [`TestResult`], the result of the test.
//! - `holdout`: the random choice of the graphs that are held out.
//! - `track`: a second pass over the same replicates, for chosen patterns only.
//! - `confirm`: the max-T test in the held-out graphs, by such a pass.
//! - `by_graph`: the counts in each graph, by such a pass.
//! - `bootstrap`: the interval of a lift, by resampling graphs.
//! - `correction`: corrections that need only the p-values.

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
