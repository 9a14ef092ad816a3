//! Options of `discover`, `build-graph` and `motifs`.

use std::path::PathBuf;

use clap::Args;
use ironforge::backend::Device;
use ironforge::motif::{Correction, Null};

use super::InputArgs;
use super::values::{corrections, devices, nulls, sizes};

#[derive(Debug, Args)]
pub struct DiscoverArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Output folder; the outputs of an earlier run in it are replaced.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Weights of a trained model (default: random weights from the seed; the run is then marked untrained).
    #[arg(long, value_name = "F.safetensors")]
    pub weights: Option<PathBuf>,
    /// Device that runs attention.
    #[arg(long, value_parser = devices())]
    pub device: Option<Device>,
    /// Seed of weights and null draws (default: 42).
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
    /// Output folder; the outputs of an earlier run in it are replaced.
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
    /// Number of events of a motif, or the smallest and the largest number (default: 3..5).
    #[arg(long, value_name = "K|K..K", value_parser = sizes)]
    pub k: Option<(u32, u32)>,
    /// Number of null draws; 0 counts without testing (default: 1000).
    #[arg(long, value_name = "N")]
    pub iterations: Option<u32>,
    /// Null model (default: stratified).
    #[arg(long, value_parser = nulls())]
    pub null: Option<Null>,
    /// Correction of p-values for the number of patterns (default: max-t).
    #[arg(long, value_parser = corrections())]
    pub correction: Option<Correction>,
    /// Table of the motifs; an existing file is replaced.
    #[arg(long, value_name = "F.parquet")]
    pub out: Option<PathBuf>,
    /// Seed of the null draws (default: 42).
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Print everything as JSON, every pattern included.
    #[arg(long)]
    pub json: bool,
}
