//! Errors of importing events: the location, the value found, and the remedy.

/// Failure to turn a source into events. `file` is the source as the user named it, rows count from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// A setting of the column map is invalid.
    #[error("{key} = {value:?}: {remedy}")]
    Setting {
        /// Key of the setting in the configuration.
        key: &'static str,
        /// Its value.
        value: String,
        /// The correction, or the allowed values.
        remedy: String,
    },
    /// A column of the map is not in the file.
    #[error("{file} has no column {column:?} for the {role}{hint}")]
    UnknownColumn {
        /// The source.
        file: String,
        /// Name of the column.
        column: String,
        /// Role of the column.
        role: &'static str,
        /// The nearest name, and all names.
        hint: String,
    },
    /// Several columns have the name that a role asks for.
    #[error("several columns of {file} are called {column:?}, which the {role} names: rename one")]
    DoubledColumn {
        /// The source.
        file: String,
        /// Name of the columns.
        column: String,
        /// Role of the column.
        role: &'static str,
    },
    /// No column is known to be the time.
    #[error("{file}: the time column is unknown, {why}: name it with {proposal}")]
    NoTime {
        /// The source.
        file: String,
        /// The reason that none was found.
        why: String,
        /// The options that fit the columns.
        proposal: String,
    },
    /// A column has a type that its role cannot use.
    #[error("column {column:?} of {file} holds {found}, the {role} needs {want}")]
    ColumnType {
        /// The source.
        file: String,
        /// The column.
        column: String,
        /// Role of the column.
        role: &'static str,
        /// Type of the column.
        found: &'static str,
        /// Types that the role can use, and the option that selects one.
        want: String,
    },
    /// The role of a column cannot use one of its values.
    #[error("row {row} (from 0) of column {column:?} in {file} holds {value}: {remedy}")]
    Value {
        /// The source.
        file: String,
        /// The row, from 0.
        row: usize,
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// The fault, and the expected form.
        remedy: String,
    },
    /// A value that every event needs is missing.
    #[error(
        "row {row} (from 0) of column {column:?} in {file} {found}, every event needs a {role}: fill or drop the row, or \
         leave such rows out with --bad-rows skip"
    )]
    Missing {
        /// The source.
        file: String,
        /// The row, from 0.
        row: usize,
        /// The column.
        column: String,
        /// What the row has instead: `is empty`, or `holds "NULL"`.
        found: String,
        /// Role of the column.
        role: &'static str,
    },
    /// The source holds no events.
    #[error("{file} holds no events: a session needs at least one")]
    NoEvents {
        /// The source.
        file: String,
    },
    /// The source has more events than 32-bit positions can number.
    #[error(
        "{file} holds {events} events, the limit is {limit}: split it with --group or into several files"
    )]
    TooManyEvents {
        /// The source.
        file: String,
        /// Number of events in it.
        events: usize,
        /// Maximum number of events.
        limit: usize,
    },
    /// The operating system reports an error.
    #[error("cannot read {file}: {source}")]
    Io {
        /// The source.
        file: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A line of a text file is malformed.
    #[error("{file}, line {line}: {why}")]
    Line {
        /// The source.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The fault, and the remedy.
        why: String,
    },
    /// Reading would take more memory than allowed.
    #[error("reading {file} needs more than {limit} bytes: raise {key}, or name fewer columns")]
    Memory {
        /// The source.
        file: String,
        /// Key of the limit in the configuration.
        key: &'static str,
        /// The limit, bytes.
        limit: u64,
    },
}

impl EventsError {
    /// Key of the setting that the error is about, if it is about one.
    pub fn setting(&self) -> Option<&'static str> {
        match self {
            Self::Setting { key, .. } | Self::Memory { key, .. } => Some(key),
            Self::NoTime { .. } => Some("session.time"),
            _ => None,
        }
    }
}
