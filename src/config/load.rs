//! Putting the sources together.

use std::cmp::Reverse;
use std::path::Path;

use serde_json::Value;

use super::keys::{Assignment, Entry, Origin, flatten, unflatten};
use super::original::{OPTIONS, OriginalSetting, resolve};
use super::{Config, ConfigError, Preset, file};
use crate::attention::{Accuracy, Direction, KeySet};
use crate::suggest::suggest;
use crate::tgat::Precision;

/// Prefix of the environment variables that set keys.
const ENV_PREFIX: &str = "IRONFORGE_";
/// Prefix of those of the original, where two underscores part a section from what it holds.
const ORIGINAL_ENV_PREFIX: &str = "IFG_";
/// Variables of that prefix that are not settings: where tests, benches and the build look for things.
const NOT_SETTINGS: [&str; 9] = [
    "IRONFORGE_GOLDENS",
    "IRONFORGE_DATA",
    "IRONFORGE_CACHE",
    "IRONFORGE_BENCH_OUT",
    "IRONFORGE_INTEROP_OUT",
    "IRONFORGE_REQUIRE_GOLDENS",
    "IRONFORGE_REQUIRE_GPU",
    "IRONFORGE_REQUIRE_PTX",
    "IRONFORGE_REQUIRE_EMULATOR",
];

/// What a configuration is made from.
#[derive(Debug, Clone, Default)]
pub struct Sources<'a> {
    /// Preset the command names.
    pub preset: Option<&'a str>,
    /// Configuration file.
    pub file: Option<&'a Path>,
    /// Environment variables; only those that start with `IRONFORGE_` or `IFG_` are looked at.
    pub env: Vec<(String, String)>,
    /// `KEY=VALUE` texts of `--set`.
    pub sets: &'a [String],
    /// Options of the command that set a key: key, value, the option as typed.
    pub options: Vec<(&'static str, Value, String)>,
}

/// A configuration with the origin of each value.
#[derive(Debug, Clone)]
pub struct Effective {
    /// The values.
    pub config: Config,
    /// The preset it starts from.
    pub preset: Preset,
    entries: Vec<Entry>,
    original: Vec<OriginalSetting>,
}

impl Effective {
    /// Loads and checks a configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the key and the place of the first thing that is wrong.
    pub fn load(sources: &Sources<'_>) -> Result<Self, ConfigError> {
        let from_file = sources.file.map(file::read).transpose()?.unwrap_or_default();
        let from_env = environment(&sources.env);
        let from_sets = sources.sets.iter().map(|s| assignment(s)).collect::<Result<Vec<_>, _>>()?;
        let typed = |(key, value, typed): &(&str, Value, String)| {
            Assignment::new((*key).to_owned(), value.clone(), Origin::Option(typed.clone()))
        };
        let from_options = sources.options.iter().map(typed).collect();
        let named = |name| {
            Assignment::new(
                "preset".to_owned(),
                Value::from(name),
                Origin::Option(format!("--preset {name}")),
            )
        };
        let known = keys();
        let known = |key: &str| known.iter().any(|k| k == key);
        let mut original = Vec::new();
        let mut all = Vec::new();
        for source in [from_file, from_env, from_sets, from_options] {
            all.extend(resolve(source, known, &mut original)?);
        }
        all.extend(sources.preset.map(named));

        let preset = preset(&all)?;
        let mut effective = Self::from_preset(preset);
        for assignment in all.into_iter().filter(|a| a.key != "preset") {
            effective.set(assignment)?;
        }
        effective.original = original;
        effective.check()?;
        Ok(effective)
    }

    fn from_preset(preset: Preset) -> Self {
        let config = preset.config();
        let mut entries = Vec::new();
        let tree = serde_json::to_value(&config).unwrap_or_default();
        flatten("", tree, &mut |key, value| {
            entries.push(Entry { key, value, origin: Origin::Preset(preset.name()), original: None })
        });
        Self { config, preset, entries, original: Vec::new() }
    }

    /// Every key with its value and origin, in the order of the rooms.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The options of the original that sources set, in the order of the sources.
    pub fn original(&self) -> &[OriginalSetting] {
        &self.original
    }

    fn set(&mut self, assignment: Assignment) -> Result<(), ConfigError> {
        let Assignment { key, value, typed, origin, original } = assignment;
        let Some(at) = self.entries.iter().position(|e| e.key == key) else {
            let known = self.entries.iter().map(|e| e.key.as_str()).chain(["preset"]);
            let known = known.chain(OPTIONS.iter().copied().flatten().map(|option| option.name));
            let nearest = suggest(&key, known).map(str::to_owned);
            return Err(ConfigError::UnknownKey { origin, key, nearest });
        };
        let before = std::mem::replace(&mut self.entries[at].value, value);
        // A bare word or number is the text as it was typed where the key wants text: 1.10 is no 1.1.
        if before.is_string()
            && !self.entries[at].value.is_string()
            && let Some(typed) = typed
        {
            self.entries[at].value = Value::from(typed);
        }
        let tree = unflatten(self.entries.iter().map(|e| (e.key.as_str(), &e.value)));
        match serde_json::from_value(tree) {
            Ok(config) => {
                self.config = config;
                // A whole number given to a key of fractions is shown as the key's own type.
                let mut typed = Value::Null;
                flatten("", serde_json::to_value(&self.config).unwrap_or_default(), &mut |k, v| {
                    if k == key {
                        typed = v;
                    }
                });
                self.entries[at] =
                    Entry { key, value: typed, origin, original: original.map(|(name, _)| name) };
                Ok(())
            }
            Err(e) => Err(match original {
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

    /// Ranges and contradictions, in each room's own words.
    fn check(&self) -> Result<(), ConfigError> {
        let c = &self.config;
        let range = |ok: bool, key: &str, value: f64| {
            if ok { Ok(()) } else { Err(format!("{key} = {value}: must be a positive number")) }
        };
        let outcome = c
            .dag
            .check()
            .map_err(|e| e.to_string())
            .and_then(|()| c.attention.time_bias().map(|_| ()).map_err(|e| format!("attention: {e}")))
            .and_then(|()| c.tgat.validate().map_err(|e| e.to_string()))
            .and_then(|()| fast_rounds(c))
            .and_then(|()| c.motif.validate().map_err(|e| e.to_string()))
            .and_then(|()| c.store.validate().map_err(|e| e.to_string()))
            .and_then(|()| range(c.limits.memory_gb > 0.0, "limits.memory_gb", c.limits.memory_gb))
            .and_then(|()| gpu_fraction(c.limits.gpu_memory_fraction))
            .and_then(|()| max_nodes(c.limits.max_nodes))
            .and_then(|()| threads(c.limits.threads))
            .and_then(|()| no_self(c))
            .and_then(|()| {
                range(c.limits.motif_instances > 0.0, "limits.motif_instances", c.limits.motif_instances)
            });
        outcome.map_err(|reason| {
            // The room names its key first: where it was set is the origin. Of `dag.k` and `dag.key_window_minutes`,
            // which begin alike, the longer one is meant.
            let place = |e: &&Entry| reason.find(e.key.as_str()).map(|at| (at, Reverse(e.key.len())));
            let set = self.entries.iter().filter(|e| !matches!(e.origin, Origin::Preset(_)));
            let named = set.filter_map(|e| Some((place(&e)?, e))).min_by_key(|(place, _)| *place);
            let original = named.and_then(|(_, e)| e.original.as_ref());
            let given = original.map_or(String::new(), |name| format!(" (given as {name})"));
            ConfigError::Check {
                origin: named.map(|(_, e)| e.origin.clone()),
                reason: reason.clone() + &given,
            }
        })
    }
}

fn max_nodes(value: u64) -> Result<(), String> {
    let ok = (1..=u64::from(u32::MAX)).contains(&value);
    if ok { Ok(()) } else { Err(format!("limits.max_nodes = {value}: must lie in 1..={}", u32::MAX)) }
}

/// Threads beyond which a number is a slip.
const MAX_THREADS: u16 = 1024;

fn threads(value: u16) -> Result<(), String> {
    let ok = value <= MAX_THREADS;
    if ok { Ok(()) } else { Err(format!("limits.threads = {value}: must lie in 0..={MAX_THREADS}")) }
}

/// Every event but itself is no range of events, and nothing else gives it.
fn no_self(config: &Config) -> Result<(), String> {
    let attention = &config.attention;
    let hole = attention.keys == KeySet::All && attention.direction == Direction::Both;
    if hole && !attention.self_loops {
        return Err("attention.self_loops = false: with attention.keys = all and attention.direction = both every event \
             sees itself; set attention.direction to predecessors or successors, or attention.self_loops to true"
            .to_owned());
    }
    Ok(())
}

fn gpu_fraction(value: f64) -> Result<(), String> {
    let ok = value > 0.0 && value <= 1.0;
    if ok { Ok(()) } else { Err(format!("limits.gpu_memory_fraction = {value}: above 0 and at most 1")) }
}

/// `fast` rounds to the precision of the network, and f32 rounds nothing.
fn fast_rounds(config: &Config) -> Result<(), String> {
    match (config.attention.accuracy, config.tgat.precision) {
        (Accuracy::Fast, Precision::F32) => {
            Err("attention.accuracy = fast rounds to tgat.precision, and f32 rounds \
             nothing: set tgat.precision to f16 or bf16, or attention.accuracy to exact"
                .to_owned())
        }
        _ => Ok(()),
    }
}

/// Checks a file by itself: keys, types and ranges over the preset it names.
///
/// # Errors
/// As [`Effective::load`].
pub fn check_file(path: &Path) -> Result<Effective, ConfigError> {
    Effective::load(&Sources { file: Some(path), ..Sources::default() })
}

/// A name below a section that the original knows as a whole (`m1.*`): `m1_event_types` is `m1.event_types`.
fn below_section(known: &[String], name: &str) -> String {
    let mut sections = known.iter().filter_map(|k| k.strip_suffix(".*"));
    let below = sections.find_map(|section| {
        let rest = name.strip_prefix(&section.replace('.', "_"))?.strip_prefix('_')?;
        Some(format!("{section}.{rest}"))
    });
    below.unwrap_or_else(|| name.to_owned())
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
    let origin = Origin::Option(format!("--set {text}"));
    Ok(Assignment::of_word(key.trim().to_owned(), value.trim(), origin))
}

/// Every key, and `preset`.
fn keys() -> Vec<String> {
    let mut known = vec!["preset".to_owned()];
    flatten("", serde_json::to_value(Config::default()).unwrap_or_default(), &mut |key, _| known.push(key));
    known
}

/// `IRONFORGE_TGAT_NUM_LAYERS` is `tgat.num_layers`, and so is the original's `IFG_TGAT__NUM_LAYERS`. A name that is no
/// key stays one, and is refused as unknown.
fn environment(env: &[(String, String)]) -> Vec<Assignment> {
    let options = OPTIONS.iter().copied().flatten().map(|option| option.name.to_owned());
    let known: Vec<String> = keys().into_iter().chain(options).collect();
    let mut found = Vec::new();
    for (name, value) in env {
        if let Some(rest) = name.strip_prefix(ORIGINAL_ENV_PREFIX) {
            let key = rest.to_lowercase().replace("__", ".");
            found.push(Assignment::of_word(key, value, Origin::Env(name.clone())));
            continue;
        }
        let Some(rest) = name.strip_prefix(ENV_PREFIX).filter(|_| !NOT_SETTINGS.contains(&name.as_str()))
        else {
            continue;
        };
        let key = known.iter().find(|k| k.replace('.', "_").eq_ignore_ascii_case(rest));
        let key = key.cloned().unwrap_or_else(|| below_section(&known, &rest.to_lowercase()));
        found.push(Assignment::of_word(key, value, Origin::Env(name.clone())));
    }
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}
