//! Named starting points.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Config;
use super::keys::{flatten, unflatten};
use crate::legacy::options::{LegacyPreset, PRESETS};

/// A named configuration from which every other source starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// Few links and few null samples, for quick answers.
    Development,
    /// The defaults.
    #[default]
    Standard,
    /// More links and a deeper network.
    HighPerformance,
    /// The most links, layers and null samples.
    Research,
    /// A preset of the Python system.
    Legacy(&'static LegacyPreset),
}

impl Preset {
    /// The presets of this crate with their names, as configuration spells them.
    const OWN: [(Self, &'static str); 4] = [
        (Self::Development, "development"),
        (Self::Standard, "standard"),
        (Self::HighPerformance, "high-performance"),
        (Self::Research, "research"),
    ];

    /// Every preset with its name.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        let legacy = PRESETS.iter().map(|preset| (Self::Legacy(preset), preset.name));
        Self::OWN.into_iter().chain(legacy)
    }

    /// The preset of that name; `_` may replace `-`. `original.create_research_config` is `original-create-research`,
    /// and `enhanced.create_research_config` is `context7-create-research`.
    pub fn from_name(name: &str) -> Option<Self> {
        let function = name.strip_suffix("_config").and_then(|made| {
            let made = made.replacen("enhanced.", "context7.", 1);
            made.contains(".create_").then(|| made.replacen('.', "-", 1))
        });
        let name = function.as_deref().unwrap_or(name).replace('_', "-");
        Self::all().find(|(_, known)| *known == name).map(|(preset, _)| preset)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Legacy(preset) => preset.name,
            own => Self::OWN.iter().find(|(preset, _)| *preset == own).map_or("", |(_, name)| name),
        }
    }

    /// Its values. The 1,000 null samples of `standard` give p-values down to 1/1001, enough to test at 0.01.
    pub fn config(self) -> Config {
        let (k, layers, iterations) = match self {
            Self::Legacy(preset) => return with_settings(preset.settings()),
            Self::Development => (2, 2, 50),
            Self::Standard => (4, 2, 1000),
            Self::HighPerformance => (6, 3, 2000),
            Self::Research => (8, 4, 5000),
        };
        let mut config = Config::default();
        config.dag.k = k;
        config.tgat.num_layers = layers;
        config.motif.iterations = iterations;
        match self {
            Self::HighPerformance => {
                config.limits.memory_gb = 16.0;
                config.limits.gpu_memory_fraction = 0.9;
            }
            Self::Research => config.limits.memory_gb = 32.0,
            _ => {}
        }
        config
    }
}

/// The defaults, with `settings` replaced; the last of several values of one key counts.
///
/// # Panics
/// If a key does not exist or a value is invalid for it.
fn with_settings(settings: impl Iterator<Item = (&'static str, Value)>) -> Config {
    let mut others: BTreeMap<&str, Value> = settings.collect();
    let mut entries = Vec::new();
    flatten("", serde_json::to_value(Config::default()).unwrap_or_default(), &mut |key, value| {
        let value = others.remove(key.as_str()).unwrap_or(value);
        entries.push((key, value));
    });
    assert!(others.is_empty(), "no such keys: {others:?}");
    let tree = unflatten(entries.iter().map(|(key, value)| (key.as_str(), value)));
    serde_json::from_value(tree).unwrap_or_else(|e| panic!("the values of a preset: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_a_unique_name_and_valid_values() {
        let mut names: Vec<&str> = Preset::all().map(|(_, name)| name).collect();
        for (preset, name) in Preset::all() {
            assert_eq!(preset.name(), name);
            assert!(super::super::check::check(&preset.config()).is_ok(), "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 19);
    }
}
