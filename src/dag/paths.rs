//! Paths: the longest by edges.

use super::DagView;

const NONE: u32 = u32::MAX;

/// As [`DagView::longest_path`] has it.
pub(super) fn longest<D: DagView>(dag: &D) -> Vec<u32> {
    let mut length = vec![0_u32; dag.nodes()];
    let mut from = vec![NONE; dag.nodes()];
    let (mut end, mut longest) = (0, 0);
    for u in 0..dag.nodes() {
        let here = length[u];
        if here > longest {
            (end, longest) = (u, here);
        }
        for v in dag.successors(u as u32) {
            if here + 1 > length[v as usize] {
                length[v as usize] = here + 1;
                from[v as usize] = u as u32;
            }
        }
    }
    walk_back(&from, end)
}

/// The nodes from where `from` begins to `end`; none if there are no nodes.
fn walk_back(from: &[u32], end: usize) -> Vec<u32> {
    let steps = std::iter::successors(Some(end as u32), |&v| Some(from[v as usize]).filter(|&u| u != NONE));
    let mut path: Vec<u32> = if from.is_empty() { Vec::new() } else { steps.collect() };
    path.reverse();
    path
}
