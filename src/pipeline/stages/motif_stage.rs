//! Labels the events, estimates the census, and counts and tests motifs.

use std::collections::BTreeSet;

use super::graphs::{SessionGraph, graph_error};
use crate::config::LimitsConfig;
use crate::dag::{Linker, ResolvedLinks};
use crate::motif::{self, MotifConfig, MotifGraph, MotifRow};
use crate::pipeline::error::{Error, MemoryTask};
use crate::pipeline::memory;
use crate::pipeline::progress::Progress;
use crate::table::{Labels, Session};

/// The label of an event as in the data, `None` if it has none there.
type Label = Option<String>;

/// The motifs of all sessions, with the names of their labels.
pub(crate) struct LabelledMotifs {
    pub(crate) mined: motif::MiningResult,
    /// Label of each code.
    pub(crate) vocabulary: Vec<Label>,
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

/// The sorted vocabulary of all labels, and the label codes of every session's nodes.
fn labels(sessions: &[Session], config: &MotifConfig) -> Result<(Vec<Label>, Vec<Vec<u32>>), Error> {
    let columns = sessions.iter().map(|session| label_column(session, &config.labels));
    let columns = columns.collect::<Result<Vec<Labels>, Error>>()?;
    let label = |name: &String| Some(if config.fold_case { name.to_lowercase() } else { name.clone() });
    // The label of each code of a column; a missing code is the one after the last.
    let labels = |column: &Labels| -> Vec<Label> { column.names.iter().map(label).chain([None]).collect() };
    let at = |column: &Labels, code: u32| (code as usize).min(column.names.len());
    let mut found = BTreeSet::new();
    for column in &columns {
        let mut occurs = vec![false; column.names.len() + 1];
        column.codes.iter().for_each(|&code| occurs[at(column, code)] = true);
        found.extend(
            labels(column).into_iter().zip(occurs).filter(|(_, occurs)| *occurs).map(|(label, _)| label),
        );
    }
    let vocabulary: Vec<Label> = found.into_iter().collect();
    let code = |label: &Label| vocabulary.partition_point(|known| known < label) as u32;
    let coded = columns.iter().map(|column| {
        let codes: Vec<u32> = labels(column).iter().map(code).collect();
        column.codes.iter().map(|&code| codes[at(column, code)]).collect()
    });
    let coded = coded.collect();
    Ok((vocabulary, coded))
}

/// The column of a session's events that `motif.labels` names.
fn label_column(session: &Session, source: &str) -> Result<Labels, Error> {
    let events = &session.events;
    match source {
        "kind" => Ok(events.kind.clone()),
        "none" => Ok(Labels::all_missing(events.len())),
        name => {
            let column = events.keys.iter().find(|key| key.name == name);
            column.map(|key| key.labels.clone()).ok_or_else(|| Error::LabelColumn {
                name: name.to_owned(),
                file: session.source.clone(),
                keys: events.keys.iter().map(|key| key.name.clone()).collect(),
            })
        }
    }
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
    let (vocabulary, labels) = labels(sessions, config)?;
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
    let (vocabulary, labels) = labels(sessions, config)?;
    let rules = sessions.iter().map(|s| Linker::of(&s.events, links).map_err(|e| graph_error(s, e)));
    let rules = rules.collect::<Result<Vec<_>, _>>()?;
    let graphs = motif_graphs(sessions, graphs, &labels)?.into_iter().zip(&rules);
    let graphs: Vec<_> = graphs.map(|(graph, rule)| graph.with_edge_rule(rule)).collect();
    let mined = motif::mine(&graphs, config, seed, &|done, total| progress.step(done, total))?;
    Ok(LabelledMotifs { mined, vocabulary, max_rows: config.max_rows })
}
