//! Ranges of single settings, and settings that contradict each other.

use std::fmt::Display;

use super::Config;
use crate::attention::{Accuracy, AttentionConfig, AttentionError, Direction, KeySet};
use crate::motif::MotifError;
use crate::store::StoreError;
use crate::tgat::Precision;

/// A configuration that is refused.
pub(super) struct Refusal {
    /// The setting that is refused, then those that its value was compared with.
    pub settings: Vec<&'static str>,
    /// The message; it names the settings.
    pub reason: String,
}

/// Settings whose range depends on another setting, each with that other one.
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
pub(super) fn check(config: &Config) -> Result<(), Refusal> {
    config.dag.check().map_err(|e| refusal(e.setting(), &e))?;
    let bias = config.attention.time_bias();
    bias.map_err(|e| refusal(attention_setting(&e), &format_args!("attention: {e}")))?;
    config.tgat.validate().map_err(|e| refusal(e.setting(), &e))?;
    fast_needs_half(config.attention.accuracy, config.tgat.precision)?;
    config.motif.validate().map_err(|e| refusal(motif_setting(&e), &e))?;
    config.store.validate().map_err(|e| refusal(store_setting(&e), &e))?;
    config.limits.check().map_err(|(setting, reason)| refusal(Some(setting), &reason))?;
    all_keys_hold_the_query(&config.attention)
}

fn refusal(setting: Option<&'static str>, reason: &dyn Display) -> Refusal {
    let bound = |setting| BOUNDED_BY.iter().find(|(name, _)| *name == setting).map(|(_, bound)| *bound);
    let settings = setting.into_iter().chain(setting.and_then(bound)).collect();
    Refusal { settings, reason: reason.to_string() }
}

// Until these errors have a method `setting`, the key is searched in their message: `Effective::key_in_message`.
fn attention_setting(_: &AttentionError) -> Option<&'static str> {
    None
}
fn motif_setting(_: &MotifError) -> Option<&'static str> {
    None
}
fn store_setting(_: &StoreError) -> Option<&'static str> {
    None
}

/// `fast` rounds to the precision of the network, and f32 does not round.
fn fast_needs_half(accuracy: Accuracy, precision: Precision) -> Result<(), Refusal> {
    match (accuracy, precision) {
        (Accuracy::Fast, Precision::F32) => Err(Refusal {
            settings: vec!["attention.accuracy", "tgat.precision"],
            reason: "attention.accuracy = fast rounds to tgat.precision, and f32 rounds nothing: set tgat.precision to \
                     f16 or bf16, or attention.accuracy to exact"
                .to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The range of all keys cannot leave the query itself out.
fn all_keys_hold_the_query(attention: &AttentionConfig) -> Result<(), Refusal> {
    let all = attention.keys == KeySet::All && attention.direction == Direction::Both;
    if all && !attention.self_loops {
        return Err(Refusal {
            settings: vec!["attention.self_loops", "attention.keys", "attention.direction"],
            reason: "attention.self_loops = false: with attention.keys = all and attention.direction = both every event \
                     sees itself; set attention.direction to predecessors or successors, or attention.self_loops to true"
                .to_owned(),
        });
    }
    Ok(())
}
