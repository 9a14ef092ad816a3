//! Transitive reduction of a graph whose rows are ranges, as those of events in a window are.

use super::digraph::Names;
use super::reduction::too_large;
use super::{Dag, DagError, DagView};

/// Successors that are written at a time.
const STEP: usize = 4;

/// The reduction of a graph of which each row is one contiguous range and neither end of it falls from row to row;
/// `None` for any other. O(nodes), and the edges that stay.
///
/// Of the successors `lo..hi` of a node those stay that are nearer than the nearest successor of `lo`. Any longer way
/// starts at a successor m >= lo, and what it leads to is not nearer than the nearest successor of m, which is not
/// nearer than that of lo: so none that is nearer goes. The others go, for the row of `lo` ends no earlier than
/// `hi`, and holds them.
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
        // Rows are short and of lengths that cannot be foreseen: what is written beyond one, the next overwrites.
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
    Some(Ok(Dag { row_ptr, col_idx, names: Names::of(dag) }))
}

/// The nearest successor of each node and the one behind its last; behind the last node one more, which has none. An
/// empty row stands behind the row before it. `None` if a row is no range or an end falls.
fn bounds<D: DagView>(dag: &D) -> Option<(Vec<u32>, Vec<u32>)> {
    let nodes = dag.nodes();
    let (mut lo, mut hi) = (Vec::with_capacity(nodes + 1), Vec::with_capacity(nodes));
    let (mut least_lo, mut least_hi) = (0, 0);
    for u in 0..nodes as u32 {
        let mut row = dag.successors(u);
        let len = row.len() as u32;
        let first = row.next().unwrap_or(least_hi.max(u + 1));
        // Successors rise strictly: as many as from the first to the last means none is left out.
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
