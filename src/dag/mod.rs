//! From events to graphs: link rules, the causal DAG in interval and CSR form, its order, levels and weights.
//!
//! Every graph here is numbered so that an edge goes from a lower to a higher number. Events sorted by time are so
//! numbered as they stand; a [`Dag`] built from arbitrary edges keeps the permutation to the caller's ids.

mod batch;
mod build;
mod config;
mod counts;
mod digraph;
mod error;
mod generations;
mod graph;
mod interop;
mod interval;
mod marks;
mod order;
mod parts;
mod paths;
mod ranges;
mod reach;
mod reduction;
mod rule;
mod shared_key;
mod view;
mod weights;
mod zones;

pub use batch::DagBatch;
pub use build::{Links, temporal_view};
pub use config::{DagConfig, KeyScope, Link};
pub use digraph::Digraph;
pub use error::DagError;
pub use generations::Generations;
pub use graph::Dag;
pub use interval::{IntervalDag, WindowKnn};
pub use parts::Components;
pub use paths::{CriticalPath, WeightedPath};
pub use rule::LinkRule;
pub use shared_key::SharedKey;
pub use view::DagView;
pub use weights::{Causality, EdgeWeights};
