//! The presets of the original, by the values that they had there.
//!
//! Where the original was at odds with itself, `original.md` says what is taken.

use crate::attention::Direction;
use crate::config::Config;
use crate::tgat::Precision;

use OriginalPreset::*;

/// A preset of the original: `Original*` of its first configuration, `Context7*` of its second. `*Create*` are what its
/// functions `create_*_config` make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names are all there is to say: the original's")]
pub enum OriginalPreset {
    OriginalMinimal,
    OriginalStandard,
    OriginalEnhanced,
    OriginalResearch,
    OriginalCreateDevelopment,
    OriginalCreateProduction,
    OriginalCreateResearch,
    Context7Development,
    Context7Standard,
    Context7HighPerformance,
    Context7Research,
    Context7CreateDevelopment,
    Context7CreateProduction,
    Context7CreateHighPerformance,
    Context7CreateResearch,
}

impl OriginalPreset {
    /// Each with its name.
    pub const ALL: [(Self, &'static str); 15] = [
        (OriginalMinimal, "original-minimal"),
        (OriginalStandard, "original-standard"),
        (OriginalEnhanced, "original-enhanced"),
        (OriginalResearch, "original-research"),
        (OriginalCreateDevelopment, "original-create-development"),
        (OriginalCreateProduction, "original-create-production"),
        (OriginalCreateResearch, "original-create-research"),
        (Context7Development, "context7-development"),
        (Context7Standard, "context7-standard"),
        (Context7HighPerformance, "context7-high-performance"),
        (Context7Research, "context7-research"),
        (Context7CreateDevelopment, "context7-create-development"),
        (Context7CreateProduction, "context7-create-production"),
        (Context7CreateHighPerformance, "context7-create-high-performance"),
        (Context7CreateResearch, "context7-create-research"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Its values.
    pub fn config(self) -> Config {
        let mut config = if (self as usize) < Context7Development as usize { first() } else { second() };
        let (dag, motif, limits) = (&mut config.dag, &mut config.motif, &mut config.limits);
        match self {
            OriginalMinimal | OriginalCreateDevelopment => {
                dag.k = 2;
                motif.iterations = 100;
            }
            OriginalStandard | OriginalCreateProduction => motif.iterations = 1000,
            OriginalEnhanced => {
                dag.k = 6;
                motif.iterations = 2000;
                limits.concurrent_sessions = 8;
            }
            OriginalResearch | OriginalCreateResearch => {
                dag.k = 8;
                config.tgat.num_layers = 3;
                motif.min_count = 2;
                motif.max_rows = 500;
                motif.iterations = 5000;
            }
            Context7Development | Context7CreateDevelopment => {
                dag.k = 2;
                motif.iterations = 50;
            }
            Context7Standard | Context7CreateProduction => {}
            Context7HighPerformance | Context7CreateHighPerformance => {
                dag.k = 6;
                config.tgat.num_layers = 3;
                limits.concurrent_sessions = 8;
                limits.memory_gb = 16.0;
                limits.gpu_memory_fraction = 0.9;
            }
            Context7Research | Context7CreateResearch => {
                dag.k = 8;
                config.tgat.num_layers = 4;
                motif.max_rows = 500;
                motif.iterations = 5000;
                limits.memory_gb = 32.0;
            }
        }
        match self {
            OriginalCreateDevelopment => {
                motif.iterations = 50;
                config.store.row_group_rows = 1000;
            }
            OriginalCreateProduction => limits.concurrent_sessions = 6,
            OriginalCreateResearch => {
                config.tgat.num_layers = 4;
                motif.park_p = 0.1;
                limits.memory_gb = 16.0;
            }
            Context7CreateProduction => limits.memory_gb = 16.0,
            Context7CreateHighPerformance => limits.memory_gb = 32.0,
            Context7CreateResearch => {
                motif.park_p = 0.01;
                limits.memory_gb = 64.0;
            }
            _ => {}
        }
        config
    }
}

/// The defaults of the first configuration, as far as they are not those here.
fn first() -> Config {
    let mut config = Config::default();
    // Not causal: successors are read too.
    config.attention.direction = Direction::Both;
    // It had no half precision.
    config.tgat.precision = Precision::F32;
    config.motif.iterations = 10_000;
    config.motif.max_rows = 100;
    config.motif.park_lift = 1.5;
    config.motif.jitter_minutes = 120.0;
    config.limits.concurrent_sessions = 4;
    config
}

/// Those of the second, whose flags for graphs and files were on, and those for half precision off.
fn second() -> Config {
    let mut config = first();
    config.store.content_defined = true;
    config.store.narrow = true;
    config.session.memory_map = true;
    config.store.dictionary = ["event_type", "session_id"].map(str::to_owned).to_vec();
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_names_is_in_the_order_of_the_presets() {
        for (at, (preset, _)) in OriginalPreset::ALL.into_iter().enumerate() {
            assert_eq!(preset as usize, at);
        }
    }
}
