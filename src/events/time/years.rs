//! The years in which times may lie.

/// The years in which a time may lie, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Years {
    /// The first.
    pub first: i32,
    /// The last.
    pub last: i32,
}

impl Default for Years {
    fn default() -> Self {
        Self { first: 1900, last: 2200 }
    }
}
