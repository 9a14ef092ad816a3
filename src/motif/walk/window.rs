//! The walk where edges are short: all that a set can reach lies in a window of a word's bits above its root.
//!
//! Bit a of a word of the window stands for the event a above the root. The events that may be taken next, and those
//! that have been passed over, are one word each, so to take an event is a shift and three operations, whatever its
//! degree.

use std::ops::ControlFlow;

use super::{Found, Visit, insert};
use crate::motif::band::Word;
use crate::motif::graph::Union;
use crate::motif::shape::MAX_NODES;

/// The walk below one root, in a graph where the root alone tells which sets last too long.
pub(super) struct Window<'g, W> {
    pub(super) graph: &'g Union,
    /// What each event is linked with, the event itself at bit `centre`.
    pub(super) words: &'g [W],
    pub(super) centre: u32,
    pub(super) sizes: (usize, usize),
}

/// The events taken so far, and what may follow.
#[derive(Clone, Copy)]
struct Taken<W> {
    /// Rising; `u32::MAX` behind them.
    nodes: [u32; MAX_NODES - 1],
    /// What each is linked with; nothing behind them.
    linked: [W; MAX_NODES - 1],
    triangle: u16,
    /// Events that may be taken next.
    extension: W,
    /// Events that have been reached or lie too far: they are not put in again.
    reached: W,
}

impl<W: Word> Window<'_, W> {
    #[inline]
    pub(super) fn walk(&self, root: u32, visitor: &mut impl Visit) -> ControlFlow<()> {
        let linked = self.words[root as usize] >> self.centre;
        let too_far = self.graph.span.iter().flat_map(|span| span.too_far(root, W::BITS - 1));
        let too_far = too_far.fold(W::ZERO, |all, distance| all | W::ONE << distance);
        let mut taken = Taken {
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
        taken: &Taken<W>,
        visitor: &mut impl Visit,
    ) -> ControlFlow<()> {
        let (min, max) = self.sizes;
        let mut left = taken.extension;
        if COUNT + 1 == max {
            while left != W::ZERO {
                let at = left.lowest();
                left = left.without_lowest();
                visitor.visit(&set::<COUNT, W>(root, taken, at))?;
            }
            return ControlFlow::Continue(());
        }
        while left != W::ZERO {
            let at = left.lowest();
            left = left.without_lowest();
            let set = set::<COUNT, W>(root, taken, at);
            if COUNT + 1 >= min {
                visitor.visit(&set)?;
            }
            // the centre lies at least as high as the window's last event but one reach: nothing is shifted out above
            let linked = self.words[set.node as usize] >> (self.centre - at);
            let grown = Taken {
                nodes: insert(taken.nodes, set.place, set.node),
                linked: insert(taken.linked, set.place, linked),
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

/// The `COUNT` events taken and the one at bit `at`.
#[inline]
fn set<const COUNT: usize, W: Word>(root: u32, taken: &Taken<W>, at: u32) -> Found {
    let node = root + at;
    // the root is the lowest
    let place = 1 + (1..COUNT).map(|i| usize::from(taken.nodes[i] < node)).sum::<usize>();
    let linked = (0..COUNT).map(|i| taken.linked[i].bit(at) << i).sum();
    Found { others: taken.nodes, triangle: taken.triangle, k: COUNT + 1, node, place, linked }
}
