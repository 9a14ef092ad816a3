//! From the options that one source sets to the keys that they mean.

use super::convert::{same, text};
use super::{Fate, OriginalSetting, find};
use crate::config::ConfigError;
use crate::config::keys::Assignment;

/// An assignment under an original name, converted.
struct Renamed {
    /// The name as given, in lower case.
    name: String,
    key: &'static str,
    rank: u8,
    set: Assignment,
}

/// The assignments of one source with each original name exchanged for the key it sets; `known` says whether a key is
/// one of ours. What was exchanged is added to `settings`.
///
/// # Errors
/// [`ConfigError`] for an option that is refused, a value that is none of its option, and two names of one thing that
/// are set to different values.
pub(in crate::config) fn resolve(
    source: Vec<Assignment>,
    known: impl Fn(&str) -> bool,
    settings: &mut Vec<OriginalSetting>,
) -> Result<Vec<Assignment>, ConfigError> {
    let mut ours = Vec::with_capacity(source.len());
    let mut renamed: Vec<Renamed> = Vec::new();
    // All of them in one error: files of the original name many options.
    let mut refused = Vec::new();
    for assignment in source {
        let option = if known(&assignment.key) { None } else { find(&assignment.key) };
        let Some(option) = option else {
            ours.push(assignment);
            continue;
        };
        let key = match option.fate {
            Fate::Sets(key, _) => Some(key),
            _ => None,
        };
        settings.push(OriginalSetting {
            option: assignment.key.clone(),
            value: assignment.value.clone(),
            key,
            origin: assignment.origin.to_string(),
        });
        match option.fate {
            // A name of ours is known, save where it is spelled in another case.
            Fate::Same => ours.push(Assignment { key: option.name.to_owned(), ..assignment }),
            Fate::Sets(key, convert) => {
                let (value, rank) =
                    convert.apply(&assignment.value).map_err(|reason| ConfigError::Value {
                        origin: assignment.origin.clone(),
                        key: assignment.key.clone(),
                        value: assignment.value.to_string(),
                        reason,
                    })?;
                let name = assignment.key.to_lowercase();
                // A name given twice, as --set allows, means what it says last.
                renamed.retain(|other| other.name != name);
                let original = Some((assignment.key, assignment.value));
                let origin = assignment.origin;
                let set = Assignment { key: key.to_owned(), value, typed: None, origin, original };
                renamed.push(Renamed { name, key, rank, set });
            }
            Fate::Always(only) => {
                if !same(&crate::config::file::scalar(only), &assignment.value)
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
            Fate::DidNothing | Fate::NotHere => {
                let why = if matches!(option.fate, Fate::DidNothing) {
                    "did nothing in the original"
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
        0 => agree(&mut ours, renamed).map(|()| ours),
        1 => Err(refused.remove(0)),
        _ => Err(ConfigError::Several(refused)),
    }
}

/// Adds what original names set to what our own set, where they do not contradict each other.
fn agree(ours: &mut Vec<Assignment>, renamed: Vec<Renamed>) -> Result<(), ConfigError> {
    let mut foremost: Vec<Renamed> = Vec::new();
    for one in renamed {
        match foremost.iter_mut().find(|other| other.key == one.key) {
            None => foremost.push(one),
            Some(other) if other.rank < one.rank => *other = one,
            Some(other) if other.rank == one.rank && !same(&other.set.value, &one.set.value) => {
                return Err(ConfigError::twice(&other.set, &one.set, one.key));
            }
            Some(_) => {}
        }
    }
    for one in foremost {
        if let Some(own) = ours.iter().rfind(|own| own.key == one.key)
            && !same(&own.value, &one.set.value)
        {
            return Err(ConfigError::twice(&one.set, own, one.key));
        }
        ours.push(one.set);
    }
    Ok(())
}
