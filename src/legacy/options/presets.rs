//! The presets of the Python system, with their values there.
//!
//! `options.md` states which value is used where the original contradicts itself.

use serde_json::Value;

use super::conversion::literal;

/// A preset of the Python system: `original-*` of its first configuration, `context7-*` of its second. `*-create-*`
/// are made by its functions `create_*_config`.
#[derive(Debug, PartialEq, Eq)]
pub struct LegacyPreset {
    /// Its name in the configuration.
    pub name: &'static str,
    /// Groups of settings that differ from the defaults of this crate; a later group overrides an earlier one.
    settings: &'static [Settings],
}

/// Keys of settings with their values as literals.
type Settings = &'static [(&'static str, &'static str)];

impl LegacyPreset {
    /// Keys and values of the settings that differ from the defaults; a later value of a key overrides an earlier
    /// one.
    pub fn settings(&self) -> impl Iterator<Item = (&'static str, Value)> {
        self.settings.iter().copied().flatten().map(|(key, value)| (*key, literal(value)))
    }
}

/// Defaults of the first configuration.
const FIRST: Settings = &[
    // Not causal: successors are read too.
    ("attention.direction", "both"),
    // It had no half precision.
    ("tgat.precision", "f32"),
    ("motif.iterations", "10000"),
    ("motif.max_rows", "100"),
    ("motif.park_lift", "1.5"),
    ("motif.jitter_minutes", "120.0"),
    ("dag.links", "[\"window-knn\"]"),
    ("dag.dt_min_minutes", "1.0"),
    ("dag.dt_max_minutes", "120.0"),
    ("limits.concurrent_sessions", "4"),
];

/// Defaults of the second configuration in addition to [`FIRST`]: its flags for graphs and files were on, those for
/// half precision off.
const SECOND: Settings = &[
    ("store.content_defined", "true"),
    ("store.narrow", "true"),
    ("session.memory_map", "true"),
    ("store.dictionary", r#"["event_type", "session_id"]"#),
];

const MINIMAL: Settings = &[("dag.k", "2"), ("motif.iterations", "100")];
const STANDARD: Settings = &[("motif.iterations", "1000")];
const RESEARCH: Settings = &[
    ("dag.k", "8"),
    ("tgat.num_layers", "3"),
    ("motif.min_count", "2"),
    ("motif.max_rows", "500"),
    ("motif.iterations", "5000"),
];
const SECOND_DEVELOPMENT: Settings = &[("dag.k", "2"), ("motif.iterations", "50")];
const SECOND_HIGH_PERFORMANCE: Settings = &[
    ("dag.k", "6"),
    ("tgat.num_layers", "3"),
    ("limits.concurrent_sessions", "8"),
    ("limits.memory_gb", "16.0"),
    ("limits.gpu_memory_fraction", "0.9"),
];
const SECOND_RESEARCH: Settings = &[
    ("dag.k", "8"),
    ("tgat.num_layers", "4"),
    ("motif.max_rows", "500"),
    ("motif.iterations", "5000"),
    ("limits.memory_gb", "32.0"),
];

const fn preset(name: &'static str, settings: &'static [Settings]) -> LegacyPreset {
    LegacyPreset { name, settings }
}

/// Every preset.
pub static PRESETS: [LegacyPreset; 15] = [
    preset("original-minimal", &[FIRST, MINIMAL]),
    preset("original-standard", &[FIRST, STANDARD]),
    preset(
        "original-enhanced",
        &[FIRST, &[("dag.k", "6"), ("motif.iterations", "2000"), ("limits.concurrent_sessions", "8")]],
    ),
    preset("original-research", &[FIRST, RESEARCH]),
    preset(
        "original-create-development",
        &[FIRST, MINIMAL, &[("motif.iterations", "50"), ("store.row_group_rows", "1000")]],
    ),
    preset("original-create-production", &[FIRST, STANDARD, &[("limits.concurrent_sessions", "6")]]),
    preset(
        "original-create-research",
        &[
            FIRST,
            RESEARCH,
            &[("tgat.num_layers", "4"), ("motif.park_p", "0.1"), ("limits.memory_gb", "16.0")],
        ],
    ),
    preset("context7-development", &[FIRST, SECOND, SECOND_DEVELOPMENT]),
    preset("context7-standard", &[FIRST, SECOND]),
    preset("context7-high-performance", &[FIRST, SECOND, SECOND_HIGH_PERFORMANCE]),
    preset("context7-research", &[FIRST, SECOND, SECOND_RESEARCH]),
    preset("context7-create-development", &[FIRST, SECOND, SECOND_DEVELOPMENT]),
    preset("context7-create-production", &[FIRST, SECOND, &[("limits.memory_gb", "16.0")]]),
    preset(
        "context7-create-high-performance",
        &[FIRST, SECOND, SECOND_HIGH_PERFORMANCE, &[("limits.memory_gb", "32.0")]],
    ),
    preset(
        "context7-create-research",
        &[FIRST, SECOND, SECOND_RESEARCH, &[("motif.park_p", "0.01"), ("limits.memory_gb", "64.0")]],
    ),
];
