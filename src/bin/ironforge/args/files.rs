//! Options of `attend`, `dag`, `inspect` and `convert`.

use std::path::PathBuf;

use clap::Args;
use ironforge::attention::Accuracy;
use ironforge::pipeline::NodeCount;

use super::ConfigArgs;
use super::values::{BACKENDS, accuracies, node_count};

#[derive(Debug, Args)]
pub struct AttendArgs {
    /// Tensors q, k, v [nodes, heads, head_dim], and optionally offsets, t_ms, row_ptr, col_idx.
    #[arg(value_name = "IN.safetensors")]
    pub input: PathBuf,
    /// Output file: out [nodes, heads, head_dim], lse [nodes, heads].
    #[arg(long, value_name = "OUT.safetensors")]
    pub out: PathBuf,
    /// Backend that runs attention.
    #[arg(long, value_parser = BACKENDS, default_value = "auto")]
    pub backend: String,
    /// Rounding of the probabilities before they are multiplied by the values.
    #[arg(long, value_parser = accuracies(), default_value = "exact")]
    pub accuracy: Accuracy,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DagArgs {
    /// Edges: columns src and dst, ids are integers from 0 or texts; other columns are ignored.
    #[arg(value_name = "EDGES.parquet|EDGES.csv")]
    pub edges: PathBuf,
    /// Nodes without an edge: all integers below N; or those of column id of a table, of which texts are nodes
    /// themselves and integers give N, one more than the largest (default: only the ids of the edges are nodes).
    #[arg(long, value_name = "N|FILE", value_parser = node_count)]
    pub nodes: Option<NodeCount>,
    /// Count the descendants of these ids.
    #[arg(long, value_name = "ID,ID", value_delimiter = ',')]
    pub descendants: Vec<String>,
    /// Count the ancestors of these ids.
    #[arg(long, value_name = "ID,ID", value_delimiter = ',')]
    pub ancestors: Vec<String>,
    /// Find the longest (critical) path by this column of numbers; its length is in the unit of the column.
    #[arg(long, value_name = "COL")]
    pub weight: Option<String>,
    /// Write the transitive reduction: columns src and dst. A file of an earlier run is removed first.
    #[arg(long, value_name = "OUT.parquet")]
    pub transitive_reduction: Option<PathBuf>,
    /// Write the topological generation of each id: columns id and level; with --weight also earliest, latest and
    /// slack. A file of an earlier run is removed first.
    #[arg(long, value_name = "OUT.parquet")]
    pub levels: Option<PathBuf>,
    /// Write the number of each node, in the order of the ids: columns node and id. A file of an earlier run is
    /// removed first.
    #[arg(long, value_name = "OUT.parquet")]
    pub node_map: Option<PathBuf>,
    #[command(flatten)]
    pub configuration: ConfigArgs,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// Parquet file of any writer.
    #[arg(value_name = "FILE.parquet")]
    pub file: PathBuf,
    /// Read the footer only: pages are not decoded, and values and digests are not reported.
    #[arg(long)]
    pub footer: bool,
    #[command(flatten)]
    pub configuration: ConfigArgs,
    /// Print everything as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// Parquet or Arrow IPC file; the format is detected from its first bytes.
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// Output file in the other format; an existing file is replaced.
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
    #[command(flatten)]
    pub configuration: ConfigArgs,
    /// Print a description of the output as JSON.
    #[arg(long)]
    pub json: bool,
}
