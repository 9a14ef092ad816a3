//! The search for graphs with short edges: the window of events that a set with a given root can contain is one bit
//! word.
//!
//! Bit a of a word is the event `root + a`. The candidates for the next event and the events reached are one word
//! each, so adding an event takes a shift and three bit operations, whatever its degree.

use std::ops::ControlFlow;

use super::set::insert;
use super::shape::MAX_NODES;
use super::{ConnectedSet, SetVisitor};
use crate::motif::graph::{BitWord, Union};

/// The search for a graph with short edges, whose times rise with the event numbers if the span is limited: a set is
/// then within the limit if each of its events is close enough to the root.
pub(super) struct WindowSearch<'g, W> {
    pub(super) union: &'g Union,
    /// Neighbours of each event as bits; bit `centre` is the event itself.
    pub(super) words: &'g [W],
    pub(super) centre: u32,
    pub(super) sizes: (usize, usize),
}

/// The set to be extended, and its candidates.
#[derive(Clone, Copy)]
struct WindowPrefix<W> {
    /// Rising; `u32::MAX` in the unused entries.
    nodes: [u32; MAX_NODES - 1],
    /// Neighbours of each event as bits above the root; 0 in the unused entries.
    linked: [W; MAX_NODES - 1],
    triangle: u16,
    /// Candidates for the next event.
    extension: W,
    /// Events that were reached or are too far from the root: they never become candidates again.
    reached: W,
}

impl<W: BitWord> WindowSearch<'_, W> {
    /// Visits every set whose lowest event is `root`.
    #[inline]
    pub(super) fn walk(&self, root: u32, visitor: &mut impl SetVisitor) -> ControlFlow<()> {
        let linked = self.words[root as usize] >> self.centre;
        let too_far = self.union.span.iter().flat_map(|span| span.too_far(root, W::BITS - 1));
        let too_far = too_far.fold(W::ZERO, |all, distance| all | W::ONE << distance);
        let mut prefix = WindowPrefix {
            nodes: [u32::MAX; MAX_NODES - 1],
            linked: [W::ZERO; MAX_NODES - 1],
            triangle: 0,
            extension: linked & !too_far,
            reached: linked | too_far | W::ONE,
        };
        prefix.nodes[0] = root;
        prefix.linked[0] = linked;
        self.extend::<1>(root, &prefix, visitor)
    }

    /// Extends a set of `COUNT` events by each candidate.
    fn extend<const COUNT: usize>(
        &self,
        root: u32,
        prefix: &WindowPrefix<W>,
        visitor: &mut impl SetVisitor,
    ) -> ControlFlow<()> {
        let (min, max) = self.sizes;
        let mut left = prefix.extension;
        if COUNT + 1 == max {
            while left != W::ZERO {
                let bit = left.lowest();
                left = left.without_lowest();
                visitor.visit(&set::<COUNT, W>(root, prefix, bit))?;
            }
            return ControlFlow::Continue(());
        }
        while left != W::ZERO {
            let bit = left.lowest();
            left = left.without_lowest();
            let set = set::<COUNT, W>(root, prefix, bit);
            if COUNT + 1 >= min {
                visitor.visit(&set)?;
            }
            // bit <= centre: this is not the set's last event, so it is at least one reach below the end of the
            // window, and Bands::method has checked that the window fits the word
            let linked = self.words[set.node as usize] >> (self.centre - bit);
            let grown = WindowPrefix {
                nodes: insert(prefix.nodes, set.rank, set.node),
                linked: insert(prefix.linked, set.rank, linked),
                triangle: set.triangle(),
                extension: left | (linked & !prefix.reached),
                reached: prefix.reached | linked,
            };
            match COUNT {
                1 => self.extend::<2>(root, &grown, visitor)?,
                2 => self.extend::<3>(root, &grown, visitor)?,
                _ => self.extend::<4>(root, &grown, visitor)?,
            }
        }
        ControlFlow::Continue(())
    }
}

/// The `COUNT` events of `prefix` and the event at bit `bit`.
#[inline]
fn set<const COUNT: usize, W: BitWord>(root: u32, prefix: &WindowPrefix<W>, bit: u32) -> ConnectedSet {
    let node = root + bit;
    // the root is the lowest
    let rank = 1 + (1..COUNT).map(|i| usize::from(prefix.nodes[i] < node)).sum::<usize>();
    let linked = (0..COUNT).map(|i| prefix.linked[i].bit(bit) << i).sum();
    ConnectedSet { others: prefix.nodes, triangle: prefix.triangle, k: COUNT + 1, node, rank, linked }
}
