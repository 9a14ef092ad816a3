//! Inputs that were found and not read.

use serde::Serialize;

/// A file in an input folder that was not read, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedInput {
    /// The file.
    pub path: String,
    /// Reason why it was not read.
    pub reason: String,
}

/// Number of skipped inputs that an error message lists.
const LISTED: usize = 5;

/// The first skipped inputs as the end of a sentence; empty if there are none.
pub(super) fn listed(skipped: &[SkippedInput]) -> String {
    let mut text = String::new();
    for skip in skipped.iter().take(LISTED) {
        text.push_str(&format!("; {}: {}", skip.path, skip.reason));
    }
    if skipped.len() > LISTED {
        text.push_str(&format!("; and {} more", skipped.len() - LISTED));
    }
    text
}
