//! The operations on every representation of a DAG.

use std::ops::Range;

use super::reach_counts::{ReachDirection, reach_counts};
use super::{Components, CriticalPath, Generations, WeightedPath};
use super::{closure, paths, reach, reduction, subgraph};
use crate::dag::DagError;
use crate::dag::graph::{Dag, IdMap, IntervalDag};

/// A DAG on the nodes `0..nodes` in which every edge goes from a lower to a higher number.
///
/// Most operations are one forward or backward sweep over the numbers, without a queue; none is recursive.
/// Arguments and results name nodes by number: [`DagView::id`] and [`Dag::number`] translate if the caller's ids
/// differ, and a [`Dag`] that is a result keeps the ids. "In edge order" means by source and then by target, the
/// order of [`DagView::edge_iter`].
///
/// ```
/// use ironforge::dag::{Dag, DagView};
///
/// let dag = Dag::from_edges(4, &[(0, 1), (1, 2), (0, 2), (2, 3)])?;
/// assert_eq!(dag.descendants(1), [2, 3]);
/// assert_eq!(dag.transitive_reduction()?.edges(), 3);
/// // Weights in edge order: 0 -> 1, 0 -> 2, 1 -> 2, 2 -> 3.
/// let path = dag.longest_path_weighted(&[1.0, 5.0, 1.0, 1.0])?;
/// assert_eq!((path.length, path.nodes), (6.0, vec![0, 2, 3]));
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
///
/// # Panics
/// Methods that take nodes panic at a number that is not a node, methods that take weights unless there is one an
/// edge.
pub trait DagView: Sync + Sized {
    /// Number of nodes.
    fn nodes(&self) -> usize;

    /// Number of edges.
    fn edges(&self) -> u64;

    /// The successors of `u`, rising.
    fn successors(&self, u: u32) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator;

    /// Returns whether the edge u -> v exists.
    fn has_edge(&self, u: u32, v: u32) -> bool;

    /// Length of the longest edge, the largest `v - u` of an edge u -> v; 0 without edges. A sweep keeps state over
    /// this distance. O(nodes).
    fn reach(&self) -> u32;

    /// The subgraph of a range of numbers, in the same representation; node `i` of it is `numbers.start + i` of
    /// this graph. O(nodes + edges) of the slice.
    fn slice(&self, numbers: Range<u32>) -> Self;

    /// Allocated memory, bytes.
    fn bytes(&self) -> usize;

    /// The caller's id of each number, if ids and numbers differ.
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
        subgraph::in_degrees(self)
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

    /// The topological generations, as networkx's `topological_generations`. O(nodes + edges).
    fn topological_generations(&self) -> Generations {
        Generations::of(self)
    }

    /// The nodes of a path with the most edges, in order. Ties: the lowest last node, then for each node its lowest
    /// predecessor on a longest path to it. Empty without nodes. O(nodes + edges).
    fn longest_path(&self) -> Vec<u32> {
        paths::longest(self)
    }

    /// A path with the largest sum of weights, summed in f64; ties as in [`DagView::longest_path`]. A single node is
    /// a path of length 0, so no length is negative. O(nodes + edges).
    ///
    /// # Errors
    /// [`DagError::Weight`] if a weight is not finite, [`DagError::Overflow`] if the length is not.
    #[track_caller]
    fn longest_path_weighted<W: Copy + Into<f64>>(&self, weights: &[W]) -> Result<WeightedPath, DagError> {
        paths::heaviest(self, weights)
    }

    /// The schedule by the critical path method: earliest and latest time of each node, its slack, and a path
    /// without slack. O(nodes + edges).
    ///
    /// # Errors
    /// Those of [`DagView::longest_path_weighted`].
    #[track_caller]
    fn critical_path<W: Copy + Into<f64>>(&self, weights: &[W]) -> Result<CriticalPath, DagError> {
        paths::critical(self, weights)
    }

    /// Number of paths to each node that start at one of `from`, including the path of a single node. O(nodes +
    /// edges).
    ///
    /// # Errors
    /// [`DagError::Overflow`] if a count does not fit u64; [`DagView::path_counts_f64`] gives an approximation then.
    #[track_caller]
    fn path_counts(&self, from: &[u32]) -> Result<Vec<u64>, DagError> {
        paths::path_counts(self, from, 1, u64::checked_add)
    }

    /// As [`DagView::path_counts`], as floating-point numbers: exact up to 2^53, rounded above, infinite above
    /// 1.8e308.
    #[track_caller]
    fn path_counts_f64(&self, from: &[u32]) -> Vec<f64> {
        paths::path_counts(self, from, 1.0, |a: f64, b| Some(a + b)).unwrap_or_default()
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

    /// Number of descendants of each of `nodes`, in the order given: up to 256 nodes per sweep, sweeps in parallel.
    /// O(nodes.len() / 256 · edges).
    #[track_caller]
    fn descendant_counts(&self, nodes: &[u32]) -> Vec<u32> {
        reach_counts(self, nodes, ReachDirection::Descendants)
    }

    /// Number of ancestors of each of `nodes`, in the order given; cost as [`DagView::descendant_counts`].
    #[track_caller]
    fn ancestor_counts(&self, nodes: &[u32]) -> Vec<u32> {
        reach_counts(self, nodes, ReachDirection::Ancestors)
    }

    /// Returns whether `u` is `v` or leads to it. Depth-first search that tries the successor nearest to `v` first;
    /// if there is a path, it is usually found without backtracking. O(nodes and edges between them) at worst.
    #[track_caller]
    fn reaches(&self, u: u32, v: u32) -> bool {
        reach::reaches(self, u, v)
    }

    /// The transitive reduction, the smallest graph with the same reachability: an edge u -> v is removed if there
    /// is a longer path from u to v. O(edges) if edges are short, as for events linked in a time window; O(nodes ·
    /// edges) at worst, never O(nodes²) memory.
    ///
    /// # Errors
    /// [`DagError::TooLarge`] if more than `u32::MAX` edges remain.
    fn transitive_reduction(&self) -> Result<Dag, DagError> {
        reduction::reduce(self)
    }

    /// The transitive closure: an edge from each node to each of its descendants. O(nodes / 256 · edges + edges of
    /// the closure).
    ///
    /// # Errors
    /// [`DagError::Limit`] above `max_edges` or `u32::MAX` edges: they are counted before any of them is stored.
    fn transitive_closure(&self, max_edges: u64) -> Result<Dag, DagError> {
        closure::closure(self, max_edges)
    }

    /// The graph with every edge reversed. Number `i` becomes `nodes - 1 - i`, so that edges go forward again; ids
    /// stay. O(nodes + edges).
    ///
    /// # Errors
    /// [`DagError::TooLarge`] above `u32::MAX` edges.
    fn transpose(&self) -> Result<Dag, DagError> {
        subgraph::transpose(self)
    }

    /// The weakly connected components. O(nodes + edges) in practice.
    fn weakly_connected_components(&self) -> Components {
        Components::of(self.nodes(), |u| self.successors(u))
    }

    /// The subgraph of the given nodes, in any order, with all edges among them; ids are those of this graph.
    /// O(nodes + edges of these).
    ///
    /// # Errors
    /// [`DagError::TooLarge`] above `u32::MAX` edges.
    #[track_caller]
    fn induced_subgraph(&self, nodes: &[u32]) -> Result<Dag, DagError> {
        subgraph::induced(self, nodes)
    }

    /// The slice of the nodes whose time is in `times`, milliseconds; `t_ms` is the time of each number, `[nodes]`,
    /// rising.
    ///
    /// # Errors
    /// [`DagError::Unsorted`] if the times are not sorted.
    #[track_caller]
    fn time_slice(&self, t_ms: &[i64], times: Range<i64>) -> Result<Self, DagError> {
        subgraph::time_slice(self, t_ms, times)
    }
}

/// 8 bytes per node; [`DagView::edges`] is O(nodes), [`DagView::has_edge`] O(1).
impl DagView for IntervalDag {
    fn nodes(&self) -> usize {
        self.bounds().0.len()
    }

    fn edges(&self) -> u64 {
        self.edge_count()
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
        subgraph::interval_slice(self, numbers)
    }

    fn bytes(&self) -> usize {
        2 * size_of_val(self.bounds().0)
    }
}

/// 4 bytes per edge and 4 per node; [`DagView::has_edge`] is O(log of the number of successors of `u`).
impl DagView for Dag {
    fn nodes(&self) -> usize {
        self.parts().0.len() - 1
    }

    fn edges(&self) -> u64 {
        self.parts().1.len() as u64
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
        subgraph::row_slice(self, numbers)
    }

    fn bytes(&self) -> usize {
        let (row_ptr, col_idx) = self.parts();
        let id_map = self.ids().map_or(0, |ids| 2 * size_of_val(ids));
        size_of_val(row_ptr) + size_of_val(col_idx) + id_map
    }

    fn ids(&self) -> Option<&[u32]> {
        self.id_map().map(IdMap::ids)
    }
}

/// The ids of a graph, for a result with the same numbers.
pub(super) fn ids_of<D: DagView>(dag: &D) -> Option<IdMap> {
    dag.ids().and_then(|ids| IdMap::new(ids.to_vec()))
}
