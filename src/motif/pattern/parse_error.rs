//! Errors of parsing the text form of a pattern.

use crate::motif::enumerate::{MAX_NODES, MIN_NODES};

/// An error in the text form of a pattern, with its byte offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternTextError {
    /// An event is missing.
    #[error(
        "expected an event at byte {at}: a pattern is written as \"sweep -> reversal; reversal -> expansion\""
    )]
    NoEvent {
        /// Byte offset.
        at: usize,
    },
    /// A quoted name is not a valid JSON string.
    #[error(
        "the text at byte {at} is not a JSON string: end it with '\"', and write '\\' before '\"' and '\\'"
    )]
    Quote {
        /// Byte offset of its first quote.
        at: usize,
    },
    /// No valid number follows `#`.
    #[error(
        "expected a number from 1 to {MAX_NODES} after the '#' at byte {at}; quote a name that contains '#'"
    )]
    Number {
        /// Byte offset of the `#`.
        at: usize,
    },
    /// An event is followed by neither a separator nor the end.
    #[error("{found:?} at byte {at}, expected '->', ';' or the end; quote a name that contains it")]
    Separator {
        /// The character found.
        found: char,
        /// Byte offset.
        at: usize,
    },
    /// No label has this name.
    #[error("no label is named {label:?} (byte {at}){}", suggestion(nearest))]
    UnknownLabel {
        /// The name.
        label: String,
        /// Byte offset of the event.
        at: usize,
        /// The most similar label, if one is close.
        nearest: Option<String>,
    },
    /// An event is `?`, but every event has a label.
    #[error("'?' at byte {at} is an event without a label, but every event has one; quote a label named '?'")]
    NoMissingLabel {
        /// Byte offset of the event.
        at: usize,
    },
    /// Too few or too many events.
    #[error("a pattern has {MIN_NODES} to {MAX_NODES} events, this one has {events} by byte {at}")]
    Size {
        /// Number of events read.
        events: usize,
        /// Byte offset of the first event too many, or of the end of the text.
        at: usize,
    },
    /// An edge leads from an event to itself.
    #[error("{event} leads to itself at byte {at}: number the events of one label, as a#1 -> a#2")]
    SelfLoop {
        /// The event.
        event: String,
        /// Byte offset of the edge's target.
        at: usize,
    },
    /// An edge appears twice.
    #[error("{src} -> {dst} appears a second time at byte {at}")]
    DuplicateEdge {
        /// Its source.
        src: String,
        /// Its target.
        dst: String,
        /// Byte offset of the second target.
        at: usize,
    },
    /// The edges form a cycle.
    #[error("{} -> {} closes a cycle at byte {at}", events.join(" -> "), events.first().map_or("", |e| e))]
    Cycle {
        /// The events of the cycle, each leading to the next and the last to the first.
        events: Vec<String>,
        /// Byte offset of the target of its first edge.
        at: usize,
    },
    /// No path of edges, in any direction, connects an event with the first.
    #[error("no edges connect {event} (byte {at}) with the first event")]
    Disconnected {
        /// The event.
        event: String,
        /// Byte offset of its first appearance.
        at: usize,
    },
    /// The events of a label are not numbered from 1.
    #[error("{event} at byte {at}, but no event of this label has the number before it")]
    NumberGap {
        /// The event.
        event: String,
        /// Byte offset of its first appearance.
        at: usize,
    },
    /// The events of a label are not numbered in time order.
    #[error("{event} (byte {at}) comes later in time than an event of this label with a higher number")]
    NumberOrder {
        /// The event.
        event: String,
        /// Byte offset of its first appearance.
        at: usize,
    },
}

/// The suggestion of the nearest label, if there is one.
fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(": did you mean {name:?}?"))
}
