//! A shape with the label of each event.

use crate::motif::enumerate::{MAX_NODES, ShapeIdx};

/// A labelled pattern: a small DAG on `k` events in time order, with a label for each event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    k: u8,
    mask: u32,
    labels: [u32; MAX_NODES],
}

impl Pattern {
    pub(crate) fn new(k: usize, mask: u32, labels: [u32; MAX_NODES]) -> Self {
        Self { k: k as u8, mask, labels }
    }

    /// Number of events.
    pub fn k(&self) -> u8 {
        self.k
    }

    /// Edges as bits; events are numbered in time order: bit `i*k + j` is the edge from event i to event j, i < j.
    pub fn mask(&self) -> u32 {
        self.mask
    }

    /// Label code of each event in time order, `[k]`.
    pub fn labels(&self) -> &[u32] {
        &self.labels[..usize::from(self.k)]
    }

    /// Shape of the pattern; `None` if the mask is not that of a shape.
    pub(crate) fn shape(&self) -> Option<ShapeIdx> {
        ShapeIdx::from_mask(usize::from(self.k), self.mask)
    }

    /// Returns whether there is an edge from event `i` to event `j`.
    pub(crate) fn has_edge(&self, i: usize, j: usize) -> bool {
        self.mask >> (i * usize::from(self.k) + j) & 1 == 1
    }
}
