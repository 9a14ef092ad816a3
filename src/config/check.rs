//! Ranges of single settings, and settings that contradict each other.

use std::fmt::Display;

use super::Config;
use crate::attention::{Accuracy, AttentionConfig, Direction, KeySet};
use crate::tgat::Precision;

/// The refusal of a setting, and the reason.
pub(super) struct SettingRefusal {
    /// Full names: the refused setting first, then those that its value was compared with.
    pub settings: Vec<String>,
    /// The message; it names the settings.
    pub reason: String,
}

/// Settings whose range depends on another setting, as (setting, the one that bounds it).
const BOUNDED_BY: [(&str, &str); 8] = [
    ("dag.dt_min_minutes", "dag.dt_max_minutes"),
    ("tgat.hidden_dim", "tgat.num_heads"),
    ("motif.min_nodes", "motif.max_nodes"),
    ("motif.park_lift", "motif.promote_lift"),
    ("motif.promote_p", "motif.park_p"),
    ("store.min_row_group_rows", "store.row_group_rows"),
    ("store.max_row_group_rows", "store.row_group_rows"),
    ("store.min_page_bytes", "store.max_page_bytes"),
];

/// Checks every setting, module by module.
pub(super) fn check(config: &Config) -> Result<(), SettingRefusal> {
    config.dag.check().map_err(|e| refusal("dag", e.setting(), &e))?;
    let bias = config.attention.time_bias();
    // The messages of attention begin with the setting, without its section.
    bias.map_err(|e| refusal("attention", e.setting(), &format_args!("attention.{e}")))?;
    config.tgat.validate().map_err(|e| refusal("tgat", e.setting(), &e))?;
    fast_needs_half(config.attention.accuracy, config.tgat.precision)?;
    config.motif.validate().map_err(|e| refusal("motif", e.setting(), &e))?;
    config.store.validate().map_err(|e| refusal("store", e.setting(), &e))?;
    config.limits.check().map_err(|(setting, reason)| refusal("limits", Some(setting), &reason))?;
    config.session.check().map_err(|(setting, reason)| refusal("session", Some(setting), &reason))?;
    all_keys_hold_the_query(&config.attention)
}

/// The refusal of `setting`, a name with or without its section.
fn refusal(section: &str, setting: Option<&str>, reason: &dyn Display) -> SettingRefusal {
    let mut settings: Vec<String> = Vec::new();
    if let Some(name) = setting {
        let full = if name.contains('.') { name.to_owned() } else { format!("{section}.{name}") };
        let bound = BOUNDED_BY.iter().find(|(setting, _)| *setting == full);
        settings.push(full);
        settings.extend(bound.map(|(_, other)| (*other).to_owned()));
    }
    SettingRefusal { settings, reason: reason.to_string() }
}

/// Refuses `fast` with an f32 network: `fast` rounds to the precision of the network, and f32 does not round.
fn fast_needs_half(accuracy: Accuracy, precision: Precision) -> Result<(), SettingRefusal> {
    match (accuracy, precision) {
        (Accuracy::Fast, Precision::F32) => Err(SettingRefusal {
            settings: ["attention.accuracy", "tgat.precision"].map(str::to_owned).to_vec(),
            reason: "attention.accuracy = fast rounds to tgat.precision, and f32 rounds nothing: set tgat.precision to \
                     f16 or bf16, or attention.accuracy to exact"
                .to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Refuses all keys in both directions without self-loops: a contiguous range of keys cannot leave out the query.
fn all_keys_hold_the_query(attention: &AttentionConfig) -> Result<(), SettingRefusal> {
    let all = attention.keys == KeySet::All && attention.direction == Direction::Both;
    if all && !attention.self_loops {
        return Err(SettingRefusal {
            settings: ["attention.self_loops", "attention.keys", "attention.direction"].map(str::to_owned).to_vec(),
            reason: "attention.self_loops = false: with attention.keys = all and attention.direction = both every event \
                     sees itself; set attention.direction to predecessors or successors, or attention.self_loops to true"
                .to_owned(),
        });
    }
    Ok(())
}
