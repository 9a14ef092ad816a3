//! What every form of a DAG can be asked.

use std::ops::Range;

use super::counts::{Way, counts};
use super::parts::{in_degrees, induced, time_slice, transpose};
use super::{Components, CriticalPath, Dag, DagError, Generations, IntervalDag, WeightedPath};
use super::{paths, reach, reduction};

/// A DAG whose nodes are the numbers `0..nodes`, every edge going from a lower to a higher one.
///
/// Each operation is one forward or backward sweep over the numbers, without a queue and without recursion, and is
/// written once for all forms. Nodes are named by number, in arguments and in results: [`DagView::id`] and
/// [`Dag::number`] translate where the caller has ids of its own, and a [`Dag`] that is a result keeps the ids.
/// "In edge order" means by source and then by target, as [`DagView::edge_iter`] goes.
///
/// # Panics
/// What takes nodes panics at a number that is no node, what takes weights unless there is one for each edge.
pub trait DagView: Sync + Sized {
    /// Number of nodes.
    fn nodes(&self) -> usize;

    /// Number of edges.
    fn edges(&self) -> u64;

    /// Where the edges of `u` lead, rising.
    fn successors(&self, u: u32) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator;

    /// Whether the edge u -> v exists.
    fn has_edge(&self, u: u32, v: u32) -> bool;

    /// The largest `v - u` of an edge u -> v, 0 without edges: how far ahead a sweep must remember. O(nodes).
    fn reach(&self) -> u32;

    /// The nodes of a range of numbers and the edges among them, in the same form; numbered from 0, so node `i` was
    /// `numbers.start + i`. O(nodes + edges) of the slice.
    fn slice(&self, numbers: Range<u32>) -> Self;

    /// Memory it holds.
    fn bytes(&self) -> usize;

    /// The caller's id of each number, where ids and numbers differ.
    fn ids(&self) -> Option<&[u32]> {
        None
    }

    /// The caller's id of a number.
    fn id(&self, number: u32) -> u32 {
        self.ids().map_or(number, |ids| ids[number as usize])
    }

    /// All edges (source, target), by source and then by target.
    fn edge_iter(&self) -> impl Iterator<Item = (u32, u32)> {
        (0..self.nodes() as u32).flat_map(|u| self.successors(u).map(move |v| (u, v)))
    }

    /// Number of successors of each node.
    fn out_degrees(&self) -> Vec<u32> {
        (0..self.nodes() as u32).map(|u| self.successors(u).len() as u32).collect()
    }

    /// Number of predecessors of each node.
    fn in_degrees(&self) -> Vec<u32> {
        in_degrees(self)
    }

    /// The nodes without a predecessor, rising.
    fn roots(&self) -> Vec<u32> {
        let degrees = self.in_degrees();
        (0..self.nodes() as u32).filter(|&u| degrees[u as usize] == 0).collect()
    }

    /// The nodes without a successor, rising.
    fn sinks(&self) -> Vec<u32> {
        (0..self.nodes() as u32).filter(|&u| self.successors(u).len() == 0).collect()
    }

    /// Generations as networkx's `topological_generations` has them. O(nodes + edges).
    fn topological_generations(&self) -> Generations {
        Generations::of(self)
    }

    /// The nodes of a path of the most edges; of several the one that ends first and comes to each of its nodes from
    /// the first it can. Empty without nodes. O(nodes + edges).
    fn longest_path(&self) -> Vec<u32> {
        paths::longest(self)
    }

    /// A path of the largest sum of weights, chosen among equals as by [`DagView::longest_path`]; sums are of f64. A
    /// single node is a path of length 0, so no length is negative. O(nodes + edges).
    ///
    /// # Errors
    /// [`DagError::Weight`] if a weight is not finite, [`DagError::Overflow`] if the length is not.
    #[track_caller]
    fn longest_path_weighted<W: Copy + Into<f64>>(&self, weights: &[W]) -> Result<WeightedPath, DagError> {
        paths::heaviest(self, weights)
    }

    /// The schedule that the weights demand: earliest and latest moment of each node, its slack, and a path without
    /// any. O(nodes + edges).
    ///
    /// # Errors
    /// As [`DagView::longest_path_weighted`].
    #[track_caller]
    fn critical_path<W: Copy + Into<f64>>(&self, weights: &[W]) -> Result<CriticalPath, DagError> {
        paths::critical(self, weights)
    }

    /// Number of paths to each node that start at one of `from`; to each of these there is one of no edges. O(nodes +
    /// edges).
    ///
    /// # Errors
    /// [`DagError::Overflow`] if one does not fit; [`DagView::path_counts_f64`] then tells its size.
    #[track_caller]
    fn path_counts(&self, from: &[u32]) -> Result<Vec<u64>, DagError> {
        paths::counts(self, from, 1, u64::checked_add)
    }

    /// The same as floating-point numbers: exact up to 2^53, rounded above, infinite above 1.8e308.
    #[track_caller]
    fn path_counts_f64(&self, from: &[u32]) -> Vec<f64> {
        paths::counts(self, from, 1.0, |a: f64, b| Some(a + b)).unwrap_or_default()
    }

    /// The nodes that `u` leads to, rising, without itself. O(nodes / 64 + edges of these).
    #[track_caller]
    fn descendants(&self, u: u32) -> Vec<u32> {
        reach::descendants(self, u)
    }

    /// The nodes that lead to `v`, rising, without itself. O(nodes + edges before `v`).
    #[track_caller]
    fn ancestors(&self, v: u32) -> Vec<u32> {
        reach::ancestors(self, v)
    }

    /// Number of descendants of each of `nodes`, in their order: some hundred nodes a sweep, sweeps in parallel.
    /// O(nodes.len() / 256 · edges).
    #[track_caller]
    fn descendant_counts(&self, nodes: &[u32]) -> Vec<u32> {
        counts(self, nodes, Way::Descendants)
    }

    /// Number of ancestors of each of `nodes`, likewise.
    #[track_caller]
    fn ancestor_counts(&self, nodes: &[u32]) -> Vec<u32> {
        counts(self, nodes, Way::Ancestors)
    }

    /// Whether `u` is `v` or leads to it. The successor nearest to `v` is followed first and none behind it ever: where
    /// there is a way, this mostly is one straight walk. O(nodes and edges between them) at worst.
    #[track_caller]
    fn reaches(&self, u: u32, v: u32) -> bool {
        reach::reaches(self, u, v)
    }

    /// The fewest edges that lead to the same nodes: an edge u -> v goes where there is a longer way. O(edges) where
    /// edges are short, as those of events in a window; O(nodes · edges) at worst, never O(nodes²) memory.
    ///
    /// # Errors
    /// [`DagError::TooLarge`] if more than `u32::MAX` edges stay.
    fn transitive_reduction(&self) -> Result<Dag, DagError> {
        reduction::reduce(self)
    }

    /// An edge from each node to each of its descendants. O(nodes / 256 · edges + edges of the closure).
    ///
    /// # Errors
    /// [`DagError::Limit`] above `max_edges` or `u32::MAX` edges: they are counted before any of them is stored.
    fn transitive_closure(&self, max_edges: u64) -> Result<Dag, DagError> {
        reduction::closure(self, max_edges)
    }

    /// The graph with every edge turned round. So that its edges go forward again, number `i` becomes
    /// `nodes - 1 - i`; ids stay. O(nodes + edges).
    ///
    /// # Errors
    /// [`DagError::TooLarge`] above `u32::MAX` edges.
    fn transpose(&self) -> Result<Dag, DagError> {
        transpose(self)
    }

    /// The weakly connected components. O(nodes + edges) in practice.
    fn weakly_connected_components(&self) -> Components {
        Components::of(self.nodes(), |u| self.successors(u))
    }

    /// Some nodes, in any order, and all edges among them; ids are those of this graph. O(nodes + edges of these).
    ///
    /// # Errors
    /// [`DagError::TooLarge`] above `u32::MAX` edges.
    #[track_caller]
    fn induced_subgraph(&self, nodes: &[u32]) -> Result<Dag, DagError> {
        induced(self, nodes)
    }

    /// The slice of nodes whose time lies in `times`, its end exclusive; `t_ms` is that of each number, rising.
    ///
    /// # Errors
    /// [`DagError::Unsorted`] if a time falls.
    #[track_caller]
    fn time_slice(&self, t_ms: &[i64], times: Range<i64>) -> Result<Self, DagError> {
        time_slice(self, t_ms, times)
    }
}

/// 8 bytes a node; [`DagView::edges`] is O(nodes), [`DagView::has_edge`] O(1).
impl DagView for IntervalDag {
    fn nodes(&self) -> usize {
        self.bounds().0.len()
    }

    fn edges(&self) -> u64 {
        let (lo, hi) = self.bounds();
        lo.iter().zip(hi).map(|(lo, hi)| u64::from(hi - lo)).sum()
    }

    #[inline]
    #[track_caller]
    fn successors(&self, u: u32) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator {
        self.range(u)
    }

    #[inline]
    #[track_caller]
    fn has_edge(&self, u: u32, v: u32) -> bool {
        self.range(u).contains(&v)
    }

    fn reach(&self) -> u32 {
        let (lo, hi) = self.bounds();
        let ends = lo.iter().zip(hi).zip(0_u32..);
        ends.filter(|((lo, hi), _)| lo < hi).map(|((_, hi), u)| hi - 1 - u).max().unwrap_or(0)
    }

    #[track_caller]
    fn slice(&self, numbers: Range<u32>) -> Self {
        self.cut(numbers)
    }

    fn bytes(&self) -> usize {
        2 * size_of_val(self.bounds().0)
    }
}

/// 4 bytes an edge and 4 a node; [`DagView::has_edge`] is O(log of the successors of `u`).
impl DagView for Dag {
    fn nodes(&self) -> usize {
        self.row_ptr.len() - 1
    }

    fn edges(&self) -> u64 {
        self.col_idx.len() as u64
    }

    #[inline]
    #[track_caller]
    fn successors(&self, u: u32) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator {
        self.row(u).iter().copied()
    }

    #[inline]
    #[track_caller]
    fn has_edge(&self, u: u32, v: u32) -> bool {
        self.row(u).binary_search(&v).is_ok()
    }

    fn reach(&self) -> u32 {
        let last = (0..self.nodes() as u32).filter_map(|u| Some(self.row(u).last()? - u));
        last.max().unwrap_or(0)
    }

    #[track_caller]
    fn slice(&self, numbers: Range<u32>) -> Self {
        self.cut(numbers)
    }

    fn bytes(&self) -> usize {
        let names = self.ids().map_or(0, |ids| 2 * size_of_val(ids));
        size_of_val(&self.row_ptr[..]) + size_of_val(&self.col_idx[..]) + names
    }

    fn ids(&self) -> Option<&[u32]> {
        self.names.as_ref().map(|names| &names.ids[..])
    }
}
