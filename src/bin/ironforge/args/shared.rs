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
#[command(next_help_heading = "Columns of tables")]
pub struct ColumnArgs {
    /// Time column and its format: s, ms, us, ns, text, or as in '%d/%m/%Y %H:%M' (default: the only one that fits).
    #[arg(long, value_name = "COL[:FORMAT]")]
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

/// Options of the format of files, where it cannot be found in them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Format of files")]
pub struct FormatArgs {
    /// Format of the files (default: by their first bytes).
    #[arg(long, value_name = "F", value_parser = ["auto", "delimited", "json", "parquet", "arrow"])]
    pub input_format: Option<String>,
    /// What separates cells: , ; | tab, another sign, or blanks (default: found in the first rows).
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub delimiter: Option<String>,
    /// First sign of comment lines; none: there are none (default: # and % at the top of a file).
    #[arg(long, value_name = "SIGN")]
    pub comment: Option<String>,
    /// The first row holds values: columns are called 0, 1, ...
    #[arg(long, conflicts_with = "header")]
    pub no_header: bool,
    /// The first row names the columns, even if it looks like values.
    #[arg(long)]
    pub header: bool,
    /// Quotes around cells: double, or none, which reads them as text.
    #[arg(long, value_name = "Q", value_parser = ["double", "none"])]
    pub quote: Option<String>,
    /// Decimal sign of numbers, . or , (default: found in the numbers).
    #[arg(long, value_name = "SIGN")]
    pub decimal: Option<String>,
    /// Sign between thousands; also reads currencies and %.
    #[arg(long, value_name = "SIGN")]
    pub thousands: Option<String>,
    /// What becomes of rows that cannot be read: error, or skip, which counts them.
    #[arg(long, value_name = "B", value_parser = ["error", "skip"])]
    pub bad_rows: Option<String>,
}

/// Options of a run over event logs: inputs, links, configuration and threads.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Files, folders and patterns to read, - for standard input (default: the built-in sample).
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub columns: ColumnArgs,
    #[command(flatten)]
    pub format: FormatArgs,
    /// Rule that links events; repeatable, for the union of several rules.
    #[arg(long, value_name = "RULE", value_parser = links())]
    pub link: Vec<LinkChoice>,
    #[command(flatten)]
    pub configuration: ConfigArgs,
    /// Worker threads (default: one per core); results do not depend on the number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}
