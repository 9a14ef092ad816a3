//! The files, features and settings of the Python system that this crate replaces ("the original").
//!
//! Only users of that system need this module: it reads their session files and shards, calculates the 45 node and 20
//! edge features that their weights were trained on, and translates their options and presets. The rest of the crate
//! works on events, columns and settings of any origin.
//!
//! It reads JSON files with the events of one trading session or of several, in five [`forms`]
//! ([`sessions_from_json`]), and shards, folders of Parquet files with the nodes of one session
//! ([`session_from_shard`]). Both give a [`Session`](crate::table::Session), as any table does; prices of the session
//! as a whole are its [`attributes`]. The names of the files give the ids of the sessions ([`session_id_from_stem`]).
//!
//! It calculates the node and edge features of such a session ([`features45`]).
//!
//! Only two modules depend on it: `config`, which accepts the original's options, and `pipeline`, which reads inputs
//! of every form, chooses the features and forwards its errors.
//!
//! * `error`: errors of reading session files and shards.
//! * [`attributes`]: names of the values that a file states for a session as a whole.
//! * [`forms`]: the forms of the files, and their rank.
//! * `sessions`: readers of session files and shards.
//! * [`features45`]: node and edge features.
//! * `options`: options and presets of the original's configuration.

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
#[cfg(feature = "store")]
pub(crate) use sessions::{are_lines_of_records, list_of_lines};
