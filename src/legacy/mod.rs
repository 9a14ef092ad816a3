//! The files, features and settings of the Python system that this crate replaces.
//!
//! Everything that only that system's users need is here: its session files, its 45 event features, its options and
//! presets. The other modules know events, columns and settings in general.
//!
//! - `options`: options and presets

#[cfg(feature = "store")]
pub mod options;
