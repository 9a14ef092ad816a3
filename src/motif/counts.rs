//! A counter for every pattern there can be: the census of few labels, in one walk.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;

use super::graph::Union;
use super::occurrences::{pieces, roots};
use super::shape::{MAX_NODES, SLOTS};
use super::walk::Walker;

/// Counters at most: 27 MB a thread.
const MOST: u64 = 1 << 21;
/// Counters for each event at most: to clear and to join them costs less than the walk.
const PER_EVENT: u64 = 16;

/// How often a pattern occurs in the sets below neighbouring roots.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counter {
    pub(crate) count: u64,
    /// Graphs in which it occurs.
    pub(crate) support: u32,
    /// The first of them and the last, where there is one.
    first: u32,
    last: u32,
}

impl Counter {
    #[inline]
    fn add(&mut self, graph: u32) {
        if self.count == 0 {
            self.first = graph;
        }
        self.support += u32::from(self.count == 0 || self.last != graph);
        self.last = graph;
        self.count += 1;
    }

    /// Joined with that of the roots that follow.
    fn append(&mut self, later: &Self) {
        if self.count == 0 {
            *self = *later;
        } else if later.count > 0 {
            // a graph cut between the two stands in both
            self.support += later.support - u32::from(self.last == later.first);
            self.last = later.last;
            self.count += later.count;
        }
    }
}

/// The counters of every pattern of every slot's shape. Labels are fields of `bits` bits,
/// the earliest event's the lowest.
pub(crate) struct Counts {
    counters: Vec<Counter>,
    bits: u32,
}

impl Counts {
    /// Counts all sets; `None` if there are too many patterns to have a counter each.
    pub(crate) fn of(union: &Union, sizes: (usize, usize)) -> Option<Self> {
        let bits = usize::BITS - union.vocabulary.len().saturating_sub(1).leading_zeros();
        // 32 bits for a pattern's labels are too many anyhow
        let needed = (SLOTS as u64) << (bits * MAX_NODES as u32).min(32);
        let affordable = (u64::from(union.nodes()) * PER_EVENT).max(SLOTS as u64);
        (needed <= MOST.min(affordable))
            .then(|| Self { counters: walk(union, sizes, bits, needed as usize), bits })
    }

    /// The patterns that occur: slot, place of each label in the vocabulary, and how often.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = (usize, [usize; MAX_NODES], &Counter)> {
        let pattern = |(at, counter)| {
            let label = |i| at >> (i * self.bits as usize) & ((1 << self.bits) - 1);
            (at >> (self.bits as usize * MAX_NODES), std::array::from_fn(label), counter)
        };
        self.counters.iter().enumerate().filter(|(_, counter)| counter.count > 0).map(pattern)
    }
}

fn walk(union: &Union, sizes: (usize, usize), bits: u32, needed: usize) -> Vec<Counter> {
    let nothing = || vec![Counter::default(); needed];
    let start = || (Walker::new(union, sizes), nothing());
    let walked = (0..pieces(union)).into_par_iter().fold(start, |(mut walker, mut counters), piece| {
        walk_roots(union, &mut walker, roots(union, piece), bits, &mut counters);
        (walker, counters)
    });
    // what a fold takes in, and what it is joined with, are neighbours in the order of the roots
    walked.map(|(_, counters)| counters).reduce(nothing, |mut counters, later| {
        counters.iter_mut().zip(&later).for_each(|(counter, later)| counter.append(later));
        counters
    })
}

fn walk_roots(
    union: &Union,
    walker: &mut Walker<'_>,
    roots: Range<u32>,
    bits: u32,
    counters: &mut [Counter],
) {
    let mut from = roots.start;
    while from < roots.end {
        let next = union.offsets.partition_point(|&first| first <= from);
        let to = union.offsets[next].min(roots.end);
        let all = walker.walk(from..to, |found| {
            let mut at = found.slot() << (bits as usize * MAX_NODES);
            if bits > 0 {
                for (i, &node) in found.nodes()[..found.k].iter().enumerate() {
                    at |= (union.labels[node as usize] as usize) << (i * bits as usize);
                }
            }
            counters[at].add(next as u32);
            ControlFlow::Continue(())
        });
        debug_assert!(all.is_continue());
        from = to;
    }
}
