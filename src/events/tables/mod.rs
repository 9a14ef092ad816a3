//! Tables as sessions of events.
//!
//! * `column_map`: the role of each column of a table.
//! * `table_reader`: the columns of a table by their roles.
//! * `role_labels`: columns of kinds, entities and sessions.
//! * `role_numbers`: columns of numbers.
//! * `time_column`: the time column of a table.
//! * `times`: the times of a table.
//! * `concatenate`: the events of several tables as one.
//! * `from_table`: sessions from tables.

mod column_map;
mod concatenate;
mod from_table;
mod role_labels;
mod role_numbers;
mod table_reader;
mod time_column;
mod times;

pub use column_map::{ColumnMap, TimeColumn, TimeFormat};
pub use from_table::{TableEvents, TableReport, TimeReport, from_table, read_events, sessions};
pub(crate) use role_labels::{labels, words_in_text};
