//! Reading one Parquet file, of whatever writer, into a plain table.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::columns::narrow::{DECLARED, restored};
use crate::store::columns::to_arrow::UNIT;
use crate::store::read::row_group_batches::Plan;
use crate::store::read::selection::{Source, field_metadata, type_name};
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::Open;
use crate::table::{Column, Table, Values};

/// Most rows that are decoded at once: a row group of the default size in one piece.
const BATCH_ROWS: u64 = 10_000;

/// What reading a file gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The columns that were asked for, or all that could be read.
    pub table: Table,
    /// Name and type of the columns that were passed over, because events cannot use their type.
    pub ignored: Vec<(String, String)>,
}

/// What the footer of a file says, without reading its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// Number of rows.
    pub rows: u64,
    /// Name and type of each column.
    pub columns: Vec<(String, String)>,
    /// Size of all columns decompressed but still encoded, bytes, as the file declares it.
    pub uncompressed_bytes: u64,
}

/// Reads the footer of a Parquet file: its rows, columns and declared size. Cost: the footer alone.
///
/// # Errors
/// As [`read_table`], for what the footer shows.
pub fn footer(path: &Path) -> Result<Footer, StoreError> {
    let source = Source::open(path, Open::default())?;
    let bytes =
        source.chunks().map(|chunk| chunk.uncompressed_size().unsigned_abs()).fold(0, u64::saturating_add);
    let columns = source.schema.fields().iter().map(|f| (f.name().clone(), type_name(f))).collect();
    Ok(Footer { rows: source.file.rows, columns, uncompressed_bytes: bytes })
}

/// Reads the named columns of a Parquet file, in that order, or all columns.
///
/// Integers of all widths become `i64`; `u32` and `u64` columns without missing values stay as they are, half
/// floats become `f32`, decimals the nearest `f64`, dates midnight of the wall clock. Timestamps keep their unit;
/// they are UTC if the file says so. Strings of any encoding become labels. A column of nulls is missing floats.
/// Columns that this crate stored in fewer bits come back as they were declared. Nested, binary, time-of-day, duration
/// and interval columns are listed in [`Read::ignored`].
///
/// The file is not trusted: its lengths, schema, offsets and declared sizes are checked first, and a decoder that
/// fails all the same gives an error. About `memory_limit_bytes` are taken at most, the table included. Cost:
/// the named columns alone are read, column beside column on the threads there are.
///
/// # Errors
/// [`StoreError::Io`]; [`StoreError::NotParquet`], [`StoreError::Encrypted`], [`StoreError::Feature`],
/// [`StoreError::Damaged`] for what the file is; [`StoreError::Memory`] before or while it would take too much;
/// [`StoreError::UnknownColumn`], [`StoreError::Unsupported`], [`StoreError::DuplicateColumn`] for its columns;
/// [`StoreError::OutOfRange`] for an unsigned value beyond `i64` in a column with missing values.
pub fn read_table(
    path: &Path,
    columns: Option<&[&str]>,
    memory_limit_bytes: u64,
) -> Result<Read, StoreError> {
    read_columns(&Source::open(path, Open::default())?, columns, memory_limit_bytes)
}

/// As [`read_table`], with the file mapped into memory: its pages are not copied before they are decoded.
///
/// # Safety
/// As for [`scan_mapped`](crate::store::scan_mapped): nobody may change or shorten the file meanwhile.
///
/// # Errors
/// As [`read_table`].
#[allow(unsafe_code, reason = "hands on what its caller promises of the file")]
pub unsafe fn read_table_mapped(
    path: &Path,
    columns: Option<&[&str]>,
    memory_limit_bytes: u64,
) -> Result<Read, StoreError> {
    let source = Source::open(path, Open { map: true, ..Open::default() })?;
    read_columns(&source, columns, memory_limit_bytes)
}

/// Reads whole columns of an open file, each on its own.
pub(crate) fn read_columns(
    source: &Source,
    columns: Option<&[&str]>,
    limit: u64,
) -> Result<Read, StoreError> {
    let (chosen, ignored) = source.choose(columns)?;
    let width: u64 = chosen.iter().map(|(_, decoder)| decoder.bytes_per_row()).sum();
    let budget = Arc::new(MemoryBudget::new(limit));
    let table = source.file.rows.saturating_mul(width);
    if budget.change(0, table).is_err() {
        return Err(StoreError::Memory { path: source.file.path.clone(), needs: table, limit });
    }
    let decoded: Vec<Result<Values, StoreError>> =
        chosen.into_par_iter().map(|(root, decoder)| source.column(root, decoder, &budget)).collect();
    let (order, _) = source.choose(columns)?;
    let noted = source.noted();
    let mut table: Vec<(usize, Column)> = Vec::with_capacity(decoded.len());
    for ((position, (root, _)), values) in order.into_iter().enumerate().zip(decoded) {
        let name = source.schema.field(root).name();
        let place = columns.and_then(|c| c.iter().position(|c| c == name)).unwrap_or(position);
        let mut values = values?;
        if let Some(declared) = field_metadata(&noted, root, DECLARED) {
            values = restored(&source.file.path, name, values, &declared)?;
        }
        let unit = field_metadata(&noted, root, UNIT).unwrap_or_default();
        table.push((place, Column::new(name, unit, values)));
    }
    table.sort_by_key(|(place, _)| *place);
    Ok(Read { table: Table::new(table.into_iter().map(|(_, column)| column).collect()), ignored })
}

impl Source {
    /// Decodes one column, row group by row group: a batch then never mixes two dictionaries.
    fn column(
        &self,
        root: usize,
        mut decoder: Decoder,
        budget: &Arc<MemoryBudget>,
    ) -> Result<Values, StoreError> {
        let (levels, leaves) = self.levels(&[root])?;
        let plan =
            Plan { file: &self.file, levels: &levels, leaves: &leaves, budget, batch_rows: BATCH_ROWS };
        decoder.reserve(self.file.rows);
        let mut first_row = 0u64;
        let mut text = 0;
        for (group, metadata) in self.file.metadata.row_groups().iter().enumerate() {
            if metadata.num_rows() == 0 {
                continue;
            }
            let group_end = first_row + metadata.num_rows().unsigned_abs();
            let mut batches = plan.group(group, None)?;
            while let Some(batch) = batches.next(&self.file)? {
                self.append(&mut decoder, root, batch.column(0).as_ref(), first_row)?;
                first_row += batch.num_rows() as u64;
                budget.change(text, decoder.text_bytes()).map_err(|fault| {
                    let why = budget.keep(fault);
                    budget.error(&self.file.path, why)
                })?;
                text = decoder.text_bytes();
            }
            if first_row != group_end {
                let why = format!("row group {group} ends at row {first_row} instead of {group_end}");
                return Err(self.file.damaged(why));
            }
        }
        Ok(decoder.finish())
    }

    /// Appends an array that begins at row `first` of the file.
    pub(crate) fn append(
        &self,
        decoder: &mut Decoder,
        root: usize,
        array: &dyn arrow_array::Array,
        first: u64,
    ) -> Result<(), StoreError> {
        let appended = catch_panic(|| decoder.append(array)).map_err(|why| self.file.damaged(why))?;
        appended.map_err(|overflow| StoreError::OutOfRange {
            path: self.file.path.clone(),
            column: self.schema.field(root).name().clone(),
            row: first + overflow.row as u64,
            value: overflow.value,
        })
    }
}
