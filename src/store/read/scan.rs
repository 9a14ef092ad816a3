//! Scans: the selected columns and rows of a file as a stream of tables in bounded memory.

use std::path::Path;
use std::sync::Arc;

use parquet::arrow::FieldLevels;
use parquet::arrow::arrow_reader::RowSelection;

use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::columns::narrow::{DECLARED, restore_column};
use crate::store::columns::to_arrow::UNIT;
use crate::store::read::predicate::Predicate;
use crate::store::read::prune::{PruningPredicate, RowRanges, check_types, take_front};
use crate::store::read::row_group_batches::{RowGroupBatches, RowGroupReader};
use crate::store::read::selection::{TableSource, field_metadata, stored_schema};
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::OpenOptions;
use crate::table::{Array, Column, Table, Values};

/// Default of [`ScanOptions::batch_rows`].
const BATCH_ROWS: u32 = 10_000;
/// Default of [`ScanOptions::memory_limit_bytes`].
const MEMORY_LIMIT_BYTES: u64 = 1 << 30;

/// Options of a scan: columns, rows and memory.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanOptions {
    /// Names of the columns, in the order of the result; `None` for all of a supported type.
    pub columns: Option<Vec<String>>,
    /// Predicate that selects rows; `None` for all rows.
    pub predicate: Option<Predicate>,
    /// Maximum rows of a batch; a batch may have fewer.
    pub batch_rows: u32,
    /// Memory limit of the scan, the current batch included, bytes.
    pub memory_limit_bytes: u64,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            columns: None,
            predicate: None,
            batch_rows: BATCH_ROWS,
            memory_limit_bytes: MEMORY_LIMIT_BYTES,
        }
    }
}

/// Row groups and rows that a scan skipped by their statistics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PruneStats {
    /// Number of row groups so far, without empty ones.
    pub row_groups: u64,
    /// Number of those that were skipped as a whole.
    pub row_groups_pruned: u64,
    /// Number of rows that were skipped without being decoded, in skipped and other row groups.
    pub rows_pruned: u64,
}

/// Iterator over the batches of a file, as tables.
///
/// Every table has the same columns, and at least one row. The iterator ends after an error.
pub struct Scan {
    source: TableSource,
    /// Positions in the schema of the decoded columns: the selected ones and those of the predicate.
    roots: Vec<usize>,
    /// The columns of the result in their order: index in `roots`, and unit.
    selected: Vec<(usize, String)>,
    /// For each of `roots` the declared type, if it is stored in a narrower one.
    declared: Vec<Option<String>>,
    levels: FieldLevels,
    leaves: Vec<usize>,
    pruning: Option<PruningPredicate>,
    budget: Arc<MemoryBudget>,
    batch_rows: u64,
    /// Index of the next row group.
    next_group: usize,
    /// Batches of the current row group, and the rows that they have not returned yet.
    batches: Option<(RowGroupBatches, RowRanges)>,
    /// First row of the current row group in the file.
    group_start: u64,
    /// Number of rows of the current row group.
    group_rows: u64,
    stats: PruneStats,
    done: bool,
}

/// Opens a file for reading batch by batch. Reads the footer, and the page index of the predicate's columns.
///
/// Row groups and pages whose statistics exclude the predicate are not read. The result has exactly the rows that
/// satisfy the predicate, in the order of the file.
///
/// # Errors
/// Those of [`read_table`](crate::store::read_table); [`StoreError::Predicate`] for a comparison of a column with a
/// scalar of another kind.
///
/// # Examples
/// ```
/// use ironforge::store::{Comparison, Predicate, Scalar, ScanOptions, StoreConfig, scan, write_table};
/// use ironforge::table::{Column, Table, Values};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("trades.parquet");
/// let table = Table::new(vec![
///     Column::new("t_ms", "ms", Values::I64((0..1000).collect())),
///     Column::new("price", "points", Values::F64((0..1000).map(f64::from).collect())),
/// ]);
/// write_table(&path, &table, &StoreConfig { row_group_rows: 100, ..StoreConfig::default() })?;
///
/// let options = ScanOptions {
///     columns: Some(vec!["price".to_owned()]),
///     predicate: Some(Predicate::compare("t_ms", Comparison::Ge, Scalar::Int(950))),
///     ..ScanOptions::default()
/// };
/// let mut scan = scan(&path, &options)?;
/// let rows = scan.by_ref().map(|batch| batch.map(|table| table.rows())).sum::<Result<usize, _>>()?;
/// assert_eq!(rows, 50);
/// // Nine of ten row groups end before t_ms = 950.
/// assert_eq!(scan.prune_stats().row_groups_pruned, 9);
/// # Ok(())
/// # }
/// ```
pub fn scan(path: &Path, options: &ScanOptions) -> Result<Scan, StoreError> {
    let statistics = options.predicate.is_some();
    Scan::new(TableSource::open(path, OpenOptions { statistics, map: false })?, options)
}

/// As [`scan`], but maps the file into memory: uncompressed pages are not copied, and skipped pages are not loaded.
/// Saves little time if all pages are decoded (see `benches/record/`).
///
/// # Safety
/// Nobody may change or shorten the file while the scan exists: checked bytes could change, and reading beyond a
/// new end kills the process.
///
/// # Errors
/// Those of [`scan`].
#[allow(unsafe_code, reason = "forwards the promise of its caller about the file")]
pub unsafe fn scan_mapped(path: &Path, options: &ScanOptions) -> Result<Scan, StoreError> {
    let statistics = options.predicate.is_some();
    Scan::new(TableSource::open(path, OpenOptions { statistics, map: true })?, options)
}

impl Scan {
    fn new(mut source: TableSource, options: &ScanOptions) -> Result<Self, StoreError> {
        let names: Option<Vec<&str>> =
            options.columns.as_ref().map(|c| c.iter().map(String::as_str).collect());
        let (chosen, _) = source.select(names.as_deref())?;
        let mut roots: Vec<usize> = chosen.iter().map(|(root, _)| *root).collect();
        let mut order = roots.clone();
        if let Some(names) = &names {
            let position = |root: &usize| names.iter().position(|n| n == source.schema.field(*root).name());
            order.sort_by_key(position);
        }
        if let Some(predicate) = &options.predicate {
            for column in predicate.columns() {
                let root = source.position(column)?;
                source.select(Some(&[column]))?;
                roots.push(root);
            }
            check_types(&source, predicate)?;
        }
        roots.sort_unstable();
        roots.dedup();
        source.choose_int96_units(&roots, options.memory_limit_bytes)?;
        let (levels, leaves) = source.field_levels(&roots)?;
        let budget = Arc::new(MemoryBudget::new(options.memory_limit_bytes));
        let predicate = options.predicate.clone();
        let pruning = predicate.map(|predicate| PruningPredicate::new(&source, predicate, &budget));
        let stored = stored_schema(&source.file);
        let index = |root: usize| roots.iter().position(|r| *r == root).unwrap_or_default();
        let unit = |root| field_metadata(&stored, root, UNIT).unwrap_or_default();
        let selected = order.iter().map(|&root| (index(root), unit(root))).collect();
        let declared = roots.iter().map(|&root| field_metadata(&stored, root, DECLARED)).collect();
        Ok(Self {
            selected,
            roots,
            declared,
            levels,
            leaves,
            pruning,
            budget,
            batch_rows: u64::from(options.batch_rows).max(1),
            next_group: 0,
            batches: None,
            group_start: 0,
            group_rows: 0,
            stats: PruneStats::default(),
            done: false,
            source,
        })
    }

    /// Statistics of the row groups and rows skipped so far.
    pub fn prune_stats(&self) -> PruneStats {
        self.stats
    }

    /// A table with the columns of the scan and no rows.
    pub fn empty(&self) -> Table {
        let values = self.decoders().into_iter().map(Decoder::finish).zip(&self.declared);
        let widened = |(values, declared): (Values, &Option<String>)| match declared.as_deref() {
            // Without rows there are no values to convert.
            Some("f64") => Values::F64(Array::empty(values.is_nullable())),
            _ => values,
        };
        self.table(values.map(widened).collect())
    }

    /// The decoded columns in their declared types.
    fn finish(&self, decoders: Vec<Decoder>) -> Result<Vec<Values>, StoreError> {
        let values = decoders.into_iter().map(Decoder::finish).zip(&self.declared).zip(&self.roots);
        let restore = |((values, declared), &root): ((Values, &Option<String>), &usize)| match declared {
            None => Ok(values),
            Some(declared) => {
                let name = self.source.schema.field(root).name();
                restore_column(&self.source.file.path, name, values, declared)
            }
        };
        values.map(restore).collect()
    }

    fn decoders(&self) -> Vec<Decoder> {
        // `TableSource::select` accepted all of them, so none is left out.
        self.roots.iter().filter_map(|&root| Decoder::new(self.source.schema.field(root))).collect()
    }

    fn table(&self, mut values: Vec<Values>) -> Table {
        let column = |(index, unit): &(usize, String)| {
            let name = self.source.schema.field(self.roots[*index]).name();
            let values = std::mem::replace(&mut values[*index], Values::U32(Array::default()));
            Column::new(name, unit, values)
        };
        Table::new(self.selected.iter().map(column).collect())
    }

    /// Opens the next row group with a row that may satisfy the predicate; `false` if there is none.
    fn open_row_group(&mut self) -> Result<bool, StoreError> {
        while self.next_group < self.source.file.metadata.num_row_groups() {
            let group = self.next_group;
            self.next_group += 1;
            let rows = self.source.file.metadata.row_group(group).num_rows().unsigned_abs();
            if rows == 0 {
                continue;
            }
            let ranges = match &self.pruning {
                Some(pruning) => pruning.candidate_rows(&self.source.file, group),
                None => std::iter::once(0..rows).collect(),
            };
            let kept: u64 = ranges.iter().map(|range| range.end - range.start).sum();
            self.stats.row_groups += 1;
            self.stats.rows_pruned += rows - kept;
            self.group_start += self.group_rows;
            self.group_rows = rows;
            if kept == 0 {
                self.stats.row_groups_pruned += 1;
                continue;
            }
            let selection = (kept < rows).then(|| {
                let ranges = ranges.iter().map(|range| range.start as usize..range.end as usize);
                RowSelection::from_consecutive_ranges(ranges, rows as usize)
            });
            let reader = RowGroupReader {
                file: &self.source.file,
                levels: &self.levels,
                leaves: &self.leaves,
                budget: &self.budget,
                batch_rows: self.batch_rows,
            };
            self.batches = Some((reader.batches(group, selection)?, ranges));
            return Ok(true);
        }
        Ok(false)
    }

    /// The next batch, which may have no selected row; `None` at the end of the row group.
    fn batch(&mut self) -> Result<Option<Table>, StoreError> {
        let Some((batches, remaining)) = &mut self.batches else { return Ok(None) };
        let Some(batch) = batches.next(&self.source.file)? else {
            if remaining.iter().any(|range| range.start < range.end) {
                return Err(self
                    .source
                    .file
                    .damaged(format!("row group {} ends too soon", self.next_group - 1)));
            }
            return Ok(None);
        };
        let rows = batch.num_rows() as u64;
        let first = self.group_start + take_front(remaining, rows);
        let mut decoders = self.decoders();
        let row_bytes: u64 = decoders.iter().map(Decoder::bytes_per_row).sum();
        let text_bytes = |decoders: &[Decoder]| decoders.iter().map(Decoder::text_bytes).sum::<u64>();
        for (i, array) in batch.columns().iter().enumerate() {
            self.source.append(&mut decoders[i], self.roots[i], array.as_ref(), first)?;
            let needs = rows.saturating_mul(row_bytes).saturating_add(text_bytes(&decoders));
            if needs > self.budget.available() {
                let (path, limit) = (self.source.file.path.clone(), self.budget.limit());
                return Err(StoreError::Memory { path, needs, limit });
            }
        }
        let mut values = self.finish(decoders)?;
        if let Some(pruning) = &self.pruning {
            let column = |name: &str| {
                let index = self.roots.iter().position(|&root| self.source.schema.field(root).name() == name);
                &values[index.unwrap_or_default()]
            };
            let keep = pruning.predicate.evaluate(batch.num_rows(), &column);
            if keep.iter().any(|keep| !keep) {
                let rows: Vec<usize> = (0..keep.len()).filter(|&row| keep[row]).collect();
                values = values.iter().map(|values| values.take(&rows)).collect();
            }
        }
        Ok(Some(self.table(values)))
    }

    fn next_table(&mut self) -> Result<Option<Table>, StoreError> {
        loop {
            if self.batches.is_none() && !self.open_row_group()? {
                return Ok(None);
            }
            match self.batch()? {
                Some(table) if table.rows() > 0 => return Ok(Some(table)),
                Some(_) => {}
                None => self.batches = None,
            }
        }
    }
}

impl Iterator for Scan {
    type Item = Result<Table, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done || self.selected.is_empty() {
            return None;
        }
        let next = self.next_table().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.done = true;
            self.batches = None;
        }
        next
    }
}
