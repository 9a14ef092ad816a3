//! The exact census: how often each labelled pattern occurs, and in how many graphs.

use rayon::prelude::*;

use super::dense_counts::{DenseCounts, PatternCounter};
use super::hash_counts::HashCounts;
use super::non_overlapping::NonOverlapping;
use super::occurrences::{Occurrences, count_shapes, shape_groups};
use crate::motif::enumerate::{MAX_NODES, SHAPES, ShapeIdx};
use crate::motif::graph::{LabelIdx, MotifGraph, Union};
use crate::motif::pattern::{KeyMap, LabelKey, Pattern, digits, label_limit};
use crate::motif::{MotifConfig, MotifError};

/// Counts of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatternCount {
    /// The pattern.
    pub pattern: Pattern,
    /// Number of its occurrences in all graphs.
    pub count: u64,
    /// Number of graphs in which it occurs.
    pub support: u32,
    /// Largest number of pairwise non-overlapping occurrences; an occurrence extends from its first to its last event
    /// ("non-overlapped frequency", Laxman, Sastry and Unnikrishnan 2005).
    pub non_overlapping: u64,
}

/// Index of a pattern in [`Census::patterns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PatternIdx(pub(crate) usize);

/// Counts of the patterns of a run's graphs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Census {
    /// Patterns that occur at least `min_count` times, by (k, mask, labels).
    pub patterns: Vec<PatternCount>,
    /// Number of distinct labelled patterns, the rarer ones included.
    pub distinct: u64,
    /// Occurrences of each shape, by [`ShapeIdx`].
    pub(crate) shape_counts: Vec<u64>,
}

impl Census {
    /// Number of occurrences of all patterns: connected sets of events, of all sizes counted.
    pub fn instances(&self) -> u64 {
        self.shape_counts.iter().sum()
    }

    /// Checks that the count of every shape fits 32 bits.
    ///
    /// # Errors
    /// [`MotifError::TooManyInstances`] for the first shape whose count does not.
    pub(crate) fn check_counters(&self) -> Result<(), MotifError> {
        let too_many = |&(_, &instances): &(ShapeIdx, &u64)| instances > u64::from(u32::MAX);
        let refuse = |(shape, &instances): (ShapeIdx, &u64)| {
            Err(MotifError::TooManyInstances { instances, k: shape.nodes() })
        };
        ShapeIdx::all().zip(&self.shape_counts).find(too_many).map_or(Ok(()), refuse)
    }

    /// Number of connected sets of `k` events in each isomorphism class of unlabelled shapes: `(class id, count)`,
    /// sorted by class id, without classes of count 0.
    pub fn classes(&self, k: usize) -> Vec<(u32, u64)> {
        let mut classes = std::collections::BTreeMap::new();
        for (shape, &count) in ShapeIdx::all().zip(&self.shape_counts).filter(|&(_, &count)| count > 0) {
            if shape.nodes() == k {
                *classes.entry(shape.class()).or_insert(0) += count;
            }
        }
        classes.into_iter().collect()
    }

    /// The pattern at an index.
    pub(crate) fn pattern(&self, index: PatternIdx) -> &Pattern {
        &self.patterns[index.0].pattern
    }
}

/// Exact counts of the connected induced sub-DAGs of `config.min_nodes` to `config.max_nodes` events, by pattern.
///
/// Runs on the current rayon pool, with the same result for any number of threads. Up to four labels: one
/// enumeration, 5 to 10 ns per set if edges are short (at most 15 events for sets of five), else about 20 ns, in
/// memory that does not depend on the number of sets; work is divided only between events that no edge passes over,
/// so a graph without such a gap is enumerated by one thread. More labels, or three and four in graphs of a few
/// thousand events: a few hundred nanoseconds per set, and memory for a few million sets at a time.
///
/// # Errors
/// [`MotifError`] for settings out of range, too many events, labels or occurrences.
pub fn count(graphs: &[MotifGraph<'_>], config: &MotifConfig) -> Result<Census, MotifError> {
    config.validate()?;
    CensusBuilder::new(&Union::with_span_limit(graphs, config.span_ms())?, config).build()
}

/// Builds the census of a union.
pub(crate) struct CensusBuilder<'g> {
    union: &'g Union,
    sizes: (usize, usize),
    min_count: u64,
}

impl<'g> CensusBuilder<'g> {
    pub(crate) fn new(union: &'g Union, config: &MotifConfig) -> Self {
        Self { union, sizes: config.sizes(), min_count: config.min_count }
    }

    pub(crate) fn build(&self) -> Result<Census, MotifError> {
        if let Some(counts) = DenseCounts::of(self.union, self.sizes) {
            return Ok(self.census_of_dense(&counts));
        }
        let (labels, k) = (self.union.vocabulary.len(), self.sizes.1);
        if labels <= label_limit::<u64>(k) {
            return self.build_as::<u64>();
        }
        let limit = label_limit::<u128>(k);
        if labels > limit {
            return Err(MotifError::TooManyLabels { labels, limit });
        }
        self.build_as::<u128>()
    }

    /// Number of occurrences of each shape.
    pub(crate) fn shape_counts(&self) -> Vec<u64> {
        count_shapes(self.union, self.sizes)
    }

    /// The census from one counter for every possible pattern.
    fn census_of_dense(&self, counts: &DenseCounts) -> Census {
        let mut census = Census { patterns: Vec::new(), distinct: 0, shape_counts: vec![0; SHAPES] };
        for (shape, labels, &PatternCounter { count, support, non_overlapping, .. }) in counts.patterns() {
            census.distinct += 1;
            census.shape_counts[shape.0] += count;
            if count >= self.min_count {
                let pattern = self.pattern(shape, labels);
                let non_overlapping = non_overlapping.count();
                census.patterns.push(PatternCount { pattern, count, support, non_overlapping });
            }
        }
        census.patterns.sort_unstable_by_key(|p| p.pattern);
        census
    }

    /// The census shape by shape, so that memory holds the counts of the patterns of one shape per thread only.
    fn build_as<L: LabelKey>(&self) -> Result<Census, MotifError> {
        let shape_counts = count_shapes(self.union, self.sizes);
        let mut census = Census { patterns: Vec::new(), distinct: 0, shape_counts };
        census.check_counters()?;
        for group in &shape_groups(&census.shape_counts) {
            let occurrences = Occurrences::of(self.union, group);
            let of_shape = |counts: &mut HashCounts<L>, index| {
                counts.count(group, index, &occurrences, &self.union.labels);
                (self.frequent(counts, group.shapes[index], index, &occurrences), counts.distinct())
            };
            let counts = || HashCounts::<L>::new(self.union.vocabulary.len() as u32, self.min_count);
            let counted: Vec<_> =
                (0..group.shapes.len()).into_par_iter().map_init(counts, of_shape).collect();
            for (patterns, distinct) in counted {
                census.patterns.extend(patterns);
                census.distinct += distinct;
            }
        }
        census.patterns.par_sort_unstable_by_key(|p| p.pattern);
        Ok(census)
    }

    /// Counts of the patterns of a shape that occur at least `min_count` times; `index` is that of the shape in its
    /// group.
    fn frequent<L: LabelKey>(
        &self,
        counts: &HashCounts<L>,
        shape: ShapeIdx,
        index: usize,
        occurrences: &Occurrences<'_>,
    ) -> Vec<PatternCount> {
        let Union { labels, vocabulary, offsets, .. } = self.union;
        let radix = vocabulary.len() as u32;
        // non-overlapping occurrences, support, and the graph last added to the support
        type Found = (NonOverlapping, u32, usize);
        let none = (NonOverlapping::default(), 0, usize::MAX);
        let mut found: KeyMap<L, Found> = counts.frequent().iter().map(|&key| (key, none)).collect();
        let mut graph = self.union.graphs();
        if !found.is_empty() {
            occurrences.each(index, |nodes| {
                while nodes[0] < offsets[graph] {
                    graph -= 1;
                }
                let digits = nodes.iter().map(|&node| labels[node as usize]);
                let key = digits.fold(L::ZERO, |key, digit| key.push(radix, digit));
                let Some((non_overlapping, support, last)) = found.get_mut(&key) else { return };
                non_overlapping.add(nodes[0], nodes[nodes.len() - 1]);
                *support += u32::from(*last != graph);
                *last = graph;
            });
        }
        let counted = |(&key, &(non_overlapping, support, _)): (&L, &Found)| PatternCount {
            pattern: self.pattern(shape, digits(key, radix, shape.nodes())),
            count: u64::from(counts.get(key)),
            support,
            non_overlapping: non_overlapping.count(),
        };
        found.iter().map(counted).collect()
    }

    /// The pattern with this shape and these labels, translated to the caller's label codes.
    fn pattern(&self, shape: ShapeIdx, labels: [LabelIdx; MAX_NODES]) -> Pattern {
        let k = shape.nodes();
        let mut codes = [0; MAX_NODES];
        let named = labels[..k].iter().map(|label| self.union.vocabulary[label.index()]);
        codes.iter_mut().zip(named).for_each(|(to, code)| *to = code);
        Pattern::new(k, shape.mask(), codes)
    }
}
