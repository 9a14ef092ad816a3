//! Named starting points.

use super::Config;
use super::original::OriginalPreset;

/// A named configuration that every other source starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// Few links and few nulls: quick answers while trying things out.
    Development,
    /// The defaults.
    #[default]
    Standard,
    /// More links, a deeper network.
    HighPerformance,
    /// The most links, layers and nulls.
    Research,
    /// One of the original's, by its values there.
    Original(OriginalPreset),
}

impl Preset {
    /// Our own with their names, as configuration spells them.
    const OWN: [(Self, &'static str); 4] = [
        (Self::Development, "development"),
        (Self::Standard, "standard"),
        (Self::HighPerformance, "high-performance"),
        (Self::Research, "research"),
    ];

    /// Every preset with its name.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        let original = OriginalPreset::ALL.into_iter().map(|(preset, name)| (Self::Original(preset), name));
        Self::OWN.into_iter().chain(original)
    }

    /// The preset of that name; `_` may stand for `-`. Of the original's functions,
    /// `original.create_research_config` is `original-create-research`, and `enhanced.create_research_config` is
    /// `context7-create-research`.
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
            Self::Original(preset) => preset.name(),
            own => Self::OWN.iter().find(|(preset, _)| *preset == own).map_or("", |(_, name)| name),
        }
    }

    /// Its values. `k`, layers and nulls of our own follow the original's presets of these names, save that its 10,000
    /// nulls of `standard` and `high-performance` are 1,000 and 2,000 here: p-values down to 1/1001 decide at 0.01.
    pub fn config(self) -> Config {
        let (k, layers, iterations) = match self {
            Self::Original(preset) => return preset.config(),
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
