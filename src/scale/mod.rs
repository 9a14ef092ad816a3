//! The scale of a run's times, and the time windows that follow from it.
//!
//! A window that suits events two minutes apart does not suit a log of 30 seconds or of daily bars. A setting that is
//! [`WindowMinutes::Auto`] is therefore a fixed multiple of one gap, the typical gap of the run's events; a number of
//! minutes is that number.
//!
//! - `setting`: [`WindowMinutes`], a setting that is `auto` or a number of minutes.
//! - `median_gap`: [`TimeScale`], the typical gap of the events.
//! - `widths`: [`Widths`], the width of each window under `auto`.
//!
//! ```
//! use ironforge::scale::{TimeScale, WindowMinutes};
//!
//! // Gaps of 90, 0, 90 and 150 seconds: the typical gap is 90 seconds.
//! let scale = TimeScale::of_times([&[0, 90_000, 90_000, 180_000, 330_000][..]]);
//! assert_eq!(scale.median_gap_ms(), Some(90_000));
//! let block_ms = scale.widths().block_ms;
//! assert_eq!(block_ms, 10 * 90_000);
//! assert_eq!(WindowMinutes::Auto.ms(block_ms), block_ms);
//! assert_eq!(WindowMinutes::from(15.0).ms(block_ms), 15 * 60_000);
//! ```

mod median_gap;
mod setting;
mod widths;

pub use median_gap::TimeScale;
pub use setting::WindowMinutes;
pub use widths::Widths;
