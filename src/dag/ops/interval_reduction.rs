//! Transitive reduction of a graph whose rows are ranges, as for events linked in a time window.

use super::DagView;
use super::reduction::too_large;
use super::view::ids_of;
use crate::dag::DagError;
use crate::dag::graph::Dag;

/// Number of successors written at a time.
const STEP: usize = 4;

/// The reduction of a graph whose rows are contiguous ranges with non-decreasing bounds; `None` for any other graph.
/// O(nodes + edges kept).
///
/// Of the successors `lo..hi` of a node, exactly those before the first successor `s` of `lo` are kept. No path of
/// two or more edges leads to one of these: it starts at a successor m >= lo, and the first successor of m is not
/// before `s`. The others are redundant: the row of `lo` is `s..` up to at least `hi`, so it contains them.
pub(super) fn reduce<D: DagView>(dag: &D) -> Option<Result<Dag, DagError>> {
    let nodes = dag.nodes();
    let (lo, mut hi) = bounds(dag)?;
    let mut edges = 0;
    for (&lo_u, hi_u) in lo[..nodes].iter().zip(&mut hi) {
        *hi_u = lo[lo_u as usize].min(*hi_u);
        edges += u64::from(*hi_u - lo_u);
    }
    if u32::try_from(edges).is_err() {
        return Some(Err(too_large(edges)));
    }
    let mut row_ptr = Vec::with_capacity(nodes + 1);
    let mut col_idx = vec![0; edges as usize + STEP];
    let mut end = 0;
    row_ptr.push(0);
    for (&lo, &hi) in lo.iter().zip(&hi) {
        // Rows are short and of unpredictable length: whole steps are written, and the next row overwrites the
        // excess.
        let mut next = lo;
        loop {
            let at = end + (next - lo) as usize;
            col_idx[at..at + STEP].iter_mut().zip(0..).for_each(|(to, i)| *to = next.wrapping_add(i));
            next = next.saturating_add(STEP as u32);
            if next >= hi {
                break;
            }
        }
        end += (hi - lo) as usize;
        row_ptr.push(end as u32);
    }
    col_idx.truncate(end);
    Some(Ok(Dag::from_forward_rows(row_ptr, col_idx, ids_of(dag))))
}

/// First successor of each node, with a sentinel at the end, and one past its last successor. An empty row is the
/// empty range at the end of the row before it. `None` if a row is not a range or a bound decreases.
fn bounds<D: DagView>(dag: &D) -> Option<(Vec<u32>, Vec<u32>)> {
    let nodes = dag.nodes();
    let (mut lo, mut hi) = (Vec::with_capacity(nodes + 1), Vec::with_capacity(nodes));
    let (mut least_lo, mut least_hi) = (0, 0);
    for u in 0..nodes as u32 {
        let mut row = dag.successors(u);
        let len = row.len() as u32;
        let first = row.next().unwrap_or(least_hi.max(u + 1));
        // Successors are strictly rising, so a row as long as its span has no gap.
        let end = row.next_back().map_or(first + len, |last| last + 1);
        if end - first != len || first < least_lo || end < least_hi {
            return None;
        }
        (least_lo, least_hi) = (first, end);
        lo.push(first);
        hi.push(end);
    }
    lo.push(u32::MAX);
    Some((lo, hi))
}
