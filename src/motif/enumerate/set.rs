//! A connected set of events, as the enumeration produces it.

use std::ops::ControlFlow;

use super::growth::GROWTH;
use super::shape::{MAX_NODES, ShapeIdx};
use crate::motif::graph::LabelIdx;

/// A connected set of events and its induced edges, stored as the event added last and the others: the shape is then
/// found by one table lookup.
#[derive(Clone, Copy)]
pub(crate) struct ConnectedSet {
    /// The others, rising; `u32::MAX` in the unused entries.
    pub(super) others: [u32; MAX_NODES - 1],
    /// Triangle of the others: their edges as bits (see `shape`).
    pub(super) triangle: u16,
    /// Number of events.
    pub(crate) k: usize,
    /// The event added last.
    pub(super) node: u32,
    /// Number of the others that are earlier than `node`.
    pub(super) rank: usize,
    /// Bit i: there is an edge between `node` and the i-th of the others.
    pub(super) linked: u8,
}

impl ConnectedSet {
    /// Triangle of the set: its edges as bits (see `shape`).
    #[inline]
    pub(super) fn triangle(&self) -> u16 {
        GROWTH.triangle(self.k - 1, self.rank, self.triangle, self.linked)
    }

    /// Shape of the set.
    #[inline]
    pub(crate) fn shape(&self) -> ShapeIdx {
        GROWTH.shape(self.k - 1, self.rank, self.triangle, self.linked)
    }

    /// The labels of the events in bit fields of `BITS` bits, the earliest event in the lowest bits.
    #[inline]
    pub(crate) fn packed_labels<const BITS: u32>(&self, labels: &[LabelIdx]) -> usize {
        if BITS == 0 {
            return 0;
        }
        let of = |node: u32| labels[node as usize].index();
        let others = (0..self.k - 1).map(|i| of(self.others[i]) << (i as u32 * BITS)).sum::<usize>();
        // the fields of later events move up by one
        let shift = self.rank as u32 * BITS;
        let earlier = others & ((1 << shift) - 1);
        earlier | of(self.node) << shift | (others ^ earlier) << BITS
    }

    /// The lowest event.
    #[inline]
    pub(crate) fn root(&self) -> u32 {
        self.others[0]
    }

    /// The highest event.
    #[inline]
    pub(crate) fn last(&self) -> u32 {
        self.node.max(self.others[self.k - 2])
    }

    /// The events, rising; `u32::MAX` after the `k`-th.
    #[inline]
    pub(crate) fn nodes(&self) -> [u32; MAX_NODES] {
        let [a, b, c, d] = insert(self.others, self.rank, self.node);
        // the value that `insert` drops: the last of four others, or the new event after them
        let last = if self.rank == MAX_NODES - 1 { self.node } else { self.others[MAX_NODES - 2] };
        [a, b, c, d, last]
    }
}

/// `values` with `value` inserted at `rank`, the last dropped; unchanged if `rank` lies after them.
#[inline]
pub(super) fn insert<T: Copy>(values: [T; MAX_NODES - 1], rank: usize, value: T) -> [T; MAX_NODES - 1] {
    std::array::from_fn(|i| match i.cmp(&rank) {
        std::cmp::Ordering::Less => values[i],
        std::cmp::Ordering::Equal => value,
        std::cmp::Ordering::Greater => values[i - 1],
    })
}

/// Receives each set.
pub(crate) trait SetVisitor {
    /// Receives a set; `Break` ends the enumeration.
    fn visit(&mut self, set: &ConnectedSet) -> ControlFlow<()>;
}

impl<F: FnMut(&ConnectedSet) -> ControlFlow<()>> SetVisitor for F {
    #[inline]
    fn visit(&mut self, set: &ConnectedSet) -> ControlFlow<()> {
        self(set)
    }
}
