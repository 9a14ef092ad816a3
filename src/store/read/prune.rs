//! Pruning: the rows of a row group that may satisfy a predicate, by the statistics of its column chunks and pages.
//!
//! Missing statistics, and statistics in another order than that of the values, exclude no rows. If statistics are
//! wrong, matching rows are skipped, as in every reader that uses them: statistics are part of the content of a file.

use std::ops::Range;

use parquet::file::metadata::page_index::PageIndex;

use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::read::predicate::{Bounds, Predicate, comparable};
use crate::store::read::selection::TableSource;
use crate::store::read::statistics::{StatisticsColumn, read_page_index};
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::ParquetFile;

/// Row ranges: ascending, disjoint, not empty.
pub(crate) type RowRanges = Vec<Range<u64>>;

/// Checks that every column of a predicate is compared with a scalar of its kind.
///
/// # Errors
/// [`StoreError::Predicate`] for the first comparison with another kind.
pub(crate) fn check_types(source: &TableSource, predicate: &Predicate) -> Result<(), StoreError> {
    let mut mismatch = None;
    predicate.visit(&mut |column, value| {
        let field = source.schema.fields().iter().find(|field| field.name() == column);
        let values = field.and_then(|field| Decoder::new(field)).map(Decoder::finish);
        if let (Some(values), Some(value)) = (values, value)
            && !comparable(&values, value)
            && mismatch.is_none()
        {
            mismatch = Some(StoreError::Predicate {
                path: source.file.path.clone(),
                column: column.to_owned(),
                type_name: values.type_name(),
                value: value.kind(),
            });
        }
    });
    mismatch.map_or(Ok(()), Err)
}

/// A predicate, evaluated on the statistics of a file.
pub(crate) struct PruningPredicate {
    pub(crate) predicate: Predicate,
    columns: Vec<StatisticsColumn>,
    index: Option<PageIndex>,
}

impl PruningPredicate {
    /// Finds the columns of the predicate in a file and reads their page index. Statistics of nested columns are not
    /// used.
    pub(crate) fn new(source: &TableSource, predicate: Predicate, budget: &MemoryBudget) -> Self {
        let schema = source.file.schema();
        let column = |name: &str| {
            let root = source.schema.fields().iter().position(|field| field.name() == name)?;
            let mut leaves =
                (0..schema.num_columns()).filter(|&leaf| schema.get_column_root_idx(leaf) == root);
            let (leaf, more) = (leaves.next()?, leaves.next());
            let flat = more.is_none() && schema.column(leaf).max_rep_level() == 0;
            let data_type = source.schema.field(root).data_type();
            flat.then(|| StatisticsColumn::new(&source.file, name, leaf, data_type))
        };
        let columns: Vec<StatisticsColumn> = predicate.columns().into_iter().filter_map(column).collect();
        let leaves: Vec<usize> = columns.iter().map(|column| column.leaf).collect();
        let index = if leaves.is_empty() { None } else { read_page_index(&source.file, &leaves, budget) };
        Self { predicate, columns, index }
    }

    /// The rows of a row group that may satisfy the predicate.
    pub(crate) fn candidate_rows(&self, file: &ParquetFile, group: usize) -> RowRanges {
        if !self.row_group_may_match(file, group, &self.predicate) {
            return RowRanges::new();
        }
        self.pages_that_may_match(file, group, &self.predicate)
    }

    fn column(&self, name: &str) -> Option<&StatisticsColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn row_group_may_match(&self, file: &ParquetFile, group: usize, predicate: &Predicate) -> bool {
        match predicate {
            Predicate::All(parts) => parts.iter().all(|part| self.row_group_may_match(file, group, part)),
            Predicate::Any(parts) => parts.iter().any(|part| self.row_group_may_match(file, group, part)),
            single => {
                let column = single.columns().first().and_then(|name| self.column(name));
                column.is_none_or(|column| may_match(single, &column.row_group_bounds(file, group)))
            }
        }
    }

    /// The rows of the pages that may satisfy the predicate.
    fn pages_that_may_match(&self, file: &ParquetFile, group: usize, predicate: &Predicate) -> RowRanges {
        let rows = file.metadata.row_group(group).num_rows().unsigned_abs();
        let all = || std::iter::once(0..rows).collect::<RowRanges>();
        match predicate {
            Predicate::All(parts) => parts
                .iter()
                .fold(all(), |kept, part| intersection(&kept, &self.pages_that_may_match(file, group, part))),
            Predicate::Any(parts) => parts.iter().fold(RowRanges::new(), |kept, part| {
                union(kept, self.pages_that_may_match(file, group, part))
            }),
            single => {
                let column = single.columns().first().and_then(|name| self.column(name));
                let pages =
                    column.zip(self.index.as_ref()).and_then(|(c, index)| c.page_bounds(file, index, group));
                let Some(pages) = pages else { return all() };
                let kept =
                    pages.into_iter().filter(|(_, bounds)| may_match(single, bounds)).map(|(rows, _)| rows);
                kept.fold(RowRanges::new(), |mut kept, rows| {
                    match kept.last_mut() {
                        Some(last) if last.end == rows.start => last.end = rows.end,
                        _ => kept.push(rows),
                    }
                    kept
                })
            }
        }
    }
}

/// Returns whether rows with these bounds may satisfy a predicate on a single column.
fn may_match(predicate: &Predicate, bounds: &Bounds) -> bool {
    match predicate {
        Predicate::Compare { op, value, .. } => bounds.may_satisfy(*op, value),
        Predicate::Missing(_) => bounds.missing != Some(0),
        Predicate::Present(_) => bounds.missing != Some(bounds.rows),
        Predicate::All(_) | Predicate::Any(_) => true,
    }
}

fn intersection(a: &RowRanges, b: &RowRanges) -> RowRanges {
    let overlap = |a: &Range<u64>, b: &Range<u64>| a.start.max(b.start)..a.end.min(b.end);
    a.iter().flat_map(|a| b.iter().map(move |b| overlap(a, b))).filter(|r| r.start < r.end).collect()
}

fn union(mut a: RowRanges, b: RowRanges) -> RowRanges {
    a.extend(b);
    a.sort_by_key(|range| range.start);
    a.into_iter().fold(RowRanges::new(), |mut kept, range| {
        match kept.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => kept.push(range),
        }
        kept
    })
}

/// Removes `rows` rows from the front of the ranges; returns the first row removed.
pub(crate) fn take_front(ranges: &mut RowRanges, mut rows: u64) -> u64 {
    let first = ranges.first().map_or(0, |range| range.start);
    for range in ranges.iter_mut() {
        let removed = rows.min(range.end - range.start);
        range.start += removed;
        rows -= removed;
    }
    ranges.retain(|range| range.start < range.end);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_intersected_and_united() {
        let one = |range: Range<u64>| std::iter::once(range).collect::<RowRanges>();
        let (a, b) = (vec![0..5, 8..10], one(3..9));
        assert_eq!(intersection(&a, &b), [3..5, 8..9]);
        assert_eq!(union(a, b), one(0..10));
        assert_eq!(union(one(0..1), one(2..3)), [0..1, 2..3]);
    }
}
