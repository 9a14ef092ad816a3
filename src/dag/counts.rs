//! How many ancestors or descendants: many nodes at once, one bit each.

use std::ops::{BitAnd, BitOr, BitXor};

use rayon::prelude::*;

use super::DagView;

/// Sources of one sweep while the masks of all nodes in reach fit a cache.
const WIDE: usize = 4;
/// Bytes of masks above which a sweep takes 64 sources: at 8 bytes a node the traffic stays bearable.
const CACHE_BYTES: usize = 32 << 20;

/// One bit a source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mask<const W: usize>([u64; W]);

impl<const W: usize> Mask<W> {
    pub(super) const NONE: Self = Self([0; W]);
    pub(super) const SOURCES: usize = 64 * W;

    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }

    fn set(&mut self, source: usize) {
        self.0[source / 64] |= 1 << (source % 64);
    }

    fn is_none(&self) -> bool {
        self.0.iter().fold(0, |all, word| all | word) == 0
    }

    /// The sources whose bit is set, rising.
    pub(super) fn sources(self) -> impl Iterator<Item = usize> {
        (0..W).flat_map(move |i| {
            let rest = std::iter::successors(Some(self.0[i]), |&word| Some(word & word.wrapping_sub(1)));
            rest.take_while(|&word| word != 0).map(move |word| 64 * i + word.trailing_zeros() as usize)
        })
    }
}

impl<const W: usize> BitAnd for Mask<W> {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }
}

impl<const W: usize> BitOr for Mask<W> {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }
}

impl<const W: usize> BitXor for Mask<W> {
    type Output = Self;
    fn bitxor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }
}

/// Counts, for each source, the masks that hold it, many masks to a word: bit planes of a binary counter, fed through a
/// tree of full adders (Harley and Seal).
struct Tally<const W: usize> {
    /// Planes of the bits 2^0, 2^1, ...
    planes: [Mask<W>; 33],
    waiting: [Mask<W>; 8],
    held: usize,
}

/// Sum and carry of three bits.
#[inline]
fn add<const W: usize>(a: Mask<W>, b: Mask<W>, c: Mask<W>) -> (Mask<W>, Mask<W>) {
    let half = a ^ b;
    (half ^ c, (a & b) | (half & c))
}

impl<const W: usize> Tally<W> {
    fn new() -> Self {
        Self { planes: [Mask::NONE; 33], waiting: [Mask::NONE; 8], held: 0 }
    }

    #[inline]
    fn count(&mut self, mask: Mask<W>) {
        self.waiting[self.held] = mask;
        self.held += 1;
        if self.held == 8 {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let [a, b, c, d, e, f, g, h] = std::mem::replace(&mut self.waiting, [Mask::NONE; 8]);
        self.held = 0;
        let [one, two, four, ..] = self.planes;
        let (one, two_a) = add(one, a, b);
        let (one, two_b) = add(one, c, d);
        let (two, four_a) = add(two, two_a, two_b);
        let (one, two_a) = add(one, e, f);
        let (one, two_b) = add(one, g, h);
        let (two, four_b) = add(two, two_a, two_b);
        let (four, mut carry) = add(four, four_a, four_b);
        (self.planes[0], self.planes[1], self.planes[2]) = (one, two, four);
        for plane in &mut self.planes[3..] {
            if carry.is_none() {
                break;
            }
            (*plane, carry) = (*plane ^ carry, *plane & carry);
        }
    }

    /// The counts, by source.
    fn totals(mut self) -> impl Iterator<Item = u32> {
        self.settle();
        (0..Mask::<W>::SOURCES).map(move |source| {
            let bit = |plane: &Mask<W>| (plane.0[source / 64] >> (source % 64) & 1) as u32;
            self.planes.iter().rev().fold(0, |sum, plane| sum << 1 | bit(plane))
        })
    }
}

/// Masks of the nodes within reach of one another: node `u` lies at `u` modulo their number, so a sweep of a graph
/// whose edges are short stays in the cache however many nodes there are.
struct Ring<const W: usize>(Vec<Mask<W>>);

impl<const W: usize> Ring<W> {
    fn new(len: usize) -> Self {
        Self(vec![Mask::NONE; len])
    }

    #[inline]
    fn at(&mut self, u: u32) -> &mut Mask<W> {
        // A power of two.
        let place = u as usize & (self.0.len() - 1);
        &mut self.0[place]
    }
}

/// Slots of a ring in which no two nodes of an edge meet.
pub(super) fn ring_len<D: DagView>(dag: &D) -> usize {
    (dag.reach() as usize + 1).next_power_of_two()
}

/// Calls `visit` with each node that one of the `sources` leads to, rising, and the mask of those sources. `sources`
/// rise; there are at most [`Mask::SOURCES`]. `ring_len` is that of the graph.
pub(super) fn sweep_forward<const W: usize, D: DagView>(
    dag: &D,
    ring_len: usize,
    sources: &[u32],
    mut visit: impl FnMut(u32, Mask<W>),
) {
    let mut ring = Ring::<W>::new(ring_len);
    let mut next = 0;
    let Some(&(mut u)) = sources.first() else { return };
    let mut last = u;
    while (u as usize) < dag.nodes() {
        let mut mask = std::mem::replace(ring.at(u), Mask::NONE);
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
            // Nothing is under way: on to the next source.
            match sources.get(next) {
                Some(&source) => (u, last) = (source, source),
                None => return,
            }
        }
    }
}

/// The same backwards: each node that leads to one of the `sources`, falling.
fn sweep_backward<const W: usize, D: DagView>(
    dag: &D,
    ring_len: usize,
    sources: &[u32],
    mut visit: impl FnMut(u32, Mask<W>),
) {
    let mut ring = Ring::<W>::new(ring_len);
    let mut left = sources.len();
    let Some(&last) = sources.last() else { return };
    for u in (0..=last).rev() {
        let mut mask = Mask::NONE;
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

/// Which way the edges are followed.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Ancestors,
    Descendants,
}

/// As [`DagView::descendant_counts`] and [`DagView::ancestor_counts`] have them.
#[track_caller]
pub(super) fn counts<D: DagView>(dag: &D, sources: &[u32], way: Way) -> Vec<u32> {
    if let Some(u) = sources.iter().find(|&&u| u as usize >= dag.nodes()) {
        panic!("node {u} of {}", dag.nodes());
    }
    let ring_len = ring_len(dag);
    if ring_len * size_of::<Mask<WIDE>>() <= CACHE_BYTES {
        batches::<WIDE, D>(dag, ring_len, sources, way)
    } else {
        batches::<1, D>(dag, ring_len, sources, way)
    }
}

fn batches<const W: usize, D: DagView>(dag: &D, ring_len: usize, sources: &[u32], way: Way) -> Vec<u32> {
    // Neighbours go into one sweep, so that it need not pass over the whole graph.
    let mut order: Vec<usize> = (0..sources.len()).collect();
    order.sort_unstable_by_key(|&i| sources[i]);
    let batch = |batch: &[usize]| {
        let nodes: Vec<u32> = batch.iter().map(|&i| sources[i]).collect();
        let mut tally = Tally::<W>::new();
        match way {
            Way::Descendants => sweep_forward::<W, D>(dag, ring_len, &nodes, |_, mask| tally.count(mask)),
            Way::Ancestors => sweep_backward::<W, D>(dag, ring_len, &nodes, |_, mask| tally.count(mask)),
        }
        tally.totals().take(batch.len()).collect::<Vec<_>>()
    };
    let counted: Vec<Vec<u32>> = order.par_chunks(Mask::<W>::SOURCES).map(batch).collect();
    let mut counts = vec![0; sources.len()];
    for (&i, count) in order.iter().zip(counted.into_iter().flatten()) {
        counts[i] = count;
    }
    counts
}
