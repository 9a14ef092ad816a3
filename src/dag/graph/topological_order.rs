//! Topological orders of a directed graph, or one of its cycles.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Digraph;
use crate::dag::DagError;

/// A node while it is sorted. If the ids are unrelated to the order, each access to a node misses the cache, so the
/// start of its row, needed when its last predecessor is done, is stored beside the count of predecessors.
struct SortNode {
    /// Start of its row.
    start: u32,
    /// Predecessors that are not done.
    waiting: u32,
}

impl Digraph {
    /// The nodes in an order in which every edge goes forward: generation by generation, the order of networkx's
    /// `topological_sort`; inside a generation in the order of their last predecessors (Kahn's algorithm with a
    /// queue). It depends on the graph alone, not on the order of its edges. O(nodes + edges).
    ///
    /// # Errors
    /// [`DagError::Cycle`] with the nodes of one cycle.
    pub fn topological_sort(&self) -> Result<Vec<u32>, DagError> {
        self.sort_and_follow(|_| ())
    }

    /// As [`Digraph::topological_sort`]; `follow` receives the row of each node, in the order of the nodes.
    pub(super) fn sort_and_follow(&self, mut follow: impl FnMut(&[u32])) -> Result<Vec<u32>, DagError> {
        let (mut nodes, mut order) = self.roots();
        let (mut done, mut ready) = (0, order.len());
        // One more than there are nodes: each node met is written behind those that are ready, and the end moves on
        // only if it is ready too. A branch would be mispredicted, and each misprediction waits for memory.
        order.resize(self.nodes() + 1, 0);
        // The queue is the result: the nodes between `done` and `ready` are still to be followed.
        while done < ready {
            let u = order[done] as usize;
            done += 1;
            let row = &self.col_idx[nodes[u].start as usize..nodes[u + 1].start as usize];
            follow(row);
            for &v in row {
                let node = &mut nodes[v as usize];
                node.waiting -= 1;
                order[ready] = v;
                ready += usize::from(node.waiting == 0);
                // Its row will be read soon: loading it now costs nothing, waiting for it then does.
                std::hint::black_box(self.col_idx.get(node.start as usize).copied());
            }
        }
        order.truncate(ready);
        self.complete(order, &nodes)
    }

    /// The topological order in which the smallest node that is ready comes next, the order of networkx's
    /// `lexicographical_topological_sort`. O((nodes + edges) log nodes).
    ///
    /// # Errors
    /// [`DagError::Cycle`] with the nodes of one cycle.
    pub fn lexicographical_topological_sort(&self) -> Result<Vec<u32>, DagError> {
        let (mut nodes, roots) = self.roots();
        let mut ready: BinaryHeap<_> = roots.into_iter().map(Reverse).collect();
        let mut order = Vec::with_capacity(self.nodes());
        while let Some(Reverse(u)) = ready.pop() {
            order.push(u);
            for &v in self.row(u) {
                let left = &mut nodes[v as usize].waiting;
                *left -= 1;
                if *left == 0 {
                    ready.push(Reverse(v));
                }
            }
        }
        self.complete(order, &nodes)
    }

    /// All nodes and a sentinel behind them; and the nodes without a predecessor, with capacity for all.
    fn roots(&self) -> (Vec<SortNode>, Vec<u32>) {
        let mut nodes: Vec<_> = self.row_ptr.iter().map(|&start| SortNode { start, waiting: 0 }).collect();
        for &v in &self.col_idx {
            nodes[v as usize].waiting += 1;
        }
        let mut order = Vec::with_capacity(self.nodes());
        order.extend((0..self.nodes() as u32).filter(|&v| nodes[v as usize].waiting == 0));
        (nodes, order)
    }

    fn complete(&self, order: Vec<u32>, nodes: &[SortNode]) -> Result<Vec<u32>, DagError> {
        if order.len() == self.nodes() {
            return Ok(order);
        }
        Err(DagError::Cycle { cycle: self.cycle_among(&nodes[..self.nodes()]) })
    }

    /// One cycle among the nodes that never became ready: each of them has a predecessor that never became ready, so
    /// walking backwards must meet a node again.
    fn cycle_among(&self, nodes: &[SortNode]) -> Vec<u32> {
        let mut predecessor = vec![u32::MAX; nodes.len()];
        for u in (0..nodes.len() as u32).filter(|&u| nodes[u as usize].waiting > 0) {
            for &v in self.row(u) {
                predecessor[v as usize] = predecessor[v as usize].min(u);
            }
        }
        let mut seen = vec![false; nodes.len()];
        let mut at = nodes.iter().position(|node| node.waiting > 0).unwrap_or_default() as u32;
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
        // The walk went backwards, so the reversed list ends with the node it met again: that one goes to the front.
        cycle.rotate_right(1);
        cycle
    }
}
