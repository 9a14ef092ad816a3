//! Enumeration of the connected sets of 3 to 5 events, and the shapes that they form.
//!
//! - `shape`: [`ShapeIdx`], a small DAG on events in time order, its mask and its isomorphism class.
//! - `growth`: lookup tables for the shape of a set after another event is added.
//! - `set`: [`ConnectedSet`], one connected induced subgraph, and [`SetVisitor`], which receives it.
//! - `esu`: [`Enumerator`], the ESU algorithm over a union of graphs.
//! - `window`: the search for graphs with short edges, on bit words.
//! - `lists`: the search for any graph, on adjacency lists; also the random probes of the estimate.

mod esu;
mod growth;
mod lists;
mod set;
mod shape;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use esu::Enumerator;
pub(crate) use set::{ConnectedSet, SetVisitor};
pub use shape::{MAX_NODES, MIN_NODES, class_of};
pub(crate) use shape::{SHAPES, ShapeIdx};
