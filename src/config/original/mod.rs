//! Configuration as the original has it.
//!
#![doc = include_str!("../original.md")]

mod convert;
mod map;
mod presets;
mod resolve;
mod rows;

pub use map::{Fate, OPTIONS, OriginalOption, find, table};
pub use presets::OriginalPreset;

pub(super) use convert::Convert;
pub(super) use resolve::resolve;

/// An option of the original that a source set, and what became of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct OriginalSetting {
    /// The option, as it was spelled.
    pub option: String,
    /// Its value, as it was given.
    pub value: serde_json::Value,
    /// The key here that it set; `None` where ironforge always does what it asks for.
    pub key: Option<&'static str>,
    /// Where it was set.
    pub origin: String,
}
