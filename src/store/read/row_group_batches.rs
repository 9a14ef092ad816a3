//! One row group as batches of Arrow arrays, decoded from the pages of [`CheckedPageReader`]s.

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
use crate::store::untrusted::column_pages::CheckedPageReader;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::ParquetFile;

/// Memory of levels, offsets and validity for each value of an array, bytes.
const VALUE_OVERHEAD_BYTES: u64 = 12;

/// Reader of the row groups of a file.
pub(crate) struct RowGroupReader<'a> {
    pub(crate) file: &'a ParquetFile,
    /// The columns as Arrow fields.
    pub(crate) levels: &'a FieldLevels,
    /// Indices of the leaf columns of these fields.
    pub(crate) leaves: &'a [usize],
    pub(crate) budget: &'a Arc<MemoryBudget>,
    /// Maximum rows of a batch.
    pub(crate) batch_rows: u64,
}

/// The batches of one row group.
pub(crate) struct RowGroupBatches {
    reader: ParquetRecordBatchReader,
    budget: Arc<MemoryBudget>,
}

impl RowGroupReader<'_> {
    /// The batches of a row group: of the rows in `selection`, or of all. The number of rows in a batch depends on
    /// the available memory and the longest string.
    pub(crate) fn batches(
        &self,
        group: usize,
        selection: Option<RowSelection>,
    ) -> Result<RowGroupBatches, StoreError> {
        let store_error = |error| {
            let text = self.budget.record(error);
            self.budget.store_error(&self.file.path, text)
        };
        let group_rows = self.file.metadata.row_group(group).num_rows().unsigned_abs();
        let mut page_readers = BTreeMap::new();
        let mut row_bytes = 0u64;
        for &leaf in self.leaves {
            let mut pages = self.file.page_reader(group, leaf, self.budget).map_err(store_error)?;
            let longest = pages.read_dictionary().map_err(store_error)?;
            row_bytes = row_bytes.saturating_add(self.row_bytes(group, leaf, longest));
            page_readers.insert(leaf, pages);
        }
        // A quarter of the available memory: pages are in memory in addition to the arrays, and arrays grow by
        // doubling.
        let fit = self.budget.available() / 4 / row_bytes.max(1);
        let batch_rows = self.batch_rows.min(group_rows).min(fit).max(1);
        for pages in page_readers.values_mut() {
            pages.set_batch(batch_rows, VALUE_OVERHEAD_BYTES, false);
        }
        let source = RowGroupPages {
            file: self.file,
            group,
            budget: self.budget,
            page_readers: RefCell::new(page_readers),
        };
        let open = || {
            ParquetRecordBatchReader::try_new_with_row_groups(
                self.levels,
                &source,
                batch_rows as usize,
                selection,
            )
        };
        let reader = catch_panic(open).map_err(|why| self.budget.store_error(&self.file.path, why))?;
        let reader = reader.map_err(|e| self.budget.store_error(&self.file.path, e.to_string()))?;
        Ok(RowGroupBatches { reader, budget: Arc::clone(self.budget) })
    }

    /// Estimate of the memory of a decoded row of a leaf column, bytes: its longest value, or its share of the column
    /// chunk.
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
        longest.max(width).max(share).saturating_add(VALUE_OVERHEAD_BYTES).saturating_mul(values)
    }
}

impl RowGroupBatches {
    /// The next batch; `None` after the last.
    pub(crate) fn next(&mut self, file: &ParquetFile) -> Result<Option<RecordBatch>, StoreError> {
        self.budget.begin_batch();
        let batch =
            catch_panic(|| self.reader.next()).map_err(|why| self.budget.store_error(&file.path, why))?;
        batch.transpose().map_err(|e| {
            // The prefixes of the Arrow and Parquet error types mean nothing to a reader of the message.
            let text = e.to_string();
            let text =
                text.trim_start_matches("Parquet argument error: ").trim_start_matches("Parquet error: ");
            self.budget.store_error(&file.path, text.to_owned())
        })
    }
}

/// The column chunks of a row group, for the decoder of the `parquet` crate.
struct RowGroupPages<'a> {
    file: &'a ParquetFile,
    group: usize,
    budget: &'a Arc<MemoryBudget>,
    page_readers: RefCell<BTreeMap<usize, CheckedPageReader>>,
}

impl RowGroups for RowGroupPages<'_> {
    fn num_rows(&self) -> usize {
        self.file.metadata.row_group(self.group).num_rows() as usize
    }

    fn column_chunks(&self, leaf: usize) -> ParquetResult<Box<dyn PageIterator>> {
        let pages = match self.page_readers.borrow_mut().remove(&leaf) {
            Some(pages) => pages,
            None => {
                let pages = self.file.page_reader(self.group, leaf, self.budget);
                pages.map_err(|error| ParquetError::General(self.budget.record(error)))?
            }
        };
        Ok(Box::new(SingleChunk(Some(pages))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.file.metadata.row_group(self.group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.file.metadata
    }
}

/// Iterator over the single column chunk of a leaf column in a row group.
struct SingleChunk(Option<CheckedPageReader>);

impl Iterator for SingleChunk {
    type Item = ParquetResult<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(|pages| Ok(Box::new(pages) as Box<dyn PageReader>))
    }
}

impl PageIterator for SingleChunk {}
