//! The request and the report of an edge list.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::LimitsConfig;
use crate::store::StoreConfig;

/// Number of nodes of a graph, given if it has isolated nodes past the largest id of an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeCount {
    /// This number.
    Given(u64),
    /// One more than the largest value in column `id` of a Parquet file.
    File(PathBuf),
}

/// Request of [`describe_edge_list`](super::describe_edge_list).
#[derive(Debug, Clone, Copy)]
pub struct EdgeListRequest<'a> {
    /// Parquet file with columns `src` and `dst`.
    pub edges: &'a Path,
    /// Minimum number of nodes; one not above the largest id of an edge has no effect.
    pub nodes: Option<&'a NodeCount>,
    /// Ids whose descendants are counted.
    pub descendants: &'a [u32],
    /// Ids whose ancestors are counted.
    pub ancestors: &'a [u32],
    /// Parquet file for the transitive reduction: columns `src` and `dst`.
    pub transitive_reduction: Option<&'a Path>,
    /// Parquet file for the topological generation of each id: columns `id` and `level`.
    pub levels: Option<&'a Path>,
    /// Limits on nodes and memory.
    pub limits: &'a LimitsConfig,
    /// Settings of the files written.
    pub store: &'a StoreConfig,
}

/// Report of [`describe_edge_list`](super::describe_edge_list).
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct EdgeListReport {
    /// Number of nodes: one more than the largest id, or more if requested.
    pub nodes: u64,
    /// Number of distinct edges.
    pub edges: u64,
    /// True if the graph is acyclic.
    pub is_dag: bool,
    /// A cycle in edge order, if there is one; the last id has an edge to the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Vec<u32>>,
    /// Number of weakly connected components.
    pub weakly_connected_components: u64,
    /// The order of a DAG; `None` if there is a cycle. Its fields are fields of the document.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderReport>,
}

/// Statistics of the topological order of a DAG.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct OrderReport {
    /// Number of topological generations.
    pub generations: u64,
    /// Number of nodes of the largest generation.
    pub widest_generation: u64,
    /// Number of edges of a longest path.
    pub longest_path_edges: u64,
    /// Number of nodes without an incoming edge.
    pub roots: u64,
    /// Number of nodes without an outgoing edge.
    pub sinks: u64,
    /// Number of descendants of each requested id, itself not counted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub descendants: BTreeMap<u32, u64>,
    /// Number of ancestors of each requested id, itself not counted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ancestors: BTreeMap<u32, u64>,
}
