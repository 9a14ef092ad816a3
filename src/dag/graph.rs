//! The general form: CSR, topologically numbered by construction.

use super::digraph::{Digraph, Names};
use super::{DagError, DagView, IntervalDag};
use crate::csr::CsrPattern;

/// A DAG in compressed-sparse-row form whose numbering is topological: every edge goes from a lower to a higher
/// number. 4 bytes an edge and 4 a node; 8 a node more if the caller's ids differ from the numbers.
///
/// What can be asked of it is in [`DagView`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dag {
    pub(super) row_ptr: Vec<u32>,
    /// Rising strictly inside each row.
    pub(super) col_idx: Vec<u32>,
    /// `None` where the caller's ids are the numbers.
    pub(super) names: Option<Names>,
}

impl Dag {
    /// Builds from edges between the ids `0..nodes`, in any order; an edge given twice counts once, a self loop is a
    /// cycle. Where the ids are a topological numbering they are kept; else nodes are renumbered in the order of
    /// [`Digraph::topological_sort`]. O(nodes + edges), and the sorting of each row.
    ///
    /// # Errors
    /// [`DagError::Cycle`] with one cycle, [`DagError::Node`] for an id outside, [`DagError::TooLarge`].
    pub fn from_edges(nodes: usize, edges: &[(u32, u32)]) -> Result<Self, DagError> {
        Digraph::from_edges(nodes, edges.iter().copied())?.into_dag()
    }

    /// Takes the parts of a square CSR pattern. Where its edges all go forward nothing is copied; else the nodes are
    /// renumbered as in [`Dag::from_edges`].
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
        Digraph { row_ptr, col_idx }.into_dag()
    }

    /// The CSR form of an interval DAG.
    ///
    /// # Errors
    /// [`DagError::TooLarge`] above `u32::MAX` edges.
    pub fn from_intervals(dag: &IntervalDag) -> Result<Self, DagError> {
        let (row_ptr, col_idx) = dag.to_csr()?;
        Ok(Self { row_ptr, col_idx, names: None })
    }

    /// The successors of each node, in topological numbers: what other rooms borrow.
    pub fn pattern(&self) -> CsrPattern<'_> {
        CsrPattern::trusted(&self.row_ptr, &self.col_idx, self.nodes())
    }

    /// The number of the node that the caller calls `id`, if there is one: the way back from [`DagView::id`].
    /// O(1); O(log nodes) in an induced subgraph.
    pub fn number(&self, id: u32) -> Option<u32> {
        match &self.names {
            Some(names) => names.number(id),
            None => Some(id).filter(|&id| (id as usize) < self.nodes()),
        }
    }

    #[inline]
    #[track_caller]
    pub(super) fn row(&self, u: u32) -> &[u32] {
        &self.col_idx[self.row_ptr[u as usize] as usize..self.row_ptr[u as usize + 1] as usize]
    }
}
