//! Topological orders of a graph that is numbered anyhow, and the cycle of one that has none.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{DagError, Digraph};

/// A node while it is sorted. Where the ids tell nothing of the order, each look at a node is a miss of the cache:
/// what is needed when its last predecessor is done lies beside that predecessor's count.
struct Node {
    /// Where its row begins.
    start: u32,
    /// Predecessors that are not done.
    waiting: u32,
}

impl Digraph {
    /// The nodes in an order in which every edge goes forward: generation by generation, as networkx's
    /// `topological_sort` has it; inside a generation in the order in which their last predecessors come (Kahn's
    /// algorithm with a queue). It depends on the graph alone, not on the order of its edges. O(nodes + edges).
    ///
    /// # Errors
    /// [`DagError::Cycle`] with the nodes of one.
    pub fn topological_sort(&self) -> Result<Vec<u32>, DagError> {
        self.sort_and_follow(|_| ())
    }

    /// The same; `follow` is handed the row of each node, in the order of the nodes.
    pub(super) fn sort_and_follow(&self, mut follow: impl FnMut(&[u32])) -> Result<Vec<u32>, DagError> {
        let (mut nodes, mut order) = self.roots();
        let (mut done, mut ready) = (0, order.len());
        // One more than there are nodes: each node met is written behind those that are ready, and only one that is
        // ready too moves that place on. A branch would be guessed wrong, and each wrong guess waits for memory.
        order.resize(self.nodes() + 1, 0);
        // The queue is the result: what lies between `done` and `ready` is still to be followed.
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
                // Its row will be read soon: that it is looked for in memory now costs nothing, to wait for it then
                // does.
                std::hint::black_box(self.col_idx.get(node.start as usize).copied());
            }
        }
        order.truncate(ready);
        self.complete(order, &nodes)
    }

    /// The topological order in which the smallest node that is ready comes next, as networkx's
    /// `lexicographical_topological_sort` has it. O((nodes + edges) log).
    ///
    /// # Errors
    /// [`DagError::Cycle`] with the nodes of one.
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

    /// All nodes, one more behind them, and those without a predecessor; the latter with room for all.
    fn roots(&self) -> (Vec<Node>, Vec<u32>) {
        let mut nodes: Vec<_> = self.row_ptr.iter().map(|&start| Node { start, waiting: 0 }).collect();
        for &v in &self.col_idx {
            nodes[v as usize].waiting += 1;
        }
        let mut order = Vec::with_capacity(self.nodes());
        order.extend((0..self.nodes() as u32).filter(|&v| nodes[v as usize].waiting == 0));
        (nodes, order)
    }

    fn complete(&self, order: Vec<u32>, nodes: &[Node]) -> Result<Vec<u32>, DagError> {
        if order.len() == self.nodes() {
            return Ok(order);
        }
        Err(DagError::Cycle { cycle: self.witness(&nodes[..self.nodes()]) })
    }

    /// One cycle among the nodes that never became ready: each of them has a predecessor of that kind, so walking
    /// backwards must meet a node again.
    fn witness(&self, nodes: &[Node]) -> Vec<u32> {
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
        // The walk went backwards, so the reversed list ends with the node it met again; it reads best at the front.
        cycle.rotate_right(1);
        cycle
    }
}
