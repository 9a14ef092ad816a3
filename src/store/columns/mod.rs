//! Conversion of plain columns to Arrow arrays and back; only here one type becomes another.
//!
//! - [`to_arrow`]: columns to arrays, and the declared schema
//! - [`from_arrow`]: arrays to columns
//! - [`special`]: values of columns that are read only if they are named
//! - [`narrow`]: 64-bit columns stored in fewer bits without loss
//! - [`overflow`]: values that a column's type cannot hold

pub(crate) mod from_arrow;
pub(crate) mod narrow;
pub(crate) mod overflow;
pub(crate) mod special;
pub(crate) mod to_arrow;
