//! The test of the counted patterns against a null, corrected for the number of patterns.
//!
//! - `max_t`: [`SignificanceTest`], the max-T test of all patterns.
//! - `visitors`: the visitors of the replicates, one for each phase of the test.
//! - `score`: `Scale`, the score of a count, comparable between patterns.
//! - `scales`: the scales of one shape's patterns.
//! - `moments`: exact sums of counts and of their squares.
//! - `maxima`: the largest score of each replicate, by size of the patterns.
//! - `fdr`: the false discovery rate, from the scores of the replicates.
//! - `result`: [`TestResult`], the result of the test.
//! - `track`: a second pass over replicates, for chosen patterns only.
//! - `by_graph`: the counts in each graph, by such a pass.
//! - `bootstrap`: the interval of a lift, by resampling graphs.
//! - `holdout`: [`Lots`], the choice of the units that are held out.
//! - `confirm`: the test in the held-out units.

mod bootstrap;
mod by_graph;
mod confirm;
mod fdr;
mod holdout;
mod max_t;
mod maxima;
mod moments;
mod result;
mod scales;
mod score;
#[cfg(test)]
mod tests;
mod track;
mod visitors;

pub(super) use bootstrap::{lift, lift_intervals};
pub(super) use confirm::Confirmation;
pub(super) use fdr::{MAX_SCORED, SCORE_BYTES};
pub(super) use holdout::Lots;
pub(super) use max_t::SignificanceTest;
pub(super) use maxima::LARGEST_SCORE_BYTES;
pub(super) use result::{PatternOutcome, TestResult};
