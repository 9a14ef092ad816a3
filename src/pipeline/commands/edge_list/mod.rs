//! Describes a directed graph given as a list of edges in Parquet.
//!
//! - `request.rs`: the request, and the report.
//! - `read.rs`: reads the edges and checks every id.
//! - `describe.rs`: [`describe_edge_list`]: counts, order, and the requested files.

mod describe;
mod read;
mod request;

pub use describe::describe_edge_list;
pub use request::{EdgeListReport, EdgeListRequest, NodeCount, OrderReport};
