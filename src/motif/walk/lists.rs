//! The walk through any graph, along lists of neighbours.

use std::ops::ControlFlow;

use super::{Found, Visit, insert};
use crate::motif::graph::Union;
use crate::motif::shape::{GROWTH, MAX_NODES};
use crate::motif::span::Span;

/// The walk through any graph. O(1) for each set and O(degree) for each that is not of the largest size; one byte an
/// event, once it is used.
pub(super) struct Lists<'g> {
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

impl<'g> Lists<'g> {
    pub(super) fn new(graph: &'g Union, sizes: (usize, usize)) -> Self {
        Self { graph, sizes, linked: Vec::new(), extension: Vec::new() }
    }

    /// Visits every set whose lowest event is `root`; `skew`: where it takes more than the root to tell which sets last
    /// too long.
    pub(super) fn walk(
        &mut self,
        root: u32,
        skew: Option<&Span>,
        visitor: &mut impl Visit,
    ) -> ControlFlow<()> {
        let mut taken = Taken { nodes: [u32::MAX; MAX_NODES - 1], triangle: 0, order: 0 };
        taken.nodes[0] = root;
        self.take(root, root, 0);
        let flow = self.extend(root, skew, 1, taken, 0, visitor);
        self.release(root, root, 0);
        self.extension.clear();
        flow
    }

    /// Takes each event of the innermost list, from `from` on, after `count` others.
    fn extend(
        &mut self,
        root: u32,
        skew: Option<&Span>,
        count: usize,
        taken: Taken,
        from: usize,
        visitor: &mut impl Visit,
    ) -> ControlFlow<()> {
        let (min, max) = self.sizes;
        let to = self.extension.len();
        for i in from..to {
            let node = self.extension[i];
            // u32::MAX in the unused places: the sum needs no bound
            let place = taken.nodes.iter().map(|&earlier| usize::from(earlier < node)).sum::<usize>();
            let linked = GROWTH.by_time(taken.order, self.linked[node as usize]);
            let set =
                Found { others: taken.nodes, triangle: taken.triangle, k: count + 1, node, place, linked };
            if skew.is_some_and(|span| !span.holds(&set.nodes()[..set.k])) {
                continue;
            }
            if count + 1 >= min {
                visitor.visit(&set)?;
            }
            if count + 1 < max {
                let order = GROWTH.next_order(taken.order, place);
                self.extension.extend_from_within(i + 1..to);
                self.take(node, root, count);
                let grown =
                    Taken { nodes: insert(taken.nodes, place, node), triangle: set.triangle(), order };
                let flow = self.extend(root, skew, count + 1, grown, to, visitor);
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
        if self.linked.is_empty() {
            self.linked.resize(self.graph.nodes() as usize, 0);
        }
        // from the end: the neighbours above the root come first, and no search is needed for the last of them
        for &other in self.graph.neighbours(node).iter().rev().take_while(|&&other| other > root) {
            let linked = &mut self.linked[other as usize];
            if *linked == 0 && self.graph.span.as_ref().is_none_or(|span| span.near(root, other)) {
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

    /// See [`super::Walker::probe`].
    pub(super) fn probe(
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
            let chosen = from + choose(forks as u32) as usize;
            path.push(self.extension[chosen]);
            if self.graph.span.as_ref().is_some_and(|span| !span.holds(&path)) {
                break;
            }
            sets[path.len()] = weight;
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
