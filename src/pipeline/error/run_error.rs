//! Every error of the pipeline.

use std::fmt;
use std::io;
use std::path::Path;

use super::skipped::listed;
use super::{AttendError, EdgeListError, SkippedInput, exit};
use crate::attention::AttentionError;
use crate::backend::BackendError;
use crate::config::ConfigError;
use crate::dag::DagError;
use crate::events::{EventsError, FeatureError};
use crate::legacy::LegacyError;
use crate::motif::MotifError;
use crate::store::StoreError;
use crate::tgat::TgatError;

/// Work whose memory is estimated before it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemoryTask {
    /// Decompressing a file, or reading a pipe.
    Spooling {
        /// The file.
        source: String,
    },
    /// Reading a file.
    Reading {
        /// The file.
        source: String,
    },
    /// A run over all sessions that were read.
    Run {
        /// Events of all sessions.
        events: usize,
    },
    /// A run over the events of one file, before it is read.
    RunOverFile {
        /// Rows of the file, estimated for CSV.
        rows: u64,
        /// The file.
        source: String,
    },
    /// The motif census and its test.
    MiningMotifs,
}

impl fmt::Display for MemoryTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spooling { source } => write!(f, "{source}, a pipe or a compressed file,"),
            Self::Reading { source } => write!(f, "reading {source}"),
            Self::Run { events } => write!(f, "a run over {events} events"),
            Self::RunOverFile { rows, source } => write!(f, "a run over about {rows} events of {source}"),
            Self::MiningMotifs => f.write_str("mining the motifs"),
        }
    }
}

/// An error that ends a run without a result.
///
/// ```
/// use std::path::Path;
///
/// use ironforge::config::{Effective, Sources};
/// use ironforge::pipeline::{BuildGraphRequest, Error, Silent, build_graph, exit};
///
/// let effective = Effective::load(&Sources::default())?;
/// let paths = ["absent.csv".into()];
/// let request = BuildGraphRequest { paths: &paths, out: Path::new("out"), effective: &effective };
/// let error = build_graph(&request, &Silent).unwrap_err();
/// assert!(matches!(error, Error::Input { .. }));
/// assert_eq!(error.exit_code(), exit::NO_INPUT);
/// # Ok::<(), ironforge::pipeline::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input that does not exist or cannot be opened.
    #[error("cannot read {path}: {source}")]
    Input {
        /// The file or folder.
        path: String,
        /// The error of the system.
        source: io::Error,
    },
    /// A file named by the caller whose format is not known.
    #[error(
        "{path}: neither delimited text nor JSON, Parquet or Arrow: export it as one of these, or name its format with \
         --input-format"
    )]
    UnknownFile {
        /// The file.
        path: String,
    },
    /// An archive, or a file of a program.
    #[error("{path} is {what}: {remedy}")]
    UnreadableFormat {
        /// The file.
        path: String,
        /// What it is.
        what: &'static str,
        /// How it becomes readable.
        remedy: &'static str,
    },
    /// A pattern of paths that none has.
    #[error("no file matches {pattern}")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// A compressed file that is damaged or cut off.
    #[error("{path} cannot be decompressed: {why}; it is damaged or cut off")]
    BrokenCompression {
        /// The file.
        path: String,
        /// The reason.
        why: String,
    },
    /// No path held a session.
    #[error("no session found in {paths}{}", listed(skipped))]
    NoSessions {
        /// The paths searched.
        paths: String,
        /// The files found and not read.
        skipped: Vec<SkippedInput>,
    },
    /// Two inputs have the same session id.
    #[error(
        "two inputs have the session id `{id}`: {first} and {second}; rename one, or read them in separate runs"
    )]
    DuplicateSession {
        /// The id.
        id: String,
        /// One input.
        first: String,
        /// The other input.
        second: String,
    },
    /// A setting of the reader is set, but no input is of the kind that it applies to.
    #[error(
        "session.{key} is set, and no input was read as {applies_to}: remove the setting, or add such an input{}",
        listed(skipped)
    )]
    UnusedSetting {
        /// The setting.
        key: &'static str,
        /// The kind of input that it applies to.
        applies_to: &'static str,
        /// The files found and not read.
        skipped: Vec<SkippedInput>,
    },
    /// Events cannot be read.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// A session file or shard cannot be read. Errors of its events are [`Error::Events`].
    #[error(transparent)]
    Legacy(LegacyError),
    /// A table cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A graph cannot be built.
    #[error("session `{session}` ({file}): {error}")]
    Graph {
        /// The session.
        session: String,
        /// Its file.
        file: String,
        /// The error of the graph.
        error: DagError,
    },
    /// A weights file that does not hold the network.
    #[error("weights {path}: {error}")]
    Weights {
        /// The file.
        path: String,
        /// The error of the network.
        error: Box<TgatError>,
    },
    /// The features `session45` are requested, and a session lacks an input that they need.
    #[error(
        "session.features = session45: session `{session}` ({file}) lacks {lacks}; use auto or generic, or leave \
         the session out"
    )]
    MissingFeatureInput {
        /// The session.
        session: String,
        /// Its file.
        file: String,
        /// The missing input.
        lacks: &'static str,
    },
    /// A feature that a 32-bit float cannot represent.
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
        /// The error of the features.
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
    EdgeList(#[from] EdgeListError),
    /// A device cannot be used.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// Motifs cannot be mined.
    #[error(transparent)]
    Motif(#[from] MotifError),
    /// `motif.labels` names a column that a session does not have.
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
    /// The census is estimated to enumerate more instances than allowed.
    #[error(
        "about {estimate:.3e} motif instances of up to {max_nodes} events, limits.motif_instances allows {limit:.3e}; \
         raise it with --set limits.motif_instances=N, or count smaller motifs with --set motif.max_nodes=N"
    )]
    MotifInstances {
        /// Instances estimated.
        estimate: f64,
        /// Instances allowed.
        limit: f64,
        /// Events of the largest motif.
        max_nodes: usize,
    },
    /// The requested threads cannot be started.
    #[error("cannot start {threads} threads: {reason}; set limits.threads lower, or to 0 for one per core")]
    Threads {
        /// Threads requested.
        threads: u16,
        /// The error of the thread pool.
        reason: String,
    },
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The output folder cannot be created or changed.
    #[error("cannot write to {path}: {source}")]
    Output {
        /// The folder or file.
        path: String,
        /// The error of the system.
        source: io::Error,
    },
    /// An output path holds a file or folder that no earlier run wrote.
    #[error(
        "{path} was not written by an earlier run, so it is not replaced: choose another --out, or move it away"
    )]
    ForeignOutput {
        /// The file or folder.
        path: String,
    },
    /// The work is estimated to need more memory than allowed.
    #[error(
        "{task} needs about {:.2} GB of memory, limits.memory_gb allows {:.2}; raise it with --set limits.memory_gb=N \
         or read fewer events",
        *needed as f64 / 1e9, *limit as f64 / 1e9
    )]
    Memory {
        /// The work.
        task: MemoryTask,
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

impl Error {
    /// Exit code of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input { .. } | Self::Events(EventsError::Io { .. }) => exit::NO_INPUT,
            Self::NoSessions { .. } | Self::NoMatch { .. } => exit::NO_INPUT,
            Self::Config(ConfigError::Read { source, .. }) if source.kind() != io::ErrorKind::InvalidData => {
                exit::NO_INPUT
            }
            Self::Config(_) | Self::Store(StoreError::Config { .. }) => exit::CONFIG,
            Self::UnusedSetting { .. }
            | Self::Events(EventsError::Setting { .. })
            | Self::LabelColumn { .. }
            | Self::MissingFeatureInput { .. } => exit::CONFIG,
            Self::Graph { error: DagError::NoKey, .. } => exit::CONFIG,
            Self::Memory { .. } | Self::MotifInstances { .. } | Self::Threads { .. } => exit::LIMIT,
            Self::Events(EventsError::Memory { .. }) | Self::Store(StoreError::Memory { .. }) => exit::LIMIT,
            Self::Backend(_) | Self::Attention(AttentionError::Device { .. }) => exit::DEVICE,
            Self::Tgat(TgatError::Attention { source: AttentionError::Device { .. }, .. }) => exit::DEVICE,
            Self::Output { .. } | Self::ForeignOutput { .. } => exit::CANNOT_CREATE,
            Self::Store(error) if error.is_missing_input() => exit::NO_INPUT,
            Self::Store(StoreError::Io { .. }) => exit::IO,
            Self::Store(StoreError::Encode { .. }) => exit::INTERNAL,
            Self::Attend(error) => error.exit_code(),
            Self::EdgeList(error) => error.exit_code(),
            _ => exit::DATA,
        }
    }

    /// True if the file is readable but is not an event log. A folder's file is then skipped and reported.
    pub(crate) fn is_not_an_input(&self) -> bool {
        use EventsError::{NoEvents, NoTime, UnknownColumn};
        match self {
            Self::Events(error) => matches!(error, NoTime { .. } | UnknownColumn { .. } | NoEvents { .. }),
            Self::Legacy(error) => matches!(error, LegacyError::NotASession { .. }),
            Self::Store(error) => matches!(error, StoreError::UnknownColumn { .. }),
            Self::UnknownFile { .. } | Self::UnreadableFormat { .. } => true,
            _ => false,
        }
    }

    /// True if the content of the file is at fault, rather than the settings, the system or a limit.
    pub(crate) fn is_about_content(&self) -> bool {
        matches!(self, Self::Events(_) | Self::Legacy(_) | Self::Store(_)) && self.exit_code() == exit::DATA
    }

    pub(crate) fn input(path: &Path, source: io::Error) -> Self {
        Self::Input { path: path.display().to_string(), source }
    }

    pub(crate) fn output(path: &Path, source: io::Error) -> Self {
        Self::Output { path: path.display().to_string(), source }
    }
}
