//! The feature set of a run, and how features were standardised.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::events::FeatureInfo;
use crate::pipeline::stages::{FeatureMoments, FeatureSelection};
use crate::table::Session;

/// The feature set of a run, and the reason for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeatureSetReport {
    /// `generic` or `session45`.
    pub set: &'static str,
    /// Reason for the selection.
    pub reason: String,
    /// Features of an edge of the temporal view, in the order of its columns `x00`, `x01`, ...
    pub temporal_edge_features: Vec<FeatureInfo>,
    /// Features of an edge of the causal DAG, in the order of its columns `x00`, `x01`, ...
    pub dag_edge_features: Vec<FeatureInfo>,
}

impl FeatureSetReport {
    pub(crate) fn new(selection: &FeatureSelection) -> Self {
        let (temporal_edge_features, dag_edge_features) = selection.edge_info();
        Self {
            set: selection.set().name(),
            reason: selection.reason().to_owned(),
            temporal_edge_features,
            dag_edge_features,
        }
    }
}

/// The features of events, and the moments that they were standardised with.
#[derive(Debug, Clone, Serialize)]
pub struct StandardisationReport {
    /// Features in the order of the columns `f00`, `f01`, ...
    pub features: Vec<FeatureInfo>,
    /// Source of mean and standard deviation: `session` or `weights`.
    pub statistics_of: &'static str,
    /// Mean of each feature, by session id.
    pub mean: Map<String, Value>,
    /// Population standard deviation of each feature, by session id.
    pub std: Map<String, Value>,
}

impl StandardisationReport {
    /// `moments` are those of each session; `of_weights` says that they come from the weights file.
    pub(crate) fn new(
        features: Vec<FeatureInfo>,
        sessions: &[Session],
        moments: &[FeatureMoments],
        of_weights: bool,
    ) -> Self {
        let by_session = |values: &dyn Fn(&FeatureMoments) -> Value| {
            sessions.iter().zip(moments).map(|(s, m)| (s.id.clone(), values(m))).collect::<Map<_, _>>()
        };
        Self {
            features,
            statistics_of: if of_weights { "weights" } else { "session" },
            mean: by_session(&|moments| moments.mean.clone().into()),
            std: by_session(&|moments| moments.std.clone().into()),
        }
    }
}
