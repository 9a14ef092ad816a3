//! Reads the edges from Parquet. Every id is checked before a graph is built.

use std::path::Path;

use super::request::{EdgeListRequest, NodeCount};
use crate::pipeline::error::EdgeListError;
use crate::store::read_table;
use crate::table::{Table, Values};

/// Upper bound of the bytes per node while a graph is built and described.
const NODE_BYTES: u64 = 64;
/// Upper bound of the bytes per edge.
const EDGE_BYTES: u64 = 40;

/// The edges of a graph of `nodes` nodes.
pub(super) struct EdgeList {
    pub(super) nodes: usize,
    pub(super) edges: Vec<(u32, u32)>,
}

/// Reads the edges. A graph above the limits is an error.
pub(super) fn read(request: &EdgeListRequest<'_>) -> Result<EdgeList, EdgeListError> {
    let (limits, memory) = (request.limits, request.limits.memory_bytes());
    let table = read_table(request.edges, Some(&["src", "dst"]), memory)?.table;
    let src = ids(&table, "src", request.edges)?;
    let dst = ids(&table, "dst", request.edges)?;
    let named = src.iter().chain(&dst).max().map_or(0, |&id| id.saturating_add(1));
    let requested = match request.nodes {
        None => 0,
        Some(NodeCount::Given(count)) => *count,
        Some(NodeCount::File(path)) => {
            let table = read_table(path, Some(&["id"]), memory)?.table;
            ids(&table, "id", path)?.into_iter().max().map_or(0, |id| id.saturating_add(1))
        }
    };
    let nodes = named.max(requested);
    if nodes > limits.max_nodes {
        return Err(EdgeListError::IdSpace { nodes, limit: limits.max_nodes });
    }
    let needed = nodes.saturating_mul(NODE_BYTES).saturating_add(src.len() as u64 * EDGE_BYTES);
    if needed > memory {
        let path = request.edges.to_owned();
        return Err(EdgeListError::Memory { path, needed, limit: memory });
    }
    // Ids are below the limit, which is at most 2^32.
    let edges = src.into_iter().zip(dst).map(|(u, v)| (u as u32, v as u32)).collect();
    Ok(EdgeList { nodes: nodes as usize, edges })
}

/// A column of ids: integers from 0, none missing.
fn ids(table: &Table, name: &'static str, path: &Path) -> Result<Vec<u64>, EdgeListError> {
    let bad =
        |row: usize, found: String| EdgeListError::Value { path: path.to_owned(), column: name, row, found };
    let one = |(row, value): (usize, i64)| u64::try_from(value).map_err(|_| bad(row, value.to_string()));
    match table.column(name).map(|column| &column.values) {
        Some(Values::U32(values)) if !values.is_nullable() => Ok(values.present().map(u64::from).collect()),
        Some(Values::U64(values)) if !values.is_nullable() => Ok(values.values().to_vec()),
        Some(Values::I64(values)) => values
            .iter()
            .enumerate()
            .map(|(row, value)| match value {
                Some(value) => one((row, value)),
                None => Err(bad(row, "missing".to_owned())),
            })
            .collect(),
        other => {
            let found = other.map_or("missing", Values::type_name).to_owned();
            Err(EdgeListError::Type { path: path.to_owned(), column: name, found })
        }
    }
}
