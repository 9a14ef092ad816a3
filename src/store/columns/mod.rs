//! Plain columns to Arrow arrays and back.
//!
//! - [`to_arrow`]: columns to arrays, and the declared schema
//! - [`from_arrow`]: arrays to columns
//! - [`narrow`]: 64-bit columns stored in fewer bits without loss

pub(crate) mod from_arrow;
pub(crate) mod narrow;
pub(crate) mod to_arrow;
