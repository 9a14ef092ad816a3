//! Reading one Parquet file, of whatever writer, into a plain table.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetStatisticsPolicy};

use super::columns::{Decoder, UNIT};
use super::shield::shield;
use super::{StoreError, check};
use crate::nearest::nearest;
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
/// floats become `f32`, decimals the nearest `f64`, dates midnight of the wall clock. Timestamps keep their unit; they are
/// UTC if the file says so. Strings of any encoding become labels. A column of nulls is missing floats. Nested, binary,
/// time-of-day, duration and interval columns are listed in [`Read::ignored`].
///
/// The file is not trusted: its lengths, schema, offsets and declared sizes are checked first, and a decoder that
/// fails all the same gives an error. About `memory_limit_bytes` are taken at most, the table included. Cost:
/// the named columns alone are read.
///
/// # Errors
/// [`StoreError::Io`]; [`StoreError::NotParquet`], [`StoreError::Encrypted`], [`StoreError::Codec`], [`StoreError::Damaged`] for what the file is;
/// [`StoreError::Memory`] before or while it would take too much; [`StoreError::UnknownColumn`],
/// [`StoreError::Unsupported`], [`StoreError::DuplicateColumn`] for its columns; [`StoreError::OutOfRange`] for an unsigned
/// value beyond `i64` in a column with missing values.
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
        table.push((place, Column::new(name, source.unit(root), decoder.finish())));
    }
    table.sort_by_key(|(place, _)| *place);
    Ok(Read { table: Table::new(table.into_iter().map(|(_, column)| column).collect()), ignored })
}

/// Columns in the file's order: their position in the schema, and what decodes them.
type Chosen = Vec<(usize, Decoder)>;

/// A file whose footer has been checked.
struct Source<'a> {
    path: &'a Path,
    file: File,
    arrow: ArrowReaderMetadata,
    schema: Schema,
    rows: u64,
}

impl<'a> Source<'a> {
    fn open(path: &'a Path) -> Result<Self, StoreError> {
        let shell = check::open(path)?;
        let load = || {
            // The writer's own Arrow schema is not believed: the Parquet types say all that is needed. Strings
            // are asked for as dictionaries, so that repeated ones are neither copied nor compared.
            let options = || {
                ArrowReaderOptions::new()
                    .with_skip_arrow_metadata(true)
                    .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
                    .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
            };
            let plain = ArrowReaderMetadata::load(&shell.file, options())?;
            let fields: Vec<Field> = plain.schema().fields().iter().map(|f| as_dictionary(f)).collect();
            let schema = Arc::new(Schema::new(fields));
            ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options().with_schema(schema))
        };
        let arrow = match shield(load) {
            Ok(Ok(arrow)) => arrow,
            Ok(Err(e)) => return Err(StoreError::Damaged { path: path.to_owned(), why: e.to_string() }),
            Err(why) => return Err(StoreError::Damaged { path: path.to_owned(), why }),
        };
        let rows = check::metadata(path, arrow.metadata(), shell.data_end)?;
        let schema = arrow.schema().as_ref().clone();
        Ok(Self { path, file: shell.file, arrow, schema, rows })
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.arrow.metadata()
    }

    fn chunks(&self) -> impl Iterator<Item = &ColumnChunkMetaData> {
        self.metadata().row_groups().iter().flat_map(|group| group.columns())
    }

    /// Finds the columns asked for; without names all that can be read, and the rest by name and type.
    fn choose(&self, columns: Option<&[&str]>) -> Result<(Chosen, Vec<(String, String)>), StoreError> {
        let names: Vec<&str> = self.schema.fields().iter().map(|f| f.name().as_str()).collect();
        let unknown = columns.and_then(|c| c.iter().find(|name| !names.contains(name)));
        if let Some(&column) = unknown {
            return Err(StoreError::UnknownColumn {
                path: self.path.to_owned(),
                column: column.to_owned(),
                nearest: nearest(column, names.iter().copied()).map(str::to_owned),
                columns: names.into_iter().map(str::to_owned).collect(),
            });
        }
        let (mut chosen, mut ignored): (Chosen, _) = (Vec::new(), Vec::new());
        for (root, field) in self.schema.fields().iter().enumerate() {
            let named = columns.is_some_and(|c| c.contains(&field.name().as_str()));
            if columns.is_some() && !named {
                continue;
            }
            let column = || field.name().clone();
            match Decoder::new(field) {
                Some(_) if names[..root].contains(&field.name().as_str()) => {
                    return Err(StoreError::DuplicateColumn { path: self.path.to_owned(), column: column() });
                }
                Some(decoder) => chosen.push((root, decoder)),
                None if named => {
                    return Err(StoreError::Unsupported {
                        path: self.path.to_owned(),
                        column: column(),
                        type_name: type_name(field),
                    });
                }
                None => ignored.push((column(), type_name(field))),
            }
        }
        Ok((chosen, ignored))
    }

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

    /// The unit that this crate's writer left with a column; nothing if the writer's schema cannot be read.
    fn unit(&self, root: usize) -> String {
        let file = self.metadata().file_metadata();
        let schema = shield(|| parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata()));
        let schema = schema.ok().and_then(Result::ok);
        let field = schema.as_ref().and_then(|schema| schema.fields().get(root));
        field.and_then(|f| f.metadata().get(UNIT)).cloned().unwrap_or_default()
    }
}

fn as_dictionary(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 => {
            let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            field.clone().with_data_type(kind)
        }
        _ => field.clone(),
    }
}

/// A field's type as messages print it.
fn type_name(field: &Field) -> String {
    match field.data_type() {
        DataType::Dictionary(_, value) => value.to_string(),
        other => other.to_string(),
    }
}
