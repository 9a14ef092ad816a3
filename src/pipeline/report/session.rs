//! One session of a run.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::pipeline::stages::SessionGraph;
use crate::table::{Array, MISSING, Session, SessionPart};

/// One session of a run: its source, its anomalies and the size of its graphs.
#[derive(Debug, Clone, Serialize)]
pub struct SessionReport {
    /// Id.
    pub id: String,
    /// Its file.
    pub source: String,
    /// The files of a session that lies in several, each with the `event_index` of its first row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<SessionPart>,
    /// The form of the file: `adapted`, `day_news`, `enhanced_rel`, `enhanced`, `records`, `shard`, `table` or
    /// `sample`.
    pub form: &'static str,
    /// Number of events.
    pub events: usize,
    /// Number of events without a price; `None` if the source has no price column.
    pub missing_price: Option<usize>,
    /// Number of events without a kind.
    pub missing_kind: usize,
    /// Number of events at the same time as the event before them.
    pub repeated_times: usize,
    /// Number of events outside the session's window, as the file states it; `None` if it states none.
    pub outside_window: Option<usize>,
    /// Number of events at a time that probably is a placeholder: 00:00:00, 12:00:00 and 12:30:00 outside the window;
    /// without a window, 00:00:00 if several events have it. `None` if the file has no wall-clock times.
    pub placeholder_times: Option<usize>,
    /// Unknown fields of events, or unusable columns of a table, with the number of events that have them. They were
    /// not read.
    pub unknown_fields: BTreeMap<String, usize>,
    /// Number of edges of the undirected temporal view.
    pub temporal_edges: usize,
    /// Number of edges of the causal DAG.
    pub dag_edges: usize,
    /// Number of topological generations of the DAG.
    pub generations: usize,
}

impl SessionReport {
    pub(crate) fn new(session: &Session, graph: &SessionGraph) -> Self {
        let events = &session.events;
        Self {
            id: session.id.clone(),
            source: session.source.clone(),
            parts: session.origin.parts.clone(),
            form: session.origin.form.name,
            events: events.len(),
            missing_price: events.prices().map(Array::missing_count),
            missing_kind: events.kind.codes.iter().filter(|&&c| c == MISSING).count(),
            repeated_times: events.t_ms.windows(2).filter(|pair| pair[0] == pair[1]).count(),
            outside_window: session.origin.outside_window,
            placeholder_times: session.origin.placeholder_times,
            unknown_fields: session.origin.unknown_fields.clone(),
            temporal_edges: graph.temporal.src.len(),
            dag_edges: graph.dag.pattern().nnz(),
            generations: graph.generations.count(),
        }
    }
}
