//! A session, its attributes, its origin and the resolution of its times.

use std::collections::BTreeMap;

use serde::Serialize;

use super::EventTable;

/// A session: one independent group of events with its own id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Session {
    /// Id, unique in a run.
    pub id: String,
    /// File the events come from, as the user named it.
    pub source: String,
    /// The events.
    pub events: EventTable,
    /// Numbers that the source states about the session as a whole, by name; empty if it states none.
    pub attributes: BTreeMap<String, f64>,
    /// Form of the source, and counts of anomalies in it.
    pub origin: SessionOrigin,
}

/// Form of a source, and its rank among forms that may contain the same session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceForm {
    /// Name in reports.
    pub name: &'static str,
    /// Rank among forms that may contain the same session; the most detailed form ranks highest. `None` if no other
    /// form contains the sessions of this one.
    pub richness: Option<u8>,
}

impl SourceForm {
    /// A table read through a column map.
    pub const TABLE: Self = Self { name: "table", richness: None };
    /// The built-in sample.
    pub const SAMPLE: Self = Self { name: "sample", richness: None };
}

impl Default for SourceForm {
    fn default() -> Self {
        Self::TABLE
    }
}

/// The form of a session's source, and anomalies found in it. Anomalies are kept among the events and counted here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionOrigin {
    /// Form of the source.
    pub form: SourceForm,
    /// Name of the dataset that the source belongs to, if it states one. It distinguishes sources of the same form
    /// that contain the same session.
    pub dataset: Option<String>,
    /// Number of events outside the window that the source states for the session; `None` if it states none.
    pub outside_window: Option<usize>,
    /// Number of events whose time is a placeholder for an unknown one; `None` if the source has no wall clock.
    pub placeholder_times: Option<usize>,
    /// How finely its times tell its events apart.
    pub resolution: TimeResolution,
    /// The sources of a session that lies in several, in their order; empty if it lies in one.
    pub parts: Vec<SessionPart>,
    /// Fields that were left out because they are unknown, and columns of types that no event can use, with the
    /// number of events that have them.
    pub unknown_fields: BTreeMap<String, usize>,
}

/// One of several sources of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionPart {
    /// The source, as the user named it.
    pub source: String,
    /// Position of its first row among the rows of all sources: `event_index` minus this is the row in the source.
    pub first_index: usize,
}

/// How finely the times of a session tell its events apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeResolution {
    /// Number of events whose time, at the resolution of the source, another event has.
    pub tied: usize,
    /// Number of events whose time, and `seq` if the source has one, another event has: the source does not order
    /// them.
    pub unordered: usize,
    /// Greatest common divisor of the gaps between successive times, nanoseconds; 0 if all times are equal.
    pub resolution_ns: u128,
    /// Number of gaps between successive distinct times.
    pub gaps: usize,
    /// Number of gaps as short as the resolution.
    pub shortest_gaps: usize,
}
