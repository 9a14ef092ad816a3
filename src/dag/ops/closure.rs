//! Transitive closure.

use super::DagView;
use super::reach_counts::{ReachDirection, reach_counts, ring_len, sweep_forward};
use super::source_mask::SourceMask;
use super::view::ids_of;
use crate::dag::DagError;
use crate::dag::graph::Dag;

/// Implements [`DagView::transitive_closure`]: counts the edges, then allocates them and writes them source by
/// source.
pub(super) fn closure<D: DagView>(dag: &D, limit: u64) -> Result<Dag, DagError> {
    const SOURCES: usize = SourceMask::<4>::SOURCES;
    let nodes: Vec<u32> = (0..dag.nodes() as u32).collect();
    let mut row_ptr = Vec::with_capacity(nodes.len() + 1);
    row_ptr.push(0);
    let mut edges = 0;
    // One sweep per thread at a time, so that a closure far above the limit is refused early.
    for sources in nodes.chunks(SOURCES * rayon::current_num_threads()) {
        for count in reach_counts(dag, sources, ReachDirection::Descendants) {
            edges += u64::from(count);
            row_ptr.push(edges as u32);
        }
        let limit = limit.min(u64::from(u32::MAX));
        if edges > limit {
            return Err(DagError::Limit {
                what: "the transitive closure",
                least: edges,
                unit: "edges",
                limit,
            });
        }
    }
    let mut next = row_ptr.clone();
    let mut col_idx = vec![0; edges as usize];
    let ring_len = ring_len(dag);
    for sources in nodes.chunks(SOURCES) {
        sweep_forward::<4, D>(dag, ring_len, sources, |v, mask| {
            for source in mask.sources() {
                let slot = &mut next[sources[0] as usize + source];
                col_idx[*slot as usize] = v;
                *slot += 1;
            }
        });
    }
    Ok(Dag::from_forward_rows(row_ptr, col_idx, ids_of(dag)))
}
