//! The weights of edges.
//!
//! - `causality`: the table of values for pairs of event kinds
//! - `zones`: scores by nearness to zones of the price range
//! - `edge_weights`: the weights of all edges of a graph

mod causality;
mod edge_weights;
mod zones;

pub use causality::Causality;
pub use edge_weights::EdgeWeights;
