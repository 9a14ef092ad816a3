//! Conversion of plain columns to Arrow arrays and back; only here one type becomes another.
//!
//! - [`to_arrow`]: columns to arrays, and the declared schema
//! - [`from_arrow`]: arrays to columns
//! - [`narrow`]: 64-bit columns stored in fewer bits without loss
//! - [`overflow`]: values that a column's type cannot hold

pub(crate) mod from_arrow;
pub(crate) mod narrow;
pub(crate) mod overflow;
pub(crate) mod to_arrow;
