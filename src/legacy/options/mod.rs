//! The options and presets of the Python system: the setting of this crate that each option sets, and its value.
//!
//! This module is data; `config` applies it. Files:
//!
//! - `option`: [`LegacyOption`] and its [`OptionMapping`]
//! - `rows`: the table of all options
//! - `conversion`: from an option's value to that of its setting
//! - `presets`: the presets of the Python system as lists of settings
//!
#![doc = include_str!("options.md")]

mod conversion;
mod option;
mod presets;
mod rows;

pub use conversion::Conversion;
pub(crate) use conversion::{same_value, text};
pub use option::{LegacyOption, LegacySetting, OPTIONS, OptionMapping, find, table};
pub use presets::{LegacyPreset, PRESETS};
