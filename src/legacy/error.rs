//! Errors of reading the original's session files.

use crate::events::EventsError;

/// Failure to read a session file or shard. `file` is the source as the user named it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LegacyError {
    /// The events cannot be used.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// Malformed JSON.
    #[error("{file} is not readable JSON at line {line}, column {column}: {why}")]
    Json {
        /// The source.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// Reason of the parser.
        why: String,
    },
    /// JSON that is not a session file.
    #[error("{file} is JSON but not a session file: {why}")]
    NotASession {
        /// The source.
        file: String,
        /// Content found instead.
        why: String,
    },
    /// A field of a session file is wrong.
    #[error("{file}: {field} {why}: {remedy}")]
    Field {
        /// The source.
        file: String,
        /// The field, as a path.
        field: String,
        /// The fault.
        why: String,
        /// The expected form.
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
        /// The fault.
        why: String,
        /// The expected form.
        remedy: String,
    },
}
