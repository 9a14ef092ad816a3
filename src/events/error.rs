//! Why a source gives no events: the place, what stands there, and what to do about it.

/// Failure to turn a source into events. `file` is the source as the user named it, rows count from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// A part of the column map means nothing.
    #[error("{what} {value:?}: {remedy}")]
    Setting {
        /// Which part.
        what: &'static str,
        /// What it says.
        value: String,
        /// What it may say.
        remedy: String,
    },
    /// A column of the map is not in the file.
    #[error("{file} has no column {column:?} for the {role}{hint}")]
    UnknownColumn {
        /// The source.
        file: String,
        /// The name.
        column: String,
        /// What it was to be.
        role: &'static str,
        /// The nearest name, and all names.
        hint: String,
    },
    /// No column is known to be the time.
    #[error("{file}: which column is the time? {why}: name it with --time COLUMN[:s|ms|us|ns|text]")]
    NoTime {
        /// The source.
        file: String,
        /// Why it was not found.
        why: String,
    },
    /// A column has a type that its role cannot use.
    #[error("column {column:?} of {file} holds {found}, the {role} needs {want}")]
    ColumnType {
        /// The source.
        file: String,
        /// The column.
        column: String,
        /// What it was to be.
        role: &'static str,
        /// What it holds.
        found: &'static str,
        /// What the role needs, and how to say so.
        want: String,
    },
    /// A value cannot be what its role needs.
    #[error("row {row} (from 0) of column {column:?} in {file} holds {value}: {remedy}")]
    Value {
        /// The source.
        file: String,
        /// The row, from 0.
        row: usize,
        /// The column.
        column: String,
        /// What stands there.
        value: String,
        /// What is wrong with it and what would be right.
        remedy: String,
    },
    /// A value that every event needs is missing.
    #[error(
        "row {row} (from 0) of column {column:?} in {file} is empty, every event needs a {role}: fill or drop the row"
    )]
    Missing {
        /// The source.
        file: String,
        /// The row, from 0.
        row: usize,
        /// The column.
        column: String,
        /// What it was to be.
        role: &'static str,
    },
    /// The source holds no event.
    #[error("{file} holds no events: a session needs one at least")]
    NoEvents {
        /// The source.
        file: String,
    },
    /// More events than positions.
    #[error(
        "{file} holds {events} events, positions are counted to {limit}: split it by --group or into files"
    )]
    TooManyEvents {
        /// The source.
        file: String,
        /// How many it holds.
        events: usize,
        /// How many fit.
        limit: usize,
    },
    /// The operating system refused.
    #[error("cannot read {file}: {source}")]
    Io {
        /// The source.
        file: String,
        /// Its reason.
        source: std::io::Error,
    },
    /// A CSV file is broken.
    #[error("{file}, line {line}: {why}")]
    Csv {
        /// The source.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong, and what to do.
        why: String,
    },
    /// A JSON file is broken.
    #[error("{file} is no readable JSON at line {line}, column {column}: {why}")]
    Json {
        /// The source.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        why: String,
    },
    /// A JSON file is something else than a session.
    #[error("{file} is JSON but no session: {why}")]
    NotASession {
        /// The source.
        file: String,
        /// What gave it away.
        why: String,
    },
    /// A field of a session file is wrong.
    #[error("{file}: {field} {why}: {remedy}")]
    Field {
        /// The source.
        file: String,
        /// The field, as a path.
        field: String,
        /// What is wrong with it.
        why: String,
        /// What would be right.
        remedy: String,
    },
    /// A field of one event of a session file is wrong.
    #[error("{file}: field {field:?} of event {event} (from 0) {why}: {remedy}")]
    Event {
        /// The source.
        file: String,
        /// Position in the file's list, from 0.
        event: usize,
        /// The field.
        field: String,
        /// What is wrong with it.
        why: String,
        /// What would be right.
        remedy: String,
    },
    /// Reading would take more memory than allowed.
    #[error("reading {file} needs more than {limit} bytes: raise limits.memory, or name fewer columns")]
    Memory {
        /// The source.
        file: String,
        /// The limit, bytes.
        limit: u64,
    },
}
