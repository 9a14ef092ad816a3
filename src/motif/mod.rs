//! Motifs: small patterns of labelled events that occur more often than chance, and how sure that is.
//!
//! A motif is a connected induced sub-DAG of 3 to 5 events in time order, each with its label.

mod band;
mod census;
mod code;
mod config;
mod counts;
mod error;
mod estimate;
mod graph;
mod mine;
mod null;
mod occurrences;
mod outcome;
mod overlap;
mod score;
mod shape;
mod significance;
mod span;
mod tally;
mod walk;

pub use census::{Census, Pattern, PatternCount, count};
pub use config::{Correction, MotifConfig, Null};
pub use error::MotifError;
pub use estimate::estimate_instances;
pub use graph::MotifGraph;
pub use mine::{Mined, MotifRow, Significance, Verdict, mine};
pub use shape::{MAX_NODES, MIN_NODES, class_of};
