//! The events of a session, column by column.

use super::{Array, Labels};

/// A named column of strings of an [`EventTable`]: an entity that events share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyColumn {
    /// Name in the source.
    pub name: String,
    /// Entity of each event.
    pub labels: Labels,
}

/// A named column of numbers of an [`EventTable`].
#[derive(Debug, Clone, PartialEq)]
pub struct NumericColumn {
    /// Name in the source.
    pub name: String,
    /// Value of each event in the unit of the source, nullable; finite where present.
    pub values: Array<f64>,
}

/// A named column of text of an [`EventTable`], kept for features. Unlike a [`KeyColumn`] it links no events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextColumn {
    /// Name in the source; `a.b` for the field `b` of the object `a`.
    pub name: String,
    /// Text of each event as in the source; an empty one is not missing.
    pub labels: Labels,
}

/// The events of a session, sorted by (`t_ms`, `seq`): row `i` is node `i`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventTable {
    /// Milliseconds since the epoch, UTC.
    pub t_ms: Vec<i64>,
    /// Order of events of equal time: sorting by (`t_ms`, `seq`) again changes nothing.
    pub seq: Vec<i64>,
    /// Position in the source file.
    pub event_index: Vec<u32>,
    /// Kind of each event.
    pub kind: Labels,
    /// Entities of each event.
    pub keys: Vec<KeyColumn>,
    /// Numbers of each event.
    pub numeric: Vec<NumericColumn>,
    /// Index of the price in `numeric`, if there is one.
    pub price: Option<usize>,
    /// Texts of each event.
    pub texts: Vec<TextColumn>,
    /// Time of day of each event, seconds since midnight on the wall clock of the source; `None` if the source has no
    /// wall clock. On a day with a daylight saving transition it cannot be calculated from `t_ms`.
    pub time_of_day_s: Option<Vec<f64>>,
}

impl EventTable {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.t_ms.len()
    }

    /// Returns whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.t_ms.is_empty()
    }

    /// The price of each event in the unit of the source, if the source has prices.
    pub fn prices(&self) -> Option<&Array<f64>> {
        self.price.map(|i| &self.numeric[i].values)
    }

    /// The numbers called `name` in the unit of the source, if the source has them.
    pub fn number(&self, name: &str) -> Option<&Array<f64>> {
        self.numeric.iter().find(|column| column.name == name).map(|column| &column.values)
    }

    /// The texts called `name`, if the source has them.
    pub fn text(&self, name: &str) -> Option<&Labels> {
        self.texts.iter().find(|column| column.name == name).map(|column| &column.labels)
    }
}
