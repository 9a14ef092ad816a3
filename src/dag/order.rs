//! Topological order, generations and the longest path.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Dag, DagError};

/// The nodes of a DAG by generation: all nodes of one generation have their predecessors in earlier ones, and at
/// least one in the generation right before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generations {
    /// Generation of each node, by topological number.
    pub level: Vec<u32>,
    /// Nodes, generation by generation, rising inside each.
    pub order: Vec<u32>,
    /// Generation `g` is `order[offsets[g]..offsets[g + 1]]`.
    pub offsets: Vec<u32>,
}

impl Generations {
    /// Number of generations.
    pub fn count(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The nodes of generation `g`.
    ///
    /// # Panics
    /// If there is no such generation.
    #[track_caller]
    pub fn nodes(&self, g: usize) -> &[u32] {
        &self.order[self.offsets[g] as usize..self.offsets[g + 1] as usize]
    }
}

impl Dag {
    /// Generations as networkx's `topological_generations` has them. One forward sweep: O(nodes + edges).
    pub fn topological_generations(&self) -> Generations {
        let mut level = vec![0_u32; self.nodes()];
        for (u, v) in self.edge_iter() {
            level[v as usize] = level[v as usize].max(level[u as usize] + 1);
        }
        let count = level.iter().max().map_or(0, |&m| m as usize + 1);
        let mut offsets = vec![0_u32; count + 1];
        for &l in &level {
            offsets[l as usize + 1] += 1;
        }
        for g in 0..count {
            offsets[g + 1] += offsets[g];
        }
        let mut next = offsets.clone();
        let mut order = vec![0; self.nodes()];
        for (node, &l) in level.iter().enumerate() {
            let slot = &mut next[l as usize];
            order[*slot as usize] = node as u32;
            *slot += 1;
        }
        Generations { level, order, offsets }
    }

    /// A longest path, as nodes in topological numbers; of several the one whose nodes come first. Empty without nodes.
    /// O(nodes + edges).
    pub fn longest_path(&self) -> Vec<u32> {
        let mut length = vec![0_u32; self.nodes()];
        let mut from = vec![u32::MAX; self.nodes()];
        for (u, v) in self.edge_iter() {
            if length[u as usize] + 1 > length[v as usize] {
                length[v as usize] = length[u as usize] + 1;
                from[v as usize] = u;
            }
        }
        let Some(&longest) = length.iter().max() else { return Vec::new() };
        let end = length.iter().position(|&l| l == longest).unwrap_or_default();
        let mut path = vec![end as u32];
        while let Some(&u) = path.last().map(|&v| &from[v as usize]).filter(|&&u| u != u32::MAX) {
            path.push(u);
        }
        path.reverse();
        path
    }
}

/// The topological order in which the smallest node that is ready comes next.
pub(super) fn lexicographical(row_ptr: &[u32], col_idx: &[u32]) -> Result<Vec<u32>, DagError> {
    let nodes = row_ptr.len() - 1;
    let row = |u: u32| &col_idx[row_ptr[u as usize] as usize..row_ptr[u as usize + 1] as usize];
    let mut waiting = vec![0_u32; nodes];
    for &v in col_idx {
        waiting[v as usize] += 1;
    }
    let mut ready: BinaryHeap<_> =
        (0..nodes as u32).filter(|&v| waiting[v as usize] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(nodes);
    while let Some(Reverse(u)) = ready.pop() {
        order.push(u);
        for &v in row(u) {
            waiting[v as usize] -= 1;
            if waiting[v as usize] == 0 {
                ready.push(Reverse(v));
            }
        }
    }
    if order.len() == nodes {
        Ok(order)
    } else {
        Err(DagError::Cycle { cycle: witness(row_ptr, col_idx, &waiting) })
    }
}

/// One cycle among the nodes that never became ready: each of them has a predecessor of that kind, so walking
/// backwards must meet a node again.
fn witness(row_ptr: &[u32], col_idx: &[u32], waiting: &[u32]) -> Vec<u32> {
    let mut predecessor = vec![u32::MAX; waiting.len()];
    for u in (0..waiting.len()).filter(|&u| waiting[u] > 0) {
        for &v in &col_idx[row_ptr[u] as usize..row_ptr[u + 1] as usize] {
            predecessor[v as usize] = predecessor[v as usize].min(u as u32);
        }
    }
    let mut seen = vec![false; waiting.len()];
    let mut at = waiting.iter().position(|&w| w > 0).unwrap_or_default() as u32;
    while !std::mem::replace(&mut seen[at as usize], true) {
        at = predecessor[at as usize];
    }
    let mut cycle = vec![at];
    let mut u = predecessor[at as usize];
    while u != at {
        cycle.push(u);
        u = predecessor[u as usize];
    }
    cycle.reverse();
    // The walk went backwards, so the reversed list ends with the node it met again; it reads best at the front.
    cycle.rotate_right(1);
    cycle
}
