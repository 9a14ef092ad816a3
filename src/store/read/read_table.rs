//! Reading of one Parquet file of any writer into a plain table.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::columns::narrow::{DECLARED, restore_column};
use crate::store::columns::to_arrow::UNIT;
use crate::store::read::pandas::{PANDAS, index_columns};
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
    /// Names of the columns that pandas made of an index: they number or name the rows.
    pub index_columns: Vec<String>,
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
/// Integers of all widths become `i64`; `u64` and non-nullable `u32` columns keep their type, half floats become
/// `f32`, decimals without a fraction and of at most 18 digits `i64`, others the nearest `f64`, dates the wall-clock time
/// of midnight. Timestamps keep their unit, and are UTC if the file declares it; INT96 has nanoseconds, or microseconds
/// if these do not hold all values. Strings of any encoding become labels. A column of nulls becomes null `f64`
/// values. Columns that this crate stored in fewer bits get their declared type.
///
/// Only if they are named: a field of a struct, by its dotted name; bytes as the UTF-8 text that they are, or as
/// hexadecimal digits if one value is none; UUIDs as they are written; integers of more than 18 digits as `i64`, or as
/// text if one does not fit. Else these, lists, maps, times of day, durations and intervals are listed in
/// [`ReadResult::ignored`].
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
    read_columns(TableSource::open(path, OpenOptions::default())?, columns, memory_limit_bytes)
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
    read_columns(source, columns, memory_limit_bytes)
}

/// Reads whole columns of an open file in parallel.
pub(crate) fn read_columns(
    mut source: TableSource,
    columns: Option<&[&str]>,
    limit: u64,
) -> Result<ReadResult, StoreError> {
    let budget = Arc::new(MemoryBudget::new(limit));
    let (mut plain, mut special) = (columns.map(<[&str]>::to_vec), Vec::new());
    if let Some(plain) = &mut plain {
        let named = std::mem::take(plain);
        for name in named {
            match source.special(name)? {
                Some(column) if !source.is_plain(name) => special.push((name, column)),
                _ => plain.push(name),
            }
        }
    }
    let roots: Vec<usize> = source.select(plain.as_deref())?.0.iter().map(|(root, _)| *root).collect();
    source.choose_int96_units(&roots, limit)?;
    let (selected, ignored) = source.select(plain.as_deref())?;
    let row_bytes: u64 = selected.iter().map(|(_, decoder)| decoder.bytes_per_row()).sum();
    let needs = source.file.rows.saturating_mul(row_bytes);
    if budget.resize(0, needs).is_err() {
        return Err(StoreError::Memory { path: source.file.path.clone(), needs, limit });
    }
    let decoded: Vec<Result<Values, StoreError>> = selected
        .into_par_iter()
        .map(|(root, decoder)| source.decode_column(root, decoder, &budget))
        .collect();
    let stored = stored_schema(&source.file);
    let position: HashMap<&str, usize> = columns.into_iter().flatten().copied().zip(0..).collect();
    let mut table: Vec<(usize, Column)> = Vec::with_capacity(decoded.len());
    for ((index, root), values) in roots.into_iter().enumerate().zip(decoded) {
        let name = source.schema.field(root).name();
        let mut values = values?;
        if let Some(declared) = field_metadata(&stored, root, DECLARED) {
            values = restore_column(&source.file.path, name, values, &declared)?;
        }
        let unit = field_metadata(&stored, root, UNIT).unwrap_or_default();
        let position = position.get(name.as_str()).copied().unwrap_or(index);
        table.push((position, Column::new(name, unit, values)));
    }
    for (name, column) in special {
        let values = source.read_special(&column, &budget)?;
        table.push((position.get(name).copied().unwrap_or_default(), Column::new(name, "", values)));
    }
    table.sort_by_key(|(position, _)| *position);
    let metadata = source.file.metadata.file_metadata().key_value_metadata();
    let metadata = metadata.into_iter().flatten().find(|entry| entry.key == PANDAS);
    let metadata = metadata.and_then(|entry| entry.value.as_deref());
    let index_columns = index_columns(metadata, source.schema.fields().iter().map(|f| f.name().as_str()));
    let table = Table::new(table.into_iter().map(|(_, column)| column).collect());
    Ok(ReadResult { table, ignored, index_columns })
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
