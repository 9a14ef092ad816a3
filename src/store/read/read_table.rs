//! Reading of one Parquet file of any writer into a plain table.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::columns::narrow::{DECLARED, restore_column};
use crate::store::columns::to_arrow::UNIT;
use crate::store::read::row_group_batches::RowGroupReader;
use crate::store::read::selection::{TableSource, field_metadata, stored_schema, type_name};
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::OpenOptions;
use crate::table::{Column, Table, Values};

/// Maximum rows that are decoded at once: a row group of the default size is one batch.
const BATCH_ROWS: u64 = 10_000;

/// A table that was read from a file, and the columns that were skipped.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadResult {
    /// The requested columns, or all of a supported type.
    pub table: Table,
    /// Name and type of the columns that were skipped because their type is not supported.
    pub ignored: Vec<(String, String)>,
}

/// Summary of a file, from its footer alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// Number of rows.
    pub rows: u64,
    /// Name and type of each column.
    pub columns: Vec<(String, String)>,
    /// Declared size of all columns, decompressed but still encoded, bytes.
    pub uncompressed_bytes: u64,
}

/// Summary of a Parquet file: rows, columns and declared size. Only the footer is read.
///
/// # Errors
/// The errors of [`read_table`] that the footer alone can cause.
pub fn footer(path: &Path) -> Result<Footer, StoreError> {
    let source = TableSource::open(path, OpenOptions::default())?;
    let bytes = source
        .column_chunks()
        .map(|chunk| chunk.uncompressed_size().unsigned_abs())
        .fold(0, u64::saturating_add);
    let columns = source.schema.fields().iter().map(|f| (f.name().clone(), type_name(f))).collect();
    Ok(Footer { rows: source.file.rows, columns, uncompressed_bytes: bytes })
}

/// Reads the named columns of a Parquet file, in the given order, or all columns.
///
/// Integers of all widths become `i64`; non-nullable `u32` and `u64` columns keep their type, half floats become
/// `f32`, decimals the nearest `f64`, dates the wall-clock time of midnight in seconds. Timestamps keep their unit,
/// and are UTC if the file declares it. Strings of any encoding become labels. A column of nulls becomes null `f64`
/// values. Columns that this crate stored in fewer bits get their declared type. Nested, binary, time-of-day,
/// duration and interval columns are listed in [`ReadResult::ignored`].
///
/// The file is untrusted: its lengths, schema, offsets and declared sizes are checked first, and a panic of the
/// decoder is returned as an error. At most about `memory_limit_bytes` of memory are used, the table included. Only
/// the named columns are read, in parallel on the threads of the current rayon pool.
///
/// # Errors
/// [`StoreError::Io`]; [`StoreError::NotParquet`], [`StoreError::Encrypted`], [`StoreError::Feature`],
/// [`StoreError::Damaged`] for the file as a whole; [`StoreError::Memory`] if the table or decoding it would exceed
/// the limit; [`StoreError::UnknownColumn`], [`StoreError::Unsupported`], [`StoreError::DuplicateColumn`] for its
/// columns; [`StoreError::OutOfRange`] for an unsigned value beyond `i64` in a nullable column.
///
/// # Examples
/// ```
/// use ironforge::store::{StoreConfig, footer, read_table, write_table};
/// use ironforge::table::{Column, Table, Values};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("trades.parquet");
/// let table = Table::new(vec![
///     Column::new("t_ms", "ms", Values::I64(vec![0, 250, 900].into())),
///     Column::new("price", "points", Values::F64(vec![101.5, 101.25, 102.0].into())),
/// ]);
/// write_table(&path, &table, &StoreConfig::default())?;
///
/// assert_eq!(footer(&path)?.rows, 3);
/// let read = read_table(&path, Some(&["price"]), 64 << 20)?;
/// assert_eq!(read.table.columns(), &table.columns()[1..]);
/// # Ok(())
/// # }
/// ```
pub fn read_table(
    path: &Path,
    columns: Option<&[&str]>,
    memory_limit_bytes: u64,
) -> Result<ReadResult, StoreError> {
    read_columns(&TableSource::open(path, OpenOptions::default())?, columns, memory_limit_bytes)
}

/// Same as [`read_table`], but maps the file into memory: its pages are not copied before they are decoded.
///
/// # Safety
/// As for [`scan_mapped`](crate::store::scan_mapped): nobody may change or shorten the file during the call.
///
/// # Errors
/// Those of [`read_table`].
#[allow(unsafe_code, reason = "forwards the promise of its caller about the file")]
pub unsafe fn read_table_mapped(
    path: &Path,
    columns: Option<&[&str]>,
    memory_limit_bytes: u64,
) -> Result<ReadResult, StoreError> {
    let source = TableSource::open(path, OpenOptions { map: true, ..OpenOptions::default() })?;
    read_columns(&source, columns, memory_limit_bytes)
}

/// Reads whole columns of an open file in parallel.
pub(crate) fn read_columns(
    source: &TableSource,
    columns: Option<&[&str]>,
    limit: u64,
) -> Result<ReadResult, StoreError> {
    let (selected, ignored) = source.select(columns)?;
    let row_bytes: u64 = selected.iter().map(|(_, decoder)| decoder.bytes_per_row()).sum();
    let budget = Arc::new(MemoryBudget::new(limit));
    let needs = source.file.rows.saturating_mul(row_bytes);
    if budget.resize(0, needs).is_err() {
        return Err(StoreError::Memory { path: source.file.path.clone(), needs, limit });
    }
    let decoded: Vec<Result<Values, StoreError>> = selected
        .into_par_iter()
        .map(|(root, decoder)| source.decode_column(root, decoder, &budget))
        .collect();
    let (order, _) = source.select(columns)?;
    let stored = stored_schema(&source.file);
    let mut table: Vec<(usize, Column)> = Vec::with_capacity(decoded.len());
    for ((index, (root, _)), values) in order.into_iter().enumerate().zip(decoded) {
        let name = source.schema.field(root).name();
        let position = columns.and_then(|c| c.iter().position(|c| c == name)).unwrap_or(index);
        let mut values = values?;
        if let Some(declared) = field_metadata(&stored, root, DECLARED) {
            values = restore_column(&source.file.path, name, values, &declared)?;
        }
        let unit = field_metadata(&stored, root, UNIT).unwrap_or_default();
        table.push((position, Column::new(name, unit, values)));
    }
    table.sort_by_key(|(position, _)| *position);
    Ok(ReadResult { table: Table::new(table.into_iter().map(|(_, column)| column).collect()), ignored })
}

impl TableSource {
    /// Decodes one column, row group by row group, so that a batch never spans two dictionaries.
    fn decode_column(
        &self,
        root: usize,
        mut decoder: Decoder,
        budget: &Arc<MemoryBudget>,
    ) -> Result<Values, StoreError> {
        let (levels, leaves) = self.field_levels(&[root])?;
        let reader = RowGroupReader {
            file: &self.file,
            levels: &levels,
            leaves: &leaves,
            budget,
            batch_rows: BATCH_ROWS,
        };
        decoder.reserve(self.file.rows);
        let mut first_row = 0u64;
        let mut text_bytes = 0;
        for (group, metadata) in self.file.metadata.row_groups().iter().enumerate() {
            if metadata.num_rows() == 0 {
                continue;
            }
            let group_end = first_row + metadata.num_rows().unsigned_abs();
            let mut batches = reader.batches(group, None)?;
            while let Some(batch) = batches.next(&self.file)? {
                self.append(&mut decoder, root, batch.column(0).as_ref(), first_row)?;
                first_row += batch.num_rows() as u64;
                budget.resize(text_bytes, decoder.text_bytes()).map_err(|error| {
                    let text = budget.record(error);
                    budget.store_error(&self.file.path, text)
                })?;
                text_bytes = decoder.text_bytes();
            }
            if first_row != group_end {
                let why = format!("row group {group} ends at row {first_row} instead of {group_end}");
                return Err(self.file.damaged(why));
            }
        }
        Ok(decoder.finish())
    }

    /// Appends an array that begins at row `first_row` of the file.
    pub(crate) fn append(
        &self,
        decoder: &mut Decoder,
        root: usize,
        array: &dyn arrow_array::Array,
        first_row: u64,
    ) -> Result<(), StoreError> {
        let appended = catch_panic(|| decoder.append(array)).map_err(|why| self.file.damaged(why))?;
        appended.map_err(|overflow| StoreError::OutOfRange {
            path: self.file.path.clone(),
            column: self.schema.field(root).name().clone(),
            row: first_row + overflow.row as u64,
            value: overflow.value,
        })
    }
}
