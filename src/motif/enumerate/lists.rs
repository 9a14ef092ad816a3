//! The search for graphs with edges of any length, on adjacency lists.

use std::ops::ControlFlow;

use super::growth::GROWTH;
use super::set::insert;
use super::shape::MAX_NODES;
use super::{ConnectedSet, SetVisitor};
use crate::motif::graph::{SpanLimit, Union};

/// The search for any graph. O(1) per set, and O(degree) per set smaller than the largest size; one byte per event,
/// allocated at first use.
pub(super) struct ListSearch<'g> {
    union: &'g Union,
    sizes: (usize, usize),
    /// For each event, bit i: it is a neighbour of the i-th event of the current set.
    linked: Vec<u8>,
    /// Candidates for the next event (ESU's extension sets), one list per level of the recursion, the innermost last.
    extension: Vec<u32>,
}

/// The set to be extended, at most one event smaller than the largest size.
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

    /// Visits every set whose lowest event is `root`. `skewed_span`: the limit on the span, if times do not rise
    /// with the event numbers, so that every set must be checked ([`Union::skewed_span`]).
    pub(super) fn walk(
        &mut self,
        root: u32,
        skewed_span: Option<&SpanLimit>,
        visitor: &mut impl SetVisitor,
    ) -> ControlFlow<()> {
        let mut prefix = ListPrefix { nodes: [u32::MAX; MAX_NODES - 1], triangle: 0, order: 0 };
        prefix.nodes[0] = root;
        self.mark(root, root, 0);
        let flow = self.extend(root, skewed_span, 1, prefix, 0, visitor);
        self.unmark(root, root, 0);
        self.extension.clear();
        flow
    }

    /// Extends a set of `count` events by each candidate of the innermost list, which starts at `from`.
    fn extend(
        &mut self,
        root: u32,
        skewed_span: Option<&SpanLimit>,
        count: usize,
        prefix: ListPrefix,
        from: usize,
        visitor: &mut impl SetVisitor,
    ) -> ControlFlow<()> {
        let (min, max) = self.sizes;
        let to = self.extension.len();
        for i in from..to {
            let node = self.extension[i];
            // u32::MAX in the unused entries: the sum needs no bound
            let rank = prefix.nodes.iter().map(|&earlier| usize::from(earlier < node)).sum::<usize>();
            let linked = GROWTH.by_time(prefix.order, self.linked[node as usize]);
            let (others, triangle) = (prefix.nodes, prefix.triangle);
            let set = ConnectedSet { others, triangle, k: count + 1, node, rank, linked };
            if skewed_span.is_some_and(|span| !span.allows(&set.nodes()[..set.k])) {
                continue;
            }
            if count + 1 >= min {
                visitor.visit(&set)?;
            }
            if count + 1 < max {
                let order = GROWTH.next_order(prefix.order, rank);
                self.extension.extend_from_within(i + 1..to);
                self.mark(node, root, count);
                let grown =
                    ListPrefix { nodes: insert(prefix.nodes, rank, node), triangle: set.triangle(), order };
                let flow = self.extend(root, skewed_span, count + 1, grown, to, visitor);
                self.unmark(node, root, count);
                self.extension.truncate(to);
                flow?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Marks the neighbours of `node`, the `index`-th event of the set; those without another mark become candidates.
    #[inline]
    fn mark(&mut self, node: u32, root: u32, index: usize) {
        if self.linked.is_empty() {
            self.linked.resize(self.union.nodes() as usize, 0);
        }
        // backwards: the neighbours above the root are at the end of the row, so their start need not be searched for
        for &other in self.union.neighbours(node).iter().rev().take_while(|&&other| other > root) {
            let linked = &mut self.linked[other as usize];
            if *linked == 0 && self.union.span.as_ref().is_none_or(|span| span.allows_pair(root, other)) {
                self.extension.push(other);
            }
            *linked |= 1 << index;
        }
    }

    /// Removes the marks of the neighbours of `node`.
    #[inline]
    fn unmark(&mut self, node: u32, root: u32, index: usize) {
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
        let mut reads = 0;
        let mut from = 0;
        while path.len() < self.sizes.1 {
            let node = path[path.len() - 1];
            self.mark(node, root, path.len() - 1);
            // once to mark and once to unmark
            reads += 2 * self.union.neighbours(node).len() as u64;
            let children = self.extension.len() - from;
            if children == 0 {
                path.push(u32::MAX);
                break;
            }
            weight *= children as f64;
            let chosen = from + choose(children as u32) as usize;
            path.push(self.extension[chosen]);
            if self.union.span.as_ref().is_some_and(|span| !span.allows(&path)) {
                break;
            }
            sets[path.len()] = weight;
            from = chosen + 1;
        }
        // the last event of the path has no marks
        for (index, &node) in path[..path.len() - 1].iter().enumerate() {
            self.unmark(node, root, index);
        }
        self.extension.clear();
        (sets, reads)
    }
}
