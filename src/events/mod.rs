//! Events: tables and session files become sessions of events in time order, and events become numbers.
//!
//! One event model for everything: a time, an order among equal times, a kind, a group, entity keys and numbers
//! ([`EventTable`]). What is missing stays missing; what cannot be placed in time is an error that names the file,
//! the row, the column and the remedy.
//!
//! Events become numbers by the generic [`features`], which any log has, or by those of [`session45`], which the
//! original's sessions have.
//!
//! The importers (`from_table`, `csv_table`, `sessions_from_json`, `session_from_shard`) belong to the feature
//! `store`; the order, the [`sample`] and the features need none.

#[cfg(feature = "store")]
mod clock;
#[cfg(feature = "store")]
mod column_map;
#[cfg(feature = "store")]
mod csv_table;
#[cfg(feature = "store")]
mod error;
mod features;
#[cfg(feature = "store")]
mod json;
#[cfg(feature = "store")]
mod json_event;
#[cfg(feature = "store")]
mod json_file;
mod order;
#[cfg(feature = "store")]
mod records;
mod sample;
pub mod session45;
#[cfg(feature = "store")]
mod session_id;
#[cfg(feature = "store")]
mod session_json;
#[cfg(feature = "store")]
mod shard;
#[cfg(feature = "store")]
mod tabular;
#[cfg(feature = "store")]
mod window;

#[cfg(feature = "store")]
pub use column_map::{ColumnMap, TimeColumn, TimeFormat};
#[cfg(feature = "store")]
pub use csv_table::{csv_from, csv_table};
#[cfg(feature = "store")]
pub use error::EventsError;
pub use features::{
    FeatureError, FeatureInfo, Features, Standardised, TIME_FEATURES, features, numeric_names, standardise,
    standardise_with,
};
pub use order::{Time, in_order};
pub use sample::sample;
#[cfg(feature = "store")]
pub use session_id::session_id_from_stem;
#[cfg(feature = "store")]
pub use session_json::{session_from_json, sessions_from_json};
#[cfg(feature = "store")]
pub use shard::{Shard, session_from_shard};
#[cfg(feature = "store")]
pub use tabular::from_table;

#[cfg(doc)]
use crate::table::EventTable;
