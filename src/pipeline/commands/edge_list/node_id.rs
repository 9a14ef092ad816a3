//! The id of a node, as the edge list gives it.

use std::fmt;

/// The id of a node, as the edge list gives it. Integers come before texts, and texts are in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(untagged)]
pub enum NodeId {
    /// An integer.
    Integer(u64),
    /// A text.
    Text(String),
}

impl From<u64> for NodeId {
    fn from(id: u64) -> Self {
        Self::Integer(id)
    }
}

impl From<&str> for NodeId {
    fn from(id: &str) -> Self {
        Self::Text(id.to_owned())
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(id) => id.fmt(f),
            // A line break or an escape sequence of a file must not reach a terminal.
            Self::Text(id) => id.chars().try_for_each(|c| match c.is_control() {
                true => c.escape_default().fmt(f),
                false => c.fmt(f),
            }),
        }
    }
}
