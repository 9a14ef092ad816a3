//! The tables of a run.

use rayon::prelude::*;

use super::embed::SessionScores;
use super::features;
use super::graphs::SessionGraph;
use super::mine::Mined;
use super::staging::Staging;
use crate::config::Config;
use crate::dag::Links;
use crate::error::Error;
use crate::events::Features;
use crate::motif::{MotifRow, Significance};
use crate::store::{self, StoreConfig};
use crate::table::{Column, Labels, Session, Table, Values};

/// Writes `nodes`, `temporal_edges` and `dag_edges`.
pub(super) fn graphs(
    staging: &Staging,
    sessions: &[Session],
    graphs: &[SessionGraph],
    features: &[Features],
    set: &features::Chosen,
    config: &Config,
) -> Result<(), Error> {
    let priced = sessions.iter().any(|s| s.events.price.is_some());
    each(staging, sessions, config, |i, write| {
        let graph = &graphs[i];
        write("nodes", nodes(&sessions[i], graph, &features[i], priced)?)?;
        let of_edges = set.edges(&sessions[i], graph)?;
        let (temporal, dag) = of_edges.as_ref().map(|f| (&f.temporal, &f.dag)).unzip();
        let session = &sessions[i];
        write("temporal_edges", edges(session, &graph.temporal, None, temporal)?)?;
        write("dag_edges", edges(session, &graph.dag_links, Some(&graph.weights), dag)?)
    })
}

/// Writes `embeddings` and `scores`.
pub(super) fn scores(
    staging: &Staging,
    sessions: &[Session],
    scores: &[SessionScores],
    config: &Config,
) -> Result<(), Error> {
    each(staging, sessions, config, |i, write| {
        write("embeddings", embeddings(sessions[i].events.len(), &scores[i]))?;
        write("scores", score_table(sessions[i].events.len(), &scores[i]))
    })
}

/// Writes `motifs.parquet`.
pub(super) fn motifs(staging: &Staging, mined: &Mined, config: &StoreConfig) -> Result<(), Error> {
    store::write_part(&staging.path("motifs.parquet"), &motif_table(mined), config)?;
    Ok(())
}

/// Calls `tables` for each session, with what writes its part of a dataset.
fn each(
    staging: &Staging,
    sessions: &[Session],
    config: &Config,
    tables: impl Fn(usize, &dyn Fn(&str, Table) -> Result<(), Error>) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let one = |(i, session): (usize, &Session)| {
        let partition = store::partition_dir("session_id", &session.id)?;
        tables(i, &|dataset, table| {
            let folder = staging.path(dataset).join(&partition);
            std::fs::create_dir_all(&folder).map_err(|e| Error::output(&folder, e))?;
            store::write_part(&folder.join("part-0.parquet"), &table, &config.store)?;
            Ok(())
        })
    };
    let numbered: Vec<_> = sessions.iter().enumerate().collect();
    numbered
        .chunks(config.at_once(sessions.len()))
        .try_for_each(|together| together.par_iter().copied().try_for_each(one))
}

/// Writes `run.json`.
pub(super) fn report(staging: &Staging, report: &impl serde::Serialize) -> Result<(), Error> {
    let path = staging.path("run.json");
    let text = serde_json::to_string_pretty(report).map_err(|e| Error::output(&path, e.into()))?;
    std::fs::write(&path, text + "\n").map_err(|e| Error::output(&path, e))
}

fn node_ids(n: usize) -> Column {
    Column::new("node_id", "position in (t_ms, seq) order", Values::U32((0..n as u32).collect()))
}

fn nodes(session: &Session, graph: &SessionGraph, features: &Features, priced: bool) -> Result<Table, Error> {
    let events = &session.events;
    let mut columns = vec![
        node_ids(events.len()),
        Column::new("event_index", "position in the source", Values::U32(events.event_index.clone().into())),
        Column::new("t_ms", "ms since 1970-01-01 UTC", Values::I64(events.t_ms.clone().into())),
        Column::new("kind", "", Values::Text(events.kind.clone())),
    ];
    if priced {
        let prices = events.prices().map_or_else(|| vec![None; events.len()], <[_]>::to_vec);
        columns.push(Column::new("price", "", Values::F64(prices.into())));
    }
    columns.push(Column::new(
        "generation",
        "topological generation",
        Values::U32(graph.generations.level.clone().into()),
    ));
    for column in feature_columns(session, "f", features) {
        columns.push(column?);
    }
    Ok(Table::new(columns))
}

/// Columns `prefix00`, `prefix01`, ... of features, which must fit an f32.
fn feature_columns(
    session: &Session,
    prefix: &'static str,
    features: &Features,
) -> impl Iterator<Item = Result<Column, Error>> {
    let width = features.info.len();
    features.info.iter().enumerate().map(move |(f, info)| {
        let column = format!("{prefix}{f:02}");
        let value = |row: usize| match features.values[row * width + f] {
            Some(value) if !(value as f32).is_finite() => Err(Error::FeatureRange {
                session: session.id.clone(),
                file: session.source.clone(),
                feature: format!("{} ({column})", info.name),
                row,
                value,
            }),
            value => Ok(value.map(|value| value as f32)),
        };
        let values = (0..features.rows).map(value).collect::<Result<_, _>>()?;
        let unit =
            if info.unit.is_empty() { info.name.clone() } else { format!("{}, {}", info.name, info.unit) };
        Ok(Column::new(column, unit, Values::F32(values)))
    })
}

fn edges(
    session: &Session,
    links: &Links,
    weights: Option<&Vec<f32>>,
    features: Option<&Features>,
) -> Result<Table, Error> {
    let mut columns = vec![
        Column::new("src", "node_id of the earlier event", Values::U32(links.src.clone().into())),
        Column::new("dst", "node_id of the later event", Values::U32(links.dst.clone().into())),
        Column::new("dt_ms", "ms", Values::I64(links.dt_ms.clone().into())),
    ];
    columns.extend(weights.map(|w| Column::new("weight", "0.1 to 1", Values::F32(w.clone().into()))));
    for column in features.into_iter().flat_map(|features| feature_columns(session, "x", features)) {
        columns.push(column?);
    }
    Ok(Table::new(columns))
}

/// Columns `prefix00`, `prefix01`, ... of a row-major matrix.
fn spread(prefix: &str, unit: &str, rows: usize, values: &[f32]) -> Vec<Column> {
    let width = values.len().checked_div(rows).unwrap_or(0);
    let column = |c: usize| Values::F32(values.iter().skip(c).step_by(width).copied().collect());
    (0..width).map(|c| Column::new(format!("{prefix}{c:02}"), unit, column(c))).collect()
}

fn embeddings(rows: usize, scores: &SessionScores) -> Table {
    let mut columns = vec![node_ids(rows)];
    columns.extend(spread("e", "", rows, &scores.embeddings));
    Table::new(columns)
}

fn score_table(rows: usize, scores: &SessionScores) -> Table {
    let mut columns = vec![node_ids(rows)];
    columns.push(Column::new("significance", "0 to 1", Values::F32(scores.significance.clone().into())));
    columns.extend(spread("pattern_", "0 to 1", rows, &scores.pattern));
    Table::new(columns)
}

pub(super) fn motif_table(mined: &Mined) -> Table {
    let rows = mined.reported();
    let texts = |of: &(dyn Fn(&MotifRow) -> String + Sync)| {
        let texts: Vec<String> = rows.par_iter().map(of).collect();
        Values::Text(Labels::encode(texts.iter().map(|text| Some(text.as_str()))))
    };
    let patterns = texts(&|row| row.pattern.text(&mined.vocabulary));
    let labels = texts(&|row| row.labels_json(&mined.vocabulary));
    let verdicts = Values::Text(Labels::encode(rows.iter().map(|row| Some(row.verdict.name()))));
    let u32s = |of: &dyn Fn(&MotifRow) -> u32| Values::U32(rows.iter().map(of).collect());
    let u64s = |of: &dyn Fn(&MotifRow) -> u64| Values::U64(rows.iter().map(of).collect());
    let some = |of: &dyn Fn(&Significance) -> Option<f64>| {
        Values::F64(rows.iter().map(|row| row.significance.as_ref().and_then(of)).collect())
    };
    let statistic = |of: &dyn Fn(&Significance) -> f64| some(&|s| Some(of(s)));
    Table::new(vec![
        Column::new("pattern", "edges between labels, the same in every run", patterns),
        Column::new("k", "events", u32s(&|r| r.pattern.k().into())),
        Column::new("mask", "bit i*k+j: edge i -> j, events in time order", u32s(&|r| r.pattern.mask())),
        Column::new("labels", "JSON array of strings, in time order", labels),
        Column::new("class_id", "smallest mask over all orders", u32s(&|r| r.class_id)),
        Column::new("count", "occurrences", u64s(&|r| r.count)),
        Column::new("support", "sessions", u32s(&|r| r.support)),
        Column::new("non_overlapping", "occurrences, none overlapping another", u64s(&|r| r.non_overlapping)),
        Column::new("null_mean", "occurrences", statistic(&|s| s.null_mean)),
        Column::new("null_sd", "occurrences", statistic(&|s| s.null_sd)),
        Column::new("lift", "count / null_mean", statistic(&|s| s.lift)),
        Column::new("lift_low", "95 % interval over sessions", some(&|s| Some(s.lift_interval?.0))),
        Column::new("lift_high", "95 % interval over sessions", some(&|s| Some(s.lift_interval?.1))),
        Column::new("p_value", "one-sided, of this pattern alone", statistic(&|s| s.p_value)),
        Column::new("p_two_sided", "two-sided, of this pattern alone", statistic(&|s| s.p_two_sided)),
        Column::new("p_fwer", "one-sided, max-T over all patterns", statistic(&|s| s.p_fwer)),
        Column::new("p_bonferroni", "over the tested patterns", statistic(&|s| s.p_bonferroni)),
        Column::new("q_value", "Benjamini-Hochberg", statistic(&|s| s.q_value)),
        Column::new("q_by", "Benjamini-Yekutieli", statistic(&|s| s.q_by)),
        Column::new("p_discovery", "as p_fwer, of sessions not held out", some(&|s| s.p_discovery)),
        Column::new("p_holdout", "family-wise, of sessions held out", some(&|s| s.p_holdout)),
        Column::new("verdict", "", verdicts),
    ])
}
