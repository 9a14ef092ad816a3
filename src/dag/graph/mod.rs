//! The forms of a graph, and the order that makes a DAG of a directed graph.
//!
//! - `interval`: successors as one range a node, the form of events in a window
//! - `csr`: any DAG, as rows of successors
//! - `digraph`: edges in any order, before they are known to be acyclic
//! - `topological_order`: topological sorting, and the witness of a cycle
//! - `id_map`: the caller's ids of a DAG's numbers

mod csr;
mod digraph;
mod id_map;
mod interval;
mod topological_order;

pub use csr::Dag;
pub use digraph::Digraph;
pub(super) use id_map::IdMap;
pub use interval::IntervalDag;
