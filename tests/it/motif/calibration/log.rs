//! Logs of events, as a source would hold them.

use ironforge::dag::LinkRule;

const US_PER_MINUTE: f64 = 60e6;

/// A row of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Microseconds since the start of the session.
    pub t_us: i64,
    pub kind: u32,
    /// Entity that the event belongs to.
    pub key: Option<u32>,
}

impl LoggedEvent {
    pub fn new(minutes: f64, kind: u32) -> Self {
        Self { t_us: (minutes * US_PER_MINUTE).round() as i64, kind, key: None }
    }
}

/// The sessions of a log, rows in the order of the file, which need not be the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct EventLog {
    pub sessions: Vec<Vec<LoggedEvent>>,
    /// The rule that links the events.
    pub link: LinkRule,
}
