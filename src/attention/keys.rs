//! Which keys a node may see, in each of the forms a graph may bring.

use std::ops::Range;

use super::{AttentionError, BlockMask};
use crate::csr::CsrPattern;

/// Which keys a node may see. The same set in any form gives the same output.
#[derive(Debug, Clone, Copy)]
pub enum Keys<'a> {
    /// Every node of its graph.
    All,
    /// Itself and the nodes of its graph before it.
    Causal,
    /// One contiguous range `lo[i]..hi[i]` a node, in global node indices inside the node's own graph.
    Intervals {
        /// First key of each node.
        lo: &'a [u32],
        /// One past the last key of each node.
        hi: &'a [u32],
    },
    /// The columns of row `i`, in global node indices inside the node's own graph.
    Edges(CsrPattern<'a>),
    /// 64x64 tiles with exact bits, for denser or structured patterns.
    Mask(&'a BlockMask),
}

impl Keys<'_> {
    /// Whether node `i` may see node `j` of its own graph.
    pub(crate) fn sees(&self, i: usize, j: usize) -> bool {
        match self {
            Keys::All => true,
            Keys::Causal => j <= i,
            Keys::Intervals { lo, hi } => (lo[i] as usize..hi[i] as usize).contains(&j),
            Keys::Edges(pattern) => pattern.contains(i, j as u32),
            Keys::Mask(mask) => mask.contains(i, j),
        }
    }

    /// Number of keys that node `i` of the graph `graph` may see.
    pub(crate) fn count(&self, i: usize, graph: &Range<usize>) -> usize {
        match self {
            Keys::All => graph.len(),
            Keys::Causal => i + 1 - graph.start,
            Keys::Intervals { lo, hi } => (hi[i] - lo[i]) as usize,
            Keys::Edges(pattern) => pattern.row(i).len(),
            Keys::Mask(mask) => mask.row_len(i),
        }
    }

    /// Puts the keys of node `i` of the graph `graph` into `keys`, rising, global.
    pub(crate) fn columns(&self, i: usize, graph: &Range<usize>, keys: &mut Vec<u32>) {
        keys.clear();
        match self {
            Keys::All => keys.extend(graph.start as u32..graph.end as u32),
            Keys::Causal => keys.extend(graph.start as u32..=i as u32),
            Keys::Intervals { lo, hi } => keys.extend(lo[i]..hi[i]),
            Keys::Edges(pattern) => keys.extend_from_slice(pattern.row(i)),
            Keys::Mask(mask) => mask.row_columns(i, keys),
        }
    }

    /// Checks the form against the batch. O(nodes).
    pub(crate) fn check(&self, offsets: &[usize], nodes: usize) -> Result<(), AttentionError> {
        match self {
            Keys::All | Keys::Causal => Ok(()),
            Keys::Intervals { lo, hi } => check_intervals(lo, hi, offsets, nodes),
            Keys::Edges(pattern) => check_pattern(pattern, offsets, nodes),
            Keys::Mask(mask) if mask.offsets() == offsets => Ok(()),
            Keys::Mask(_) => Err(AttentionError::MaskOffsets),
        }
    }
}

/// Checks that offsets start at 0 and do not fall, and gives the number of nodes, at most `u32::MAX`.
pub(crate) fn check_offsets(offsets: &[usize]) -> Result<usize, AttentionError> {
    match offsets {
        [] => return Err(AttentionError::NoOffsets),
        [first, ..] if *first != 0 => return Err(AttentionError::OffsetsStart { first: *first }),
        _ => {}
    }
    if let Some(graph) = offsets.windows(2).position(|w| w[1] < w[0]) {
        return Err(AttentionError::OffsetsFall { graph, from: offsets[graph], to: offsets[graph + 1] });
    }
    let nodes = offsets[offsets.len() - 1];
    let max = u32::MAX as usize;
    if nodes > max {
        return Err(AttentionError::TooLarge { what: "number of nodes", got: nodes, max });
    }
    Ok(nodes)
}

fn check_intervals(lo: &[u32], hi: &[u32], offsets: &[usize], nodes: usize) -> Result<(), AttentionError> {
    for (what, len) in [("lo", lo.len()), ("hi", hi.len())] {
        if len != nodes {
            return Err(AttentionError::Len { what, got: len, want: nodes });
        }
    }
    for (graph, bounds) in offsets.windows(2).enumerate() {
        for node in bounds[0]..bounds[1] {
            let (first, end) = (lo[node], hi[node]);
            if first > end {
                return Err(AttentionError::IntervalFalls { node, lo: first, hi: end });
            }
            // An empty range names no key, so it may stand anywhere.
            if first < end {
                check_key(node, first, graph, bounds)?;
                check_key(node, end - 1, graph, bounds)?;
            }
        }
    }
    Ok(())
}

/// Checks that a pattern has one row and column a node, and that every column lies in its row's own graph.
pub(crate) fn check_pattern(
    pattern: &CsrPattern<'_>,
    offsets: &[usize],
    nodes: usize,
) -> Result<(), AttentionError> {
    let (rows, cols) = (pattern.rows(), pattern.cols());
    if (rows, cols) != (nodes, nodes) {
        return Err(AttentionError::PatternShape { rows, cols, nodes });
    }
    for (graph, bounds) in offsets.windows(2).enumerate() {
        for node in bounds[0]..bounds[1] {
            // Columns rise, so the first and the last speak for all.
            if let [first, .., last] | [first @ last] = pattern.row(node) {
                check_key(node, *first, graph, bounds)?;
                check_key(node, *last, graph, bounds)?;
            }
        }
    }
    Ok(())
}

fn check_key(node: usize, key: u32, graph: usize, bounds: &[usize]) -> Result<(), AttentionError> {
    let (key, start, end) = (key as usize, bounds[0], bounds[1]);
    if (start..end).contains(&key) {
        return Ok(());
    }
    Err(AttentionError::KeyOutside { node, key, graph, start, end })
}
