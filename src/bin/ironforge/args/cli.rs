//! The commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    AttendArgs, BuildGraphArgs, ConfigArgs, ConvertArgs, DagArgs, DiscoverArgs, InspectArgs, MotifsArgs,
};

const EXIT_CODES: &str = "\
Exit codes: 0 success, 2 wrong usage, 65 damaged or invalid data, 66 input missing, 70 internal \
error, 71 device cannot be used, 73 output cannot be created, 74 reading or writing failed, 75 above a limit, 78 wrong \
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
    /// Turn event logs into graphs only.
    BuildGraph(BuildGraphArgs),
    /// Count and test the motifs of event logs only.
    Motifs(MotifsArgs),
    /// Run attention on the tensors of a safetensors file.
    Attend(AttendArgs),
    /// Describe a directed graph given as a list of edges.
    Dag(DagArgs),
    /// Describe a Parquet file: schema, row groups, encodings, sizes, and a digest of every column.
    Inspect(InspectArgs),
    /// Convert a Parquet file to an Arrow IPC file, or an Arrow IPC file to Parquet.
    Convert(ConvertArgs),
    /// Show or check the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the capabilities of this build and this machine.
    Info(InfoArgs),
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every effective setting and its origin.
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
