//! The events of one session, column by column.

use super::Labels;

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
    /// Value of each event; finite where present.
    pub values: Vec<Option<f64>>,
}

/// The events of one session, sorted by (`t_ms`, `seq`), ties in the source's order: row `i` is node `i`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventTable {
    /// Milliseconds since the epoch, UTC.
    pub t_ms: Vec<i64>,
    /// Order among equal times.
    pub seq: Vec<i64>,
    /// Position in the source file.
    pub event_index: Vec<u32>,
    /// Kind of each event.
    pub kind: Labels,
    /// Entities of each event.
    pub keys: Vec<KeyColumn>,
    /// Numbers of each event.
    pub numeric: Vec<NumericColumn>,
    /// Which of `numeric` is the price, if one is.
    pub price: Option<usize>,
}

impl EventTable {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.t_ms.len()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.t_ms.is_empty()
    }

    /// The price column, if the source has one.
    pub fn prices(&self) -> Option<&[Option<f64>]> {
        self.price.map(|i| self.numeric[i].values.as_slice())
    }
}

/// A session: one independent group of events under an id of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Id, unique in a run.
    pub id: String,
    /// File the events come from, as the user named it.
    pub source: String,
    /// The events.
    pub events: EventTable,
}
