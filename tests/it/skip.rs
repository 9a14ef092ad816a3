//! Skipped tests, named on stderr even where the test harness captures the output of tests that pass.

use std::fmt::Display;
use std::io::Write;

/// Prints SKIP, the running test and the reason.
pub fn skip(reason: impl Display) {
    let thread = std::thread::current();
    // The harness captures the macros alone, not the stream.
    let _ = writeln!(std::io::stderr().lock(), "SKIP {}: {reason}", thread.name().unwrap_or("?"));
}
