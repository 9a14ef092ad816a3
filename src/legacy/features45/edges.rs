//! The edge features of a session.

use super::columns::{EventColumns, feature_info, feature_table};
use super::{dag_edge, temporal_edge};
use crate::events::{FeatureError, FeatureInfo, Features};
use crate::table::Session;

/// Number of features of an edge of the temporal view.
pub const TEMPORAL_EDGE_FEATURES: usize = 20;
/// Number of features of an edge of the causal DAG.
pub const DAG_EDGE_FEATURES: usize = 10;

/// The 20 features of each edge `src[e]`, `dst[e]` of the temporal view, in the order of the edges.
///
/// # Errors
/// [`FeatureError::TimeOfDay`] if the source has no wall clock.
///
/// # Panics
/// If an end is not an event, or `src` and `dst` differ in length.
#[track_caller]
pub fn temporal_edges(session: &Session, src: &[u32], dst: &[u32]) -> Result<Features, FeatureError> {
    assert_eq!(src.len(), dst.len(), "one target per source");
    let events = EventColumns::of(&session.events)?;
    let row = |e| temporal_edge::features(&events.edge_end(src[e]), &events.edge_end(dst[e]));
    Ok(feature_table(&temporal_edge::INFO, src.len(), row))
}

/// The 10 features of each edge of the causal DAG, in the order of the edges; `weights` are the weights of the edges.
///
/// # Errors
/// [`FeatureError::TimeOfDay`] if the source has no wall clock.
///
/// # Panics
/// If an end is not an event, or `src`, `dst` and `weights` differ in length.
#[track_caller]
pub fn dag_edges(
    session: &Session,
    src: &[u32],
    dst: &[u32],
    weights: &[f32],
) -> Result<Features, FeatureError> {
    assert!(src.len() == dst.len() && src.len() == weights.len(), "one target and weight per source");
    let events = EventColumns::of(&session.events)?;
    let t_ms = &session.events.t_ms;
    let row = |e: usize| {
        let (i, j) = (src[e], dst[e]);
        let dt_ms = (i128::from(t_ms[j as usize]) - i128::from(t_ms[i as usize])) as f64;
        let apart = f64::from(j) - f64::from(i);
        dag_edge::features(&events.edge_end(i), &events.edge_end(j), dt_ms, apart, weights[e].into())
    };
    Ok(feature_table(&dag_edge::INFO, src.len(), row))
}

/// Names, units and formulas of the edge features: those of the temporal view, then those of the causal DAG.
pub fn edge_info() -> (Vec<FeatureInfo>, Vec<FeatureInfo>) {
    (feature_info(&temporal_edge::INFO), feature_info(&dag_edge::INFO))
}
