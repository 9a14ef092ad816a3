//! Labels in, tested motifs out.

use std::collections::BTreeMap;

use super::graphs::{SessionGraph, located};
use super::{Progress, estimate};
use crate::config::Config;
use crate::dag::Linker;
use crate::error::Error;
use crate::motif::{self, MotifGraph, MotifRow};
use crate::table::Session;

/// Label of an event that has none.
const UNTYPED: &str = "untyped";

/// The motifs of all sessions.
pub(super) struct Mined {
    pub found: motif::MiningResult,
    /// Label of each code.
    pub vocabulary: Vec<String>,
    /// Rows that are reported at most; 0: all.
    max_rows: usize,
}

impl Mined {
    /// The rows to report, the most significant first.
    pub(super) fn reported(&self) -> &[MotifRow] {
        let rows = &self.found.rows;
        if self.max_rows == 0 { rows } else { &rows[..self.max_rows.min(rows.len())] }
    }
}

/// The labels of every session's nodes, as codes into one sorted vocabulary.
fn labels(sessions: &[Session], config: &Config) -> Result<(Vec<String>, Vec<Vec<u32>>), Error> {
    let label = |session: &Session, i: usize| -> Result<String, Error> {
        let events = &session.events;
        let text = match config.motif.labels.as_str() {
            "kind" => events.kind.get(i),
            "none" => None,
            name => {
                let column = events.keys.iter().find(|k| k.name == name);
                let column = column.ok_or_else(|| Error::LabelColumn {
                    name: name.to_owned(),
                    file: session.source.clone(),
                    keys: events.keys.iter().map(|k| k.name.clone()).collect(),
                })?;
                column.labels.get(i)
            }
        };
        Ok(text.map_or_else(|| UNTYPED.to_owned(), str::to_lowercase))
    };
    let mut texts = Vec::with_capacity(sessions.len());
    let mut codes: BTreeMap<String, u32> = BTreeMap::new();
    for session in sessions {
        let own = (0..session.events.len()).map(|i| label(session, i)).collect::<Result<Vec<_>, _>>()?;
        for text in &own {
            if !codes.contains_key(text) {
                codes.insert(text.clone(), 0);
            }
        }
        texts.push(own);
    }
    for (i, code) in codes.values_mut().enumerate() {
        *code = i as u32;
    }
    let coded = texts.iter().map(|own| own.iter().map(|text| codes[text]).collect()).collect();
    Ok((codes.into_keys().collect(), coded))
}

fn graphs_of<'a>(
    sessions: &'a [Session],
    graphs: &'a [SessionGraph],
    labels: &'a [Vec<u32>],
) -> Result<Vec<MotifGraph<'a>>, Error> {
    let parts = sessions.iter().zip(graphs).zip(labels);
    Ok(parts
        .map(|((session, graph), labels)| MotifGraph::new(graph.dag.pattern(), labels, &session.events.t_ms))
        .collect::<Result<_, _>>()?)
}

/// Refuses a census that a sample of it puts above the limit, or whose memory, with the `others` that the run takes,
/// would be; gives the bytes of all.
pub(super) fn check(
    sessions: &[Session],
    graphs: &[SessionGraph],
    others: u64,
    config: &Config,
) -> Result<u64, Error> {
    let (vocabulary, labels) = labels(sessions, config)?;
    let instances =
        motif::estimate_instances(&graphs_of(sessions, graphs, &labels)?, &config.motif, config.seed)?;
    if instances > config.limits.motif_instances {
        return Err(Error::MotifInstances {
            estimate: instances,
            limit: config.limits.motif_instances,
            max_nodes: config.motif.max_nodes,
        });
    }
    let events = sessions.iter().map(|s| s.events.len() as u64).sum();
    let mining = motif::memory_bytes(instances, events, vocabulary.len(), &config.motif);
    estimate::within("mining the motifs", others.saturating_add(mining), config)
}

/// Counts and tests the motifs of all sessions together.
pub(super) fn run(
    sessions: &[Session],
    graphs: &[SessionGraph],
    config: &Config,
    progress: &dyn Progress,
) -> Result<Mined, Error> {
    let (vocabulary, labels) = labels(sessions, config)?;
    let rules = sessions.iter().map(|s| Linker::of(&s.events, &config.dag).map_err(|e| located(s, e)));
    let rules = rules.collect::<Result<Vec<_>, _>>()?;
    let graphs = graphs_of(sessions, graphs, &labels)?.into_iter().zip(&rules);
    let graphs: Vec<_> = graphs.map(|(graph, rule)| graph.with_edge_rule(rule)).collect();
    let found = motif::mine(&graphs, &config.motif, config.seed, &|done, total| progress.step(done, total))?;
    Ok(Mined { found, vocabulary, max_rows: config.motif.max_rows })
}
