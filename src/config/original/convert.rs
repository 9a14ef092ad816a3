//! Values of the original, as values of a key here.

use serde_json::Value;

use crate::config::file::scalar;

/// Graphs whose plans take a MB, 16,000 events each at k = 4: the original's 128 places are then the default here.
const GRAPHS_PER_MB: u64 = 2;

/// How the value of an option becomes that of its key.
///
/// Several options may set one key. Of those that one source sets, the one of the highest rank counts, as in the
/// original, where half precision was on if either of two flags asked for it; of equal rank they must agree.
#[derive(Debug, Clone, Copy)]
pub enum Convert {
    /// It is the same value.
    Value,
    /// It is the same value, and counts more than that of another option that sets the key.
    Foremost,
    /// Each value that the option has: its text, the value here, and the rank.
    Choice(&'static [(&'static str, &'static str, u8)]),
    /// A number, where the original's `null` is 0 here: as many as there are.
    NullIsZero,
    /// Places of the original's cache, as MB of plans.
    CacheMegabytes,
}

impl Convert {
    /// The value here, and its rank.
    ///
    /// # Errors
    /// What the value must be.
    pub(super) fn apply(self, value: &Value) -> Result<(Value, u8), String> {
        match self {
            Self::Value => Ok((value.clone(), 1)),
            Self::Foremost => Ok((value.clone(), 2)),
            Self::NullIsZero if value.is_null() => Ok((Value::from(0), 1)),
            Self::NullIsZero if value == &Value::from(0) => Err("must be at least 1, or null".to_owned()),
            Self::NullIsZero => Ok((value.clone(), 1)),
            Self::CacheMegabytes => match value.as_u64() {
                Some(places) => Ok((Value::from(places.div_ceil(GRAPHS_PER_MB)), 1)),
                None => Err("must be a number of graphs, from 0".to_owned()),
            },
            Self::Choice(choices) => {
                let text = text(value);
                let chosen = choices.iter().find(|(from, ..)| from.eq_ignore_ascii_case(&text));
                let (_, to, rank) = chosen.ok_or_else(|| {
                    let names: Vec<&str> = choices.iter().map(|(from, ..)| *from).collect();
                    format!("must be {}", names.join(" or "))
                })?;
                Ok((scalar(to), *rank))
            }
        }
    }

    /// The conversion in words, as the table has it.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Value | Self::Foremost => String::new(),
            Self::NullIsZero => ": `null` is 0".to_owned(),
            Self::CacheMegabytes => ": half a MB for each".to_owned(),
            Self::Choice(choices) => {
                let each: Vec<String> =
                    choices.iter().map(|(from, to, _)| format!("{from} is `{to}`")).collect();
                format!(": {}", each.join(", "))
            }
        }
    }
}

/// A value as the text that a choice is named by: words without their quotes.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether two values are the same setting: 8 and 8.0 are.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}
