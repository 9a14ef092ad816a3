//! What the command line may say.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ironforge::pipeline::dag::Nodes;

const EXIT_CODES: &str = "\
Exit codes: 0 ok, 1 a check failed, 2 wrong usage, 65 damaged or impossible data, 66 input missing, 70 a fault of the \
program, 71 device, 73 output cannot be created, 74 reading or writing failed, 75 above a limit, 78 wrong \
configuration, 130 interrupted.";

/// Temporal graph attention over logs of time-stamped events.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Turn event logs into graphs, embeddings and motifs.
    Discover(Box<DiscoverArgs>),
    /// Turn event logs into graphs alone.
    BuildGraph(BuildGraphArgs),
    /// Count and test the motifs of event logs alone.
    Motifs(MotifsArgs),
    /// Run attention on the tensors of a safetensors file.
    Attend(AttendArgs),
    /// Describe a directed graph from a list of its edges.
    Dag(DagArgs),
    /// Describe a Parquet file: schema, row groups, encodings, sizes, and a digest of every column.
    Inspect(InspectArgs),
    /// Convert a Parquet file to an Arrow IPC file, or an Arrow IPC file to Parquet.
    Convert(ConvertArgs),
    /// Show or check the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Say what this build and this machine can do.
    Info(InfoArgs),
}

/// The help of `--preset`: every name.
fn preset_help() -> String {
    let names: Vec<&str> = ironforge::config::Preset::all().map(|(_, name)| name).collect();
    format!("Start from this preset: {}", names.join(", "))
}

/// Options that make up a configuration.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[arg(long, value_name = "P", help = preset_help())]
    pub preset: Option<String>,
    /// Read settings from a TOML, JSON or YAML file, the original's too.
    #[arg(long, value_name = "F")]
    pub config: Option<PathBuf>,
    /// Set one setting, for example tgat.num_layers=3; repeatable.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

/// How the columns of a table become events.
#[derive(Debug, Args)]
#[command(next_help_heading = "Column map of Parquet and CSV tables")]
pub struct ColumnArgs {
    /// Time column and its format; a Parquet timestamp needs none.
    #[arg(long, value_name = "COL[:s|ms|us|ns|text]")]
    pub time: Option<String>,
    /// Column that orders events of equal time (default: their order in the file).
    #[arg(long, value_name = "COL")]
    pub seq: Option<String>,
    /// IANA zone of wall-clock times, for example America/New_York (default: UTC).
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Column of the event's kind.
    #[arg(long, value_name = "COL")]
    pub kind: Option<String>,
    /// Column of the session an event belongs to (default: one session a file).
    #[arg(long, value_name = "COL")]
    pub group: Option<String>,
    /// Column of an entity that events share; repeatable.
    #[arg(long = "key", value_name = "COL")]
    pub keys: Vec<String>,
    /// Number column; repeatable (default: every number column not named otherwise).
    #[arg(long = "num", value_name = "COL")]
    pub numeric: Vec<String>,
    /// Column of the price (default: the number column `price` or `price_level`, if there is one).
    #[arg(long, value_name = "COL")]
    pub price: Option<String>,
}

/// What a run over event logs reads, how it links events, and with what settings and threads.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Files and folders to read; none runs the built-in sample.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub columns: ColumnArgs,
    /// Rule that links events; repeatable, for the union of several rules.
    #[arg(long, value_enum, value_name = "RULE")]
    pub link: Vec<LinkArg>,
    #[command(flatten)]
    pub configuration: ConfigArgs,
    /// Worker threads (default: one a core); results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

#[derive(Debug, Args)]
pub struct DiscoverArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Folder of the results; an earlier run in it is replaced.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Weights of a trained model (safetensors); without, they are seeded and the run is marked untrained.
    #[arg(long, value_name = "F")]
    pub weights: Option<PathBuf>,
    /// Where attention runs.
    #[arg(long, value_enum)]
    pub device: Option<DeviceArg>,
    /// Seed of weights and nulls (default: 42).
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Print run.json instead of a summary.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BuildGraphArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Folder of the results; an earlier run in it is replaced.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Print run.json instead of a summary.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct MotifsArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Events of a motif: one number, or the smallest and the largest (default: 3..5).
    #[arg(long, value_name = "K|K..K", value_parser = sizes)]
    pub k: Option<(u32, u32)>,
    /// Nulls drawn; 0 only counts (default: 1000).
    #[arg(long, value_name = "N")]
    pub iterations: Option<u32>,
    /// What is taken for chance (default: stratified).
    #[arg(long, value_enum)]
    pub null: Option<NullArg>,
    /// How p is corrected for the number of patterns (default: max-t).
    #[arg(long, value_enum)]
    pub correction: Option<CorrectionArg>,
    /// Table of the motifs; a file there is replaced.
    #[arg(long, value_name = "F.parquet")]
    pub out: Option<PathBuf>,
    /// Seed of the nulls (default: 42).
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Print everything as JSON, every pattern included.
    #[arg(long)]
    pub json: bool,
}

/// One number, or two with `..` between them.
fn sizes(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| text.parse().map_err(|_| "give a number, or two as in 3..5".to_owned());
    match text.split_once("..") {
        Some((min, max)) => Ok((number(min)?, number(max.trim_start_matches('='))?)),
        None => number(text).map(|k| (k, k)),
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LinkArg {
    /// The next k events in a time window.
    WindowKnn,
    /// The next k events that share an entity.
    SharedKey,
    /// Both.
    Both,
}

impl LinkArg {
    /// The rules of `dag.links`.
    pub fn rules(self) -> &'static [&'static str] {
        match self {
            Self::WindowKnn => &["window-knn"],
            Self::SharedKey => &["shared-key"],
            Self::Both => &["window-knn", "shared-key"],
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum NullArg {
    /// Which event of a block of time bears which label; the only one that promotes.
    Stratified,
    /// Which event of a session bears which label.
    Label,
    /// When in its window of time an event happens.
    Jitter,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum CorrectionArg {
    /// Family-wise, from the largest score of each draw.
    MaxT,
    /// Family-wise, by the number of tests.
    Bonferroni,
    /// Rate of false discoveries, Benjamini and Hochberg.
    Bh,
    /// Rate of false discoveries, Benjamini and Yekutieli.
    By,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum DeviceArg {
    Auto,
    Cpu,
    Cuda,
}

#[derive(Debug, Args)]
pub struct AttendArgs {
    /// Tensors q, k, v [nodes, heads, head_dim], and optionally offsets, t_ms, row_ptr, col_idx.
    #[arg(value_name = "IN.safetensors")]
    pub input: PathBuf,
    /// File of the results: out [nodes, heads, head_dim], lse [nodes, heads].
    #[arg(long, value_name = "OUT.safetensors")]
    pub out: PathBuf,
    /// Who computes.
    #[arg(long, value_enum, default_value = "auto")]
    pub backend: BackendArg,
    /// How probabilities are rounded before they meet the values.
    #[arg(long, value_enum, default_value = "exact")]
    pub accuracy: AccuracyArg,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DagArgs {
    /// Edges: integer columns src and dst, ids from 0; other columns are passed over.
    #[arg(value_name = "EDGES.parquet")]
    pub edges: PathBuf,
    /// More nodes than the edges name: how many there are, or a Parquet file with a column id.
    #[arg(long, value_name = "N|FILE.parquet", value_parser = nodes)]
    pub nodes: Option<Nodes>,
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
    /// Read the footer alone: no page is decoded, so there are no values and no digests.
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
    /// Parquet or Arrow IPC file; its first bytes say which it is.
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// File of the other kind; one that stands there is replaced.
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
    #[command(flatten)]
    pub configuration: ConfigArgs,
    /// Print what was written as JSON.
    #[arg(long)]
    pub json: bool,
}

/// A number of nodes, or else the path of a file.
fn nodes(text: &str) -> Result<Nodes, String> {
    match text.parse() {
        Ok(count) => Ok(Nodes::Count(count)),
        Err(_) if text.bytes().all(|b| b.is_ascii_digit()) => Err("more than 2^64 nodes".to_owned()),
        Err(_) => Ok(Nodes::File(text.into())),
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum BackendArg {
    Auto,
    Reference,
    Cpu,
    Cuda,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum AccuracyArg {
    /// Probabilities keep f32 precision.
    Exact,
    /// Probabilities are rounded once to the precision of q, k, v.
    Fast,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every effective setting and where its value comes from.
    Show(ShowArgs),
    /// Check a configuration file.
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    pub configuration: ConfigArgs,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// TOML, JSON or YAML file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub struct InfoArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// The name that an option's value has on the command line.
pub fn name_of(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|v| v.get_name().to_owned()).unwrap_or_default()
}
