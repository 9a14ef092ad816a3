//! Why a text is no pattern.

use super::super::shape::{MAX_NODES, MIN_NODES};

/// Why a text is no pattern, and where: places are counted in bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternTextError {
    /// An event was to stand here.
    #[error("no event at byte {at}: a pattern reads as \"sweep -> reversal; reversal -> expansion\"")]
    NoEvent {
        /// Where.
        at: usize,
    },
    /// A quoted name does not end, or holds what JSON does not allow.
    #[error(
        "what begins at byte {at} is no JSON string: end it with '\"', and write '\\' before '\"' and '\\'"
    )]
    Quote {
        /// Where it begins.
        at: usize,
    },
    /// Behind `#` stands no number.
    #[error("no number from 1 to {MAX_NODES} behind the '#' at byte {at}: quote a name that holds '#'")]
    Number {
        /// Place of the `#`.
        at: usize,
    },
    /// Behind an event stands something else.
    #[error("{found:?} at byte {at}, where '->', ';' or the end was to come: quote a name that holds it")]
    Separator {
        /// What stands there.
        found: char,
        /// Where.
        at: usize,
    },
    /// No label has this name.
    #[error("no label is named {label:?} (byte {at}){}", meant(nearest))]
    Label {
        /// The name.
        label: String,
        /// Where it stands.
        at: usize,
        /// The label most like it, if one is near.
        nearest: Option<String>,
    },
    /// Too few or too many events.
    #[error("a pattern has {MIN_NODES} to {MAX_NODES} events, this one has {events} by byte {at}")]
    Size {
        /// Events read.
        events: usize,
        /// The first event too many, or the end of the text.
        at: usize,
    },
    /// An event leads to itself.
    #[error("{event} leads to itself at byte {at}: number the events of one label, as a#1 -> a#2")]
    SelfLoop {
        /// The event.
        event: String,
        /// Where the edge ends.
        at: usize,
    },
    /// An edge stands twice.
    #[error("{src} -> {dst} stands a second time at byte {at}")]
    Twice {
        /// Its source.
        src: String,
        /// Its target.
        dst: String,
        /// Where it ends the second time.
        at: usize,
    },
    /// The edges run in a circle.
    #[error("{} -> {} closes a cycle at byte {at}", events.join(" -> "), events.first().map_or("", |e| e))]
    Cycle {
        /// The events of the cycle, each leading to the next and the last to the first.
        events: Vec<String>,
        /// Where its first edge ends.
        at: usize,
    },
    /// An event hangs together with the first by no edges.
    #[error("no edges connect {event} (byte {at}) with the first event")]
    Apart {
        /// The event.
        event: String,
        /// Where it first stands.
        at: usize,
    },
    /// Events of one label are not numbered from 1 on.
    #[error("{event} at byte {at}, but no event of this label has the number before")]
    Gap {
        /// The event.
        event: String,
        /// Where it first stands.
        at: usize,
    },
    /// Events of one label are not numbered in time order.
    #[error("{event} (byte {at}) comes later in time than an event of this label with a higher number")]
    Renumber {
        /// The event.
        event: String,
        /// Where it first stands.
        at: usize,
    },
}

fn meant(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(": did you mean {name:?}?"))
}
