//! The report of an edge list.

use std::collections::BTreeMap;

use super::NodeId;

/// Report of [`describe_edge_list`](super::describe_edge_list).
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct EdgeListReport {
    /// Number of nodes: the ids that occur in an edge, and those that the request adds.
    pub nodes: u64,
    /// Number of ids without an edge. Of integer ids these are the integers from 0 to the largest id that no edge
    /// names; they are nodes only if the request adds them. Of texts they are the nodes that the request adds.
    pub ids_without_edge: u64,
    /// Number of distinct edges.
    pub edges: u64,
    /// True if the graph is acyclic.
    pub is_dag: bool,
    /// A cycle in edge order, if there is one; the last id has an edge to the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Vec<NodeId>>,
    /// Number of weakly connected components.
    pub weakly_connected_components: u64,
    /// Number of strongly connected components: that of the nodes, if the graph is acyclic.
    pub strongly_connected_components: u64,
    /// Number of nodes that are on a cycle; an edge from a node to itself is one.
    pub nodes_on_cycles: u64,
    /// Number of nodes without an incoming edge.
    pub roots: u64,
    /// Number of nodes without an outgoing edge.
    pub sinks: u64,
    /// The order of a DAG; `None` if there is a cycle. Its fields are fields of the document.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderReport>,
    /// Number of descendants of each requested id: the nodes that it leads to, never itself, as networkx's
    /// `descendants`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub descendants: BTreeMap<NodeId, u64>,
    /// Number of ancestors of each requested id: the nodes that lead to it, never itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ancestors: BTreeMap<NodeId, u64>,
    /// The fields that this document lacks because a graph with a cycle has no topological order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undefined: Vec<&'static str>,
    /// The requested files that were not written because a graph with a cycle has no topological order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_written: Vec<String>,
}

/// Statistics of the topological order of a DAG.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct OrderReport {
    /// Number of topological generations.
    pub generations: u64,
    /// Number of nodes of the largest generation.
    pub widest_generation: u64,
    /// Number of edges of a longest path.
    pub longest_path_edges: u64,
    /// The longest path by the weights of the edges, if they were requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_path_weighted: Option<WeightedPathReport>,
}

impl OrderReport {
    /// The fields of a request without weights.
    pub(super) const FIELDS: [&'static str; 3] = ["generations", "widest_generation", "longest_path_edges"];
    /// The field of the weights.
    pub(super) const WEIGHTED_FIELD: &'static str = "longest_path_weighted";
}

/// The longest path by a column of weights, which is the critical path of the graph.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct WeightedPathReport {
    /// The column.
    pub column: String,
    /// Unit of `length`: the unit that the file states for the column, or else a reference to the column.
    pub unit: String,
    /// Sum of the weights along the path, in f64, from its first edge to its last.
    pub length: f64,
    /// The ids of the path, in order. A single node is a path of length 0.
    pub path: Vec<NodeId>,
}
