//! Writing to the two streams.

use std::io::{self, Write};

use ironforge::error::{Error, exit};

/// Why the command fails: what it says, and its exit code.
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

/// The result, to stdout. A reader that has gone away has seen what it wanted.
pub fn result(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure { text: format!("cannot write to stdout: {e}"), code: exit::IO })
        }
        _ => Ok(()),
    }
}

/// A value as one JSON document.
pub fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|e| Failure {
        text: format!("cannot print the result as JSON: {e}"),
        code: exit::INTERNAL,
    })?;
    result(&(text + "\n"))
}

/// A note, to stderr. There is nobody to tell if stderr itself is closed.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Why the command fails, to stderr.
pub fn error(text: &str) {
    note(&format!("ironforge: {text}"));
}
