//! The exact census: how often each labelled pattern occurs, and in how many graphs.

use rayon::prelude::*;

use super::code::{Code, CodeMap, digits, label_limit};
use super::config::MotifConfig;
use super::counts::{self, Counts};
use super::error::MotifError;
use super::graph::{MotifGraph, Union};
use super::occurrences::{Occurrences, count_shapes, groups};
use super::overlap::Apart;
use super::shape::{MAX_NODES, SLOTS, slot_class, slot_mask, slot_nodes};
use super::tally::Tally;

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
    /// The largest number of occurrences no two of which overlap, from first to last event, in the order of their
    /// graph ("non-overlapped frequency", Laxman, Sastry and Unnikrishnan 2005).
    pub non_overlapping: u64,
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

    /// Refuses shapes that occur too often for counters of 32 bits.
    pub(crate) fn fits_counters(&self) -> Result<(), MotifError> {
        let too_many = |&(_, &instances): &(usize, &u64)| instances > u64::from(u32::MAX);
        let refuse =
            |(slot, &instances)| Err(MotifError::TooManyInstances { instances, k: slot_nodes(slot) });
        self.shapes.iter().enumerate().find(too_many).map_or(Ok(()), refuse)
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
/// Runs on the current rayon pool, with the same result for any number of threads. Up to four labels: one walk, of 5
/// to 10 ns a set where edges are short (no farther than 15 events for sets of five) and some 20 ns elsewhere, in
/// memory that does not depend on the number of sets; of a graph that no gap divides, by one thread. More labels, or
/// three and four in graphs of a few thousand events: some hundred nanoseconds, and memory for a few million sets at a
/// time.
///
/// # Errors
/// [`MotifError`] for settings out of range, too many events, labels or occurrences.
pub fn count(graphs: &[MotifGraph<'_>], config: &MotifConfig) -> Result<Census, MotifError> {
    config.validate()?;
    Counter::of(&Union::within(graphs, config.span_ms())?, config).count()
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
        if let Some(counts) = Counts::of(self.union, self.sizes) {
            return Ok(self.census(&counts));
        }
        let (labels, k) = (self.union.vocabulary.len(), self.sizes.1);
        if labels <= label_limit::<u64>(k) {
            return self.count_as::<u64>();
        }
        let limit = label_limit::<u128>(k);
        if labels > limit {
            return Err(MotifError::TooManyLabels { labels, limit });
        }
        self.count_as::<u128>()
    }

    /// Few labels: everything has been counted.
    fn census(&self, counts: &Counts) -> Census {
        let mut census = Census { patterns: Vec::new(), distinct: 0, shapes: vec![0; SLOTS] };
        for (slot, places, &counts::Counter { count, support, apart, .. }) in counts.patterns() {
            census.distinct += 1;
            census.shapes[slot] += count;
            if count >= self.min_count {
                let k = slot_nodes(slot);
                let mut labels = [0; MAX_NODES];
                let named = places[..k].iter().map(|&place| self.union.vocabulary[place]);
                labels.iter_mut().zip(named).for_each(|(label, code)| *label = code);
                let pattern = Pattern::new(k, slot_mask(slot), labels);
                let non_overlapping = apart.count();
                census.patterns.push(PatternCount { pattern, count, support, non_overlapping });
            }
        }
        census.patterns.sort_unstable_by_key(|p| p.pattern);
        census
    }

    /// Many labels: shape by shape, so that the table of one shape's patterns is all that has to fit into memory.
    fn count_as<C: Code>(&self) -> Result<Census, MotifError> {
        let shapes = count_shapes(self.union, self.sizes);
        let mut census = Census { patterns: Vec::new(), distinct: 0, shapes };
        census.fits_counters()?;
        for group in &groups(&census.shapes) {
            let occurrences = Occurrences::of(self.union, group);
            let of_shape = |tally: &mut Tally<C>, place| {
                tally.count(group, place, &occurrences, &self.union.labels);
                (self.frequent(tally, group.slots[place], place, &occurrences), tally.distinct())
            };
            let tally = || Tally::<C>::new(self.union.vocabulary.len() as u32, self.min_count);
            let counted: Vec<_> = (0..group.slots.len()).into_par_iter().map_init(tally, of_shape).collect();
            for (patterns, distinct) in counted {
                census.patterns.extend(patterns);
                census.distinct += distinct;
            }
        }
        census.patterns.par_sort_unstable_by_key(|p| p.pattern);
        Ok(census)
    }

    /// The patterns of a shape that occur often enough, in how many graphs they do, and how often apart.
    fn frequent<C: Code>(
        &self,
        tally: &Tally<C>,
        slot: usize,
        place: usize,
        occurrences: &Occurrences<'_>,
    ) -> Vec<PatternCount> {
        let Union { labels, vocabulary, offsets, .. } = self.union;
        let radix = vocabulary.len() as u32;
        // the last graph that added to the support
        let unseen = (Apart::default(), 0, usize::MAX);
        let mut seen: CodeMap<C, (Apart, u32, usize)> =
            tally.reached().iter().map(|&c| (c, unseen)).collect();
        let mut graph = offsets.len() - 1;
        if !seen.is_empty() {
            occurrences.each(place, |nodes| {
                while nodes[0] < offsets[graph] {
                    graph -= 1;
                }
                let digits = nodes.iter().map(|&node| labels[node as usize]);
                let code = digits.fold(C::ZERO, |code, digit| code.push(radix, digit));
                let Some((apart, support, last)) = seen.get_mut(&code) else { return };
                apart.add(nodes[0], nodes[nodes.len() - 1]);
                *support += u32::from(*last != graph);
                *last = graph;
            });
        }
        let (k, mask) = (slot_nodes(slot), slot_mask(slot));
        let pattern = |code| {
            let mut labels = digits(code, radix, k);
            labels[..k].iter_mut().for_each(|label| *label = vocabulary[*label as usize]);
            Pattern::new(k, mask, labels)
        };
        let counted = |(&code, &(apart, support, _)): (&C, &(Apart, u32, usize))| PatternCount {
            pattern: pattern(code),
            count: u64::from(tally.get(code)),
            support,
            non_overlapping: apart.count(),
        };
        seen.iter().map(counted).collect()
    }
}
