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
    /// Edges: integer columns src and dst, ids from 0; other columns are ignored.
    #[arg(value_name = "EDGES.parquet")]
    pub edges: PathBuf,
    /// Number of nodes, or a Parquet file with a column id (default: one more than the largest id of an edge).
    #[arg(long, value_name = "N|FILE.parquet", value_parser = node_count)]
    pub nodes: Option<NodeCount>,
    /// Count the descendants of these ids.
    #[arg(long, value_name = "ID,ID", value_delimiter = ',')]
    pub descendants: Vec<u32>,
    /// Count the ancestors of these ids.
    #[arg(long, value_name = "ID,ID", value_delimiter = ',')]
    pub ancestors: Vec<u32>,
    /// Write the transitive reduction: columns src and dst.
    #[arg(long, value_name = "OUT.parquet")]
    pub transitive_reduction: Option<PathBuf>,
    /// Write the topological generation of each id: columns id and level.
    #[arg(long, value_name = "OUT.parquet")]
    pub levels: Option<PathBuf>,
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
