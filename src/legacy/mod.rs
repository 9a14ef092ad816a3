//! The files, features and settings of the Python system that this crate replaces ("the original").
//!
//! Only users of that system need this module: it reads their session files and shards, calculates the 45 node and 20
//! edge features that their weights were trained on, and translates their options and presets. Everything else in the
//! crate works on events, columns and settings in general and names no trading session.
//!
//! It reads JSON files with the events of one trading session or of several, in five [`forms`]
//! ([`sessions_from_json`]), and shards, folders of Parquet files with the nodes of one session
//! ([`session_from_shard`]). Both give the [`Session`](crate::table::Session) that any table gives, with prices of the
//! session as a whole as [`attributes`]. The names of their files give the sessions' ids ([`session_id_from_stem`]).
//!
//! It calculates the node and edge features of such a session ([`features45`]).
//!
//! No other module depends on it but `config`, which accepts the original's options, `pipeline`, which reads inputs of
//! every form, chooses the features and passes its errors on.
//!
//! * `error`: errors of reading its files.
//! * [`attributes`]: names of the values that its files state of a session as a whole.
//! * [`forms`]: the forms of its files, by richness.
//! * `sessions`: readers of its files.
//! * [`features45`]: node and edge features.
//! * `options`: options and presets of its configuration.

pub mod attributes;
#[cfg(feature = "store")]
mod error;
pub mod features45;
pub mod forms;
#[cfg(feature = "store")]
pub mod options;
#[cfg(feature = "store")]
mod sessions;

#[cfg(feature = "store")]
pub use error::LegacyError;
#[cfg(feature = "store")]
pub use sessions::{Shard, session_from_json, session_from_shard, session_id_from_stem, sessions_from_json};
