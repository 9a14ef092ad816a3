//! Describes a directed graph given as a list of edges, in Parquet or CSV.
//!
//! - `node_id.rs`: [`NodeId`], the id of a node as the file gives it.
//! - `request.rs`: the request.
//! - `report.rs`: the report.
//! - `id_column.rs`: columns of ids: one type for all of them, every value checked.
//! - `id_ranks.rs`: positions of integer ids among those in use.
//! - `numbering.rs`: the numbers of the nodes: their ids, sorted.
//! - `weights.rs`: the column of weights, and its values in the order of a graph's edges.
//! - `read.rs`: reads the files, within the limits.
//! - `output_files.rs`: the requested files: checked, removed if an earlier run left them, written.
//! - `describe.rs`: [`describe_edge_list`]: counts, order, and the tables of the requested files.

mod describe;
mod id_column;
mod id_ranks;
mod node_id;
mod numbering;
mod output_files;
mod read;
mod report;
mod request;
mod weights;

pub use describe::describe_edge_list;
pub use node_id::NodeId;
pub use report::{EdgeListReport, OrderReport, WeightedPathReport};
pub use request::{EdgeListRequest, NodeCount};
