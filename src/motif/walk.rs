//! Every connected set of 3 to 5 events, each once.
//!
//! Source: Wernicke, "Efficient detection of network motifs" (2006), algorithm ESU. A set is found from its lowest
//! event, the root, and grows by neighbours above the root; what has once been passed over is not taken later.

use std::ops::{ControlFlow, Range};

use super::graph::Union;
use super::shape::{GROWTH, MAX_NODES};

/// A connected induced subgraph.
pub(crate) struct Found {
    /// Number of events.
    pub(crate) k: usize,
    /// Its links (see `shape`).
    pub(crate) triangle: u16,
    /// The events, rising; `u32::MAX` behind the `k`-th.
    pub(crate) nodes: [u32; MAX_NODES],
}

/// Walks through the connected sets of a union of graphs. O(1) for each set and O(degree) for each that is not
/// of the largest size; one byte an event.
pub(crate) struct Walker<'g> {
    graph: &'g Union,
    sizes: (usize, usize),
    /// Bit i: the event is linked with the i-th event taken.
    linked: Vec<u8>,
    /// Events that may be taken next, one list behind the other, the innermost last.
    extension: Vec<u32>,
}

/// The events taken so far, but for the last size.
#[derive(Clone, Copy)]
struct Taken {
    nodes: [u32; MAX_NODES - 1],
    triangle: u16,
    order: u8,
}

impl<'g> Walker<'g> {
    pub(crate) fn new(graph: &'g Union, sizes: (usize, usize)) -> Self {
        Self { graph, sizes, linked: vec![0; graph.nodes() as usize], extension: Vec::new() }
    }

    /// Calls `found` for every set whose lowest event is one of `roots`, in an order that depends on the graph alone.
    pub(crate) fn walk(
        &mut self,
        roots: Range<u32>,
        mut found: impl FnMut(&Found) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for root in roots {
            let mut taken = Taken { nodes: [u32::MAX; MAX_NODES - 1], triangle: 0, order: 0 };
            taken.nodes[0] = root;
            self.take(root, root, 0);
            let flow = self.extend(root, 1, taken, 0, &mut found);
            self.release(root, root, 0);
            self.extension.clear();
            flow?;
        }
        ControlFlow::Continue(())
    }

    /// Takes each event of the innermost list, from `from` on, after `count` others.
    fn extend(
        &mut self,
        root: u32,
        count: usize,
        taken: Taken,
        from: usize,
        found: &mut impl FnMut(&Found) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (min, max) = self.sizes;
        let to = self.extension.len();
        for i in from..to {
            let node = self.extension[i];
            // u32::MAX in the unused places: the sum needs no bound
            let place = taken.nodes.iter().map(|&earlier| usize::from(earlier < node)).sum::<usize>();
            let by_time = GROWTH.by_time(taken.order, self.linked[node as usize]);
            let triangle = GROWTH.grow(count, place, taken.triangle, by_time);
            let nodes = insert(taken.nodes, place, node);
            if count + 1 >= min {
                found(&Found { k: count + 1, triangle, nodes })?;
            }
            if count + 1 < max {
                let order = GROWTH.next_order(taken.order, place);
                let [a, b, c, d, _] = nodes;
                self.extension.extend_from_within(i + 1..to);
                self.take(node, root, count);
                let grown = Taken { nodes: [a, b, c, d], triangle, order };
                let flow = self.extend(root, count + 1, grown, to, found);
                self.release(node, root, count);
                self.extension.truncate(to);
                flow?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Marks the neighbours of `node`, the `index`-th taken; those that no other has reached may be taken next.
    #[inline]
    fn take(&mut self, node: u32, root: u32, index: usize) {
        // from the end: the neighbours above the root come first, and no search is needed for the last of them
        for &other in self.graph.neighbours(node).iter().rev().take_while(|&&other| other > root) {
            let linked = &mut self.linked[other as usize];
            if *linked == 0 {
                self.extension.push(other);
            }
            *linked |= 1 << index;
        }
    }

    #[inline]
    fn release(&mut self, node: u32, root: u32, index: usize) {
        for &other in self.graph.neighbours(node).iter().rev().take_while(|&&other| other > root) {
            self.linked[other as usize] &= !(1 << index);
        }
    }

    /// One branch of the tree below `root`, chosen by `choose(n)` among n at each fork. Gives, for each size from 2 on,
    /// the product of the forks passed, an unbiased estimate of the number of sets of that size (Knuth 1975), and
    /// the number of links read.
    pub(crate) fn probe(
        &mut self,
        root: u32,
        mut choose: impl FnMut(u32) -> u32,
    ) -> ([f64; MAX_NODES + 1], u64) {
        let mut sets = [0.0; MAX_NODES + 1];
        let mut path = vec![root];
        let mut weight = 1.0;
        let mut read = 0;
        let mut from = 0;
        while path.len() < self.sizes.1 {
            let node = path[path.len() - 1];
            self.take(node, root, path.len() - 1);
            // once to mark and once to release
            read += 2 * self.graph.neighbours(node).len() as u64;
            let forks = self.extension.len() - from;
            if forks == 0 {
                path.push(u32::MAX);
                break;
            }
            weight *= forks as f64;
            sets[path.len() + 1] = weight;
            let chosen = from + choose(forks as u32) as usize;
            path.push(self.extension[chosen]);
            from = chosen + 1;
        }
        // the last of the path was never marked
        for (index, &node) in path[..path.len() - 1].iter().enumerate() {
            self.release(node, root, index);
        }
        self.extension.clear();
        (sets, read)
    }
}

/// `nodes` with `node` put in at `place`.
#[inline]
fn insert(nodes: [u32; MAX_NODES - 1], place: usize, node: u32) -> [u32; MAX_NODES] {
    let [a, b, c, d] = nodes;
    let (kept, moved) = ([a, b, c, d, u32::MAX], [u32::MAX, a, b, c, d]);
    std::array::from_fn(|i| match i.cmp(&place) {
        std::cmp::Ordering::Less => kept[i],
        std::cmp::Ordering::Equal => node,
        std::cmp::Ordering::Greater => moved[i],
    })
}
