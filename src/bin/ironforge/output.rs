//! Writing to stdout and stderr, and the failure of a command.

use std::io::{self, Write};

use ironforge::pipeline::{AttendError, EdgeListError, Error, exit};
use serde::Serialize;

/// A failure of the command: message and exit code.
#[derive(Debug)]
pub struct Failure {
    pub text: String,
    pub code: u8,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { text: error.to_string(), code: error.exit_code() }
    }
}

impl From<AttendError> for Failure {
    fn from(error: AttendError) -> Self {
        Error::from(error).into()
    }
}

impl From<EdgeListError> for Failure {
    fn from(error: EdgeListError) -> Self {
        Error::from(error).into()
    }
}

/// Writes the result to stdout. A closed pipe is not an error: its reader needs no more of the output.
pub fn result(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure { text: format!("cannot write to stdout: {e}"), code: exit::IO })
        }
        _ => Ok(()),
    }
}

/// Writes a value to stdout as one JSON document.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|e| Failure {
        text: format!("cannot print the result as JSON: {e}"),
        code: exit::INTERNAL,
    })?;
    result(&(text + "\n"))
}

/// A report with its schema version.
#[derive(Serialize)]
struct Document<'a, T> {
    schema_version: u32,
    #[serde(flatten)]
    report: &'a T,
}

/// Writes a report to stdout as one JSON document of this `schema_version`.
pub fn json_document<T: Serialize>(schema_version: u32, report: &T) -> Result<(), Failure> {
    json(&Document { schema_version, report })
}

/// Writes a note to stderr. An error is ignored: there is no other stream to report it on.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes the message of a failure to stderr.
pub fn error(text: &str) {
    note(&format!("ironforge: {text}"));
}
