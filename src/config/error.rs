//! Errors of configuration.

use super::SettingOrigin;
use super::keys::Assignment;

/// A setting as it was given.
#[derive(Debug)]
pub struct GivenSetting {
    /// The source that gave it.
    pub origin: SettingOrigin,
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

impl std::fmt::Display for GivenSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: `{}` = {}", self.origin, self.name, self.value)
    }
}

impl GivenSetting {
    fn new(set: &Assignment) -> Box<Self> {
        let (name, value) = match &set.legacy {
            Some((name, value)) => (name, value),
            None => (&set.key, &set.value),
        };
        Box::new(Self { origin: set.origin.clone(), name: name.clone(), value: value.to_string() })
    }
}

impl ConfigError {
    /// Two assignments of one key.
    pub(super) fn twice(first: &Assignment, second: &Assignment, key: &str) -> Self {
        Self::Contradiction {
            first: GivenSetting::new(first),
            second: GivenSetting::new(second),
            key: key.to_owned(),
        }
    }
}

/// Errors of configuration; each names the key and where it was set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A key that does not exist.
    #[error(
        "{origin}: unknown key `{key}`{}",
        nearest.as_ref().map_or(String::new(), |n| format!("; did you mean `{n}`?"))
    )]
    UnknownKey {
        /// The source that set it.
        origin: SettingOrigin,
        /// The key.
        key: String,
        /// The nearest known key, if one is near.
        nearest: Option<String>,
    },
    /// A value of the wrong type, or not one of the key's values.
    #[error("{origin}: `{key}` = {value}: {reason}")]
    Value {
        /// The source that set it.
        origin: SettingOrigin,
        /// The key.
        key: String,
        /// The value as given.
        value: String,
        /// The values allowed.
        reason: String,
    },
    /// A value out of range, or values that contradict each other.
    #[error("{}{reason}", origin.as_ref().map_or(String::new(), |o| format!("{o}: ")))]
    Check {
        /// The source that set the key, if it is not the preset.
        origin: Option<SettingOrigin>,
        /// The message of the module that owns the setting.
        reason: String,
    },
    /// An option of the Python system that has no meaning here.
    #[error("{origin}: `{option}` {why}: {remedy}")]
    Refused {
        /// The source that set it.
        origin: SettingOrigin,
        /// The option.
        option: String,
        /// `had no effect in the Python system` or `is not part of ironforge`.
        why: &'static str,
        /// The remedy.
        remedy: &'static str,
    },
    /// An option of the Python system with a value other than the only one that ironforge supports.
    #[error("{origin}: `{option}` = {value}: ironforge always behaves as for {only}; {remedy}")]
    Always {
        /// The source that set it.
        origin: SettingOrigin,
        /// The option.
        option: String,
        /// The value as given.
        value: String,
        /// The only value accepted.
        only: &'static str,
        /// The remedy.
        remedy: &'static str,
    },
    /// A setting that a file sets twice, or two names of a setting with different values in one source.
    #[error("{first} and {second} both set `{key}`; keep one of them")]
    Contradiction {
        /// The first of the two.
        first: Box<GivenSetting>,
        /// The second.
        second: Box<GivenSetting>,
        /// The key that both set.
        key: String,
    },
    /// Several options of one source that are refused.
    #[error("{} settings are refused:{}", .0.len(), .0.iter().map(|e| format!("\n  {e}")).collect::<String>())]
    Several(Vec<ConfigError>),
    /// A file that is not TOML, JSON or YAML.
    #[error("{path}: {reason}")]
    Syntax {
        /// The file.
        path: String,
        /// The error of the parser.
        reason: String,
    },
    /// A YAML file, in a build without the feature `yaml`.
    #[cfg(not(feature = "yaml"))]
    #[error(
        "{path}: this build does not read YAML; write the file as TOML or JSON, or build with the feature `yaml`"
    )]
    NoYaml {
        /// The file.
        path: String,
    },
    /// A file that cannot be read.
    #[error("cannot read configuration file {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// `--set` without an equals sign.
    #[error("--set {text}: write it as --set KEY=VALUE, for example --set tgat.num_layers=3")]
    Assignment {
        /// The argument as given.
        text: String,
    },
    /// A preset that does not exist.
    #[error(
        "{origin}: there is no preset `{name}`; the presets are {}",
        super::Preset::all().map(|(_, name)| name).collect::<Vec<_>>().join(", ")
    )]
    Preset {
        /// The source that named it.
        origin: SettingOrigin,
        /// The name.
        name: String,
    },
}
