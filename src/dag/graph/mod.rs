//! The representations of a graph, and the topological order that turns a directed graph into a DAG.
//!
//! - `interval`: successors as one range per node, for events linked in a time window
//! - `csr`: any DAG, in compressed sparse rows
//! - `digraph`: edges in any order, before they are known to be acyclic
//! - `topological_order`: topological sorting, and a cycle if there is one
//! - `id_map`: the mapping between a DAG's numbers and the caller's ids

mod csr;
mod digraph;
mod id_map;
mod interval;
mod topological_order;

pub use csr::Dag;
pub use digraph::Digraph;
pub(super) use id_map::IdMap;
pub use interval::IntervalDag;
