//! Keys as dotted paths: the flat view of a configuration that sources write into.

use std::fmt;

use serde_json::Value;

use super::file::scalar;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The preset of that name.
    Preset(&'static str),
    /// A line of a file; 0 where the line is not known.
    File {
        /// The file.
        path: String,
        /// Its line, from 1.
        line: usize,
    },
    /// An environment variable.
    Env(String),
    /// An option of the command.
    Option(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preset(name) => write!(f, "preset {name}"),
            Self::File { path, line: 0 } => write!(f, "{path}"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Option(text) => write!(f, "{text}"),
        }
    }
}

/// One key with its effective value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Dotted path.
    pub key: String,
    /// Value.
    pub value: Value,
    /// Who set it.
    pub origin: Origin,
    /// The option of the original that it was set by, as it was spelled, if it was.
    pub original: Option<String>,
}

/// One assignment of a source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assignment {
    pub key: String,
    pub value: Value,
    /// What was typed, where the value was read from a bare word: it is the value of a key that wants text.
    pub typed: Option<String>,
    pub origin: Origin,
    /// Name and value under which the original knows it, where that was given.
    pub original: Option<(String, Value)>,
}

impl Assignment {
    pub(super) fn new(key: String, value: Value, origin: Origin) -> Self {
        Self { key, value, typed: None, origin, original: None }
    }

    /// Of a word as `--set` and environment variables give it.
    pub(super) fn of_word(key: String, word: &str, origin: Origin) -> Self {
        Self { typed: Some(word.to_owned()), ..Self::new(key, scalar(word), origin) }
    }
}

/// The leaves of a tree as dotted paths, in order; arrays are leaves.
pub(super) fn flatten(prefix: &str, value: Value, leaf: &mut impl FnMut(String, Value)) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                flatten(&path, value, leaf);
            }
        }
        value => leaf(prefix.to_owned(), value),
    }
}

/// The tree again.
pub(super) fn unflatten<'a>(entries: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Value {
    let mut root = Value::Object(serde_json::Map::new());
    for (key, value) in entries {
        let mut at = &mut root;
        for part in key.split('.') {
            at = &mut at[part];
        }
        *at = value.clone();
    }
    root
}
