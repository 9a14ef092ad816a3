//! Plain columns that cross modules: tables that a store reads and writes, and the events of a session.
//!
//! Clones and slices of a column share its values: neither copies them.
//!
//! * `buffer`: immutable sequences of values that share memory.
//! * `bitmap`: one bit for each row, as in Arrow.
//! * `array`: values of one type, some of which may be missing.
//! * `labels`: dictionary-encoded strings.
//! * `values`: arrays of any type.
//! * `column`: named columns, and tables of them.
//! * `events`: the events of a session.
//! * `session`: a session, its attributes and its origin.

mod array;
mod bitmap;
mod buffer;
mod column;
mod events;
mod labels;
mod session;
mod values;

pub use array::Array;
pub use bitmap::Bitmap;
pub use buffer::Buffer;
pub use column::{Column, Table};
pub use events::{EventTable, KeyColumn, NumericColumn, TextColumn};
pub use labels::{Labels, MISSING};
pub use session::{Session, SessionOrigin, SessionPart, SourceForm, TimeResolution};
pub use values::{TimeUnit, Values};
#[cfg(feature = "store")]
pub(crate) use {array::ArrayBuilder, labels::LabelsBuilder, values::ValuesBuilder};
