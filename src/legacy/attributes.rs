//! Names of the session attributes that the original's files state.
//!
//! They are keys of [`Session::attributes`](crate::table::Session::attributes). A value that a file does not state is
//! absent.

/// First price.
pub const OPEN: &str = "open";
/// Highest price.
pub const HIGH: &str = "high";
/// Lowest price.
pub const LOW: &str = "low";
/// Last price.
pub const CLOSE: &str = "close";
/// Range of the prices: highest minus lowest, as the file states it.
pub const RANGE: &str = "range";
/// Duration of the session, seconds.
pub const DURATION_S: &str = "duration_s";
/// 1 if the values come from the file's `relativity_stats`, measured over the finished session: the original's
/// "theory B". Absent otherwise.
pub const THEORY_B: &str = "theory_b";
