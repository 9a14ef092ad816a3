//! What a node leads to, and what leads to it.

use super::DagView;
use super::marks::Marks;

/// As [`DagView::descendants`] has it.
#[track_caller]
pub(super) fn descendants<D: DagView>(dag: &D, u: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut marks = Marks::between(u, dag.nodes() as u32);
    let mut at = u;
    loop {
        for v in dag.successors(at) {
            marks.insert(v);
        }
        // Edges go forward: what lies at or below `at` is complete.
        match marks.next(at + 1) {
            Some(next) => at = next,
            None => return found,
        }
        found.push(at);
    }
}

/// As [`DagView::ancestors`] has it.
#[track_caller]
pub(super) fn ancestors<D: DagView>(dag: &D, v: u32) -> Vec<u32> {
    assert!((v as usize) < dag.nodes(), "node {v} of {}", dag.nodes());
    let reach = dag.reach();
    let mut marks = Marks::between(0, dag.nodes() as u32);
    marks.insert(v);
    let mut found = Vec::new();
    let mut least = v;
    for u in (0..v).rev() {
        if least - u > reach {
            break;
        }
        if dag.successors(u).any(|w| marks.holds(w)) {
            marks.insert(u);
            found.push(u);
            least = u;
        }
    }
    found.reverse();
    found
}

/// As [`DagView::reaches`] has it: the node nearest to `v` is always followed first, nodes behind `v` never.
#[track_caller]
pub(super) fn reaches<D: DagView>(dag: &D, u: u32, v: u32) -> bool {
    assert!((v as usize) < dag.nodes(), "node {v} of {}", dag.nodes());
    if u >= v {
        return u == v;
    }
    let mut marks = Marks::between(u, v);
    let mut open = vec![u];
    while let Some(at) = open.pop() {
        for w in dag.successors(at).take_while(|&w| w <= v) {
            if w == v {
                return true;
            }
            if marks.insert(w) {
                open.push(w);
            }
        }
    }
    false
}
