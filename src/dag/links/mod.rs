//! Link rules: from events to edges.
//!
//! - `rule`: the trait of a link rule, and the rules by their configured names
//! - `window_knn`: the next k events in a time window
//! - `shared_key`: the next k events that share an entity
//! - `resolved`: the configured rules with their time windows in milliseconds
//! - `linker`: the union of the configured rules over the events of one group
//! - `batch`: many sessions in one graph
//! - `edges`: edges as parallel columns, and the temporal view

mod batch;
mod edges;
mod linker;
mod resolved;
mod rule;
mod shared_key;
mod window_knn;

pub use batch::DagBatch;
pub use edges::{Links, temporal_view};
pub use linker::Linker;
pub use resolved::ResolvedLinks;
pub use shared_key::SharedKey;
pub use window_knn::WindowKnn;
