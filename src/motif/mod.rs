//! Motifs: small patterns of labelled events that occur more often than chance, and how sure that is.
//!
//! A motif is a connected induced sub-DAG of 3 to 5 events in time order, each with its label.

mod band;
mod bootstrap;
mod canonical;
mod census;
mod code;
mod config;
mod correction;
mod counts;
mod desk;
mod drawn;
mod draws;
mod error;
mod estimate;
mod follow;
mod graph;
mod known;
mod lanes;
mod maxima;
mod mine;
mod null;
mod occurrences;
mod outcome;
mod overlap;
mod quote;
mod row;
mod score;
mod shape;
mod significance;
mod span;
mod split;
mod tally;
mod text;
mod visitors;
mod walk;

pub use census::{Census, Pattern, PatternCount, count};
pub use config::{Correction, MotifConfig, Null};
pub use error::MotifError;
pub use estimate::{estimate_instances, memory_bytes};
pub use graph::MotifGraph;
pub use mine::{Mined, mine};
pub use null::Relink;
pub use row::{MotifRow, Significance, Verdict};
pub use shape::{MAX_NODES, MIN_NODES, class_of};
pub use text::PatternTextError;
