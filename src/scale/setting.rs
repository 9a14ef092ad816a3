//! A setting that is `auto` or a number of minutes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

const MS_PER_MINUTE: f64 = 60_000.0;
/// The word for [`WindowMinutes::Auto`].
const AUTO: &str = "auto";

/// The width of a time window: `auto`, or a number of minutes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum WindowMinutes {
    /// The width that follows from the scale of the events: [`TimeScale::widths`](super::TimeScale::widths).
    #[default]
    Auto,
    /// This number of minutes.
    Set(f64),
}

impl WindowMinutes {
    /// The width in milliseconds: a number of minutes rounded to the nearest millisecond, and 0 if it is negative or
    /// not a number; `auto_ms` for `auto`.
    pub fn ms(self, auto_ms: u64) -> u64 {
        match self {
            Self::Auto => auto_ms,
            // the cast saturates
            Self::Set(minutes) => (minutes * MS_PER_MINUTE).round() as u64,
        }
    }

    /// The number of minutes; `None` for `auto`.
    pub fn minutes(self) -> Option<f64> {
        match self {
            Self::Auto => None,
            Self::Set(minutes) => Some(minutes),
        }
    }

    /// The same width as a number of minutes, `auto_ms` for `auto`. [`WindowMinutes::ms`] of the result is the
    /// same width for any below 2^51 ms, 71,000 years.
    pub fn resolved(self, auto_ms: u64) -> Self {
        match self {
            Self::Auto => Self::Set(auto_ms as f64 / MS_PER_MINUTE),
            set => set,
        }
    }
}

impl From<f64> for WindowMinutes {
    fn from(minutes: f64) -> Self {
        Self::Set(minutes)
    }
}

impl fmt::Display for WindowMinutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str(AUTO),
            Self::Set(minutes) => minutes.fmt(f),
        }
    }
}

impl Serialize for WindowMinutes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str(AUTO),
            Self::Set(minutes) => serializer.serialize_f64(*minutes),
        }
    }
}

impl<'de> Deserialize<'de> for WindowMinutes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AutoOrNumber)
    }
}

struct AutoOrNumber;

impl Visitor<'_> for AutoOrNumber {
    type Value = WindowMinutes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`auto` or a number of minutes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<WindowMinutes, E> {
        if text == AUTO {
            return Ok(WindowMinutes::Auto);
        }
        Err(E::custom(format_args!("must be `auto` or a number of minutes, not `{text}`")))
    }

    fn visit_i64<E>(self, minutes: i64) -> Result<WindowMinutes, E> {
        Ok(WindowMinutes::Set(minutes as f64))
    }

    fn visit_u64<E>(self, minutes: u64) -> Result<WindowMinutes, E> {
        Ok(WindowMinutes::Set(minutes as f64))
    }

    fn visit_f64<E>(self, minutes: f64) -> Result<WindowMinutes, E> {
        Ok(WindowMinutes::Set(minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_survives_the_form_in_minutes() {
        for ms in [1, 29, 45_000, 86_399_999, 7 * 86_400_000 + 1, (1 << 51) - 1] {
            assert_eq!(WindowMinutes::Auto.resolved(ms).ms(0), ms, "{ms}");
        }
        assert_eq!(WindowMinutes::Set(0.5).resolved(7), WindowMinutes::Set(0.5));
        assert_eq!([-1.0, f64::NAN].map(|minutes| WindowMinutes::Set(minutes).ms(7)), [0, 0]);
    }
}
