//! The exact census: how often each labelled pattern occurs, and in how many graphs.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::code::{Code, CodeMap, digits, label_limit};
use super::config::MotifConfig;
use super::error::MotifError;
use super::graph::{MotifGraph, Union};
use super::shape::{MAX_NODES, SLOTS, slot, slot_class, slot_mask, slot_nodes};
use super::walk::Walker;

/// Roots walked by one piece of parallel work.
const ROOTS: u32 = 256;
/// Occurrences handled together at most (a shape with more stands alone): 80 MB where they are kept.
pub(crate) const GROUP: u64 = 4_000_000;
/// Occurrences below which another walk costs more than sharing the work gains.
const SMALL_GROUP: u64 = 100_000;

/// A labelled pattern: which of `k` events in time order are linked, and what each is labelled.
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

    /// Bit `i*k + j` says that event i leads to event j; events are numbered in time order, so i < j.
    pub fn mask(&self) -> u32 {
        self.mask
    }

    /// The label of each event in time order, `[k]`.
    pub fn labels(&self) -> &[u32] {
        &self.labels[..usize::from(self.k)]
    }
}

/// How often a pattern occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatternCount {
    /// The pattern.
    pub pattern: Pattern,
    /// Sets of events that form it, in all graphs.
    pub count: u64,
    /// Graphs in which it occurs.
    pub support: u32,
}

/// What occurs in a run's graphs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Census {
    /// Patterns that occur at least `min_count` times, by (k, mask, labels).
    pub patterns: Vec<PatternCount>,
    /// Number of distinct labelled patterns, the rarer ones included.
    pub distinct: u64,
    pub(crate) shapes: Vec<u64>,
}

impl Census {
    /// Connected sets of events, of all sizes counted.
    pub fn instances(&self) -> u64 {
        self.shapes.iter().sum()
    }

    /// Sets of `k` events by isomorphism class, labels left aside: `(class id, count)`, by class id, none of count 0.
    pub fn classes(&self, k: usize) -> Vec<(u32, u64)> {
        let mut classes = std::collections::BTreeMap::new();
        for (slot, &count) in self.shapes.iter().enumerate().filter(|&(_, &count)| count > 0) {
            if slot_nodes(slot) == k {
                *classes.entry(slot_class(slot)).or_insert(0) += count;
            }
        }
        classes.into_iter().collect()
    }
}

/// Counts every connected induced sub-DAG of `config.min_nodes` to `config.max_nodes` events, exactly.
///
/// Runs on the current rayon pool, with the same result for any number of threads. A few nanoseconds a set for finding
/// it and some tens for its labels; memory follows the distinct patterns of a few million sets at a time.
///
/// # Errors
/// [`MotifError`] for settings out of range, too many events or too many labels.
pub fn count(graphs: &[MotifGraph<'_>], config: &MotifConfig) -> Result<Census, MotifError> {
    config.validate()?;
    Counter::of(&Union::of(graphs)?, config).count()
}

/// The census of a union that is at hand.
pub(crate) struct Counter<'g> {
    union: &'g Union,
    sizes: (usize, usize),
    min_count: u64,
}

impl<'g> Counter<'g> {
    pub(crate) fn of(union: &'g Union, config: &MotifConfig) -> Self {
        Self { union, sizes: config.sizes(), min_count: config.min_count }
    }

    pub(crate) fn count(&self) -> Result<Census, MotifError> {
        let (labels, k) = (self.union.vocabulary.len(), self.sizes.1);
        if labels <= label_limit::<u64>(k) {
            return Ok(self.count_as::<u64>());
        }
        let limit = label_limit::<u128>(k);
        if labels > limit {
            return Err(MotifError::TooManyLabels { labels, limit });
        }
        Ok(self.count_as::<u128>())
    }

    fn count_as<C: Code>(&self) -> Census {
        let shapes = self.shapes();
        let total: u64 = shapes.iter().sum();
        let groups = groups(&shapes, (total / 4).clamp(SMALL_GROUP, GROUP));
        let counted: Vec<_> = groups.par_iter().map(|group| self.count_group::<C>(group)).collect();
        let distinct = counted.iter().map(|(_, distinct)| distinct).sum();
        let mut patterns: Vec<_> = counted.into_iter().flat_map(|(patterns, _)| patterns).collect();
        patterns.par_sort_unstable_by_key(|p| p.pattern);
        Census { patterns, distinct, shapes }
    }

    /// Occurrences of each slot's shape.
    fn shapes(&self) -> Vec<u64> {
        let walked = (0..pieces(self.union)).into_par_iter().fold(
            || (Walker::new(self.union, self.sizes), vec![0_u64; SLOTS]),
            |(mut walker, mut shapes), piece| {
                let all = walker.walk(roots(self.union, piece), |found| {
                    shapes[slot(found.k, found.triangle)] += 1;
                    ControlFlow::Continue(())
                });
                debug_assert!(all.is_continue());
                (walker, shapes)
            },
        );
        // sums of integers: the same in any order
        walked.map(|(_, shapes)| shapes).reduce(
            || vec![0; SLOTS],
            |mut sum, part| {
                sum.iter_mut().zip(part).for_each(|(s, p)| *s += p);
                sum
            },
        )
    }

    /// The frequent patterns of some slots, and the number of distinct ones.
    fn count_group<C: Code>(&self, group: &Group) -> (Vec<PatternCount>, u64) {
        struct Seen {
            count: u64,
            support: u32,
            last_graph: usize,
        }
        let union = self.union;
        let radix = union.vocabulary.len() as u32;
        let mut seen: Vec<CodeMap<C, Seen>> = group.slots.iter().map(|_| CodeMap::default()).collect();
        let mut walker = Walker::new(union, group.sizes());
        for (graph, ends) in union.offsets.windows(2).enumerate() {
            let all = walker.walk(ends[0]..ends[1], |found| {
                if let Some(place) = group.place(slot(found.k, found.triangle)) {
                    let code = found.nodes[..found.k]
                        .iter()
                        .fold(C::ZERO, |code, &node| code.push(radix, union.labels[node as usize]));
                    let seen = seen[place].entry(code).or_insert(Seen {
                        count: 0,
                        support: 0,
                        last_graph: usize::MAX,
                    });
                    seen.count += 1;
                    seen.support += u32::from(seen.last_graph != graph);
                    seen.last_graph = graph;
                }
                ControlFlow::Continue(())
            });
            debug_assert!(all.is_continue());
        }
        let distinct = seen.iter().map(|seen| seen.len() as u64).sum();
        let mut patterns = Vec::new();
        for (seen, &slot) in seen.iter().zip(&group.slots) {
            let (k, mask) = (slot_nodes(slot), slot_mask(slot));
            for (&code, seen) in seen.iter().filter(|(_, seen)| seen.count >= self.min_count) {
                let mut labels = digits(code, radix, k);
                labels[..k].iter_mut().for_each(|label| *label = union.vocabulary[*label as usize]);
                let pattern = Pattern::new(k, mask, labels);
                patterns.push(PatternCount { pattern, count: seen.count, support: seen.support });
            }
        }
        (patterns, distinct)
    }
}

/// The roots of a piece of parallel work.
pub(crate) fn roots(union: &Union, piece: u32) -> std::ops::Range<u32> {
    piece * ROOTS..union.nodes().min((piece + 1).saturating_mul(ROOTS))
}

/// Pieces of parallel work over all roots.
pub(crate) fn pieces(union: &Union) -> u32 {
    union.nodes().div_ceil(ROOTS)
}

/// Shapes whose occurrences are handled together.
pub(crate) struct Group {
    /// Their slots, rising.
    pub(crate) slots: Vec<usize>,
    /// Occurrences of each.
    pub(crate) instances: Vec<u64>,
    place: Vec<u16>,
}

impl Group {
    /// Where `slot` stands in the group, if it does.
    #[inline]
    pub(crate) fn place(&self, slot: usize) -> Option<usize> {
        let place = self.place[slot];
        (place != u16::MAX).then_some(place as usize)
    }

    /// Smallest and largest number of events among the shapes.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        // slots rise with the size, and a group is never empty
        (slot_nodes(self.slots[0]), slot_nodes(self.slots[self.slots.len() - 1]))
    }
}

/// Cuts the shapes that occur into groups of at most `most` occurrences; a shape with more stands alone.
pub(crate) fn groups(shapes: &[u64], most: u64) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut in_group = 0_u64;
    for (slot, &instances) in shapes.iter().enumerate().filter(|&(_, &instances)| instances > 0) {
        in_group = in_group.saturating_add(instances);
        if groups.is_empty() || in_group > most {
            groups.push(Group {
                slots: Vec::new(),
                instances: Vec::new(),
                place: vec![u16::MAX; shapes.len()],
            });
            in_group = instances;
        }
        if let Some(group) = groups.last_mut() {
            group.place[slot] = group.slots.len() as u16;
            group.slots.push(slot);
            group.instances.push(instances);
        }
    }
    groups
}
