//! Conversion of the value of an option of the Python system to the value of a setting.

use serde_json::Value;

/// Graphs per MB of plans, for graphs of 16,000 events at k = 4. The 128 slots of the original then give the default
/// of `attention.plan_cache_mb`.
const GRAPHS_PER_MB: u64 = 2;

/// Conversion of an option's value to that of its setting.
///
/// Several options may set the same key. Of those that one source sets, the one of the highest rank applies, as in
/// the original, where half precision was on if either of two flags was; options of equal rank must agree.
#[derive(Debug, Clone, Copy)]
pub enum Conversion {
    /// The same value.
    Same,
    /// The same value; overrides another option that sets the key.
    Overriding,
    /// A table of the option's values: its text, the value of the setting as a literal, and the rank.
    Choice(&'static [(&'static str, &'static str, u8)]),
    /// A number; `null`, the original's value for all that there are, is 0 here.
    NullIsZero,
    /// Slots of the original's cache, converted to MB of plans.
    CacheMegabytes,
}

impl Conversion {
    /// The value of the setting, and its rank.
    ///
    /// # Errors
    /// The allowed values, as `must be ...`.
    pub fn apply(self, value: &Value) -> Result<(Value, u8), String> {
        match self {
            Self::Same => Ok((value.clone(), 1)),
            Self::Overriding => Ok((value.clone(), 2)),
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

    /// The conversion in words, for [`table`](super::table).
    pub(super) fn describe(self) -> String {
        match self {
            Self::Same | Self::Overriding => String::new(),
            Self::NullIsZero => ": `null` is 0".to_owned(),
            Self::CacheMegabytes => ": 0.5 MB per slot".to_owned(),
            Self::Choice(choices) => {
                let each: Vec<String> =
                    choices.iter().map(|(from, to, _)| format!("{from} is `{to}`")).collect();
                format!(": {}", each.join(", "))
            }
        }
    }
}

/// The value of a literal in the tables of this module: parsed as JSON, else the text itself.
pub(super) fn literal(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// A value as text: strings without their quotes.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns whether two values are equal as settings: 8 equals 8.0.
pub(crate) fn same_value(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}
