//! Operations on a DAG, each written once for all representations.
//!
//! - `view`: [`DagView`], the trait with all operations, implemented for both representations
//! - `generations`: topological generations, and parallel work over them
//! - `paths`: longest and critical paths, path counts
//! - `reach`: descendants and ancestors of one node, reachability between two nodes
//! - `reach_counts`: descendant and ancestor counts of many nodes
//! - `reduction`, `interval_reduction`: transitive reduction of any graph, and of one whose rows are ranges
//! - `closure`: transitive closure
//! - `components`: weakly connected components
//! - `strong_components`: strongly connected components of a graph with cycles
//! - `condensation`: [`Condensation`], the DAG of these components: reach counts of a graph with cycles
//! - `subgraph`: slices, induced subgraphs, the transposed graph, degrees
//! - `bit_set`, `source_mask`: bit sets of nodes, and of the sources of a sweep

mod bit_set;
mod closure;
mod components;
mod condensation;
mod generations;
mod interval_reduction;
mod paths;
mod reach;
mod reach_counts;
mod reduction;
mod source_mask;
mod strong_components;
mod subgraph;
mod view;

pub use components::Components;
pub use condensation::Condensation;
pub use generations::Generations;
pub use paths::{CriticalPath, WeightedPath};
pub use view::DagView;
