//! Topological orders of a directed graph; one of its cycles if there is none.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Digraph;
use crate::dag::DagError;

/// State of a node during the sort. If ids are unrelated to the order, each access to a node misses the cache, so the
/// start of its row, needed when its last predecessor is done, is stored beside the count of open predecessors.
struct SortNode {
    /// Start of its row.
    start: u32,
    /// Number of predecessors that are not done.
    waiting: u32,
}

impl Digraph {
    /// A topological order of the nodes, that of networkx's `topological_sort`: generation by generation, and
    /// inside a generation in the order of their last predecessors (Kahn's algorithm with a queue). It does not
    /// depend on the order in which edges were given. O(nodes + edges).
    ///
    /// # Errors
    /// [`DagError::Cycle`] with the nodes of one cycle.
    pub fn topological_sort(&self) -> Result<Vec<u32>, DagError> {
        self.sort_and_follow(|_| ())
    }

    /// As [`Digraph::topological_sort`]; `follow` receives the row of each node, in topological order.
    pub(super) fn sort_and_follow(&self, mut follow: impl FnMut(&[u32])) -> Result<Vec<u32>, DagError> {
        let (mut nodes, mut order) = self.unsorted();
        let (mut done, mut ready) = (0, order.len());
        // Branch-free push: every node met is written past the end, and the end advances only if the node is ready. A
        // branch would often be mispredicted, and each misprediction waits for memory. Hence one entry more than
        // nodes.
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
                // Prefetch the row: it will be read soon.
                std::hint::black_box(self.col_idx.get(node.start as usize).copied());
            }
        }
        order.truncate(ready);
        self.complete(order, &nodes)
    }

    /// The lexicographically smallest topological order, that of networkx's `lexicographical_topological_sort`.
    /// O((nodes + edges) log nodes).
    ///
    /// # Errors
    /// [`DagError::Cycle`] with the nodes of one cycle.
    pub fn lexicographical_topological_sort(&self) -> Result<Vec<u32>, DagError> {
        let (mut nodes, roots) = self.unsorted();
        let mut ready: BinaryHeap<_> = roots.into_iter().map(Reverse).collect();
        let mut order = Vec::with_capacity(self.nodes());
        while let Some(Reverse(u)) = ready.pop() {
            order.push(u);
            for &v in self.row(u) {
                let waiting = &mut nodes[v as usize].waiting;
                *waiting -= 1;
                if *waiting == 0 {
                    ready.push(Reverse(v));
                }
            }
        }
        self.complete(order, &nodes)
    }

    /// The initial state of all nodes, with a sentinel at the end; and the nodes without a predecessor, rising, with
    /// capacity for all nodes.
    fn unsorted(&self) -> (Vec<SortNode>, Vec<u32>) {
        let mut nodes: Vec<_> = self.row_ptr.iter().map(|&start| SortNode { start, waiting: 0 }).collect();
        for &v in &self.col_idx {
            nodes[v as usize].waiting += 1;
        }
        let mut order = Vec::with_capacity(self.nodes());
        order.extend((0..self.nodes() as u32).filter(|&v| nodes[v as usize].waiting == 0));
        (nodes, order)
    }

    /// The order, if it contains every node; else the error with a cycle.
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
        // The reversed walk ends with the node that it started from: rotate it to the front.
        cycle.rotate_right(1);
        cycle
    }
}
