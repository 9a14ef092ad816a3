//! Settings as dotted keys: the flat form of a configuration that sources assign to.

use std::fmt;

use serde_json::Value;

use super::file::scalar;

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingOrigin {
    /// The preset of that name.
    Preset(&'static str),
    /// A line of a file.
    File {
        /// The file.
        path: String,
        /// Its line, from 1; 0 if it is not known.
        line: usize,
    },
    /// An environment variable.
    Env(String),
    /// An option of the command.
    Option(String),
}

impl fmt::Display for SettingOrigin {
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
pub struct SettingEntry {
    /// Dotted path.
    pub key: String,
    /// Value.
    pub value: Value,
    /// The source that set it.
    pub origin: SettingOrigin,
    /// The option of the Python system that set it, as it was spelled, if one did.
    pub legacy_option: Option<String>,
}

/// One assignment of a source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assignment {
    pub key: String,
    pub value: Value,
    /// The text as typed, if the value was parsed from text: a setting of type string takes it instead of the value.
    pub typed: Option<String>,
    pub origin: SettingOrigin,
    /// The option of the Python system that was given, and its value.
    pub legacy: Option<(String, Value)>,
}

impl Assignment {
    pub(super) fn new(key: String, value: Value, origin: SettingOrigin) -> Self {
        Self { key, value, typed: None, origin, legacy: None }
    }

    /// The assignment of a text value, from `--set` or an environment variable.
    pub(super) fn from_text(key: String, text: &str, origin: SettingOrigin) -> Self {
        Self { typed: Some(text.to_owned()), ..Self::new(key, scalar(text), origin) }
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

/// The tree of leaves: the inverse of [`flatten`].
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
