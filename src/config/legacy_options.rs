//! Converts the options of the Python system in one source to the settings that replace them.

use super::ConfigError;
use super::file::scalar;
use super::keys::Assignment;
use crate::legacy::options::{LegacySetting, OptionMapping, find, same_value, text};

/// An assignment by an option, converted.
struct ConvertedOption {
    /// The name as given, in lower case.
    name: String,
    key: &'static str,
    rank: u8,
    set: Assignment,
}

/// The assignments of one source, with each option replaced by the key that it sets; `known` returns whether a key
/// is a setting. The options found are appended to `settings`.
///
/// # Errors
/// [`ConfigError`] for a refused option, an invalid value of an option, and two names of one setting with different
/// values.
pub(super) fn resolve(
    source: Vec<Assignment>,
    known: impl Fn(&str) -> bool,
    settings: &mut Vec<LegacySetting>,
) -> Result<Vec<Assignment>, ConfigError> {
    let mut ours = Vec::with_capacity(source.len());
    let mut converted: Vec<ConvertedOption> = Vec::new();
    // Collected into one error: files of the Python system set many options.
    let mut refused = Vec::new();
    for assignment in source {
        let option = if known(&assignment.key) { None } else { find(&assignment.key) };
        let Some(option) = option else {
            ours.push(assignment);
            continue;
        };
        let key = match option.mapping {
            OptionMapping::Sets(key, _) => Some(key),
            _ => None,
        };
        settings.push(LegacySetting {
            option: assignment.key.clone(),
            value: assignment.value.clone(),
            key,
            origin: assignment.origin.to_string(),
        });
        match option.mapping {
            // `known` is case-sensitive: this is a setting's name in another case.
            OptionMapping::Same => ours.push(Assignment { key: option.name.to_owned(), ..assignment }),
            OptionMapping::Sets(key, convert) => {
                let (value, rank) =
                    convert.apply(&assignment.value).map_err(|reason| ConfigError::Value {
                        origin: assignment.origin.clone(),
                        key: assignment.key.clone(),
                        value: assignment.value.to_string(),
                        reason,
                    })?;
                let name = assignment.key.to_lowercase();
                // --set may give a name twice: the last value counts.
                converted.retain(|other| other.name != name);
                let legacy = Some((assignment.key, assignment.value));
                let origin = assignment.origin;
                let set = Assignment { key: key.to_owned(), value, typed: None, origin, legacy };
                converted.push(ConvertedOption { name, key, rank, set });
            }
            OptionMapping::Always(only) => {
                if !same_value(&scalar(only), &assignment.value)
                    && !text(&assignment.value).eq_ignore_ascii_case(only)
                {
                    refused.push(ConfigError::Always {
                        origin: assignment.origin,
                        option: assignment.key,
                        value: assignment.value.to_string(),
                        only,
                        remedy: option.note,
                    });
                }
            }
            OptionMapping::DidNothing | OptionMapping::Unsupported => {
                let why = if matches!(option.mapping, OptionMapping::DidNothing) {
                    "had no effect in the Python system"
                } else {
                    "is not part of ironforge"
                };
                refused.push(ConfigError::Refused {
                    origin: assignment.origin,
                    option: assignment.key,
                    why,
                    remedy: option.note,
                });
            }
        }
    }
    match refused.len() {
        0 => agree(&mut ours, converted).map(|()| ours),
        1 => Err(refused.remove(0)),
        _ => Err(ConfigError::Several(refused)),
    }
}

/// Adds the assignments by options to the source's own, if they do not contradict each other.
fn agree(ours: &mut Vec<Assignment>, converted: Vec<ConvertedOption>) -> Result<(), ConfigError> {
    // Of several options of one setting, the one of the highest rank.
    let mut winners: Vec<ConvertedOption> = Vec::new();
    for one in converted {
        match winners.iter_mut().find(|other| other.key == one.key) {
            None => winners.push(one),
            Some(other) if other.rank < one.rank => *other = one,
            Some(other) if other.rank == one.rank && !same_value(&other.set.value, &one.set.value) => {
                return Err(ConfigError::twice(&other.set, &one.set, one.key));
            }
            Some(_) => {}
        }
    }
    for one in winners {
        if let Some(own) = ours.iter().rfind(|own| own.key == one.key)
            && !same_value(&own.value, &one.set.value)
        {
            return Err(ConfigError::twice(&one.set, own, one.key));
        }
        ours.push(one.set);
    }
    Ok(())
}
