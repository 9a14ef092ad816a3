//! Conversion to and from sprs's sparse matrices.

use sprs::{CsMatI, CsMatViewI};

use crate::dag::{Dag, DagError, DagView};

impl Dag {
    /// The adjacency matrix with these values, in edge order and topological numbers; a view, nothing is copied.
    ///
    /// ```
    /// use ironforge::dag::Dag;
    ///
    /// let dag = Dag::from_edges(3, &[(0, 1), (1, 2)])?;
    /// assert_eq!(dag.as_sprs(&[0.5, 2.0]).get(1, 2), Some(&2.0));
    /// # Ok::<(), ironforge::dag::DagError>(())
    /// ```
    ///
    /// # Panics
    /// If `values` does not hold one value per edge.
    #[track_caller]
    pub fn as_sprs<'a, N>(&'a self, values: &'a [N]) -> CsMatViewI<'a, N, u32, u32> {
        let (row_ptr, col_idx) = self.parts();
        CsMatViewI::new((self.nodes(), self.nodes()), row_ptr, col_idx, values)
    }

    /// The DAG of a square matrix: a stored entry (i, j) is the edge i -> j, whatever its value. If the matrix is
    /// in CSR form and all edges go forward, its indices are moved, not copied.
    ///
    /// # Errors
    /// [`DagError::Cycle`] if it is not acyclic.
    ///
    /// # Panics
    /// If the matrix is not square.
    #[track_caller]
    pub fn from_sprs<N>(matrix: CsMatI<N, u32, u32>) -> Result<Self, DagError> {
        assert_eq!(matrix.rows(), matrix.cols(), "an adjacency matrix is square");
        if matrix.is_csr() {
            let (row_ptr, col_idx, _) = matrix.into_raw_storage();
            return Self::from_parts(row_ptr, col_idx);
        }
        let edges: Vec<_> = matrix.iter().map(|(_, (i, j))| (i, j)).collect();
        Self::from_edges(matrix.rows(), &edges)
    }
}
