//! Readers of the original's session files.
//!
//! * `json`: JSON values that keep the order of fields and fields given twice.
//! * `session_id`: ids of sessions, from the names of their files.
//! * `session_window`: hours of a session, events outside them, and placeholder times.
//! * `json_file`: the day, zone and times of a JSON file, and errors that name the field.
//! * `event_fields`: the fields of an event in each form, and the columns that they become.
//! * `records`: JSON records, each with its own date.
//! * `session_json`: JSON files of every form.
//! * `shard`: folders of Parquet files with the nodes of one session.

mod event_fields;
mod json;
mod json_file;
mod records;
mod session_id;
mod session_json;
mod session_window;
mod shard;

pub(crate) use records::{are_lines_of_records, list_of_lines};
pub use session_id::session_id_from_stem;
pub use session_json::{session_from_json, sessions_from_json};
pub use shard::{Shard, session_from_shard};
