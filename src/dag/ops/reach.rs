//! Descendants and ancestors of one node, and reachability between two.

use super::DagView;
use super::bit_set::BitSet;

/// Implements [`DagView::descendants`].
#[track_caller]
pub(super) fn descendants<D: DagView>(dag: &D, u: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut reached = BitSet::empty(u, dag.nodes() as u32);
    let mut at = u;
    loop {
        for v in dag.successors(at) {
            reached.insert(v);
        }
        // Edges go forward, so no node up to `at` can be added later.
        match reached.next(at + 1) {
            Some(next) => at = next,
            None => return found,
        }
        found.push(at);
    }
}

/// Implements [`DagView::ancestors`].
#[track_caller]
pub(super) fn ancestors<D: DagView>(dag: &D, v: u32) -> Vec<u32> {
    assert!((v as usize) < dag.nodes(), "node {v} of {}", dag.nodes());
    let reach = dag.reach();
    let mut reached = BitSet::empty(0, dag.nodes() as u32);
    reached.insert(v);
    let mut found = Vec::new();
    let mut least = v;
    for u in (0..v).rev() {
        if least - u > reach {
            break;
        }
        if dag.successors(u).any(|w| reached.contains(w)) {
            reached.insert(u);
            found.push(u);
            least = u;
        }
    }
    found.reverse();
    found
}

/// Implements [`DagView::reaches`]: depth-first search that tries the successor nearest to `v` first and prunes nodes
/// after `v`.
#[track_caller]
pub(super) fn reaches<D: DagView>(dag: &D, u: u32, v: u32) -> bool {
    assert!((v as usize) < dag.nodes(), "node {v} of {}", dag.nodes());
    if u >= v {
        return u == v;
    }
    let mut reached = BitSet::empty(u, v);
    let mut open = vec![u];
    while let Some(at) = open.pop() {
        for w in dag.successors(at).take_while(|&w| w <= v) {
            if w == v {
                return true;
            }
            if reached.insert(w) {
                open.push(w);
            }
        }
    }
    false
}
