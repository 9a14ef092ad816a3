//! Attention patterns derived from the edges of a graph, and from intervals.

use super::bounds::{check_intervals, check_offsets};
use crate::attention::AttentionError;
use crate::csr::CsrPattern;

/// Direction of attention along an edge u -> v.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// v attends to u: the past.
    #[default]
    Predecessors,
    /// u attends to v: the future.
    Successors,
    /// Each attends to the other.
    Both,
}

/// A square sparsity pattern that owns its arrays; 4 bytes per entry and 4 per row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedPattern {
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
}

impl OwnedPattern {
    /// The pattern, borrowed, for `Keys::Edges`.
    pub fn as_pattern(&self) -> CsrPattern<'_> {
        CsrPattern::trusted(&self.row_ptr, &self.col_idx, self.row_ptr.len() - 1)
    }

    /// Bounds of the rows, `[nodes + 1]`.
    pub fn row_ptr(&self) -> &[u32] {
        &self.row_ptr
    }

    /// Columns of all rows in order, rising in each row.
    pub fn col_idx(&self) -> &[u32] {
        &self.col_idx
    }

    /// The bounds and the columns.
    pub fn into_parts(self) -> (Vec<u32>, Vec<u32>) {
        (self.row_ptr, self.col_idx)
    }

    /// A pattern of parts that are known to be valid: bounds that rise from 0 to the number of columns, columns
    /// that rise in each row and are below the number of rows.
    pub(crate) fn from_parts(row_ptr: Vec<u32>, col_idx: Vec<u32>) -> Self {
        Self { row_ptr, col_idx }
    }
}

/// The attention pattern of a graph, from its successors (row `u` holds `v` for each edge u -> v): row `i` holds the
/// nodes that `i` attends to, and `i` itself if `self_loops`. An edge given in both directions, or from a node to
/// itself, counts once. O(edges + nodes).
///
/// ```
/// use ironforge::attention::{Direction, attention_pattern};
/// use ironforge::csr::CsrPattern;
///
/// // 0 -> 1 and 0 -> 2: with `Predecessors`, nodes 1 and 2 attend to node 0.
/// let successors = CsrPattern::new(&[0, 2, 2, 2], &[1, 2], 3).unwrap();
/// let pattern = attention_pattern(successors, Direction::Predecessors, true).unwrap();
/// assert_eq!(pattern.as_pattern().row(2), [0, 2]);
/// ```
///
/// # Errors
/// [`AttentionError::PatternShape`] if the pattern is not square, [`AttentionError::TooLarge`] if the result
/// would hold more than `u32::MAX` entries.
pub fn attention_pattern(
    successors: CsrPattern<'_>,
    direction: Direction,
    self_loops: bool,
) -> Result<OwnedPattern, AttentionError> {
    let (rows, cols) = (successors.rows(), successors.cols());
    if rows != cols {
        return Err(AttentionError::PatternShape { rows, cols, nodes: rows });
    }
    let past = (direction != Direction::Successors).then(|| transpose(successors));
    let past = past.as_ref().map(OwnedPattern::as_pattern);
    let future = (direction != Direction::Predecessors).then_some(successors);
    let mut row_ptr = Vec::with_capacity(rows + 1);
    row_ptr.push(0);
    let mut col_idx = Vec::new();
    for i in 0..rows {
        let past = past.map_or(&[][..], |p| p.row(i));
        let future = future.map_or(&[][..], |p| p.row(i));
        let own = [i as u32];
        merge(past, future, if self_loops { &own } else { &[] }, &mut col_idx);
        row_ptr.push(row_bound(col_idx.len())?);
    }
    Ok(OwnedPattern { row_ptr, col_idx })
}

/// The pattern of `Keys::Intervals`: row `i` holds `lo[i]..hi[i]`. O(entries).
///
/// # Errors
/// As [`Attention::new`](crate::attention::Attention::new) for the intervals, and [`AttentionError::TooLarge`]
/// above `u32::MAX` entries.
pub fn intervals(offsets: &[usize], lo: &[u32], hi: &[u32]) -> Result<OwnedPattern, AttentionError> {
    let nodes = check_offsets(offsets)?;
    check_intervals(lo, hi, offsets, nodes)?;
    let mut row_ptr = Vec::with_capacity(nodes + 1);
    row_ptr.push(0);
    let mut len = 0_usize;
    for (&lo, &hi) in lo.iter().zip(hi) {
        len = len.saturating_add((hi - lo) as usize);
        row_ptr.push(row_bound(len)?);
    }
    let col_idx = lo.iter().zip(hi).flat_map(|(&lo, &hi)| lo..hi).collect();
    Ok(OwnedPattern { row_ptr, col_idx })
}

/// Number of entries as a row bound.
pub(super) fn row_bound(len: usize) -> Result<u32, AttentionError> {
    let max = u32::MAX as usize;
    u32::try_from(len).map_err(|_| AttentionError::TooLarge { what: "number of keys", got: len, max })
}

fn transpose(pattern: CsrPattern<'_>) -> OwnedPattern {
    let mut row_ptr = vec![0_u32; pattern.cols() + 1];
    for &col in pattern.col_idx() {
        row_ptr[col as usize + 1] += 1;
    }
    for i in 1..row_ptr.len() {
        row_ptr[i] += row_ptr[i - 1];
    }
    let mut next = row_ptr.clone();
    let mut col_idx = vec![0; pattern.nnz()];
    for row in 0..pattern.rows() {
        for &col in pattern.row(row) {
            col_idx[next[col as usize] as usize] = row as u32;
            next[col as usize] += 1;
        }
    }
    OwnedPattern { row_ptr, col_idx }
}

/// Appends the union of three rising lists, rising.
fn merge<'a>(mut a: &'a [u32], mut b: &'a [u32], mut c: &'a [u32], to: &mut Vec<u32>) {
    while let Some(&next) = [a, b, c].iter().filter_map(|list| list.first()).min() {
        to.push(next);
        for list in [&mut a, &mut b, &mut c] {
            if list.first() == Some(&next) {
                *list = &list[1..];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(p: &OwnedPattern) -> Vec<&[u32]> {
        (0..p.as_pattern().rows()).map(|i| p.as_pattern().row(i)).collect()
    }

    #[test]
    fn edges_become_keys_in_the_requested_direction() {
        // 0 -> 1, 0 -> 2, 1 -> 2, 2 -> 2
        let successors = CsrPattern::new(&[0, 2, 3, 4], &[1, 2, 2, 2], 3).unwrap();
        let read = |direction, own| attention_pattern(successors, direction, own).unwrap();
        assert_eq!(rows(&read(Direction::Predecessors, false)), [&[][..], &[0], &[0, 1, 2]]);
        assert_eq!(rows(&read(Direction::Predecessors, true)), [&[0][..], &[0, 1], &[0, 1, 2]]);
        assert_eq!(rows(&read(Direction::Successors, false)), [&[1, 2][..], &[2], &[2]]);
        assert_eq!(rows(&read(Direction::Successors, true)), [&[0, 1, 2][..], &[1, 2], &[2]]);
        assert_eq!(rows(&read(Direction::Both, false)), [&[1, 2][..], &[0, 2], &[0, 1, 2]]);
        let both = read(Direction::Both, true);
        assert!(CsrPattern::new(both.row_ptr(), both.col_idx(), 3).is_ok());
    }

    #[test]
    fn intervals_become_rows() {
        let p = intervals(&[0, 3], &[0, 0, 3], &[1, 3, 3]).unwrap();
        assert_eq!(rows(&p), [&[0][..], &[0, 1, 2], &[]]);
        assert!(matches!(intervals(&[0, 1, 2], &[0, 0], &[1, 2]), Err(AttentionError::KeyOutside { .. })));
    }

    #[test]
    fn a_pattern_that_is_not_square_is_refused() {
        let wide = CsrPattern::new(&[0, 1], &[1], 2).unwrap();
        assert!(attention_pattern(wide, Direction::Both, true).is_err());
    }
}
