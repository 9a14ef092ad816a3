//! Times: instants from numbers since the epoch, from text, and from wall clocks of a zone.
//!
//! * `clock`: instants.
//! * `text`: times as text, in the forms in which programs write them.
//! * `years`: [`Years`], in which times may lie.
//! * `unit`: numbers since the epoch, and their unit.

pub(crate) mod clock;
pub(super) mod text;
pub(super) mod unit;
mod years;

pub use years::Years;
