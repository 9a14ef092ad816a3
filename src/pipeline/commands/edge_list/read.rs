//! Reads the edges from Parquet or CSV. Everything is checked before a graph is built.

use std::path::Path;

use super::id_column::{EdgeIds, IdColumn, TypedIds};
use super::numbering::{NodeIds, NumberedEdges};
use super::request::{EdgeListRequest, NodeCount};
use super::weights::WeightColumn;
use crate::config::LimitsConfig;
use crate::events::{EventsError, TextOptions, read_delimited};
use crate::pipeline::error::EdgeListError;
use crate::pipeline::memory::csv_estimate;
use crate::store::read_table;
use crate::table::Table;

/// Upper bound of the bytes per node while a graph is built and described.
const NODE_BYTES: u64 = 128;
/// Upper bound of the bytes per edge, the columns of ids not counted.
const EDGE_BYTES: u64 = 40;
/// Upper bound of the bytes of a weight.
const WEIGHT_BYTES: u64 = 40;

/// A graph as it was read.
pub(super) struct EdgeList {
    pub(super) ids: NodeIds,
    /// The rows, by the numbers of the nodes.
    pub(super) edges: Vec<(u32, u32)>,
    pub(super) weights: Option<WeightColumn>,
}

/// Reads the edges. A graph above the limits is an error.
pub(super) fn read(request: &EdgeListRequest<'_>) -> Result<EdgeList, EdgeListError> {
    let EdgeListRequest { edges: path, weight, limits, .. } = *request;
    let mut columns = vec!["src", "dst"];
    columns.extend(weight.filter(|name| !columns.contains(name)));
    let table = read_columns(path, &columns, limits)?;
    let src = IdColumn::of(&table, "src", path, is_csv(path))?;
    let dst = IdColumn::of(&table, "dst", path, is_csv(path))?;
    let weights = weight.map(|name| WeightColumn::of(&table, name, path, is_csv(path))).transpose()?;
    let rows = table.rows() as u64;
    drop(table);
    let more = match request.nodes {
        Some(NodeCount::File(path)) => {
            let table = read_columns(path, &["id"], limits)?;
            Some(IdColumn::of(&table, "id", path, is_csv(path))?)
        }
        _ => None,
    };
    let bytes = src.bytes() + dst.bytes() + more.as_ref().map_or(0, IdColumn::bytes);
    let row_bytes = EDGE_BYTES + weights.as_ref().map_or(0, |_| WEIGHT_BYTES);
    // Twice the columns: numbering sorts a copy of the ids.
    let needed = rows.saturating_mul(row_bytes).saturating_add(bytes.saturating_mul(2));
    within_memory(path, needed, limits)?;

    let ids = EdgeIds { src, dst, more }.typed()?;
    let least = least_nodes(&ids, request)?;
    let NumberedEdges { ids, edges } = NumberedEdges::of(&ids, least, limits.max_nodes)
        .map_err(|nodes| EdgeListError::NodeLimit { nodes, limit: limits.max_nodes })?;
    within_memory(path, needed.saturating_add((ids.len() as u64).saturating_mul(NODE_BYTES)), limits)?;
    Ok(EdgeList { ids, edges, weights })
}

/// The number below which every integer is a node, if the request gives one.
fn least_nodes(ids: &TypedIds, request: &EdgeListRequest<'_>) -> Result<Option<u64>, EdgeListError> {
    match (request.nodes, ids) {
        (Some(&NodeCount::Given(nodes)), TypedIds::Texts(_)) => {
            Err(EdgeListError::TextNodes { path: request.edges.to_owned(), nodes })
        }
        (Some(&NodeCount::Given(nodes)), TypedIds::Integers(_)) => Ok(Some(nodes)),
        (_, TypedIds::Integers(EdgeIds { more: Some(ids), .. })) => {
            Ok(Some(ids.iter().max().map_or(0, |id| id.saturating_add(1))))
        }
        _ => Ok(None),
    }
}

fn within_memory(path: &Path, needed: u64, limits: &LimitsConfig) -> Result<(), EdgeListError> {
    let limit = limits.memory_bytes();
    match needed > limit {
        true => Err(EdgeListError::Memory { path: path.to_owned(), needed, limit }),
        false => Ok(()),
    }
}

/// Returns whether a file is CSV, by its extension; any other file is Parquet.
fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// Reads columns of a table. Ids of a CSV file stay text: how they are written is part of them.
fn read_columns(path: &Path, columns: &[&str], limits: &LimitsConfig) -> Result<Table, EdgeListError> {
    if !is_csv(path) {
        return Ok(read_table(path, Some(columns), limits.memory_bytes())?.table);
    }
    let file = || path.display().to_string();
    let estimate =
        csv_estimate(path, Some(columns.len())).map_err(|source| EventsError::Io { file: file(), source })?;
    within_memory(path, estimate.bytes, limits)?;
    let input = std::fs::File::open(path).map_err(|source| EventsError::Io { file: file(), source })?;
    let (text, options) = (["src", "dst", "id"], TextOptions::default());
    let read = read_delimited(input, &file(), Some(columns), &text, &options, limits.memory_bytes());
    read.map(|read| read.table).map_err(|error| {
        match error {
            EventsError::UnknownColumn { file, column, hint, .. } => {
                EventsError::UnknownColumn { file, column, role: "edges", hint }
            }
            EventsError::NoEvents { file } => EventsError::Line {
                file,
                line: 1,
                why: "the file is empty: its first line must name the columns".to_owned(),
            },
            other => other,
        }
        .into()
    })
}
