//! Plain columns that cross modules: tables that a store reads and writes, and the events of a session.
//!
//! * `labels`: strings as codes.
//! * `column`: named, typed columns, and tables of them.
//! * `events`: the events of a session.
//! * `session`: a session, its attributes and its origin.

mod column;
mod events;
mod labels;
mod session;

pub use column::{Column, Table, TimeUnit, Values};
pub use events::{EventTable, KeyColumn, NumericColumn, TextColumn};
pub use labels::{Labels, MISSING};
pub use session::{Session, SessionOrigin, SourceForm};
