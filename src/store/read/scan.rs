//! A file as a stream of tables in bounded memory, of the columns and rows that are wanted.

use std::path::Path;
use std::sync::Arc;

use parquet::arrow::FieldLevels;
use parquet::arrow::arrow_reader::RowSelection;

use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::columns::narrow::{DECLARED, restored};
use crate::store::columns::to_arrow::UNIT;
use crate::store::read::predicate::{Predicate, comparable};
use crate::store::read::prune::{self, Column as Pruned, Pruner, Ranges};
use crate::store::read::row_group_batches::{Batches, Plan};
use crate::store::read::selection::{Source, field_metadata};
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::Open;
use crate::table::{Array, Column, Table, Values};

/// Rows of a batch unless said otherwise.
const BATCH_ROWS: u32 = 10_000;
/// Memory of a scan unless said otherwise, bytes.
const MEMORY_LIMIT: u64 = 1 << 30;

/// What to read of a file, and with how much memory.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanOptions {
    /// The columns, in the order they are wanted; `None` for all that events can use.
    pub columns: Option<Vec<String>>,
    /// The rows that are wanted; `None` for all.
    pub predicate: Option<Predicate>,
    /// Most rows of a batch; one may have fewer.
    pub batch_rows: u32,
    /// Memory that a scan holds at most, bytes, the batch at hand included.
    pub memory_limit_bytes: u64,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { columns: None, predicate: None, batch_rows: BATCH_ROWS, memory_limit_bytes: MEMORY_LIMIT }
    }
}

/// What a scan did not have to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PruneStats {
    /// Row groups that hold rows.
    pub row_groups: u64,
    /// Those of them that no row was read of.
    pub row_groups_passed: u64,
    /// Rows that were passed over without being decoded, in those and in others.
    pub rows_passed: u64,
}

/// The batches of a file: an iterator of tables.
///
/// Every table has the same columns; none is empty. After an error there is nothing more.
pub struct Scan {
    source: Source,
    /// Columns that are decoded: those wanted, and those the predicate needs.
    roots: Vec<usize>,
    /// Of the wanted columns in their order: which of `roots`, and the unit.
    wanted: Vec<(usize, String)>,
    /// Of each of `roots` the type that it was declared with, where it was stored in a narrower one.
    declared: Vec<Option<String>>,
    levels: FieldLevels,
    leaves: Vec<usize>,
    pruner: Option<Pruner>,
    budget: Arc<MemoryBudget>,
    batch_rows: u64,
    group: usize,
    batches: Option<(Batches, Ranges)>,
    /// First row of the group at hand in the file, and rows read of it.
    rows_before: u64,
    rows_read: u64,
    passed: PruneStats,
    done: bool,
}

/// Opens a file for reading batch by batch. Cost: the footer, and the page index of the predicate's columns.
///
/// Row groups and pages that cannot hold a wanted row, by their statistics, are not read; of what is read, exactly the
/// rows that satisfy the predicate come out, in the order of the file.
///
/// # Errors
/// As [`read_table`](crate::store::read_table); [`StoreError::Predicate`] for a comparison of a column with another kind.
pub fn scan(path: &Path, options: &ScanOptions) -> Result<Scan, StoreError> {
    let statistics = options.predicate.is_some();
    Scan::new(Source::open(path, Open { statistics, map: false })?, options)
}

/// As [`scan`], with the file mapped into memory: what is not compressed is not copied, and what is not wanted is never
/// brought in. Where everything is decoded it saves little (see `benches/record/`).
///
/// # Safety
/// Nobody may change or shorten the file while the scan lives: bytes that were checked could then be others, and reading
/// beyond a new end kills the process.
///
/// # Errors
/// As [`scan`].
#[allow(unsafe_code, reason = "hands on what its caller promises of the file")]
pub unsafe fn scan_mapped(path: &Path, options: &ScanOptions) -> Result<Scan, StoreError> {
    let statistics = options.predicate.is_some();
    Scan::new(Source::open(path, Open { statistics, map: true })?, options)
}

impl Scan {
    fn new(source: Source, options: &ScanOptions) -> Result<Self, StoreError> {
        let names: Option<Vec<&str>> =
            options.columns.as_ref().map(|c| c.iter().map(String::as_str).collect());
        let (chosen, _) = source.choose(names.as_deref())?;
        let mut roots: Vec<usize> = chosen.iter().map(|(root, _)| *root).collect();
        let mut order = roots.clone();
        if let Some(names) = &names {
            let position = |root: &usize| names.iter().position(|n| n == source.schema.field(*root).name());
            order.sort_by_key(position);
        }
        if let Some(predicate) = &options.predicate {
            for column in predicate.columns() {
                let root = source.position(column)?;
                source.choose(Some(&[column]))?;
                roots.push(root);
            }
            check(&source, predicate)?;
        }
        roots.sort_unstable();
        roots.dedup();
        let (levels, leaves) = source.levels(&roots)?;
        let budget = Arc::new(MemoryBudget::new(options.memory_limit_bytes));
        let pruner = options.predicate.clone().map(|predicate| pruner(&source, predicate, &budget));
        let noted = source.noted();
        let place = |root: usize| roots.iter().position(|r| *r == root).unwrap_or_default();
        let unit = |root| field_metadata(&noted, root, UNIT).unwrap_or_default();
        let wanted = order.iter().map(|&root| (place(root), unit(root))).collect();
        let declared = roots.iter().map(|&root| field_metadata(&noted, root, DECLARED)).collect();
        Ok(Self {
            wanted,
            roots,
            declared,
            levels,
            leaves,
            pruner,
            budget,
            batch_rows: u64::from(options.batch_rows).max(1),
            group: 0,
            batches: None,
            rows_before: 0,
            rows_read: 0,
            passed: PruneStats::default(),
            done: false,
            source,
        })
    }

    /// What was passed over so far.
    pub fn passed(&self) -> PruneStats {
        self.passed
    }

    /// A table of the scan's columns without rows.
    pub fn empty(&self) -> Table {
        let values = self.decoders().into_iter().map(Decoder::finish).zip(&self.declared);
        let widened = |(values, declared): (Values, &Option<String>)| match declared.as_deref() {
            // A column without rows can be restored from any type.
            Some("f64") => Values::F64(Array::empty(values.nullable())),
            _ => values,
        };
        self.table(values.map(widened).collect())
    }

    /// The decoded columns, in the types that they were declared with.
    fn finished(&self, decoders: Vec<Decoder>) -> Result<Vec<Values>, StoreError> {
        let values = decoders.into_iter().map(Decoder::finish).zip(&self.declared).zip(&self.roots);
        let restore = |((values, declared), &root): ((Values, &Option<String>), &usize)| match declared {
            None => Ok(values),
            Some(declared) => {
                let name = self.source.schema.field(root).name();
                restored(&self.source.file.path, name, values, declared)
            }
        };
        values.map(restore).collect()
    }

    fn decoders(&self) -> Vec<Decoder> {
        // `choose` made a decoder of each of them before.
        self.roots.iter().filter_map(|&root| Decoder::new(self.source.schema.field(root))).collect()
    }

    fn table(&self, mut values: Vec<Values>) -> Table {
        let take = |(at, unit): &(usize, String)| {
            let name = self.source.schema.field(self.roots[*at]).name();
            let values = std::mem::replace(&mut values[*at], Values::U32(Array::default()));
            Column::new(name, unit, values)
        };
        Table::new(self.wanted.iter().map(take).collect())
    }

    /// Opens the next row group with a row that may be wanted; `false` if there is none.
    fn open_group(&mut self) -> Result<bool, StoreError> {
        while self.group < self.source.file.metadata.num_row_groups() {
            let group = self.group;
            self.group += 1;
            let rows = self.source.file.metadata.row_group(group).num_rows().unsigned_abs();
            if rows == 0 {
                continue;
            }
            let all: Ranges = std::iter::once(0..rows).collect();
            let ranges = self.pruner.as_ref().map_or(all, |pruner| pruner.rows(&self.source.file, group));
            let kept: u64 = ranges.iter().map(|range| range.end - range.start).sum();
            self.passed.row_groups += 1;
            self.passed.rows_passed += rows - kept;
            self.rows_before += self.rows_read;
            self.rows_read = rows;
            if kept == 0 {
                self.passed.row_groups_passed += 1;
                continue;
            }
            let selection = (kept < rows).then(|| {
                let ranges = ranges.iter().map(|range| range.start as usize..range.end as usize);
                RowSelection::from_consecutive_ranges(ranges, rows as usize)
            });
            let plan = Plan {
                file: &self.source.file,
                levels: &self.levels,
                leaves: &self.leaves,
                budget: &self.budget,
                batch_rows: self.batch_rows,
            };
            self.batches = Some((plan.group(group, selection)?, ranges));
            return Ok(true);
        }
        Ok(false)
    }

    /// The next batch, which may have no wanted row; `None` at the end of the row group.
    fn batch(&mut self) -> Result<Option<Table>, StoreError> {
        let Some((batches, left)) = &mut self.batches else { return Ok(None) };
        let Some(batch) = batches.next(&self.source.file)? else {
            if left.iter().any(|range| range.start < range.end) {
                return Err(self.source.file.damaged(format!("row group {} ends too soon", self.group - 1)));
            }
            return Ok(None);
        };
        let rows = batch.num_rows() as u64;
        let first = self.rows_before + take(left, rows);
        let mut decoders = self.decoders();
        let width: u64 = decoders.iter().map(Decoder::bytes_per_row).sum();
        let text = |decoders: &[Decoder]| decoders.iter().map(Decoder::text_bytes).sum::<u64>();
        for (i, array) in batch.columns().iter().enumerate() {
            self.source.append(&mut decoders[i], self.roots[i], array.as_ref(), first)?;
            let needs = rows.saturating_mul(width).saturating_add(text(&decoders));
            if needs > self.budget.left() {
                let (path, limit) = (self.source.file.path.clone(), self.budget.limit());
                return Err(StoreError::Memory { path, needs, limit });
            }
        }
        let mut values = self.finished(decoders)?;
        if let Some(pruner) = &self.pruner {
            let column = |name: &str| {
                let at = self.roots.iter().position(|&root| self.source.schema.field(root).name() == name);
                &values[at.unwrap_or_default()]
            };
            let wanted = pruner.predicate.rows(batch.num_rows(), &column);
            if wanted.iter().any(|wanted| !wanted) {
                let rows: Vec<usize> = (0..wanted.len()).filter(|&row| wanted[row]).collect();
                values = values.iter().map(|values| values.take(&rows)).collect();
            }
        }
        Ok(Some(self.table(values)))
    }

    fn step(&mut self) -> Result<Option<Table>, StoreError> {
        loop {
            if self.batches.is_none() && !self.open_group()? {
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
        if self.done || self.wanted.is_empty() {
            return None;
        }
        let step = self.step().transpose();
        if !matches!(step, Some(Ok(_))) {
            self.done = true;
            self.batches = None;
        }
        step
    }
}

/// Refuses a comparison of a column with a value of another kind.
fn check(source: &Source, predicate: &Predicate) -> Result<(), StoreError> {
    let mut wrong = None;
    predicate.visit(&mut |column, value| {
        let field = source.schema.fields().iter().find(|field| field.name() == column);
        let values = field.and_then(|field| Decoder::new(field)).map(Decoder::finish);
        if let (Some(values), Some(value)) = (values, value)
            && !comparable(&values, value)
            && wrong.is_none()
        {
            wrong = Some(StoreError::Predicate {
                path: source.file.path.clone(),
                column: column.to_owned(),
                type_name: values.type_name(),
                value: value.kind(),
            });
        }
    });
    wrong.map_or(Ok(()), Err)
}

fn pruner(source: &Source, predicate: Predicate, budget: &MemoryBudget) -> Pruner {
    let schema = source.file.schema();
    let column = |name: &str| {
        let root = source.schema.fields().iter().position(|field| field.name() == name)?;
        let mut leaves = (0..schema.num_columns()).filter(|&leaf| schema.get_column_root_idx(leaf) == root);
        let (leaf, more) = (leaves.next()?, leaves.next());
        let flat = more.is_none() && schema.column(leaf).max_rep_level() == 0;
        flat.then(|| Pruned::new(&source.file, name, leaf, source.schema.field(root).data_type()))
    };
    let columns: Vec<Pruned> = predicate.columns().into_iter().filter_map(column).collect();
    let leaves: Vec<usize> = columns.iter().map(|column| column.leaf).collect();
    let index = if leaves.is_empty() { None } else { prune::page_index(&source.file, &leaves, budget) };
    Pruner { predicate, columns, index }
}

/// Takes `rows` rows off the front of ranges; gives the first of them.
fn take(ranges: &mut Ranges, mut rows: u64) -> u64 {
    let first = ranges.first().map_or(0, |range| range.start);
    for range in ranges.iter_mut() {
        let taken = rows.min(range.end - range.start);
        range.start += taken;
        rows -= taken;
    }
    ranges.retain(|range| range.start < range.end);
    first
}
