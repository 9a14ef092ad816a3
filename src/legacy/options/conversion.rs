//! From the value of an option of the Python system to that of a setting.

use serde_json::Value;

/// Graphs whose plans take 1 MB, 16,000 events each at k = 4: the 128 slots of the original are then the default
/// here.
const GRAPHS_PER_MB: u64 = 2;

/// Conversion of an option's value to that of its setting.
///
/// Several options may set one key. Of those that one source sets, the one of the highest rank counts, as in the
/// original, where half precision was on if either of two flags asked for it; of equal rank they must agree.
#[derive(Debug, Clone, Copy)]
pub enum Conversion {
    /// The same value.
    Same,
    /// The same value, of higher rank than that of another option that sets the key.
    Foremost,
    /// A table of the option's values: its text, the value here as a literal, and the rank.
    Choice(&'static [(&'static str, &'static str, u8)]),
    /// A number, for which the original's `null` is 0 here: as many as there are.
    NullIsZero,
    /// Slots of the original's cache, as MB of plans.
    CacheMegabytes,
}

impl Conversion {
    /// The value here, and its rank.
    ///
    /// # Errors
    /// The values that the option may have.
    pub fn apply(self, value: &Value) -> Result<(Value, u8), String> {
        match self {
            Self::Same => Ok((value.clone(), 1)),
            Self::Foremost => Ok((value.clone(), 2)),
            Self::NullIsZero if value.is_null() => Ok((Value::from(0), 1)),
            Self::NullIsZero if value == &Value::from(0) => Err("must be at least 1, or null".to_owned()),
            Self::NullIsZero => Ok((value.clone(), 1)),
            Self::CacheMegabytes => match value.as_u64() {
                Some(slots) => Ok((Value::from(slots.div_ceil(GRAPHS_PER_MB)), 1)),
                None => Err("must be a number of graphs, from 0".to_owned()),
            },
            Self::Choice(choices) => {
                let text = text(value);
                let chosen = choices.iter().find(|(from, ..)| from.eq_ignore_ascii_case(&text));
                let (_, to, rank) = chosen.ok_or_else(|| {
                    let names: Vec<&str> = choices.iter().map(|(from, ..)| *from).collect();
                    format!("must be {}", names.join(" or "))
                })?;
                Ok((literal(to), *rank))
            }
        }
    }

    /// The conversion in words, as [`table`](super::table) shows it.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Same | Self::Foremost => String::new(),
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

/// The value of a literal in the tables of this module: JSON, or else the text itself.
pub(super) fn literal(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// A value as text: strings without their quotes.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns whether two values are the same setting: 8 and 8.0 are.
pub(crate) fn same_value(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}
