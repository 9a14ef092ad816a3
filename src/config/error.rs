//! Why a configuration is refused.

use super::Origin;
use super::keys::Assignment;

/// A setting as it was given.
#[derive(Debug)]
pub struct Given {
    /// Where.
    pub origin: Origin,
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

impl std::fmt::Display for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: `{}` = {}", self.origin, self.name, self.value)
    }
}

impl Given {
    fn new(set: &Assignment) -> Box<Self> {
        let (name, value) = match &set.original {
            Some((name, value)) => (name, value),
            None => (&set.key, &set.value),
        };
        Box::new(Self { origin: set.origin.clone(), name: name.clone(), value: value.to_string() })
    }
}

impl ConfigError {
    /// Two assignments of one key.
    pub(super) fn twice(first: &Assignment, second: &Assignment, key: &str) -> Self {
        Self::Contradiction { first: Given::new(first), second: Given::new(second), key: key.to_owned() }
    }
}

/// Errors of configuration; each names the key and where it was set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A key that no room has.
    #[error(
        "{origin}: unknown key `{key}`{}",
        nearest.as_ref().map_or(String::new(), |n| format!("; did you mean `{n}`?"))
    )]
    UnknownKey {
        /// Where it was set.
        origin: Origin,
        /// The key.
        key: String,
        /// The nearest known key, if one is near.
        nearest: Option<String>,
    },
    /// A value of the wrong type, or one that is no choice of its key.
    #[error("{origin}: `{key}` = {value}: {reason}")]
    Value {
        /// Where it was set.
        origin: Origin,
        /// The key.
        key: String,
        /// The value as given.
        value: String,
        /// What it must be.
        reason: String,
    },
    /// A value out of range, or values that contradict each other.
    #[error("{}{reason}", origin.as_ref().map_or(String::new(), |o| format!("{o}: ")))]
    Check {
        /// Where the key was set, if it is known which.
        origin: Option<Origin>,
        /// The room's own words.
        reason: String,
    },
    /// An option of the original that has no meaning here.
    #[error("{origin}: `{option}` {why}: {remedy}")]
    Refused {
        /// Where it was set.
        origin: Origin,
        /// The option.
        option: String,
        /// `did nothing in the original` or `is not part of ironforge`.
        why: &'static str,
        /// What to do instead.
        remedy: &'static str,
    },
    /// An option of the original whose other value ironforge always follows.
    #[error("{origin}: `{option}` = {value}: ironforge always does what {only} asks for; {remedy}")]
    Always {
        /// Where it was set.
        origin: Origin,
        /// The option.
        option: String,
        /// The value as given.
        value: String,
        /// The only value that can be met.
        only: &'static str,
        /// What to do instead.
        remedy: &'static str,
    },
    /// One setting twice in a file, or two names of one setting with different values in one source.
    #[error("{first} and {second} are both `{key}`; keep one of them")]
    Contradiction {
        /// The one.
        first: Box<Given>,
        /// The other.
        second: Box<Given>,
        /// The key that both set.
        key: String,
    },
    /// All options of a source that are refused.
    #[error("{} settings are refused:{}", .0.len(), .0.iter().map(|e| format!("\n  {e}")).collect::<String>())]
    Several(Vec<ConfigError>),
    /// A file that is not TOML, JSON or YAML.
    #[error("{path}: {reason}")]
    Syntax {
        /// The file.
        path: String,
        /// Line, column and what is wrong there.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("cannot read configuration file {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// `--set` without an equals sign.
    #[error("--set {text}: write it as --set KEY=VALUE, for example --set tgat.num_layers=3")]
    Assignment {
        /// What was given.
        text: String,
    },
    /// A preset that does not exist.
    #[error(
        "{origin}: there is no preset `{name}`; the presets are {}",
        super::Preset::all().map(|(_, name)| name).collect::<Vec<_>>().join(", ")
    )]
    Preset {
        /// Where it was named.
        origin: Origin,
        /// The name.
        name: String,
    },
}
