//! A borrowed, checked sparsity pattern: the form in which modules pass graphs to one another.
//!
//! ```
//! use ironforge::csr::CsrPattern;
//!
//! let pattern = CsrPattern::new(&[0, 2, 3], &[0, 2, 1], 3)?;
//! assert_eq!((pattern.rows(), pattern.nnz(), pattern.row(0)), (2, 3, &[0, 2][..]));
//! assert!(CsrPattern::new(&[0, 2], &[1, 1], 3).is_err()); // a repeated column
//! # Ok::<(), ironforge::csr::CsrError>(())
//! ```

/// An error in slices that should be a compressed-sparse-row pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsrError {
    /// `row_ptr` is empty; it holds one value more than there are rows.
    #[error("row_ptr is empty: a pattern of n rows needs n + 1 values, the first of them 0")]
    NoRowPtr,
    /// The first row does not start at 0.
    #[error("row_ptr starts at {first}, it must start at 0")]
    Start {
        /// The value found.
        first: u32,
    },
    /// A row ends before it starts.
    #[error("row_ptr falls from {from} to {to} at row {row}")]
    Falling {
        /// The row.
        row: usize,
        /// Its start.
        from: u32,
        /// Its end.
        to: u32,
    },
    /// The last bound is not the number of column indices.
    #[error("row_ptr ends at {end}, but col_idx holds {len} values")]
    End {
        /// Last value of `row_ptr`.
        end: u32,
        /// Length of `col_idx`.
        len: usize,
    },
    /// A column index is outside the pattern.
    #[error("row {row} names column {col}, but there are {cols} columns")]
    Column {
        /// Row of the index.
        row: usize,
        /// The index.
        col: u32,
        /// Number of columns.
        cols: usize,
    },
    /// The columns of a row do not rise strictly: sorted, and each once.
    #[error(
        "row {row} is not strictly rising: column {next} follows {previous}; sort each row and drop repeats"
    )]
    Order {
        /// Row of the pair.
        row: usize,
        /// First column of the pair.
        previous: u32,
        /// Second column of the pair.
        next: u32,
    },
}

/// A sparsity pattern in compressed-sparse-row form, borrowed and valid:
/// row `i` holds the columns `col_idx[row_ptr[i]..row_ptr[i + 1]]`, strictly rising and below `cols`.
///
/// 4 bytes per stored entry and 4 per row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsrPattern<'a> {
    row_ptr: &'a [u32],
    col_idx: &'a [u32],
    cols: usize,
}

impl<'a> CsrPattern<'a> {
    /// Checks and borrows the parts. O(rows + entries).
    ///
    /// # Errors
    /// [`CsrError`] names the first invalid row.
    pub fn new(row_ptr: &'a [u32], col_idx: &'a [u32], cols: usize) -> Result<Self, CsrError> {
        match row_ptr {
            [] => return Err(CsrError::NoRowPtr),
            [first, ..] if *first != 0 => return Err(CsrError::Start { first: *first }),
            _ => {}
        }
        if let Some(row) = row_ptr.windows(2).position(|w| w[1] < w[0]) {
            return Err(CsrError::Falling { row, from: row_ptr[row], to: row_ptr[row + 1] });
        }
        let end = row_ptr[row_ptr.len() - 1];
        if end as usize != col_idx.len() {
            return Err(CsrError::End { end, len: col_idx.len() });
        }
        let pattern = Self { row_ptr, col_idx, cols };
        for row in 0..pattern.rows() {
            let columns = pattern.row(row);
            if let Some(w) = columns.windows(2).find(|w| w[1] <= w[0]) {
                return Err(CsrError::Order { row, previous: w[0], next: w[1] });
            }
            if let Some(&col) = columns.last().filter(|&&c| c as usize >= cols) {
                return Err(CsrError::Column { row, col, cols });
            }
        }
        Ok(pattern)
    }

    /// Borrows parts that are known to be valid.
    pub(crate) fn trusted(row_ptr: &'a [u32], col_idx: &'a [u32], cols: usize) -> Self {
        debug_assert_eq!(Self::new(row_ptr, col_idx, cols).err(), None);
        Self { row_ptr, col_idx, cols }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.row_ptr.len() - 1
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Number of stored entries.
    pub fn nnz(&self) -> usize {
        self.col_idx.len()
    }

    /// Columns of row `i`, strictly rising.
    ///
    /// # Panics
    /// If there is no row `i`.
    #[track_caller]
    pub fn row(&self, i: usize) -> &'a [u32] {
        &self.col_idx[self.row_ptr[i] as usize..self.row_ptr[i + 1] as usize]
    }

    /// True if row `i` holds column `j`. O(log of the row's length).
    ///
    /// # Panics
    /// If there is no row `i`.
    #[track_caller]
    pub fn contains(&self, i: usize, j: u32) -> bool {
        self.row(i).binary_search(&j).is_ok()
    }

    /// Bounds of the rows, `[rows + 1]`.
    pub fn row_ptr(&self) -> &'a [u32] {
        self.row_ptr
    }

    /// Columns of all rows in order, `[nnz]`.
    pub fn col_idx(&self) -> &'a [u32] {
        self.col_idx
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_pattern_is_refused_with_the_cause() {
        type Case<'a> = (&'a [u32], &'a [u32], CsrError);
        let cases: [Case; 6] = [
            (&[], &[], CsrError::NoRowPtr),
            (&[1, 1], &[0], CsrError::Start { first: 1 }),
            (&[0, 2, 1], &[0, 1], CsrError::Falling { row: 1, from: 2, to: 1 }),
            (&[0, 1], &[0, 1], CsrError::End { end: 1, len: 2 }),
            (&[0, 0, 1], &[3], CsrError::Column { row: 1, col: 3, cols: 3 }),
            (&[0, 2], &[1, 1], CsrError::Order { row: 0, previous: 1, next: 1 }),
        ];
        for (row_ptr, col_idx, want) in cases {
            assert_eq!(CsrPattern::new(row_ptr, col_idx, 3), Err(want));
        }
    }

    #[test]
    fn rows_are_borrowed_unchanged() {
        let p = CsrPattern::new(&[0, 2, 2, 3], &[0, 2, 1], 3).unwrap();
        assert_eq!((p.rows(), p.nnz(), p.row(0), p.row(1)), (3, 3, &[0, 2][..], &[][..]));
        assert!(p.contains(2, 1) && !p.contains(0, 1));
    }
}
