//! One row group as batches of Arrow arrays, its pages coming through [`Pages`].

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use parquet::arrow::FieldLevels;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowGroups, RowSelection};
use parquet::basic::Type;
use parquet::column::page::{PageIterator, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use crate::store::StoreError;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::column_pages::Pages;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::ParquetFile;

/// Bytes of levels, offsets and validity beside a value of an array.
const PER_VALUE: u64 = 12;

/// What to decode of a file.
pub(crate) struct Plan<'a> {
    pub(crate) file: &'a ParquetFile,
    /// The columns as fields of Arrow, and the leaves they are made of.
    pub(crate) levels: &'a FieldLevels,
    pub(crate) leaves: &'a [usize],
    pub(crate) budget: &'a Arc<MemoryBudget>,
    /// Most rows of a batch.
    pub(crate) batch_rows: u64,
}

/// The batches of one row group.
pub(crate) struct Batches {
    reader: ParquetRecordBatchReader,
    budget: Arc<MemoryBudget>,
}

impl Plan<'_> {
    /// Sets up one row group; of its rows those of `selection`, or all. Memory is looked at first: the batches become
    /// as small as the longest string asks for.
    pub(crate) fn group(&self, group: usize, selection: Option<RowSelection>) -> Result<Batches, StoreError> {
        let error = |fault| {
            let text = self.budget.keep(fault);
            self.budget.error(&self.file.path, text)
        };
        let rows_of_group = self.file.metadata.row_group(group).num_rows().unsigned_abs();
        let mut primed = BTreeMap::new();
        let mut row_bytes = 0u64;
        for &leaf in self.leaves {
            let mut pages = self.file.pages(group, leaf, self.budget).map_err(error)?;
            let longest = pages.prime().map_err(error)?;
            row_bytes = row_bytes.saturating_add(self.row_bytes(group, leaf, longest));
            primed.insert(leaf, pages);
        }
        // A quarter of what is left: pages stand beside the arrays, and those grow by doubling.
        let fit = self.budget.left() / 4 / row_bytes.max(1);
        let batch_rows = self.batch_rows.min(rows_of_group).min(fit).max(1);
        for pages in primed.values_mut() {
            pages.set_batch(batch_rows, PER_VALUE, false);
        }
        let source = Group { file: self.file, group, budget: self.budget, primed: RefCell::new(primed) };
        let open = || {
            ParquetRecordBatchReader::try_new_with_row_groups(
                self.levels,
                &source,
                batch_rows as usize,
                selection,
            )
        };
        let reader = catch_panic(open).map_err(|why| self.budget.error(&self.file.path, why))?;
        let reader = reader.map_err(|e| self.budget.error(&self.file.path, e.to_string()))?;
        Ok(Batches { reader, budget: Arc::clone(self.budget) })
    }

    /// Bytes that a row of a leaf can take once decoded: its longest value, or its share of the chunk.
    fn row_bytes(&self, group: usize, leaf: usize, longest: u64) -> u64 {
        let group = self.file.metadata.row_group(group);
        let chunk = group.column(leaf);
        let width = match chunk.column_type() {
            Type::BOOLEAN => 1,
            Type::FIXED_LEN_BYTE_ARRAY => {
                u64::try_from(chunk.column_descr().type_length()).unwrap_or_default()
            }
            Type::INT32 | Type::FLOAT => 4,
            Type::BYTE_ARRAY => 0,
            Type::INT64 | Type::DOUBLE | Type::INT96 => 8,
        };
        let rows = group.num_rows().unsigned_abs().max(1);
        let share = chunk.uncompressed_size().unsigned_abs() / rows;
        let values = chunk.num_values().unsigned_abs().div_ceil(rows).max(1);
        longest.max(width).max(share).saturating_add(PER_VALUE).saturating_mul(values)
    }
}

impl Batches {
    /// The next batch, `None` behind the last.
    pub(crate) fn next(&mut self, file: &ParquetFile) -> Result<Option<RecordBatch>, StoreError> {
        self.budget.next_batch();
        let batch = catch_panic(|| self.reader.next()).map_err(|why| self.budget.error(&file.path, why))?;
        batch.transpose().map_err(|e| {
            // Arrow's words for whose error it is are the decoder's, not ours.
            let text = e.to_string();
            let text =
                text.trim_start_matches("Parquet argument error: ").trim_start_matches("Parquet error: ");
            self.budget.error(&file.path, text.to_owned())
        })
    }
}

struct Group<'a> {
    file: &'a ParquetFile,
    group: usize,
    budget: &'a Arc<MemoryBudget>,
    primed: RefCell<BTreeMap<usize, Pages>>,
}

impl RowGroups for Group<'_> {
    fn num_rows(&self) -> usize {
        self.file.metadata.row_group(self.group).num_rows() as usize
    }

    fn column_chunks(&self, leaf: usize) -> ParquetResult<Box<dyn PageIterator>> {
        let pages = match self.primed.borrow_mut().remove(&leaf) {
            Some(pages) => pages,
            None => {
                let pages = self.file.pages(self.group, leaf, self.budget);
                pages.map_err(|fault| ParquetError::General(self.budget.keep(fault)))?
            }
        };
        Ok(Box::new(Once(Some(pages))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.file.metadata.row_group(self.group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.file.metadata
    }
}

/// The one chunk of a column in a row group.
struct Once(Option<Pages>);

impl Iterator for Once {
    type Item = ParquetResult<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(|pages| Ok(Box::new(pages) as Box<dyn PageReader>))
    }
}

impl PageIterator for Once {}
