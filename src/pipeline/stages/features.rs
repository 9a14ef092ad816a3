//! The feature set of a run, and the features of its events and edges.

use rayon::prelude::*;

use super::graphs::SessionGraph;
use crate::config::FeatureSet;
use crate::events::{self, FeatureInfo, Features};
use crate::legacy::features45;
use crate::pipeline::error::Error;
use crate::table::Session;

/// The feature set of a run, and the reason for it.
pub(crate) struct FeatureSelection {
    session45: bool,
    reason: String,
    /// Names of the numeric columns of all sessions, for the generic features.
    numeric_columns: Vec<String>,
}

/// Features of the edges of one session's graphs.
pub(super) struct EdgeFeatures {
    pub(super) temporal: Features,
    pub(super) dag: Features,
}

impl FeatureSelection {
    /// Selects the set that the configuration requests; under `auto`, `session45` if every session has what it needs.
    ///
    /// # Errors
    /// [`Error::MissingFeatureInput`] if `session45` is requested and a session lacks one of its inputs.
    pub(crate) fn new(sessions: &[Session], requested: FeatureSet) -> Result<Self, Error> {
        let lacking = || sessions.iter().find_map(|s| Some((s, features45::lacking(s)?)));
        let (session45, reason) = match (requested, lacking()) {
            (FeatureSet::Generic, _) => (false, "session.features = generic".to_owned()),
            (FeatureSet::Session45, None) => (true, "session.features = session45".to_owned()),
            (FeatureSet::Session45, Some((session, lacks))) => {
                return Err(Error::MissingFeatureInput {
                    session: session.id.clone(),
                    file: session.source.clone(),
                    lacks,
                });
            }
            (FeatureSet::Auto, None) => {
                (true, "auto: every session has times of day, prices, types and a context".to_owned())
            }
            (FeatureSet::Auto, Some((session, lacks))) => {
                (false, format!("auto: session {} has not {lacks}", session.id))
            }
        };
        Ok(Self { session45, reason, numeric_columns: events::numeric_names(sessions) })
    }

    /// Number of features of an event.
    pub(crate) fn node_features(&self) -> usize {
        if self.session45 {
            features45::NODE_FEATURES
        } else {
            self.numeric_columns.len() + events::TIME_FEATURES
        }
    }

    /// Numbers of features of an edge: in the temporal view, and in the DAG.
    pub(crate) fn edge_features(&self) -> [usize; 2] {
        if self.session45 {
            [features45::TEMPORAL_EDGE_FEATURES, features45::DAG_EDGE_FEATURES]
        } else {
            [0, 0]
        }
    }

    /// Features of the events of every session.
    pub(crate) fn nodes(&self, sessions: &[Session]) -> Result<Vec<Features>, Error> {
        let one = |session: &Session| {
            if self.session45 {
                features45::nodes(session).map_err(|_| lacks_clock(session))
            } else {
                Ok(events::features(&session.events, &self.numeric_columns))
            }
        };
        sessions.par_iter().map(one).collect()
    }

    /// Features of the edges of a session; `None` if edges have none.
    pub(super) fn edges(
        &self,
        session: &Session,
        graph: &SessionGraph,
    ) -> Result<Option<EdgeFeatures>, Error> {
        if !self.session45 {
            return Ok(None);
        }
        let (temporal, dag) = (&graph.temporal, &graph.dag_links);
        let temporal = features45::temporal_edges(session, &temporal.src, &temporal.dst);
        let dag = features45::dag_edges(session, &dag.src, &dag.dst, &graph.weights);
        let located = |_| lacks_clock(session);
        Ok(Some(EdgeFeatures { temporal: temporal.map_err(located)?, dag: dag.map_err(located)? }))
    }

    /// The selected set, never `auto`.
    pub(crate) fn set(&self) -> FeatureSet {
        if self.session45 { FeatureSet::Session45 } else { FeatureSet::Generic }
    }

    /// Reason for the selection.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// Descriptions of the features of temporal edges, and of those of DAG edges.
    pub(crate) fn edge_info(&self) -> (Vec<FeatureInfo>, Vec<FeatureInfo>) {
        if self.session45 { features45::edge_info() } else { (Vec::new(), Vec::new()) }
    }
}

fn lacks_clock(session: &Session) -> Error {
    Error::MissingFeatureInput {
        session: session.id.clone(),
        file: session.source.clone(),
        lacks: "times of day",
    }
}
