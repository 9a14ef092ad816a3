//! The DAG and the temporal view of each session.

use rayon::prelude::*;

use crate::config::LimitsConfig;
use crate::dag::{
    Dag, DagConfig, DagError, DagView, EdgeWeights, Generations, Links, ResolvedLinks, temporal_view,
};
use crate::pipeline::error::Error;
use crate::table::Session;

/// Both graphs of one session.
pub(crate) struct SessionGraph {
    /// The causal DAG; its node numbers are the node ids.
    pub(crate) dag: Dag,
    /// Generation of each node.
    pub(crate) generations: Generations,
    /// Edges of the DAG.
    pub(crate) dag_links: Links,
    /// Weights of these edges.
    pub(crate) weights: Vec<f32>,
    /// The undirected temporal view.
    pub(crate) temporal: Links,
}

/// An error of the graph of `session`.
pub(crate) fn graph_error(session: &Session, error: DagError) -> Error {
    Error::Graph { session: session.id.clone(), file: session.source.clone(), error }
}

/// Builds both graphs of every session, sessions in parallel; `links` are the rules of `config` on the scale of the run.
pub(crate) fn build_graphs(
    sessions: &[Session],
    config: &DagConfig,
    links: &ResolvedLinks,
    limits: &LimitsConfig,
) -> Result<Vec<SessionGraph>, Error> {
    let causality = config.causality();
    let one = |session: &Session| {
        let events = &session.events;
        let located = |error| graph_error(session, error);
        let dag = Dag::from_events(events, links).map_err(located)?;
        let weigh =
            EdgeWeights::new(&causality, links.horizon_ms(), &events.t_ms, &events.kind, events.prices())
                .map_err(located)?
                .zoned(&config.zones, config.zone_exponent);
        let weights = weigh.of(&dag);
        let temporal = temporal_view(&events.t_ms, config.temporal_neighbours).map_err(located)?;
        Ok(SessionGraph {
            generations: dag.topological_generations(),
            dag_links: dag.links(&events.t_ms),
            weights,
            temporal,
            dag,
        })
    };
    let mut built = Vec::with_capacity(sessions.len());
    for together in sessions.chunks(limits.sessions_at_once(sessions.len())) {
        built.extend(together.par_iter().map(one).collect::<Result<Vec<_>, Error>>()?);
    }
    Ok(built)
}
