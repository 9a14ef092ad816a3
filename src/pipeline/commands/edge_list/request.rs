//! The request to describe an edge list.

use std::path::{Path, PathBuf};

use crate::config::LimitsConfig;
use crate::store::StoreConfig;

/// Nodes of a graph in addition to the ids of its edges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeCount {
    /// Every integer below this number, and below the largest id of an edge, is a node. Integer ids only.
    Given(u64),
    /// Column `id` of a Parquet or CSV file. Of integers as [`NodeCount::Given`], with one more than the largest value;
    /// of texts, each is a node.
    File(PathBuf),
}

/// Request of [`describe_edge_list`](super::describe_edge_list).
#[derive(Debug, Clone, Copy)]
pub struct EdgeListRequest<'a> {
    /// Parquet or CSV file (`.csv`) with columns `src` and `dst`.
    pub edges: &'a Path,
    /// Nodes in addition to the ids of the edges.
    pub nodes: Option<&'a NodeCount>,
    /// Ids whose descendants are counted.
    pub descendants: &'a [String],
    /// Ids whose ancestors are counted.
    pub ancestors: &'a [String],
    /// Numeric column of the edges, by which the longest path is found.
    pub weight: Option<&'a str>,
    /// Parquet file for the transitive reduction: columns `src` and `dst`.
    pub transitive_reduction: Option<&'a Path>,
    /// Parquet file for the topological generation of each node: columns `id` and `level`; with weights also the times
    /// `earliest` and `latest` of the critical path method and their difference, `slack`.
    pub levels: Option<&'a Path>,
    /// Parquet file for the numbers of the nodes, which follow the order of the ids: columns `node` and `id`.
    pub node_map: Option<&'a Path>,
    /// Limits on nodes and memory.
    pub limits: &'a LimitsConfig,
    /// Settings of the files written.
    pub store: &'a StoreConfig,
}
