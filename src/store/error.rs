//! Errors of reading and writing files, with the path and the remedy.

use std::fmt;
use std::path::{Path, PathBuf};

/// Failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused an operation on a file or folder.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operation that failed.
        action: IoAction,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file is not a Parquet file.
    #[error("{path} is not a Parquet file: {why}", path = path.display())]
    NotParquet {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// The file is neither Parquet nor Arrow IPC.
    #[error(
        "{path} is neither a Parquet file nor an Arrow IPC file: it has the first bytes of neither",
        path = path.display()
    )]
    NotTabular {
        /// The file.
        path: PathBuf,
    },
    /// The file is encrypted.
    #[error("{path} is an encrypted Parquet file, which cannot be read here: decrypt it first", path = path.display())]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// The file contradicts itself or its format.
    #[error(
        "{path} is damaged: {why}; fetch or write the file again", path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The contradiction.
        why: String,
    },
    /// The file is valid but uses a feature that is not supported.
    #[error(
        "{path} uses {feature}, which is not supported here: write the file again without it", path = path.display()
    )]
    Feature {
        /// The file.
        path: PathBuf,
        /// The feature.
        feature: String,
    },
    /// Reading would take more memory than allowed.
    #[error(
        "reading {path} needs about {needs} bytes, the limit is {limit}: raise limits.memory_gb, or name fewer columns",
        path = path.display()
    )]
    Memory {
        /// The file.
        path: PathBuf,
        /// Estimate, bytes.
        needs: u64,
        /// Limit, bytes.
        limit: u64,
    },
    /// A requested column does not exist.
    #[error(
        "{path} has no column {column:?}{}; its columns are: {}",
        nearest.as_ref().map(|n| format!(" (nearest: {n:?})")).unwrap_or_default(),
        columns.join(", "),
        path = path.display()
    )]
    UnknownColumn {
        /// The file.
        path: PathBuf,
        /// The requested name.
        column: String,
        /// The most similar name in the file.
        nearest: Option<String>,
        /// All names in the file.
        columns: Vec<String>,
    },
    /// A requested column has a type that is not supported.
    #[error(
        "column {column:?} of {path} has the type {type_name}, which is not read here: write it as integers, \
         floats, booleans, strings or timestamps",
        path = path.display()
    )]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Its type as the file names it.
        type_name: String,
    },
    /// Two columns have the same name.
    #[error("{path} has two columns called {column:?}: rename one", path = path.display())]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// The name.
        column: String,
    },
    /// A value does not fit the signed 64-bit integers of a column; for a time in seconds, its milliseconds.
    #[error(
        "row {row} (from 0) of column {column:?} in {path} holds {value}, which does not fit a signed 64-bit \
         integer: store it as a string or a float",
        path = path.display()
    )]
    OutOfRange {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The row, from 0.
        row: u64,
        /// The value.
        value: String,
    },
    /// A column changes its type between the files of a dataset.
    #[error(
        "column {column:?} of {path} is {is}, but {was} in the files before it: write all files with one type, or read \
         them separately",
        path = path.display()
    )]
    Evolution {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Its type before.
        was: &'static str,
        /// Its type in this file.
        is: &'static str,
    },
    /// A predicate compares a column to a value of another type.
    #[error("column {column:?} of {path} is {type_name} and cannot be compared to {value}", path = path.display())]
    Predicate {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Its type.
        type_name: &'static str,
        /// The type of the value.
        value: &'static str,
    },
    /// The encoder failed on a table.
    #[error("cannot encode {path} as Parquet: {why}", path = path.display())]
    Encode {
        /// The file that was to be written.
        path: PathBuf,
        /// The encoder's reason.
        why: String,
    },
    /// The path of a session's folder is that of a link or a file.
    #[error(
        "{path} is {what} and not a folder: move it away, since a session is written only into a folder inside its \
         dataset",
        path = path.display()
    )]
    NotAFolder {
        /// The path of the session's folder.
        path: PathBuf,
        /// The obstacle: `a link` or `a file`.
        what: &'static str,
    },
    /// Another process writes to the dataset.
    #[error("{path} is being written to by another process: wait until it has ended", path = path.display())]
    Busy {
        /// The folder of the dataset.
        path: PathBuf,
    },
    /// The columns of a table differ from those of the file that it is appended to.
    #[error(
        "{path} has the columns {want}, this table has {got}: give each table the same columns, types and units",
        path = path.display()
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// Names, types and units of the file's columns.
        want: String,
        /// Names, types and units of the table's columns.
        got: String,
    },
    /// A setting is out of its range.
    #[error("{setting} = {value} is out of range: {want}")]
    Config {
        /// The setting's key in a configuration, such as `store.row_group_rows`.
        setting: &'static str,
        /// Its value.
        value: i64,
        /// The range.
        want: &'static str,
    },
    /// A key or value cannot be part of a folder name.
    #[error("{key} = {value:?} cannot name a folder: {why}; give the session a short, non-empty id")]
    Partition {
        /// The partition key.
        key: String,
        /// The value, shortened.
        value: String,
        /// The reason.
        why: String,
    },
}

impl StoreError {
    /// Returns whether an input file or folder could not be opened.
    pub fn is_missing_input(&self) -> bool {
        matches!(self, Self::Io { action: IoAction::Open, .. })
    }

    /// The same error of a file at another path: that of the user, where a copy of the file was read.
    pub fn with_path(mut self, user: &Path) -> Self {
        if let Self::Io { path, .. }
        | Self::NotParquet { path, .. }
        | Self::NotTabular { path }
        | Self::Encrypted { path }
        | Self::Damaged { path, .. }
        | Self::Feature { path, .. }
        | Self::Memory { path, .. }
        | Self::UnknownColumn { path, .. }
        | Self::Unsupported { path, .. }
        | Self::DuplicateColumn { path, .. }
        | Self::OutOfRange { path, .. } = &mut self
        {
            *path = user.to_owned();
        }
        self
    }

    /// The key of the setting that is out of its range, such as `store.row_group_rows`; `None` for other errors.
    pub fn setting(&self) -> Option<&'static str> {
        match self {
            Self::Config { setting, .. } => Some(setting),
            _ => None,
        }
    }
}

/// An operation on a file or folder, as [`StoreError::Io`] reports it.
///
/// Its text is a verb phrase that the path follows: `cannot {action} {path}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IoAction {
    /// Opening an input file, or listing an input folder.
    Open,
    /// Reading bytes.
    Read,
    /// Mapping a file into memory.
    Map,
    /// Listing a folder.
    List,
    /// Reading size or type.
    Metadata,
    /// Creating a file or folder.
    Create,
    /// Creating the folders that a file is to be in.
    CreateFolderOf,
    /// Creating a temporary folder in a folder.
    CreateFolderIn,
    /// Writing bytes.
    Write,
    /// Putting a new file or folder at the path of the old one.
    Replace,
    /// Flushing to disk.
    Flush,
    /// Flushing the folder that a file is in.
    FlushFolderOf,
    /// Locking.
    Lock,
    /// Putting an old folder back to its path.
    Restore,
    /// Removing a file or folder.
    Remove,
}

impl fmt::Display for IoAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Read => "read",
            Self::Map => "map",
            Self::List => "list",
            Self::Metadata => "get the metadata of",
            Self::Create => "create",
            Self::CreateFolderOf => "create the folder of",
            Self::CreateFolderIn => "create a folder in",
            Self::Write => "write",
            Self::Replace => "replace",
            Self::Flush => "flush",
            Self::FlushFolderOf => "flush the folder of",
            Self::Lock => "lock",
            Self::Restore => "restore",
            Self::Remove => "remove",
        })
    }
}
