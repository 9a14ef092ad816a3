//! The events of one session, column by column.

use super::{Labels, Origin};

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

/// A named column of text of an [`EventTable`]: what the source says of each event, kept for features. It links nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteColumn {
    /// Name in the source; `a.b` for the field `b` of the object `a`.
    pub name: String,
    /// Text of each event as the source gives it; an empty one is not missing.
    pub labels: Labels,
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
    /// Texts of each event.
    pub notes: Vec<NoteColumn>,
    /// Time of day of each event, seconds since midnight on the wall clock that the source writes; `None` where the
    /// source has no wall clock. It is what the clock showed: not to be had from `t_ms` on a day that changes clocks.
    pub time_of_day_s: Option<Vec<f64>>,
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

    /// The numbers of that name, if the source has them.
    pub fn number(&self, name: &str) -> Option<&[Option<f64>]> {
        self.numeric.iter().find(|column| column.name == name).map(|column| column.values.as_slice())
    }

    /// The texts of that name, if the source has them.
    pub fn note(&self, name: &str) -> Option<&Labels> {
        self.notes.iter().find(|column| column.name == name).map(|column| &column.labels)
    }
}

/// What a source says of a session as a whole. A value that it does not give is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SessionContext {
    /// First price.
    pub open: Option<f64>,
    /// Highest price.
    pub high: Option<f64>,
    /// Lowest price.
    pub low: Option<f64>,
    /// Last price.
    pub close: Option<f64>,
    /// Range of the prices.
    pub range: Option<f64>,
    /// How long the session lasts, seconds.
    pub duration_s: Option<f64>,
    /// Whether the values come from the file's `relativity_stats`, measured over the finished session: what its
    /// authors call theory B.
    pub theory_b: bool,
}

/// A session: one independent group of events under an id of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Session {
    /// Id, unique in a run.
    pub id: String,
    /// File the events come from, as the user named it.
    pub source: String,
    /// The events.
    pub events: EventTable,
    /// What the source says of the session as a whole, if it says anything.
    pub context: Option<SessionContext>,
    /// What form the source has, and what stood out in it.
    pub origin: Origin,
}
