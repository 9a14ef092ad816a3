//! The input graphs of a run, and their union as the enumeration reads it.
//!
//! - `motif_graph`: [`MotifGraph`], a borrowed and validated labelled DAG.
//! - `edge_rule`: [`EdgeRule`], rebuilds a graph's edges from other times.
//! - `union`: [`Union`], all graphs of a run as one disconnected graph.
//! - `bands`: adjacency as bits, for graphs with short edges.
//! - `span`: the limit on the time that a set of events may span.

mod bands;
mod edge_rule;
mod motif_graph;
mod span;
mod union;

pub(crate) use bands::{BitWord, WalkMethod};
pub use edge_rule::EdgeRule;
pub use motif_graph::MotifGraph;
pub(crate) use span::SpanLimit;
pub(crate) use union::{LabelIdx, Union};
