//! A directed graph that may have cycles: the step from edges to a DAG.

use super::{Dag, IdMap};
use crate::csr::CsrPattern;
use crate::dag::DagError;

/// A directed graph on the ids `0..nodes` in compressed-sparse-row form; cycles and self loops are allowed,
/// duplicate edges count once. [`Digraph::into_dag`] makes a [`Dag`] of it. 4 bytes per edge and 4 per node.
///
/// ```
/// use ironforge::dag::{DagError, Digraph};
///
/// let graph = Digraph::from_edges(4, [(3, 1), (0, 2)])?;
/// assert_eq!(graph.topological_sort()?, [0, 3, 2, 1]);
/// let cyclic = Digraph::from_edges(2, [(0, 1), (1, 0)])?;
/// assert_eq!(cyclic.into_dag(), Err(DagError::Cycle { cycle: vec![0, 1] }));
/// # Ok::<(), DagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digraph {
    pub(super) row_ptr: Vec<u32>,
    /// Strictly rising inside each row.
    pub(super) col_idx: Vec<u32>,
}

impl Digraph {
    /// The graph of these edges, by counting sort; edges that are already sorted are only copied. The iterator is
    /// cloned and read two or three times, so columns need not be copied into pairs first:
    /// `src.iter().copied().zip(dst.iter().copied())`. O(nodes + edges), and the sorting of each row that is not
    /// sorted.
    ///
    /// # Errors
    /// [`DagError::Node`] for an id outside `0..nodes`, [`DagError::TooLarge`] above `u32::MAX` nodes or edges,
    /// before anything is allocated.
    pub fn from_edges<E>(nodes: usize, edges: E) -> Result<Self, DagError>
    where
        E: IntoIterator<Item = (u32, u32), IntoIter: ExactSizeIterator + Clone>,
    {
        let edges = edges.into_iter();
        for (what, count) in [("nodes", nodes), ("edges", edges.len())] {
            if u32::try_from(count).is_err() {
                return Err(DagError::TooLarge { what, count: count as u64 });
            }
        }
        let mut row_ptr = vec![0_u32; nodes + 1];
        let (mut previous, mut sorted) = (None, true);
        for (edge, (u, v)) in edges.clone().enumerate() {
            if u.max(v) as usize >= nodes {
                let node = if u as usize >= nodes { u } else { v };
                return Err(DagError::Node { edge, node, nodes });
            }
            row_ptr[u as usize + 1] += 1;
            sorted &= previous < Some((u, v));
            previous = Some((u, v));
        }
        for u in 0..nodes {
            row_ptr[u + 1] += row_ptr[u];
        }
        if sorted {
            return Ok(Self { row_ptr, col_idx: edges.map(|(_, v)| v).collect() });
        }
        let mut next = row_ptr.clone();
        let mut col_idx = vec![0; edges.len()];
        for (u, v) in edges {
            let slot = &mut next[u as usize];
            col_idx[*slot as usize] = v;
            *slot += 1;
        }
        let mut graph = Self { row_ptr, col_idx };
        if graph.sort_rows() {
            graph.drop_duplicates();
        }
        Ok(graph)
    }

    /// The graph of the parts of a valid square pattern.
    pub(super) fn from_rows(row_ptr: Vec<u32>, col_idx: Vec<u32>) -> Self {
        Self { row_ptr, col_idx }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.row_ptr.len() - 1
    }

    /// Number of edges, each counted once.
    pub fn edges(&self) -> u64 {
        self.col_idx.len() as u64
    }

    /// The successors of each node.
    pub fn pattern(&self) -> CsrPattern<'_> {
        CsrPattern::trusted(&self.row_ptr, &self.col_idx, self.nodes())
    }

    /// The nodes without an incoming edge, rising. A self loop is an incoming edge.
    pub fn roots(&self) -> Vec<u32> {
        let mut is_target = vec![false; self.nodes()];
        self.col_idx.iter().for_each(|&v| is_target[v as usize] = true);
        (0..self.nodes() as u32).filter(|&u| !is_target[u as usize]).collect()
    }

    /// The nodes without an outgoing edge, rising.
    pub fn sinks(&self) -> Vec<u32> {
        (0..self.nodes() as u32).filter(|&u| self.row(u).is_empty()).collect()
    }

    /// The DAG of these edges. If the ids are a topological numbering they are kept; else the nodes are renumbered
    /// in the order of [`Digraph::topological_sort`]. O(nodes + edges), and the sorting of each row.
    ///
    /// # Errors
    /// [`DagError::Cycle`] with the nodes of one cycle.
    pub fn into_dag(self) -> Result<Dag, DagError> {
        self.try_into_dag().map_err(|(error, _)| error)
    }

    /// As [`Digraph::into_dag`]. If there is a cycle, the graph is returned too: what does not need an order can still
    /// be asked of it.
    ///
    /// # Errors
    /// [`DagError::Cycle`] with the nodes of one cycle, and this graph.
    pub fn try_into_dag(self) -> Result<Dag, (DagError, Self)> {
        if (0..self.nodes() as u32).all(|u| self.row(u).first().is_none_or(|&v| v > u)) {
            return Ok(Dag::from_forward_rows(self.row_ptr, self.col_idx, None));
        }
        let mut renumbered = Self {
            row_ptr: Vec::with_capacity(self.row_ptr.len()),
            col_idx: Vec::with_capacity(self.col_idx.len()),
        };
        renumbered.row_ptr.push(0);
        let sorted = self.sort_and_follow(|row| {
            renumbered.col_idx.extend_from_slice(row);
            renumbered.row_ptr.push(renumbered.col_idx.len() as u32);
        });
        let ids = match sorted {
            Ok(ids) => ids,
            Err(error) => return Err((error, self)),
        };
        let mut number = vec![0; ids.len()];
        for (&id, i) in ids.iter().zip(0..) {
            number[id as usize] = i;
        }
        renumbered.col_idx.iter_mut().for_each(|v| *v = number[*v as usize]);
        renumbered.sort_rows();
        let Self { row_ptr, col_idx } = renumbered;
        Ok(Dag::from_forward_rows(row_ptr, col_idx, Some(IdMap::from_permutation(ids, number))))
    }

    #[inline]
    pub(in crate::dag) fn row(&self, u: u32) -> &[u32] {
        &self.col_idx[self.row_ptr[u as usize] as usize..self.row_ptr[u as usize + 1] as usize]
    }

    /// Sorts each row; returns whether any row has duplicates.
    fn sort_rows(&mut self) -> bool {
        let mut has_duplicates = false;
        for bounds in self.row_ptr.windows(2) {
            let row = &mut self.col_idx[bounds[0] as usize..bounds[1] as usize];
            if !row.is_sorted_by(|a, b| a < b) {
                row.sort_unstable();
                has_duplicates |= row.windows(2).any(|w| w[0] == w[1]);
            }
        }
        has_duplicates
    }

    /// Removes duplicates from each sorted row.
    fn drop_duplicates(&mut self) {
        let (mut kept, mut start) = (0, 0);
        for u in 0..self.nodes() {
            let end = self.row_ptr[u + 1] as usize;
            let first = kept;
            for at in start..end {
                let v = self.col_idx[at];
                if kept == first || self.col_idx[kept - 1] != v {
                    self.col_idx[kept] = v;
                    kept += 1;
                }
            }
            self.row_ptr[u + 1] = kept as u32;
            start = end;
        }
        self.col_idx.truncate(kept);
    }
}
