//! Older names of settings.

use serde_json::{Value, json};

use super::ConfigError;
use super::keys::Assignment;

/// Older name of `dag.links`, whose value is one rule or `both`.
const LINK: &str = "dag.link";
const LINKS: &str = "dag.links";

/// Every older name.
pub(super) const ALIASES: [&str; 1] = [LINK];

/// The assignments of one source with each older name replaced by the setting's name.
///
/// # Errors
/// [`ConfigError::Value`] for a value that the older name does not have, [`ConfigError::Contradiction`] if the source
/// sets both names to different values.
pub(super) fn replace_aliases(source: Vec<Assignment>) -> Result<Vec<Assignment>, ConfigError> {
    let own: Option<Assignment> = source.iter().rfind(|set| set.key == LINKS).cloned();
    let mut replaced = Vec::with_capacity(source.len());
    for set in source {
        if set.key != LINK {
            replaced.push(set);
            continue;
        }
        let Some(links) = link_list(&set.value) else {
            return Err(ConfigError::Value {
                origin: set.origin,
                key: set.key,
                value: set.value.to_string(),
                reason: "must be auto, window-knn, shared-key or both; dag.links takes a list".to_owned(),
            });
        };
        if let Some(own) = own.as_ref().filter(|own| own.value != links) {
            return Err(ConfigError::twice(&set, own, LINKS));
        }
        replaced.push(Assignment { key: LINKS.to_owned(), value: links, typed: None, ..set });
    }
    Ok(replaced)
}

/// The list of rules for a value of `dag.link`.
fn link_list(value: &Value) -> Option<Value> {
    match value.as_str()? {
        "auto" => Some(json!(["auto"])),
        "window-knn" => Some(json!(["window-knn"])),
        "shared-key" => Some(json!(["shared-key"])),
        "both" => Some(json!(["window-knn", "shared-key"])),
        _ => None,
    }
}
