//! An option of the Python system, and its fate here.

use super::Conversion;
use super::rows::{APPLICATION, COMPONENTS, ENHANCED, FLAGS};

/// An option of the Python system.
#[derive(Debug, Clone, Copy)]
pub struct LegacyOption {
    /// Its dotted name; `x.*` means every name below `x`.
    pub name: &'static str,
    /// Its fate.
    pub fate: Fate,
    /// A note, or the remedy if it is refused.
    pub note: &'static str,
}

/// Fate of an option.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    /// It has its name and its values here too.
    Same,
    /// It sets this key to its converted value.
    Sets(&'static str, Conversion),
    /// ironforge always behaves as this value asks; any other value is refused.
    Always(&'static str),
    /// Refused: it did nothing in the original.
    DidNothing,
    /// Refused: its subject is not part of ironforge.
    NotHere,
}

/// An option that a source set, and the key that it sets.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LegacySetting {
    /// The option, as it was spelled.
    pub option: String,
    /// Its value, as it was given.
    pub value: serde_json::Value,
    /// The key here that it sets; `None` if ironforge always behaves as the value asks.
    pub key: Option<&'static str>,
    /// The source that set it.
    pub origin: String,
}

/// Every option, component by component.
pub const OPTIONS: [&[LegacyOption]; 4] = [COMPONENTS, FLAGS, ENHANCED, APPLICATION];

/// The section of the original that holds the flags of its optimisations, and the sections that hold copies of it.
const FLAGS_SECTION: &str = "c7_optimizations.";
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

/// The table of `options.md`: one row an option, in Markdown.
pub fn table() -> String {
    let mut text = "| option | here | note |\n|---|---|---|\n".to_owned();
    for LegacyOption { name, fate, note } in OPTIONS.iter().copied().flatten() {
        let here = match fate {
            Fate::Same => format!("`{name}`"),
            Fate::Sets(key, convert) => format!("`{key}`{}", convert.describe()),
            Fate::Always(value) => format!("always `{value}`"),
            Fate::DidNothing => "refused: did nothing".to_owned(),
            Fate::NotHere => "refused: not part of ironforge".to_owned(),
        };
        text += &format!("| `{name}` | {here} | {note} |\n");
    }
    text
}
