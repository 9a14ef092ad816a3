//! Options that several commands have.

use std::path::PathBuf;

use clap::Args;
use ironforge::config::Preset;

use super::values::{LinkChoice, links};

/// Help of `--preset`: every name.
fn preset_help() -> String {
    let names: Vec<&str> = Preset::all().map(|(_, name)| name).collect();
    format!("Start from this preset: {}", names.join(", "))
}

/// Options of the configuration.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[arg(long, value_name = "P", help = preset_help())]
    pub preset: Option<String>,
    /// Read settings from a TOML, JSON or YAML file; legacy files are accepted.
    #[arg(long, value_name = "F")]
    pub config: Option<PathBuf>,
    /// Set one setting, for example tgat.num_layers=3; repeatable.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

/// Options of the column map.
#[derive(Debug, Args)]
#[command(next_help_heading = "Column map of Parquet and CSV tables")]
pub struct ColumnArgs {
    /// Time column and its format; a Parquet timestamp needs no format.
    #[arg(long, value_name = "COL[:s|ms|us|ns|text]")]
    pub time: Option<String>,
    /// Column of integers that orders events of equal time (default: none, a hash orders them).
    #[arg(long, value_name = "COL")]
    pub seq: Option<String>,
    /// IANA time zone of wall-clock times, for example America/New_York (default: UTC).
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Column of the event's kind.
    #[arg(long, value_name = "COL")]
    pub kind: Option<String>,
    /// Column of the event's session (default: one session per file).
    #[arg(long, value_name = "COL")]
    pub group: Option<String>,
    /// Column of an entity that events share; repeatable.
    #[arg(long = "key", value_name = "COL")]
    pub keys: Vec<String>,
    /// Numeric column; repeatable (default: every numeric column without another role).
    #[arg(long = "num", value_name = "COL")]
    pub numeric: Vec<String>,
    /// Price column (default: the numeric column `price` or `price_level`, if present).
    #[arg(long, value_name = "COL")]
    pub price: Option<String>,
}

/// Options of a run over event logs: inputs, links, configuration and threads.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Files and folders to read (default: the built-in sample).
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub columns: ColumnArgs,
    /// Rule that links events; repeatable, for the union of several rules.
    #[arg(long, value_name = "RULE", value_parser = links())]
    pub link: Vec<LinkChoice>,
    #[command(flatten)]
    pub configuration: ConfigArgs,
    /// Worker threads (default: one per core); results do not depend on the number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}
