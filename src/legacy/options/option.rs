//! An option of the Python system, and its mapping to the settings of this crate.

use super::Conversion;
use super::rows::{APPLICATION, COMPONENTS, ENHANCED, FLAGS};

/// An option of the Python system.
#[derive(Debug, Clone, Copy)]
pub struct LegacyOption {
    /// Its dotted name; `x.*` means every name below `x`.
    pub name: &'static str,
    /// Its mapping.
    pub mapping: OptionMapping,
    /// A note; the remedy if the option or its value is refused.
    pub note: &'static str,
}

/// Mapping of an option to the settings of this crate.
#[derive(Debug, Clone, Copy)]
pub enum OptionMapping {
    /// The setting of the same name, with the same value.
    Same,
    /// The setting with this key, with the converted value.
    Sets(&'static str, Conversion),
    /// No setting: ironforge always behaves as with this value, and any other value is refused.
    Always(&'static str),
    /// Refused: the option had no effect in the original.
    DidNothing,
    /// Refused: ironforge has no such feature.
    Unsupported,
}

/// An option that a source set, and the key that it sets.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LegacySetting {
    /// The option, as it was spelled.
    pub option: String,
    /// Its value, as it was given.
    pub value: serde_json::Value,
    /// Key of the setting that it sets; `None` if ironforge always behaves as with the value.
    pub key: Option<&'static str>,
    /// The source that set it.
    pub origin: String,
}

/// Every option, component by component.
pub const OPTIONS: [&[LegacyOption]; 4] = [COMPONENTS, FLAGS, ENHANCED, APPLICATION];

/// Section of the original's configuration with the flags of its optimisations.
const FLAGS_SECTION: &str = "c7_optimizations.";
/// Sections of the components that contain copies of [`FLAGS_SECTION`].
const COPIES: [&str; 3] = ["dag.", "tgat.", "storage."];

/// The option of that name, ignoring case. The flags of the optimisations may be below `c7_optimizations`, below
/// its copy in a component, or at the top.
pub fn find(name: &str) -> Option<&'static LegacyOption> {
    let name = name.to_lowercase();
    let inner = COPIES.iter().find_map(|copy| name.strip_prefix(copy)?.strip_prefix(FLAGS_SECTION));
    let flag = inner.or_else(|| name.strip_prefix(FLAGS_SECTION));
    let named = |option: &LegacyOption, name: &str| match option.name.strip_suffix(".*") {
        Some(section) => {
            name.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
        None => option.name.eq_ignore_ascii_case(name),
    };
    match flag {
        Some(flag) => FLAGS.iter().find(|option| named(option, flag)),
        None => OPTIONS.iter().copied().flatten().find(|option| named(option, &name)),
    }
}

/// The Markdown table of `options.md`: one row per option.
pub fn table() -> String {
    let mut text = "| option | here | note |\n|---|---|---|\n".to_owned();
    for LegacyOption { name, mapping, note } in OPTIONS.iter().copied().flatten() {
        let here = match mapping {
            OptionMapping::Same => format!("`{name}`"),
            OptionMapping::Sets(key, convert) => format!("`{key}`{}", convert.describe()),
            OptionMapping::Always(value) => format!("always `{value}`"),
            OptionMapping::DidNothing => "refused: did nothing".to_owned(),
            OptionMapping::Unsupported => "refused: not part of ironforge".to_owned(),
        };
        text += &format!("| `{name}` | {here} | {note} |\n");
    }
    text
}
