//! Edges as they come: any directed graph, before it is known to have no cycle.

use super::{Dag, DagError, DagView};
use crate::csr::CsrPattern;

/// A directed graph on the ids `0..nodes` in compressed-sparse-row form; cycles and self loops are allowed, an edge
/// given twice counts once. What a [`Dag`] is made of. 4 bytes an edge and 4 a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digraph {
    pub(super) row_ptr: Vec<u32>,
    /// Rising strictly inside each row.
    pub(super) col_idx: Vec<u32>,
}

impl Digraph {
    /// Sorts edges into rows by counting; edges that are sorted already are only copied. The edges are walked two or
    /// three times, so columns can be given as they are: `src.iter().copied().zip(dst.iter().copied())`.
    /// O(nodes + edges), and the sorting of each row that is not sorted.
    ///
    /// # Errors
    /// [`DagError::Node`] for an id outside, [`DagError::TooLarge`] above `u32::MAX` nodes or edges, before anything is
    /// allocated.
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
            graph.drop_repeats();
        }
        Ok(graph)
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

    /// The DAG of these edges. Where the ids are a topological numbering they are kept; else the nodes are renumbered
    /// in the order of [`Digraph::topological_sort`]. O(nodes + edges), and the sorting of each row.
    ///
    /// # Errors
    /// [`DagError::Cycle`] with the nodes of one.
    pub fn into_dag(self) -> Result<Dag, DagError> {
        if (0..self.nodes() as u32).all(|u| self.row(u).first().is_none_or(|&v| v > u)) {
            return Ok(Dag { row_ptr: self.row_ptr, col_idx: self.col_idx, names: None });
        }
        let mut renumbered = Self {
            row_ptr: Vec::with_capacity(self.row_ptr.len()),
            col_idx: Vec::with_capacity(self.col_idx.len()),
        };
        renumbered.row_ptr.push(0);
        let ids = self.sort_and_follow(|row| {
            renumbered.col_idx.extend_from_slice(row);
            renumbered.row_ptr.push(renumbered.col_idx.len() as u32);
        })?;
        let mut number = vec![0; ids.len()];
        for (&id, i) in ids.iter().zip(0..) {
            number[id as usize] = i;
        }
        renumbered.col_idx.iter_mut().for_each(|v| *v = number[*v as usize]);
        renumbered.sort_rows();
        let Self { row_ptr, col_idx } = renumbered;
        Ok(Dag { row_ptr, col_idx, names: Some(Names { ids, by_id: number }) })
    }

    #[inline]
    pub(super) fn row(&self, u: u32) -> &[u32] {
        &self.col_idx[self.row_ptr[u as usize] as usize..self.row_ptr[u as usize + 1] as usize]
    }

    /// Sorts each row; says whether one of them holds a node twice.
    fn sort_rows(&mut self) -> bool {
        let mut repeats = false;
        for bounds in self.row_ptr.windows(2) {
            let row = &mut self.col_idx[bounds[0] as usize..bounds[1] as usize];
            if !row.is_sorted_by(|a, b| a < b) {
                row.sort_unstable();
                repeats |= row.windows(2).any(|w| w[0] == w[1]);
            }
        }
        repeats
    }

    /// Leaves each node once in each sorted row.
    fn drop_repeats(&mut self) {
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

/// The caller's ids of a DAG's numbers, both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// Id of each number.
    pub ids: Vec<u32>,
    /// The numbers by rising id.
    pub by_id: Vec<u32>,
}

impl Names {
    /// Of the ids of the numbers, each another; none if they are the numbers themselves.
    pub(super) fn new(ids: Vec<u32>) -> Option<Self> {
        if ids.iter().zip(0..).all(|(&id, number)| id == number) {
            return None;
        }
        let mut by_id: Vec<u32> = (0..ids.len() as u32).collect();
        by_id.sort_unstable_by_key(|&number| ids[number as usize]);
        Some(Self { ids, by_id })
    }

    /// Those of a graph with the numbers of another one.
    pub(super) fn of<D: DagView>(dag: &D) -> Option<Self> {
        dag.ids().and_then(|ids| Self::new(ids.to_vec()))
    }

    pub(super) fn number(&self, id: u32) -> Option<u32> {
        // Of ids that are a permutation of the numbers, each stands in its own place.
        match self.by_id.get(id as usize) {
            Some(&number) if self.ids[number as usize] == id => Some(number),
            _ => {
                let at = self.by_id.binary_search_by_key(&id, |&number| self.ids[number as usize]);
                at.ok().map(|at| self.by_id[at])
            }
        }
    }
}
