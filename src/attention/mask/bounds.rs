//! Checks of offsets, intervals and patterns against a batch of graphs.

use crate::attention::AttentionError;
use crate::csr::CsrPattern;

/// Checks that offsets start at 0 and do not fall; returns the number of nodes of the batch, at most `u32::MAX`.
pub(in crate::attention) fn check_offsets(offsets: &[usize]) -> Result<usize, AttentionError> {
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

/// Checks that each node has a range of keys, and that every non-empty one is inside its own graph. O(nodes).
pub(super) fn check_intervals(
    lo: &[u32],
    hi: &[u32],
    offsets: &[usize],
    nodes: usize,
) -> Result<(), AttentionError> {
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
            // An empty range names no key, so its bounds may be anything.
            if first < end {
                check_key(node, first, graph, bounds)?;
                check_key(node, end - 1, graph, bounds)?;
            }
        }
    }
    Ok(())
}

/// Checks that a pattern has one row and one column for each node, and that every column is in its row's own graph.
pub(super) fn check_pattern(
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
            // Columns rise, so it suffices to check the first and the last.
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
