//! Values that a column's type cannot hold.

/// A value that does not fit the type that it is converted to.
pub(crate) struct Overflow {
    /// Row, from 0 at the start of the array or table that is converted.
    pub(crate) row: usize,
    /// The value as text.
    pub(crate) value: String,
}
