//! The options of the original, and what becomes of each.

use super::Convert;
use super::rows::{COMPONENTS, ENHANCED, OTHERS, SEED};

/// An option of the original.
#[derive(Debug, Clone, Copy)]
pub struct OriginalOption {
    /// Its dotted name; `x.*` stands for everything below `x`.
    pub name: &'static str,
    /// What becomes of it.
    pub fate: Fate,
    /// What to know, or what to do instead.
    pub note: &'static str,
}

/// What becomes of an option.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    /// It has its name and its values here too.
    Same,
    /// It sets this key, its value converted.
    Sets(&'static str, Convert),
    /// ironforge always does what this value asks for; any other is refused.
    Always(&'static str),
    /// Refused: it did nothing in the original.
    DidNothing,
    /// Refused: what it steered is not part of ironforge.
    NotHere,
}

/// Every option, component by component.
pub const OPTIONS: [&[OriginalOption]; 4] = [COMPONENTS, SEED, ENHANCED, OTHERS];

/// Where the original keeps the flags of its optimisations, and copies of them.
const FLAGS: &str = "c7_optimizations.";
const COPIES: [&str; 3] = ["dag.", "tgat.", "storage."];

/// The option of that name, upper and lower case alike. The flags of the optimisations may stand under
/// `c7_optimizations`, under a copy of that in a component, or alone.
pub fn find(name: &str) -> Option<&'static OriginalOption> {
    let name = name.to_lowercase();
    let inner = COPIES.iter().find_map(|copy| name.strip_prefix(copy)?.strip_prefix(FLAGS));
    let flag = inner.or_else(|| name.strip_prefix(FLAGS));
    let named = |option: &OriginalOption, name: &str| match option.name.strip_suffix(".*") {
        Some(section) => {
            name.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
        None => option.name.eq_ignore_ascii_case(name),
    };
    match flag {
        Some(flag) => SEED.iter().find(|option| named(option, flag)),
        None => OPTIONS.iter().copied().flatten().find(|option| named(option, &name)),
    }
}

/// The table of `original.md`: one row an option, Markdown.
pub fn table() -> String {
    let mut text = "| option | here | what to know |\n|---|---|---|\n".to_owned();
    for OriginalOption { name, fate, note } in OPTIONS.iter().copied().flatten() {
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
