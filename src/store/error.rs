//! What can go wrong with a Parquet file, with the place and the remedy.

use std::path::PathBuf;

/// Failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Its reason.
        source: std::io::Error,
    },
    /// The file is no Parquet file.
    #[error("{path} is not a Parquet file: {why}", path = path.display())]
    NotParquet {
        /// The file.
        path: PathBuf,
        /// What gave it away.
        why: String,
    },
    /// The file is neither Parquet nor Arrow IPC.
    #[error("{path} is neither a Parquet file nor an Arrow IPC file: it begins like none of them", path = path.display())]
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
    /// The file says something that cannot be true.
    #[error(
        "{path} is damaged: {why}; fetch or write the file again", path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What cannot be true.
        why: String,
    },
    /// The file is sound and uses something that is not read here.
    #[error(
        "{path} uses {feature}, which is not supported here: write the file again without it", path = path.display()
    )]
    Feature {
        /// The file.
        path: PathBuf,
        /// What it uses.
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
    /// A column that was asked for is not there.
    #[error(
        "{path} has no column {column:?}{}; its columns are: {}",
        nearest.as_ref().map(|n| format!(" (nearest: {n:?})")).unwrap_or_default(),
        columns.join(", "),
        path = path.display()
    )]
    UnknownColumn {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        column: String,
        /// The most similar name of the file.
        nearest: Option<String>,
        /// All names of the file.
        columns: Vec<String>,
    },
    /// A column that was asked for has a type that events cannot use.
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
    /// A value does not fit the 64-bit signed integers that columns hold.
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
    /// A column has another type than in the files before.
    #[error(
        "column {column:?} is {was} in the files before {path} and {is} there: write them with one type, or read them \
         apart",
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
    /// A column is compared to a value of another kind.
    #[error("column {column:?} of {path} is {type_name} and cannot be compared to {value}", path = path.display())]
    Predicate {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Its type.
        type_name: &'static str,
        /// What it is compared to.
        value: &'static str,
    },
    /// The encoder failed on a table.
    #[error("cannot encode {path} as Parquet: {why}", path = path.display())]
    Encode {
        /// The file that was to be written.
        path: PathBuf,
        /// Its reason.
        why: String,
    },
    /// Something else stands where the folder of a session would.
    #[error(
        "{path} is {what}, and a session needs a folder of its own there, so that nothing is written elsewhere: move \
         it away",
        path = path.display()
    )]
    Place {
        /// Where the folder would be.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// Another process writes to the dataset.
    #[error("{path} is being written to by another process: wait until it has ended", path = path.display())]
    Busy {
        /// The folder of the dataset.
        path: PathBuf,
    },
    /// A table has other columns than the file it is written to.
    #[error(
        "{path} has the columns {want}, this table has {got}: give each table the same columns, types and units",
        path = path.display()
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// Names, types and units of its columns.
        want: String,
        /// Those of the table.
        got: String,
    },
    /// A setting is out of its range.
    #[error("store.{key} = {value} is out of range: {want}")]
    Config {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: i64,
        /// The range.
        want: &'static str,
    },
    /// A value cannot be a folder name.
    #[error("{key} = {value:?} cannot name a folder: {why}; give the session a short, non-empty id")]
    Partition {
        /// The partition key.
        key: String,
        /// The value, shortened.
        value: String,
        /// Why not.
        why: String,
    },
}

impl StoreError {
    /// Whether a file that was to be read could not be opened.
    pub fn is_missing_input(&self) -> bool {
        matches!(self, Self::Io { action: "open", .. })
    }
}
