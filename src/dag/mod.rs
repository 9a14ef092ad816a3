//! From events to graphs: link rules, the causal DAG in interval and CSR form, its operations and its edge weights.
//!
//! Every graph here is numbered topologically: an edge goes from a lower to a higher number. Events sorted by time
//! are numbered so already; a [`Dag`] built from arbitrary edges keeps the mapping to the caller's ids.
//!
//! Each folder imports only from those above it:
//!
//! - `config`: settings, `dag.*`
//! - `error`: errors of building a graph and of operations on it
//! - `graph/`: the representations of a graph ([`IntervalDag`], [`Dag`], [`Digraph`]) and topological sorting
//! - `ops/`: [`DagView`], the operations on every form: generations, paths, reachability, reduction, components
//! - `links/`: from events to edges, one file per link rule
//! - `weights/`: the weights of edges
//! - `interop/`: petgraph and sprs, behind the features of these names
//!
//! ```
//! use ironforge::dag::{DagView, WindowKnn};
//!
//! // Each event links to the next 2 events that are 1 to 10 ms later.
//! let rule = WindowKnn { k: 2, dt_min_ms: 1, dt_max_ms: 10 };
//! let dag = rule.build(&[0, 3, 5, 40])?;
//! assert_eq!(dag.edge_iter().collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2)]);
//! assert_eq!(dag.topological_generations().level, [0, 1, 2, 0]);
//! # Ok::<(), ironforge::dag::DagError>(())
//! ```

mod config;
mod error;
mod graph;
mod interop;
mod links;
mod ops;
mod weights;

pub use config::{DagConfig, KeyScope, LinkRule};
pub use error::DagError;
pub use graph::{Dag, Digraph, IntervalDag};
pub use links::{DagBatch, Linker, Links, ResolvedLinks, SharedKey, WindowKnn, temporal_view};
pub use ops::{Components, Condensation, CriticalPath, DagView, Generations, WeightedPath};
pub use weights::{Causality, EdgeWeights};
