//! The input graphs of a run, and their union as the enumeration reads it.
//!
//! - `motif_graph`: [`MotifGraph`], a borrowed and validated labelled DAG.
//! - `edge_rule`: [`EdgeRule`], rebuilds a graph's edges from other times.
//! - `canonical`: an order of graphs by their content.
//! - `slices`: a graph cut into slices of time.
//! - `repeats`: [`LabelRepeats`], diagnostics of what violates the nulls.
//! - `union`: [`Union`], all graphs of a run as one disconnected graph.
//! - `bands`: adjacency as bits, for graphs with short edges.
//! - `span`: the limit on the time that a set of events may span.

mod bands;
mod canonical;
mod edge_rule;
mod motif_graph;
mod repeats;
mod slices;
mod span;
mod union;

pub(crate) use bands::{BitWord, WalkMethod};
pub(crate) use canonical::canonical_order;
pub use edge_rule::EdgeRule;
pub use motif_graph::MotifGraph;
pub use repeats::LabelRepeats;
pub(crate) use slices::TimeSlices;
pub(crate) use span::SpanLimit;
pub(crate) use union::{LabelIdx, Union};
