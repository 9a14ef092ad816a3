//! The search in graphs whose edges are short: every event that a set can reach is a bit of one word above its root.
//!
//! Bit a of a word of the window is the event `root + a`. The events that may be taken next, and those that have been
//! reached, are one word each, so taking an event costs a shift and three operations for any degree.

use std::ops::ControlFlow;

use super::set::insert;
use super::shape::MAX_NODES;
use super::{ConnectedSet, SetVisitor};
use crate::motif::graph::{BitWord, Union};

/// The search below one root, in a graph where the distance from the root alone decides whether a set spans too long.
pub(super) struct WindowSearch<'g, W> {
    pub(super) union: &'g Union,
    /// Neighbours of each event, the event itself at bit `centre`.
    pub(super) words: &'g [W],
    pub(super) centre: u32,
    pub(super) sizes: (usize, usize),
}

/// The events taken so far, and those that may follow.
#[derive(Clone, Copy)]
struct WindowPrefix<W> {
    /// Rising; `u32::MAX` in the unused entries.
    nodes: [u32; MAX_NODES - 1],
    /// Neighbours of each; none in the unused entries.
    linked: [W; MAX_NODES - 1],
    triangle: u16,
    /// Events that may be taken next.
    extension: W,
    /// Events that have been reached or lie too far: they are not added again.
    reached: W,
}

impl<W: BitWord> WindowSearch<'_, W> {
    /// Visits every set whose lowest event is `root`.
    #[inline]
    pub(super) fn walk(&self, root: u32, visitor: &mut impl SetVisitor) -> ControlFlow<()> {
        let linked = self.words[root as usize] >> self.centre;
        let too_far = self.union.span.iter().flat_map(|span| span.too_far(root, W::BITS - 1));
        let too_far = too_far.fold(W::ZERO, |all, distance| all | W::ONE << distance);
        let mut taken = WindowPrefix {
            nodes: [u32::MAX; MAX_NODES - 1],
            linked: [W::ZERO; MAX_NODES - 1],
            triangle: 0,
            extension: linked & !too_far,
            reached: linked | too_far | W::ONE,
        };
        taken.nodes[0] = root;
        taken.linked[0] = linked;
        self.extend::<1>(root, &taken, visitor)
    }

    /// Takes each event that may follow, after `COUNT` others.
    fn extend<const COUNT: usize>(
        &self,
        root: u32,
        taken: &WindowPrefix<W>,
        visitor: &mut impl SetVisitor,
    ) -> ControlFlow<()> {
        let (min, max) = self.sizes;
        let mut left = taken.extension;
        if COUNT + 1 == max {
            while left != W::ZERO {
                let bit = left.lowest();
                left = left.without_lowest();
                visitor.visit(&set::<COUNT, W>(root, taken, bit))?;
            }
            return ControlFlow::Continue(());
        }
        while left != W::ZERO {
            let bit = left.lowest();
            left = left.without_lowest();
            let set = set::<COUNT, W>(root, taken, bit);
            if COUNT + 1 >= min {
                visitor.visit(&set)?;
            }
            // the centre lies at least as high as the window's last event but one reach: nothing is shifted out above
            let linked = self.words[set.node as usize] >> (self.centre - bit);
            let grown = WindowPrefix {
                nodes: insert(taken.nodes, set.rank, set.node),
                linked: insert(taken.linked, set.rank, linked),
                triangle: set.triangle(),
                extension: left | (linked & !taken.reached),
                reached: taken.reached | linked,
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

/// The `COUNT` events taken and the one at bit `bit`.
#[inline]
fn set<const COUNT: usize, W: BitWord>(root: u32, taken: &WindowPrefix<W>, bit: u32) -> ConnectedSet {
    let node = root + bit;
    // the root is the lowest
    let rank = 1 + (1..COUNT).map(|i| usize::from(taken.nodes[i] < node)).sum::<usize>();
    let linked = (0..COUNT).map(|i| taken.linked[i].bit(bit) << i).sum();
    ConnectedSet { others: taken.nodes, triangle: taken.triangle, k: COUNT + 1, node, rank, linked }
}
