//! Named starting points.

use super::Config;

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
}

impl Preset {
    /// The names, as configuration spells them.
    pub const NAMES: [&'static str; 4] = ["development", "standard", "high-performance", "research"];

    const ALL: [Self; 4] = [Self::Development, Self::Standard, Self::HighPerformance, Self::Research];

    /// The preset of that name; `_` may stand for `-`.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.replace('_', "-");
        Self::NAMES.iter().position(|&n| n == name).map(|i| Self::ALL[i])
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Its values. `k`, layers and nulls follow the original's presets of these names, save that its 10,000 nulls
    /// of `standard` and `high-performance` are 1,000 and 2,000 here: p-values down to 1/1001 decide at 0.01.
    pub fn config(self) -> Config {
        let mut config = Config::default();
        let (k, layers, iterations) = match self {
            Self::Development => (2, 2, 50),
            Self::Standard => (4, 2, 1000),
            Self::HighPerformance => (6, 3, 2000),
            Self::Research => (8, 4, 5000),
        };
        config.dag.k = k;
        config.tgat.num_layers = layers;
        config.motif.iterations = iterations;
        match self {
            Self::Development | Self::Standard => {}
            Self::HighPerformance => {
                config.limits.memory_gb = 16.0;
                config.limits.gpu_memory_fraction = 0.9;
            }
            Self::Research => config.limits.memory_gb = 32.0,
        }
        config
    }
}
