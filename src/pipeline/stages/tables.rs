//! The tables of a session: nodes, edges, embeddings and scores.

use super::graphs::SessionGraph;
use super::session_batch::SessionScores;
use crate::dag::Links;
use crate::events::Features;
use crate::pipeline::error::Error;
use crate::table::{Array, Column, Session, Table, Values};

fn node_ids(n: usize) -> Column {
    Column::new("node_id", "position in (t_ms, seq) order", Values::U32((0..n as u32).collect()))
}

/// Table `nodes` of a session; `priced` if any session has prices.
pub(super) fn node_table(
    session: &Session,
    graph: &SessionGraph,
    features: &Features,
    priced: bool,
) -> Result<Table, Error> {
    let events = &session.events;
    let mut columns = vec![
        node_ids(events.len()),
        Column::new("event_index", "position in the source", Values::U32(events.event_index.clone().into())),
        Column::new("t_ms", "ms since 1970-01-01 UTC", Values::I64(events.t_ms.clone().into())),
        Column::new("kind", "", Values::Text(events.kind.clone())),
    ];
    if priced {
        let missing = || Array::all_missing(events.len());
        let prices = events.prices().cloned().map_or_else(missing, Array::into_nullable);
        columns.push(Column::new("price", "", Values::F64(prices)));
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

/// Columns `prefix00`, `prefix01`, ... of the features in f32; a value beyond its range is an error.
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

/// Table of the edges of one graph of a session.
pub(super) fn edge_table(
    session: &Session,
    links: &Links,
    weights: Option<&[f32]>,
    features: Option<&Features>,
) -> Result<Table, Error> {
    let mut columns = vec![
        Column::new("src", "node_id of the earlier event", Values::U32(links.src.clone().into())),
        Column::new("dst", "node_id of the later event", Values::U32(links.dst.clone().into())),
        Column::new("dt_ms", "ms", Values::I64(links.dt_ms.clone().into())),
    ];
    columns.extend(weights.map(|w| Column::new("weight", "0.1 to 1", Values::F32(w.to_vec().into()))));
    for column in features.into_iter().flat_map(|features| feature_columns(session, "x", features)) {
        columns.push(column?);
    }
    Ok(Table::new(columns))
}

/// Columns `prefix00`, `prefix01`, ... of a row-major matrix.
fn matrix_columns(prefix: &str, unit: &str, rows: usize, values: &[f32]) -> Vec<Column> {
    let width = values.len().checked_div(rows).unwrap_or(0);
    let column = |c: usize| Values::F32(values.iter().skip(c).step_by(width).copied().collect());
    (0..width).map(|c| Column::new(format!("{prefix}{c:02}"), unit, column(c))).collect()
}

/// Table `embeddings` of a session.
pub(super) fn embedding_table(rows: usize, scores: &SessionScores) -> Table {
    let mut columns = vec![node_ids(rows)];
    columns.extend(matrix_columns("e", "", rows, &scores.embeddings));
    Table::new(columns)
}

/// Table `scores` of a session.
pub(super) fn score_table(rows: usize, scores: &SessionScores) -> Table {
    let mut columns = vec![node_ids(rows)];
    columns.push(Column::new("significance", "0 to 1", Values::F32(scores.significance.clone().into())));
    columns.extend(matrix_columns("pattern_", "0 to 1", rows, &scores.pattern));
    Table::new(columns)
}
