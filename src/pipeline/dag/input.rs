//! Edges from Parquet, every id checked before anything is built.

use std::path::Path;

use super::{DagRequest, DagRunError, Nodes};
use crate::store::read_table;
use crate::table::{Table, Values};

/// Bytes that a node and an edge take at most while a graph is built and asked.
const NODE_BYTES: u64 = 64;
const EDGE_BYTES: u64 = 40;

pub(super) struct Graph {
    pub(super) nodes: usize,
    pub(super) edges: Vec<(u32, u32)>,
}

/// Reads the edges, and sees that the graph stays within the limits.
pub(super) fn read(request: &DagRequest<'_>) -> Result<Graph, DagRunError> {
    let (limits, memory) = (&request.config.limits, request.config.memory_bytes());
    let table = read_table(request.edges, Some(&["src", "dst"]), memory)?.table;
    let src = ids(&table, "src", request.edges)?;
    let dst = ids(&table, "dst", request.edges)?;
    let named = src.iter().chain(&dst).max().map_or(0, |&id| id.saturating_add(1));
    let wanted = match request.nodes {
        None => 0,
        Some(Nodes::Count(count)) => *count,
        Some(Nodes::File(path)) => {
            let table = read_table(path, Some(&["id"]), memory)?.table;
            ids(&table, "id", path)?.into_iter().max().map_or(0, |id| id.saturating_add(1))
        }
    };
    let nodes = named.max(wanted);
    if nodes > limits.max_nodes {
        return Err(DagRunError::IdSpace { nodes, limit: limits.max_nodes });
    }
    let needed = nodes.saturating_mul(NODE_BYTES).saturating_add(src.len() as u64 * EDGE_BYTES);
    if needed > memory {
        let path = request.edges.to_owned();
        return Err(DagRunError::Memory { path, needed, limit: memory });
    }
    // Ids are below the limit, which is at most 2^32.
    let edges = src.into_iter().zip(dst).map(|(u, v)| (u as u32, v as u32)).collect();
    Ok(Graph { nodes: nodes as usize, edges })
}

/// A column of ids: integers, none missing, none negative.
fn ids(table: &Table, name: &'static str, path: &Path) -> Result<Vec<u64>, DagRunError> {
    let bad =
        |row: usize, found: String| DagRunError::Value { path: path.to_owned(), column: name, row, found };
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
            Err(DagRunError::Type { path: path.to_owned(), column: name, found })
        }
    }
}
