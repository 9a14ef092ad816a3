//! From the sources to the effective configuration.

use std::path::Path;

use serde_json::Value;

use super::aliases::replace_aliases;
use super::check::{SettingRefusal, check};
use super::keys::{Assignment, SettingEntry, SettingOrigin, flatten, unflatten};
use super::legacy_options::resolve;
use super::{Config, ConfigError, Preset, environment, file};
use crate::legacy::options::{LegacySetting, OPTIONS};
use crate::suggest::suggest;

/// Sources of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Sources<'a> {
    /// Preset that the command names.
    pub preset: Option<&'a str>,
    /// Configuration file.
    pub file: Option<&'a Path>,
    /// Environment variables; only those that start with `IRONFORGE_` or `IFG_` count.
    pub env: Vec<(String, String)>,
    /// `KEY=VALUE` texts of `--set`.
    pub sets: &'a [String],
    /// Command-line options that set a key, as (key, value, the option as typed).
    pub options: Vec<(&'static str, Value, String)>,
}

/// A configuration with the origin of each value.
#[derive(Debug, Clone)]
pub struct Effective {
    /// The values.
    pub config: Config,
    /// The preset it starts from.
    pub preset: Preset,
    entries: Vec<SettingEntry>,
    legacy_settings: Vec<LegacySetting>,
}

impl Effective {
    /// Loads and checks a configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the first key that is wrong, and its origin.
    pub fn load(sources: &Sources<'_>) -> Result<Self, ConfigError> {
        let from_file = sources.file.map(file::read).transpose()?.unwrap_or_default();
        let keys = keys();
        let from_env = environment::assignments(&sources.env, &keys);
        let from_sets = sources.sets.iter().map(|s| assignment(s)).collect::<Result<Vec<_>, _>>()?;
        let typed = |(key, value, typed): &(&str, Value, String)| {
            Assignment::new((*key).to_owned(), value.clone(), SettingOrigin::Option(typed.clone()))
        };
        let from_options = sources.options.iter().map(typed).collect();
        let named = |name| {
            Assignment::new(
                "preset".to_owned(),
                Value::from(name),
                SettingOrigin::Option(format!("--preset {name}")),
            )
        };
        let known = |key: &str| keys.iter().any(|k| k == key);
        let mut legacy_settings = Vec::new();
        let mut all = Vec::new();
        for source in [from_file, from_env, from_sets, from_options] {
            all.extend(resolve(replace_aliases(source)?, known, &mut legacy_settings)?);
        }
        all.extend(sources.preset.map(named));

        let preset = preset(&all)?;
        let mut effective = Self::from_preset(preset);
        for assignment in all.into_iter().filter(|a| a.key != "preset") {
            effective.set(assignment)?;
        }
        effective.legacy_settings = legacy_settings;
        effective.check()?;
        Ok(effective)
    }

    fn from_preset(preset: Preset) -> Self {
        let config = preset.config();
        let mut entries = Vec::new();
        let tree = serde_json::to_value(&config).unwrap_or_default();
        flatten("", tree, &mut |key, value| {
            entries.push(SettingEntry {
                key,
                value,
                origin: SettingOrigin::Preset(preset.name()),
                legacy_option: None,
            })
        });
        Self { config, preset, entries, legacy_settings: Vec::new() }
    }

    /// Every key with its value and origin, in the order of [`Config`].
    pub fn entries(&self) -> &[SettingEntry] {
        &self.entries
    }

    /// The options of the Python system that sources set, in the order of the sources.
    pub fn legacy_settings(&self) -> &[LegacySetting] {
        &self.legacy_settings
    }

    fn set(&mut self, assignment: Assignment) -> Result<(), ConfigError> {
        let Assignment { key, value, typed, origin, legacy } = assignment;
        let Some(at) = self.entries.iter().position(|e| e.key == key) else {
            let known = self.entries.iter().map(|e| e.key.as_str()).chain(["preset"]);
            let known = known.chain(OPTIONS.iter().copied().flatten().map(|option| option.name));
            let nearest = suggest(&key, known).map(str::to_owned);
            return Err(ConfigError::UnknownKey { origin, key, nearest });
        };
        // A setting of type string refuses a number or truth value, and takes the text as typed: 1.10 is not 1.1.
        let text = typed.filter(|_| self.entries[at].value.is_string() && !value.is_string());
        let parsed = self.config_with(at, value);
        let loaded = match text {
            Some(text) => parsed.or_else(|_| self.config_with(at, Value::from(text))),
            None => parsed,
        };
        match loaded {
            Ok(config) => {
                self.config = config;
                // Shown in the type of the setting: an integer given for an f64 becomes 3.0.
                let mut typed = Value::Null;
                flatten("", serde_json::to_value(&self.config).unwrap_or_default(), &mut |k, v| {
                    if k == key {
                        typed = v;
                    }
                });
                self.entries[at] =
                    SettingEntry { key, value: typed, origin, legacy_option: legacy.map(|(name, _)| name) };
                Ok(())
            }
            Err(e) => Err(match legacy {
                Some((name, value)) => {
                    let reason = format!("{e} (it is {key} here)");
                    ConfigError::Value { origin, key: name, value: value.to_string(), reason }
                }
                None => {
                    let value = self.entries[at].value.to_string();
                    ConfigError::Value { origin, key, value, reason: e.to_string() }
                }
            }),
        }
    }

    /// Puts a value into an entry; the configuration that all entries then make.
    fn config_with(&mut self, at: usize, value: Value) -> serde_json::Result<Config> {
        self.entries[at].value = value;
        serde_json::from_value(unflatten(self.entries.iter().map(|e| (e.key.as_str(), &e.value))))
    }

    /// Checks ranges and contradictions; the origin of the error is that of the setting, or else of the setting that
    /// bounds it.
    fn check(&self) -> Result<(), ConfigError> {
        check(&self.config).map_err(|SettingRefusal { settings, reason }| {
            let set = |key: &String| {
                let entry = self.entries.iter().find(|e| e.key == *key);
                entry.filter(|e| !matches!(e.origin, SettingOrigin::Preset(_)))
            };
            let named = settings.iter().find_map(set);
            let legacy = named.and_then(|e| e.legacy_option.as_ref());
            let given = legacy.map_or(String::new(), |name| format!(" (given as {name})"));
            ConfigError::Check { origin: named.map(|e| e.origin.clone()), reason: reason + &given }
        })
    }
}

/// Loads and checks a file alone: keys, types and ranges over the preset that it names.
///
/// # Errors
/// Those of [`Effective::load`].
pub fn check_file(path: &Path) -> Result<Effective, ConfigError> {
    Effective::load(&Sources { file: Some(path), ..Sources::default() })
}

/// The preset that the last source names, `standard` if none does.
fn preset(all: &[Assignment]) -> Result<Preset, ConfigError> {
    let Some(last) = all.iter().rfind(|a| a.key == "preset") else { return Ok(Preset::default()) };
    let text = || last.typed.clone().unwrap_or_else(|| last.value.to_string());
    let name = last.value.as_str().map_or_else(text, str::to_owned);
    Preset::from_name(&name).ok_or_else(|| ConfigError::Preset { origin: last.origin.clone(), name })
}

fn assignment(text: &str) -> Result<Assignment, ConfigError> {
    let (key, value) =
        text.split_once('=').ok_or_else(|| ConfigError::Assignment { text: text.to_owned() })?;
    let origin = SettingOrigin::Option(format!("--set {text}"));
    Ok(Assignment::from_text(key.trim().to_owned(), value.trim(), origin))
}

/// Names of all settings, and `preset`.
fn keys() -> Vec<String> {
    let mut known = vec!["preset".to_owned()];
    flatten("", serde_json::to_value(Config::default()).unwrap_or_default(), &mut |key, _| known.push(key));
    known
}
