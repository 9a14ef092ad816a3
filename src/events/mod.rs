//! Events: tables become sessions of events in time order, and events become numbers.
//!
//! There is one event model ([`EventTable`](crate::table::EventTable)): a time, an order among equal times, a kind,
//! entity keys, numbers and texts. Missing values stay missing. A time that cannot be resolved to an instant is an
//! error that names the file, the row, the column and the remedy.
//!
//! The importers ([`from_table`], [`read_delimited`], [`read_json_records`]) belong to the feature `store`; the order,
//! the [`sample`] and the [`features`](features()) need none.
//!
//! * `error`: errors of importing events.
//! * `order`: full-precision times, and the order of events.
//! * `ties`: [`TieOrder`], the order of events of equal time.
//! * `tie_hash`: the keyed hash of that order.
//! * `resolution`: how finely times tell events apart.
//! * `time`: times as numbers and as text.
//! * `raw`: tables as they were read from files.
//! * `text`: text files as tables.
//! * `tables`: tables as sessions of events.
//! * `sample`: built-in sessions.
//! * `features`: features that any log of events has, and their standardisation.

#[cfg(feature = "store")]
mod error;
mod features;
mod order;
#[cfg(feature = "store")]
mod raw;
mod resolution;
mod sample;
#[cfg(feature = "store")]
mod tables;
#[cfg(feature = "store")]
mod text;
mod tie_hash;
mod ties;
#[cfg(feature = "store")]
mod time;

#[cfg(feature = "store")]
pub use error::EventsError;
pub use features::{
    FeatureError, FeatureInfo, Features, Standardised, TIME_FEATURES, features, numeric_names, standardise,
    standardise_with,
};
#[cfg(feature = "store")]
pub(crate) use order::UnsortedEvents;
pub use order::{Time, time_order};
#[cfg(feature = "store")]
pub use raw::{BadRows, ColumnReading, Dialect, MixedColumn, RawTable, SkippedRow, SkippedRows, WordCount};
#[cfg(feature = "store")]
pub(crate) use resolution::greatest_common_divisor;
pub use sample::sample;
#[cfg(feature = "store")]
pub use tables::{
    ColumnMap, TableEvents, TableReport, TimeColumn, TimeFormat, TimeReport, from_table, read_events,
    sessions,
};
#[cfg(feature = "store")]
pub(crate) use tables::{labels, words_in_text};
#[cfg(feature = "store")]
pub(crate) use text::ends_of_values;
#[cfg(feature = "store")]
pub use text::{
    Comments, Delimiter, NumberFormat, TextOptions, is_json_lines, read_delimited, read_json_records,
};
pub use ties::TieOrder;
#[cfg(feature = "store")]
pub use time::Years;
#[cfg(feature = "store")]
pub(crate) use time::clock;
