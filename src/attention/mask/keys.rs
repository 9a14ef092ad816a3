//! The attention pattern of a problem, in one of five forms.

use std::ops::Range;

use super::BlockMask;
use super::bounds::{check_intervals, check_pattern};
use crate::attention::AttentionError;
use crate::csr::CsrPattern;

/// The attention pattern: the keys that each node may attend to. The same set in any form gives the same output.
#[derive(Debug, Clone, Copy)]
pub enum Keys<'a> {
    /// Every node of its graph.
    All,
    /// Itself and the nodes of its graph before it.
    Causal,
    /// One contiguous range `lo[i]..hi[i]` for each node `i`, in global node indices inside the node's own graph.
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
    /// True if node `i` may attend to node `j` of its own graph.
    pub(crate) fn allows(&self, i: usize, j: usize) -> bool {
        match self {
            Keys::All => true,
            Keys::Causal => j <= i,
            Keys::Intervals { lo, hi } => (lo[i] as usize..hi[i] as usize).contains(&j),
            Keys::Edges(pattern) => pattern.contains(i, j as u32),
            Keys::Mask(mask) => mask.contains(i, j),
        }
    }

    /// Number of keys of node `i` of the graph `graph`.
    pub(crate) fn count(&self, i: usize, graph: &Range<usize>) -> usize {
        match self {
            Keys::All => graph.len(),
            Keys::Causal => i + 1 - graph.start,
            Keys::Intervals { lo, hi } => (hi[i] - lo[i]) as usize,
            Keys::Edges(pattern) => pattern.row(i).len(),
            Keys::Mask(mask) => mask.row_len(i),
        }
    }

    /// Replaces `keys` by the keys of node `i` of the graph `graph`: global node indices, rising.
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
