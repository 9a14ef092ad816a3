//! Events: tables become sessions of events in time order, and events become numbers.
//!
//! There is one event model ([`EventTable`](crate::table::EventTable)): a time, an order among equal times, a kind,
//! entity keys, numbers and texts. Missing values stay missing. A time that cannot be resolved to an instant is an
//! error that names the file, the row, the column and the remedy.
//!
//! The importers (`from_table`, `csv_table`) belong to the feature `store`; the order, the [`sample`] and the
//! [`features`](features()) need none.
//!
//! * `error`: errors of importing events.
//! * `order`: full-precision times, and the order of events.
//! * `ties`: [`TieOrder`], the order of events of equal time.
//! * `tie_hash`: the keyed hash of that order.
//! * `resolution`: how finely times tell events apart.
//! * `clock`: instants from epochs, from text and from wall clocks of a zone.
//! * `column_map`: the role of each column of a table.
//! * `csv_table`: CSV files as tables.
//! * `table_reader`: the columns of a table by their roles.
//! * `times`: the time column of a table.
//! * `from_table`: sessions from a table.
//! * `sample`: built-in sessions.
//! * `features`: features that any log of events has, and their standardisation.

#[cfg(feature = "store")]
pub(crate) mod clock;
#[cfg(feature = "store")]
mod column_map;
#[cfg(feature = "store")]
mod csv_table;
#[cfg(feature = "store")]
mod error;
mod features;
#[cfg(feature = "store")]
mod from_table;
mod order;
mod resolution;
mod sample;
#[cfg(feature = "store")]
mod table_reader;
mod tie_hash;
mod ties;
#[cfg(feature = "store")]
mod times;

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
#[cfg(feature = "store")]
pub use from_table::from_table;
#[cfg(feature = "store")]
pub(crate) use order::UnsortedEvents;
pub use order::{Time, time_order};
#[cfg(feature = "store")]
pub(crate) use resolution::greatest_common_divisor;
pub use sample::sample;
#[cfg(feature = "store")]
pub(crate) use table_reader::labels;
pub use ties::TieOrder;
