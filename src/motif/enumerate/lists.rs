//! The search in any graph, along lists of neighbours.

use std::ops::ControlFlow;

use super::growth::GROWTH;
use super::set::insert;
use super::shape::MAX_NODES;
use super::{ConnectedSet, SetVisitor};
use crate::motif::graph::{Span, Union};

/// The search in any graph. O(1) for each set and O(degree) for each that is not of the largest size; one byte an
/// event, allocated at first use.
pub(super) struct ListSearch<'g> {
    union: &'g Union,
    sizes: (usize, usize),
    /// Bit i: the event is linked with the i-th event taken.
    linked: Vec<u8>,
    /// Events that may be taken next, one list after the other, the innermost last.
    extension: Vec<u32>,
}

/// The events taken so far, at most one fewer than the largest set has.
#[derive(Clone, Copy)]
struct ListPrefix {
    /// Rising; `u32::MAX` in the unused entries.
    nodes: [u32; MAX_NODES - 1],
    triangle: u16,
    order: u8,
}

impl<'g> ListSearch<'g> {
    pub(super) fn new(union: &'g Union, sizes: (usize, usize)) -> Self {
        Self { union, sizes, linked: Vec::new(), extension: Vec::new() }
    }

    /// Visits every set whose lowest event is `root`. `skew`: the limit on the span, if the distance from the root
    /// does not decide it alone.
    pub(super) fn walk(
        &mut self,
        root: u32,
        skew: Option<&Span>,
        visitor: &mut impl SetVisitor,
    ) -> ControlFlow<()> {
        let mut taken = ListPrefix { nodes: [u32::MAX; MAX_NODES - 1], triangle: 0, order: 0 };
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
        taken: ListPrefix,
        from: usize,
        visitor: &mut impl SetVisitor,
    ) -> ControlFlow<()> {
        let (min, max) = self.sizes;
        let to = self.extension.len();
        for i in from..to {
            let node = self.extension[i];
            // u32::MAX in the unused entries: the sum needs no bound
            let rank = taken.nodes.iter().map(|&earlier| usize::from(earlier < node)).sum::<usize>();
            let linked = GROWTH.by_time(taken.order, self.linked[node as usize]);
            let (others, triangle) = (taken.nodes, taken.triangle);
            let set = ConnectedSet { others, triangle, k: count + 1, node, rank, linked };
            if skew.is_some_and(|span| !span.holds(&set.nodes()[..set.k])) {
                continue;
            }
            if count + 1 >= min {
                visitor.visit(&set)?;
            }
            if count + 1 < max {
                let order = GROWTH.next_order(taken.order, rank);
                self.extension.extend_from_within(i + 1..to);
                self.take(node, root, count);
                let grown =
                    ListPrefix { nodes: insert(taken.nodes, rank, node), triangle: set.triangle(), order };
                let flow = self.extend(root, skew, count + 1, grown, to, visitor);
                self.release(node, root, count);
                self.extension.truncate(to);
                flow?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Marks the neighbours of `node`, the `index`-th taken; those without another mark may be taken next.
    #[inline]
    fn take(&mut self, node: u32, root: u32, index: usize) {
        if self.linked.is_empty() {
            self.linked.resize(self.union.nodes() as usize, 0);
        }
        // from the end: the neighbours above the root come first, and no search is needed for the last of them
        for &other in self.union.neighbours(node).iter().rev().take_while(|&&other| other > root) {
            let linked = &mut self.linked[other as usize];
            if *linked == 0 && self.union.span.as_ref().is_none_or(|span| span.near(root, other)) {
                self.extension.push(other);
            }
            *linked |= 1 << index;
        }
    }

    /// Removes the marks of `node`.
    #[inline]
    fn release(&mut self, node: u32, root: u32, index: usize) {
        for &other in self.union.neighbours(node).iter().rev().take_while(|&&other| other > root) {
            self.linked[other as usize] &= !(1 << index);
        }
    }

    /// See [`super::Enumerator::probe`].
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
            read += 2 * self.union.neighbours(node).len() as u64;
            let forks = self.extension.len() - from;
            if forks == 0 {
                path.push(u32::MAX);
                break;
            }
            weight *= forks as f64;
            let chosen = from + choose(forks as u32) as usize;
            path.push(self.extension[chosen]);
            if self.union.span.as_ref().is_some_and(|span| !span.holds(&path)) {
                break;
            }
            sets[path.len()] = weight;
            from = chosen + 1;
        }
        // the last event of the path has no marks
        for (index, &node) in path[..path.len() - 1].iter().enumerate() {
            self.release(node, root, index);
        }
        self.extension.clear();
        (sets, read)
    }
}
