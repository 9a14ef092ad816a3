//! The CSR form of a DAG, topologically numbered by construction.

use super::{Digraph, IdMap, IntervalDag};
use crate::csr::CsrPattern;
use crate::dag::DagError;

/// A DAG in compressed-sparse-row form whose numbering is topological: every edge goes from a lower to a higher
/// number. 4 bytes per edge and 4 per node, 12 per node if the caller's ids differ from the numbers.
///
/// Its operations are those of [`DagView`](crate::dag::DagView).
///
/// ```
/// use ironforge::dag::{Dag, DagView};
///
/// // The ids of the path 2 -> 0 -> 1 are not a topological numbering, so the nodes are renumbered.
/// let dag = Dag::from_edges(3, &[(0, 1), (2, 0)])?;
/// assert_eq!(dag.ids(), Some(&[2, 0, 1][..]));
/// assert_eq!(dag.number(0), Some(1));
/// assert_eq!(dag.longest_path(), [0, 1, 2]);
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dag {
    row_ptr: Vec<u32>,
    /// Strictly rising inside each row.
    col_idx: Vec<u32>,
    /// `None` if the caller's ids are the numbers.
    id_map: Option<IdMap>,
}

impl Dag {
    /// The DAG of edges between the ids `0..nodes`, in any order; duplicate edges count once, a self loop is a
    /// cycle. If the ids are a topological numbering they are kept; else nodes are renumbered in the order of
    /// [`Digraph::topological_sort`]. O(nodes + edges), and the sorting of each row.
    ///
    /// # Errors
    /// [`DagError::Cycle`] with one cycle, [`DagError::Node`] for an id outside `0..nodes`, [`DagError::TooLarge`].
    pub fn from_edges(nodes: usize, edges: &[(u32, u32)]) -> Result<Self, DagError> {
        Digraph::from_edges(nodes, edges.iter().copied())?.into_dag()
    }

    /// The DAG of a square CSR pattern, given as its parts. If all edges go forward the parts are moved, not
    /// copied; else the nodes are renumbered as in [`Dag::from_edges`].
    ///
    /// # Errors
    /// [`DagError::Cycle`] with one cycle.
    ///
    /// # Panics
    /// If the parts are not a square pattern ([`CsrPattern::new`]).
    #[track_caller]
    pub fn from_parts(row_ptr: Vec<u32>, col_idx: Vec<u32>) -> Result<Self, DagError> {
        if let Err(e) = CsrPattern::new(&row_ptr, &col_idx, row_ptr.len().saturating_sub(1)) {
            panic!("not a square pattern: {e}");
        }
        Digraph::from_rows(row_ptr, col_idx).into_dag()
    }

    /// The CSR form of an interval DAG.
    ///
    /// # Errors
    /// [`DagError::TooLarge`] above `u32::MAX` edges.
    pub fn from_intervals(dag: &IntervalDag) -> Result<Self, DagError> {
        let (row_ptr, col_idx) = dag.to_csr()?;
        Ok(Self::from_forward_rows(row_ptr, col_idx, None))
    }

    /// The DAG of valid rows whose edges all go forward.
    pub(in crate::dag) fn from_forward_rows(
        row_ptr: Vec<u32>,
        col_idx: Vec<u32>,
        id_map: Option<IdMap>,
    ) -> Self {
        Self { row_ptr, col_idx, id_map }
    }

    /// The successors of each node, in topological numbers, as a borrowed CSR pattern.
    pub fn pattern(&self) -> CsrPattern<'_> {
        CsrPattern::trusted(&self.row_ptr, &self.col_idx, self.row_ptr.len() - 1)
    }

    /// The number of the node with the caller's id `id`, if there is one: the inverse of
    /// [`DagView::id`](crate::dag::DagView::id). O(1); O(log nodes) in an induced subgraph.
    pub fn number(&self, id: u32) -> Option<u32> {
        match &self.id_map {
            Some(id_map) => id_map.number(id),
            None => Some(id).filter(|&id| (id as usize) < self.row_ptr.len() - 1),
        }
    }

    /// Row bounds and columns.
    #[inline]
    pub(in crate::dag) fn parts(&self) -> (&[u32], &[u32]) {
        (&self.row_ptr, &self.col_idx)
    }

    pub(in crate::dag) fn id_map(&self) -> Option<&IdMap> {
        self.id_map.as_ref()
    }

    #[inline]
    #[track_caller]
    pub(in crate::dag) fn row(&self, u: u32) -> &[u32] {
        &self.col_idx[self.row_ptr[u as usize] as usize..self.row_ptr[u as usize + 1] as usize]
    }
}
