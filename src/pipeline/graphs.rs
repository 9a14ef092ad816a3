//! The graphs of each session.

use rayon::prelude::*;

use crate::config::Config;
use crate::dag::{Dag, DagError, DagView, EdgeWeights, Generations, Links, temporal_view};
use crate::error::Error;
use crate::table::Session;

/// Both views of one session.
pub(super) struct SessionGraph {
    /// The causal DAG; its numbers are the node ids.
    pub dag: Dag,
    /// Generation of each node.
    pub generations: Generations,
    /// The DAG's edges.
    pub dag_links: Links,
    /// Their weights.
    pub weights: Vec<f32>,
    /// The undirected temporal view.
    pub temporal: Links,
}

/// What is wrong with the graph of a session, and with which.
pub(super) fn located(session: &Session, error: DagError) -> Error {
    Error::Graph { session: session.id.clone(), file: session.source.clone(), error }
}

/// Builds both views of every session, sessions in parallel.
pub(super) fn build(sessions: &[Session], config: &Config) -> Result<Vec<SessionGraph>, Error> {
    let causality = config.dag.causality();
    let one = |session: &Session| {
        let events = &session.events;
        let located = |error| located(session, error);
        let dag = Dag::from_events(events, &config.dag).map_err(located)?;
        let horizon = config.dag.horizon_minutes();
        let weigh = EdgeWeights::new(&causality, horizon, &events.t_ms, &events.kind, events.prices())
            .map_err(located)?
            .zoned(&config.dag.zones, config.dag.zone_exponent);
        let weights = weigh.of(&dag);
        let temporal = temporal_view(&events.t_ms, config.dag.temporal_neighbours).map_err(located)?;
        Ok(SessionGraph {
            generations: dag.topological_generations(),
            dag_links: dag.links(&events.t_ms),
            weights,
            temporal,
            dag,
        })
    };
    let mut built = Vec::with_capacity(sessions.len());
    for together in sessions.chunks(config.at_once(sessions.len())) {
        built.extend(together.par_iter().map(one).collect::<Result<Vec<_>, Error>>()?);
    }
    Ok(built)
}
