//! Reading one Parquet file, of whatever writer, into a plain table.

use std::path::Path;

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;

use super::encode::UNIT;
use super::narrow::{DECLARED, restored};
use super::shield::shield;
use super::source::{Chosen, Source, type_name};
use super::{StoreError, check};
use crate::table::{Column, Table};

/// Most rows that are decoded at once.
const BATCH_ROWS: u64 = 8192;
/// Fewest rows that are decoded at once, however little memory there is.
const MIN_BATCH_ROWS: u64 = 64;

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
    let source = Source::open(path)?;
    let bytes =
        source.chunks().map(|chunk| chunk.uncompressed_size().unsigned_abs()).fold(0, u64::saturating_add);
    let columns = source.schema.fields().iter().map(|f| (f.name().clone(), type_name(f))).collect();
    Ok(Footer { rows: source.rows, columns, uncompressed_bytes: bytes })
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
/// the named columns alone are read.
///
/// # Errors
/// [`StoreError::Io`]; [`StoreError::NotParquet`], [`StoreError::Encrypted`], [`StoreError::Codec`],
/// [`StoreError::Damaged`] for what the file is; [`StoreError::Memory`] before or while it would take too much;
/// [`StoreError::UnknownColumn`], [`StoreError::Unsupported`], [`StoreError::DuplicateColumn`] for its columns;
/// [`StoreError::OutOfRange`] for an unsigned value beyond `i64` in a column with missing values.
pub fn read_table(
    path: &Path,
    columns: Option<&[&str]>,
    memory_limit_bytes: u64,
) -> Result<Read, StoreError> {
    let mut source = Source::open(path)?;
    let (mut chosen, ignored) = source.choose(columns)?;
    let batch_rows = source.budget(&chosen, memory_limit_bytes)?;
    source.decode(&mut chosen, batch_rows, memory_limit_bytes)?;
    let mut table: Vec<(usize, Column)> = Vec::with_capacity(chosen.len());
    for (position, (root, decoder)) in chosen.into_iter().enumerate() {
        let name = source.schema.field(root).name();
        let place = columns.and_then(|c| c.iter().position(|c| c == name)).unwrap_or(position);
        let mut values = decoder.finish();
        if let Some(declared) = source.noted(root, DECLARED) {
            values = restored(path, name, values, &declared)?;
        }
        let unit = source.noted(root, UNIT).unwrap_or_default();
        table.push((place, Column::new(name, unit, values)));
    }
    table.sort_by_key(|(place, _)| *place);
    Ok(Read { table: Table::new(table.into_iter().map(|(_, column)| column).collect()), ignored })
}

impl Source<'_> {
    /// Checks what the columns will take against the limit, page headers included; gives the rows of a batch.
    fn budget(&mut self, chosen: &Chosen, limit: u64) -> Result<u64, StoreError> {
        let width: u64 = chosen.iter().map(|(_, decoder)| decoder.bytes_per_row()).sum();
        let table = self.rows.saturating_mul(width);
        let over = |needs| StoreError::Memory { path: self.path.to_owned(), needs, limit };
        if table > limit {
            return Err(over(table));
        }
        let wanted = |leaf: usize| {
            let root = self.metadata().file_metadata().schema_descr().get_column_root_idx(leaf);
            chosen.iter().any(|(chosen, _)| *chosen == root)
        };
        let mut group_most = 0;
        let arrow = self.arrow.clone();
        let leaves: Vec<usize> = (0..self.metadata().file_metadata().schema_descr().num_columns())
            .filter(|&i| wanted(i))
            .collect();
        for group in arrow.metadata().row_groups().iter().filter(|group| group.num_rows() > 0) {
            let mut group_bytes = 0u64;
            for &leaf in &leaves {
                let left = limit - table;
                self.known_codec(group.column(leaf))?;
                let pages = check::pages(self.path, &mut self.file, group.column(leaf), left)?;
                group_bytes = group_bytes.saturating_add(pages);
            }
            group_most = group_bytes.max(group_most);
        }
        // Pages are decompressed one after the other in each column: a group's worth is a bound.
        let needs = table.saturating_add(group_most);
        if needs > limit {
            return Err(over(needs));
        }
        // A string may be as long as all the pages, and stand in every row of a batch.
        Ok(((limit - needs) / group_most.max(1)).clamp(MIN_BATCH_ROWS, BATCH_ROWS))
    }

    fn known_codec(&self, chunk: &ColumnChunkMetaData) -> Result<(), StoreError> {
        let codec = match chunk.compression() {
            Compression::BROTLI(_) => "brotli",
            Compression::LZO => "lzo",
            _ => return Ok(()),
        };
        let column = chunk.column_path().string();
        Err(StoreError::Codec { path: self.path.to_owned(), column, codec })
    }

    fn decode(&self, chosen: &mut Chosen, batch_rows: u64, limit: u64) -> Result<(), StoreError> {
        let damaged = |why: String| StoreError::Damaged { path: self.path.to_owned(), why };
        let descriptor = self.metadata().file_metadata().schema_descr();
        let mask = ProjectionMask::roots(descriptor, chosen.iter().map(|(root, _)| *root));
        let mut first_row = 0u64;
        // Row group by row group: a batch then never mixes two dictionaries.
        let groups =
            self.metadata().row_groups().iter().enumerate().filter(|(_, group)| group.num_rows() > 0);
        for (group, _) in groups {
            let file = self.file.try_clone().map_err(|source| StoreError::Io {
                path: self.path.to_owned(),
                action: "read",
                source,
            })?;
            let open = || {
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.arrow.clone())
                    .with_batch_size(batch_rows as usize)
                    .with_row_groups(vec![group])
                    .with_projection(mask.clone())
                    .build()
            };
            let mut reader = shield(open).map_err(damaged)?.map_err(|e| damaged(e.to_string()))?;
            let group_end = first_row + self.metadata().row_group(group).num_rows().unsigned_abs();
            while let Some(batch) = shield(|| reader.next()).map_err(damaged)? {
                let batch = batch.map_err(|e| damaged(e.to_string()))?;
                self.append(chosen, &batch, first_row, limit)?;
                first_row += batch.num_rows() as u64;
            }
            if first_row != group_end && !chosen.is_empty() {
                return Err(damaged(format!(
                    "row group {group} ends at row {first_row} instead of {group_end}"
                )));
            }
        }
        Ok(())
    }

    fn append(
        &self,
        chosen: &mut Chosen,
        batch: &RecordBatch,
        first: u64,
        limit: u64,
    ) -> Result<(), StoreError> {
        for (array, (root, decoder)) in batch.columns().iter().zip(chosen.iter_mut()) {
            let appended = shield(|| decoder.append(array.as_ref()))
                .map_err(|why| StoreError::Damaged { path: self.path.to_owned(), why })?;
            appended.map_err(|overflow| StoreError::OutOfRange {
                path: self.path.to_owned(),
                column: self.schema.field(*root).name().clone(),
                row: first + overflow.row as u64,
                value: overflow.value,
            })?;
        }
        let text: u64 = chosen.iter().map(|(_, decoder)| decoder.text_bytes()).sum();
        let width: u64 = chosen.iter().map(|(_, decoder)| decoder.bytes_per_row()).sum();
        let needs = self.rows.saturating_mul(width).saturating_add(text);
        if needs > limit {
            return Err(StoreError::Memory { path: self.path.to_owned(), needs, limit });
        }
        Ok(())
    }
}
