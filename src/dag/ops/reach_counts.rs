//! Ancestor or descendant counts of many nodes: sweeps that carry one bit per source.

use rayon::prelude::*;

use super::DagView;
use super::source_mask::{SourceCounter, SourceMask};

/// Words of a mask if the masks of all nodes within reach fit the cache: 256 sources per sweep.
const WIDE: usize = 4;
/// Bytes of masks up to which [`WIDE`] masks are used; above, masks of one word, 64 sources per sweep, limit the
/// memory traffic.
const CACHE_BYTES: usize = 32 << 20;

/// A ring buffer of masks: that of node `u` is at `u` modulo the length, so that a sweep of a graph with short
/// edges stays in the cache for any number of nodes.
struct MaskRing<const W: usize>(Vec<SourceMask<W>>);

impl<const W: usize> MaskRing<W> {
    fn new(len: usize) -> Self {
        Self(vec![SourceMask::NONE; len])
    }

    #[inline]
    fn at(&mut self, u: u32) -> &mut SourceMask<W> {
        // The length is a power of two.
        let slot = u as usize & (self.0.len() - 1);
        &mut self.0[slot]
    }
}

/// Length of a ring in which the two ends of an edge never share a slot, a power of two.
pub(super) fn ring_len<D: DagView>(dag: &D) -> usize {
    (dag.reach() as usize + 1).next_power_of_two()
}

/// Calls `visit` with each descendant of one of the `sources`, rising, and the mask of the sources that lead to it.
/// `sources` are rising and at most [`SourceMask::SOURCES`]; `ring_len` is [`ring_len`] of the graph.
pub(super) fn sweep_forward<const W: usize, D: DagView>(
    dag: &D,
    ring_len: usize,
    sources: &[u32],
    mut visit: impl FnMut(u32, SourceMask<W>),
) {
    let mut ring = MaskRing::<W>::new(ring_len);
    let mut next = 0;
    let Some(&(mut u)) = sources.first() else { return };
    let mut last = u;
    while (u as usize) < dag.nodes() {
        let mut mask = std::mem::replace(ring.at(u), SourceMask::NONE);
        if !mask.is_none() {
            visit(u, mask);
        }
        while sources.get(next) == Some(&u) {
            mask.set(next);
            next += 1;
        }
        if !mask.is_none() {
            for v in dag.successors(u) {
                let slot = ring.at(v);
                *slot = *slot | mask;
                last = last.max(v);
            }
        }
        u += 1;
        if u > last {
            // No mask is pending: continue at the next source.
            match sources.get(next) {
                Some(&source) => (u, last) = (source, source),
                None => return,
            }
        }
    }
}

/// As [`sweep_forward`], backwards: calls `visit` with each ancestor of one of the `sources`, falling.
fn sweep_backward<const W: usize, D: DagView>(
    dag: &D,
    ring_len: usize,
    sources: &[u32],
    mut visit: impl FnMut(u32, SourceMask<W>),
) {
    let mut ring = MaskRing::<W>::new(ring_len);
    let mut left = sources.len();
    let Some(&last) = sources.last() else { return };
    for u in (0..=last).rev() {
        let mut mask = SourceMask::NONE;
        for v in dag.successors(u) {
            mask = mask | *ring.at(v);
        }
        if !mask.is_none() {
            visit(u, mask);
        }
        while left > 0 && sources[left - 1] == u {
            left -= 1;
            mask.set(left);
        }
        *ring.at(u) = mask;
    }
}

/// The nodes that are counted.
#[derive(Clone, Copy)]
pub(super) enum ReachDirection {
    Ancestors,
    Descendants,
}

/// Implements [`DagView::descendant_counts`] and [`DagView::ancestor_counts`].
#[track_caller]
pub(super) fn reach_counts<D: DagView>(dag: &D, sources: &[u32], direction: ReachDirection) -> Vec<u32> {
    reach_sizes(dag, sources, direction, |_| 1)
}

/// As [`reach_counts`], with node `u` counted `size(u)` times. The sizes of all nodes add up to at most `u32::MAX`.
#[track_caller]
pub(super) fn reach_sizes<D: DagView>(
    dag: &D,
    sources: &[u32],
    direction: ReachDirection,
    size: impl Fn(u32) -> u32 + Sync,
) -> Vec<u32> {
    if let Some(u) = sources.iter().find(|&&u| u as usize >= dag.nodes()) {
        panic!("node {u} of {}", dag.nodes());
    }
    let ring_len = ring_len(dag);
    if ring_len * size_of::<SourceMask<WIDE>>() <= CACHE_BYTES {
        count_in_batches::<WIDE, D>(dag, ring_len, sources, direction, size)
    } else {
        count_in_batches::<1, D>(dag, ring_len, sources, direction, size)
    }
}

fn count_in_batches<const W: usize, D: DagView>(
    dag: &D,
    ring_len: usize,
    sources: &[u32],
    direction: ReachDirection,
    size: impl Fn(u32) -> u32 + Sync,
) -> Vec<u32> {
    // Sources close to each other share a sweep, so that it covers only a part of the graph.
    let mut order: Vec<usize> = (0..sources.len()).collect();
    order.sort_unstable_by_key(|&i| sources[i]);
    let batch = |batch: &[usize]| {
        let nodes: Vec<u32> = batch.iter().map(|&i| sources[i]).collect();
        let mut counter = SourceCounter::<W>::new();
        let count = |u: u32, mask| counter.count_times(mask, size(u));
        match direction {
            ReachDirection::Descendants => sweep_forward::<W, D>(dag, ring_len, &nodes, count),
            ReachDirection::Ancestors => sweep_backward::<W, D>(dag, ring_len, &nodes, count),
        }
        counter.totals().take(batch.len()).collect::<Vec<_>>()
    };
    let counted: Vec<Vec<u32>> = order.par_chunks(SourceMask::<W>::SOURCES).map(batch).collect();
    let mut counts = vec![0; sources.len()];
    for (&i, count) in order.iter().zip(counted.into_iter().flatten()) {
        counts[i] = count;
    }
    counts
}
