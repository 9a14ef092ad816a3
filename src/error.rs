//! The errors of the flow, and the exit code of each.

use std::io;
use std::path::Path;

use crate::attention::AttentionError;
use crate::backend::BackendError;
use crate::config::ConfigError;
use crate::dag::DagError;
use crate::events::{EventsError, FeatureError};
use crate::legacy::LegacyError;
use crate::motif::MotifError;
use crate::pipeline::Skipped;
use crate::pipeline::attend::AttendError;
use crate::pipeline::dag::DagRunError;
use crate::store::StoreError;
use crate::tgat::TgatError;

/// Exit codes of the command, after sysexits where it has one.
pub mod exit {
    /// Everything went well.
    pub const OK: u8 = 0;
    /// A check failed.
    pub const CHECK: u8 = 1;
    /// The command line is wrong.
    pub const USAGE: u8 = 2;
    /// Input data is damaged or impossible.
    pub const DATA: u8 = 65;
    /// Input is missing.
    pub const NO_INPUT: u8 = 66;
    /// A fault of the program itself.
    pub const INTERNAL: u8 = 70;
    /// A device cannot be used.
    pub const DEVICE: u8 = 71;
    /// Output cannot be created.
    pub const CANNOT_CREATE: u8 = 73;
    /// Reading or writing failed half-way.
    pub const IO: u8 = 74;
    /// The work is above a limit.
    pub const LIMIT: u8 = 75;
    /// The configuration is wrong.
    pub const CONFIG: u8 = 78;
    /// The user interrupted the command.
    pub const INTERRUPTED: u8 = 130;
}

/// Why a run ends without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input that does not exist or cannot be opened.
    #[error("cannot read {path}: {source}")]
    Input {
        /// The file or folder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A named file whose kind is not known.
    #[error("{path}: neither a session file (.json) nor a table (.parquet, .csv)")]
    UnknownFile {
        /// The file.
        path: String,
    },
    /// No path held a session.
    #[error("no session found in {paths}{}", listed(skipped))]
    NoSessions {
        /// The paths searched.
        paths: String,
        /// What was found instead.
        skipped: Vec<Skipped>,
    },
    /// Two inputs want the same session id.
    #[error(
        "two inputs make session `{id}`: {first} and {second}; rename one, or read them in runs of their own"
    )]
    Clash {
        /// The id.
        id: String,
        /// One input.
        first: String,
        /// The other.
        second: String,
    },
    /// A setting that says how inputs are read, and no input is read by it.
    #[error(
        "session.{key} is set, and no input was read as {want}: leave it out, or give one{}",
        listed(skipped)
    )]
    NothingToApply {
        /// The setting.
        key: &'static str,
        /// What it is for.
        want: &'static str,
        /// What was found instead.
        skipped: Vec<Skipped>,
    },
    /// Events that cannot be read.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// A session file or shard that cannot be read. Errors of its events are [`Error::Events`].
    #[error(transparent)]
    Legacy(LegacyError),
    /// A table that cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A graph that cannot be built.
    #[error("session `{session}` ({file}): {error}")]
    Graph {
        /// The session.
        session: String,
        /// Its file.
        file: String,
        /// What is wrong.
        error: DagError,
    },
    /// A weights file that does not hold the network.
    #[error("weights {path}: {error}")]
    Weights {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: TgatError,
    },
    /// The features of the original's sessions, asked for where a session has not what they need.
    #[error(
        "session.features = session45: session `{session}` ({file}) has not {lacks}; use auto or generic, or leave \
         the session out"
    )]
    Features {
        /// The session.
        session: String,
        /// Its file.
        file: String,
        /// What it lacks.
        lacks: &'static str,
    },
    /// A feature that no 32-bit float holds.
    #[error(
        "session `{session}` ({file}): feature {feature} of row {row} is {value:e}, more than a 32-bit float holds; \
         give its source in a larger unit, or leave the column out with session.numeric"
    )]
    FeatureRange {
        /// The session.
        session: String,
        /// Its file.
        file: String,
        /// The feature and its column.
        feature: String,
        /// The row of its table.
        row: usize,
        /// The value.
        value: f64,
    },
    /// Statistics of a weights file that do not fit the features.
    #[error("weights {path}: {error}")]
    Statistics {
        /// The file.
        path: String,
        /// What is wrong with them.
        error: FeatureError,
    },
    /// The network cannot run.
    #[error(transparent)]
    Tgat(#[from] TgatError),
    /// Attention cannot run.
    #[error(transparent)]
    Attention(#[from] AttentionError),
    /// `ironforge attend` cannot run.
    #[error(transparent)]
    Attend(#[from] AttendError),
    /// `ironforge dag` cannot run.
    #[error(transparent)]
    DagRun(#[from] DagRunError),
    /// A device cannot be used.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// Motifs cannot be mined.
    #[error(transparent)]
    Motif(#[from] MotifError),
    /// The motif labels are to come from a column that a session does not have.
    #[error(
        "motif.labels = {name:?}: {file} has no key column of that name{}; use `kind`, `none`, or name the column \
         with --key {name}",
        if keys.is_empty() { String::new() } else { format!(" (it has {})", keys.join(", ")) }
    )]
    LabelColumn {
        /// The column.
        name: String,
        /// The session's file.
        file: String,
        /// Its key columns.
        keys: Vec<String>,
    },
    /// The census is estimated to enumerate more than allowed.
    #[error(
        "about {estimate:.3e} motif instances of up to {max_nodes} events, limits.motif_instances allows {limit:.3e}; \
         raise it with --set limits.motif_instances=N, or count smaller motifs with --set motif.max_nodes=N"
    )]
    MotifInstances {
        /// Instances estimated.
        estimate: f64,
        /// Instances allowed.
        limit: f64,
        /// Largest motif.
        max_nodes: usize,
    },
    /// The threads asked for cannot be started.
    #[error("cannot start {threads} threads: {reason}; set limits.threads lower, or to 0 for one a core")]
    Threads {
        /// Threads asked for.
        threads: u16,
        /// Why.
        reason: String,
    },
    /// Configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The output folder cannot be made or changed.
    #[error("cannot write to {path}: {source}")]
    Output {
        /// The folder or file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Something that no run wrote stands where an output would.
    #[error(
        "{path} was not written by an earlier run, so it is not replaced: choose another --out, or move it away"
    )]
    Foreign {
        /// What stands there.
        path: String,
    },
    /// The work is estimated to need more memory than allowed.
    #[error(
        "{what} needs about {:.2} GB of memory, limits.memory_gb allows {:.2}; raise it with --set limits.memory_gb=N \
         or read fewer events",
        *needed as f64 / 1e9, *limit as f64 / 1e9
    )]
    Memory {
        /// The work.
        what: String,
        /// Bytes estimated.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
}

impl From<LegacyError> for Error {
    fn from(error: LegacyError) -> Self {
        match error {
            LegacyError::Events(error) => Self::Events(error),
            error => Self::Legacy(error),
        }
    }
}

fn listed(skipped: &[Skipped]) -> String {
    let mut text = String::new();
    for skip in skipped.iter().take(5) {
        text.push_str(&format!("; {}: {}", skip.path, skip.reason));
    }
    if skipped.len() > 5 {
        text.push_str(&format!("; and {} more", skipped.len() - 5));
    }
    text
}

impl Error {
    /// The exit code of the command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input { .. } | Self::Events(EventsError::Io { .. }) => exit::NO_INPUT,
            Self::NoSessions { .. } => exit::NO_INPUT,
            Self::Config(ConfigError::Read { source, .. }) if source.kind() != io::ErrorKind::InvalidData => {
                exit::NO_INPUT
            }
            Self::Config(_) | Self::Store(StoreError::Config { .. }) => exit::CONFIG,
            Self::NothingToApply { .. }
            | Self::Events(EventsError::Setting { .. })
            | Self::LabelColumn { .. }
            | Self::Features { .. } => exit::CONFIG,
            Self::Graph { error: DagError::NoKey { .. }, .. } => exit::CONFIG,
            Self::Memory { .. } | Self::MotifInstances { .. } | Self::Threads { .. } => exit::LIMIT,
            Self::Events(EventsError::Memory { .. }) | Self::Store(StoreError::Memory { .. }) => exit::LIMIT,
            Self::Backend(_) | Self::Attention(AttentionError::Device { .. }) => exit::DEVICE,
            Self::Tgat(TgatError::Attention { source: AttentionError::Device { .. }, .. }) => exit::DEVICE,
            Self::Output { .. } | Self::Foreign { .. } => exit::CANNOT_CREATE,
            Self::Store(error) if error.is_missing_input() => exit::NO_INPUT,
            Self::Store(StoreError::Io { .. }) => exit::IO,
            Self::Store(StoreError::Encode { .. }) => exit::INTERNAL,
            Self::Attend(error) => error.exit_code(),
            Self::DagRun(error) => error.exit_code(),
            _ => exit::DATA,
        }
    }

    /// Whether the file is readable but is not meant as input: in a folder it is passed over and named.
    pub(crate) fn is_no_input(&self) -> bool {
        use EventsError::{NoTime, UnknownColumn};
        match self {
            Self::Events(error) => matches!(error, NoTime { .. } | UnknownColumn { .. }),
            Self::Legacy(error) => matches!(error, LegacyError::NotASession { .. }),
            Self::Store(error) => matches!(error, StoreError::UnknownColumn { .. }),
            _ => false,
        }
    }

    pub(crate) fn input(path: &Path, source: io::Error) -> Self {
        Self::Input { path: path.display().to_string(), source }
    }

    pub(crate) fn output(path: &Path, source: io::Error) -> Self {
        Self::Output { path: path.display().to_string(), source }
    }
}
