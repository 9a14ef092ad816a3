//! Which features the events and edges of a run get.

use rayon::prelude::*;
use serde::Serialize;

use super::graphs::SessionGraph;
use crate::config::{Config, FeatureSet};
use crate::error::Error;
use crate::events::{self, FeatureInfo, Features};
use crate::legacy::features45;
use crate::table::Session;

/// Which features a run has, and why these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeatureChoice {
    /// `generic` or `session45`.
    pub set: &'static str,
    /// Why.
    pub reason: String,
    /// Features of an edge of the temporal view, in the order of its columns `x00`, `x01`, ...
    pub temporal_edge_features: Vec<FeatureInfo>,
    /// Features of an edge of the causal DAG, in the order of its columns `x00`, `x01`, ...
    pub dag_edge_features: Vec<FeatureInfo>,
}

/// The features of the sessions, chosen.
pub(super) struct Chosen {
    session45: bool,
    reason: String,
    /// Number columns of all sessions, for the generic features.
    numbers: Vec<String>,
}

/// Features of the edges of one session's graphs.
pub(super) struct EdgeFeatures {
    pub temporal: Features,
    pub dag: Features,
}

impl Chosen {
    /// Chooses by the configuration, and under `auto` by what the sessions have.
    ///
    /// # Errors
    /// [`Error::Features`] if `session45` is asked for and a session has not what it needs.
    pub(super) fn of(sessions: &[Session], config: &Config) -> Result<Self, Error> {
        let lacking = || sessions.iter().find_map(|s| Some((s, features45::lacking(s)?)));
        let (session45, reason) = match (config.session.features, lacking()) {
            (FeatureSet::Generic, _) => (false, "session.features = generic".to_owned()),
            (FeatureSet::Session45, None) => (true, "session.features = session45".to_owned()),
            (FeatureSet::Session45, Some((session, lacks))) => {
                return Err(Error::Features {
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
        Ok(Self { session45, reason, numbers: events::numeric_names(sessions) })
    }

    /// Features of an event.
    pub(super) fn width(&self) -> usize {
        if self.session45 { features45::NODE_FEATURES } else { self.numbers.len() + events::TIME_FEATURES }
    }

    /// Features of an edge of the temporal view, and of one of the causal DAG.
    pub(super) fn edge_widths(&self) -> [usize; 2] {
        if self.session45 {
            [features45::TEMPORAL_EDGE_FEATURES, features45::DAG_EDGE_FEATURES]
        } else {
            [0, 0]
        }
    }

    /// The features of the events of every session.
    pub(super) fn nodes(&self, sessions: &[Session]) -> Result<Vec<Features>, Error> {
        let one = |session: &Session| {
            if self.session45 {
                features45::nodes(session).map_err(|_| lacks_clock(session))
            } else {
                Ok(events::features(&session.events, &self.numbers))
            }
        };
        sessions.par_iter().map(one).collect()
    }

    /// The features of the edges of a session, if edges have any.
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

    /// The choice as a report holds it.
    pub(super) fn report(self) -> FeatureChoice {
        let none = (Vec::new(), Vec::new());
        let (temporal, dag) = if self.session45 { features45::edge_info() } else { none };
        FeatureChoice {
            set: if self.session45 { FeatureSet::Session45 } else { FeatureSet::Generic }.name(),
            reason: self.reason,
            temporal_edge_features: temporal,
            dag_edge_features: dag,
        }
    }
}

fn lacks_clock(session: &Session) -> Error {
    Error::Features { session: session.id.clone(), file: session.source.clone(), lacks: "times of day" }
}
