//! Labels the events, estimates the census, and counts and tests motifs.

use std::collections::BTreeMap;

use super::graphs::{SessionGraph, graph_error};
use crate::config::LimitsConfig;
use crate::dag::{Linker, ResolvedLinks};
use crate::motif::{self, MotifConfig, MotifGraph, MotifRow};
use crate::pipeline::error::{Error, MemoryTask};
use crate::pipeline::memory;
use crate::pipeline::progress::Progress;
use crate::table::Session;

/// Label of an event that has none in the data.
const UNTYPED: &str = "untyped";

/// The motifs of all sessions, with the names of their labels.
pub(crate) struct LabelledMotifs {
    pub(crate) mined: motif::MiningResult,
    /// Name of each label code.
    pub(crate) vocabulary: Vec<String>,
    /// Largest number of rows that are reported; 0: all.
    max_rows: usize,
}

impl LabelledMotifs {
    /// The rows to report, the most significant first.
    pub(crate) fn reported(&self) -> &[MotifRow] {
        let rows = &self.mined.rows;
        if self.max_rows == 0 { rows } else { &rows[..self.max_rows.min(rows.len())] }
    }
}

/// The sorted vocabulary of all labels, and the label codes of every session's nodes. `source` is `motif.labels`.
fn labels(sessions: &[Session], source: &str) -> Result<(Vec<String>, Vec<Vec<u32>>), Error> {
    let label = |session: &Session, i: usize| -> Result<String, Error> {
        let events = &session.events;
        let text = match source {
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
        let labels = (0..session.events.len()).map(|i| label(session, i)).collect::<Result<Vec<_>, _>>()?;
        for text in &labels {
            if !codes.contains_key(text) {
                codes.insert(text.clone(), 0);
            }
        }
        texts.push(labels);
    }
    for (i, code) in codes.values_mut().enumerate() {
        *code = i as u32;
    }
    let coded = texts.iter().map(|labels| labels.iter().map(|text| codes[text]).collect()).collect();
    Ok((codes.into_keys().collect(), coded))
}

fn motif_graphs<'a>(
    sessions: &'a [Session],
    graphs: &'a [SessionGraph],
    labels: &'a [Vec<u32>],
) -> Result<Vec<MotifGraph<'a>>, Error> {
    let parts = sessions.iter().zip(graphs).zip(labels);
    Ok(parts
        .map(|((session, graph), labels)| MotifGraph::new(graph.dag.pattern(), labels, &session.events.t_ms))
        .collect::<Result<_, _>>()?)
}

/// Refuses a census that is estimated to enumerate too many instances, or to need too much memory in addition to the
/// `other_bytes` of the run. Returns the sum of both, bytes.
pub(crate) fn check_motifs(
    sessions: &[Session],
    graphs: &[SessionGraph],
    other_bytes: u64,
    config: &MotifConfig,
    seed: u64,
    limits: &LimitsConfig,
) -> Result<u64, Error> {
    let (vocabulary, labels) = labels(sessions, &config.labels)?;
    let instances = motif::estimate_instances(&motif_graphs(sessions, graphs, &labels)?, config, seed)?;
    if instances > limits.motif_instances {
        return Err(Error::MotifInstances {
            estimate: instances,
            limit: limits.motif_instances,
            max_nodes: config.max_nodes,
        });
    }
    let events = sessions.iter().map(|s| s.events.len() as u64).sum();
    let bytes = motif::memory_bytes(instances, events, vocabulary.len(), config);
    memory::within(MemoryTask::MiningMotifs, other_bytes.saturating_add(bytes), limits)
}

/// Counts and tests the motifs of all sessions together.
pub(crate) fn mine_motifs(
    sessions: &[Session],
    graphs: &[SessionGraph],
    links: &ResolvedLinks,
    config: &MotifConfig,
    seed: u64,
    progress: &dyn Progress,
) -> Result<LabelledMotifs, Error> {
    let (vocabulary, labels) = labels(sessions, &config.labels)?;
    let rules = sessions.iter().map(|s| Linker::of(&s.events, links).map_err(|e| graph_error(s, e)));
    let rules = rules.collect::<Result<Vec<_>, _>>()?;
    let graphs = motif_graphs(sessions, graphs, &labels)?.into_iter().zip(&rules);
    let graphs: Vec<_> = graphs.map(|(graph, rule)| graph.with_edge_rule(rule)).collect();
    let mined = motif::mine(&graphs, config, seed, &|done, total| progress.step(done, total))?;
    Ok(LabelledMotifs { mined, vocabulary, max_rows: config.max_rows })
}
