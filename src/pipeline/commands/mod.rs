//! The commands: one function each, with its request and its report.
//!
//! - `threads.rs`: runs a command on the configured number of threads.
//! - `discover.rs`: the whole pipeline.
//! - `build_graph.rs`: graphs only.
//! - `motifs.rs`: motifs only.
//! - `attend/`: attention on the tensors of a file.
//! - `edge_list/`: describes a graph given as a list of edges.

mod attend;
mod build_graph;
mod discover;
mod edge_list;
mod motifs;
mod threads;

pub use attend::{AttendReport, attend};
pub use build_graph::{BuildGraphReport, BuildGraphRequest, SessionGraphReport, build_graph};
pub use discover::{DiscoverReport, DiscoverRequest, discover};
pub use edge_list::{
    EdgeListReport, EdgeListRequest, NodeCount, NodeId, OrderReport, WeightedPathReport, describe_edge_list,
};
pub use motifs::{MotifReport, MotifRequest, ReportedMotif, motifs};
