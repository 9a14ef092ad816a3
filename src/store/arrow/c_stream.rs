//! Tables in and out of the process's other libraries: the Arrow C stream interface.
//!
//! A pointer crosses the border, no type of ours and none of Arrow's: whoever is on the other side brings a library of
//! its own (pyarrow, Polars, DuckDB, or another version of the `arrow` crate).
//! Source: the Arrow C data and C stream interfaces, <https://arrow.apache.org/docs/format/CStreamInterface.html>.

use std::ffi::c_void;
use std::path::Path;
use std::sync::Arc;

use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::columns::to_arrow::{self, UNIT};
use crate::store::read::scan::Scan;
use crate::store::read::selection::type_name;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::table::{Column, Table};

/// Rows of a batch that is handed out.
const BATCH_ROWS: usize = 1 << 16;
/// What errors of a stream name in the place of a file.
const STREAM: &str = "the Arrow stream";

/// Hands a table out as an Arrow C stream.
///
/// Strings go as dictionaries of strings, times as timestamps (seconds as milliseconds), units as field metadata
/// `unit`. The consumer calls `release` when it is done; the copy lives until then. Cost: one copy
/// of the table.
///
/// # Safety
/// `out` points to memory for one `struct ArrowArrayStream` of the C interface, aligned, writable, and holding no stream
/// that is still to be released: it is overwritten.
///
/// # Errors
/// [`StoreError::OutOfRange`] for a time in seconds that milliseconds cannot hold. `out` is then untouched.
#[allow(unsafe_code, reason = "follows the address of a C structure")]
pub unsafe fn export_table(table: Table, out: *mut c_void) -> Result<(), StoreError> {
    let schema = Arc::new(as_handed(&table));
    let batches = Batches::new(&table, &schema)?;
    // SAFETY: the caller promises what `write` asks for.
    unsafe { write(Box::new(Stream { schema, batches }), out) };
    Ok(())
}

/// Hands the batches of a scan out as an Arrow C stream: a file of any size in the memory of the scan.
///
/// # Safety
/// As [`export_table`].
#[allow(unsafe_code, reason = "follows the address of a C structure")]
pub unsafe fn export_scan(scan: Scan, out: *mut c_void) {
    let schema = Arc::new(as_handed(&scan.empty()));
    let own = Arc::clone(&schema);
    let batches = scan.flat_map(move |table| {
        let batches = table.and_then(|table| Batches::new(&table, &own));
        let (batches, error) = match batches {
            Ok(batches) => (Some(batches), None),
            Err(error) => (None, Some(Err(ArrowError::ExternalError(Box::new(error))))),
        };
        batches.into_iter().flatten().chain(error)
    });
    // SAFETY: the caller promises what `write` asks for.
    unsafe { write(Box::new(Stream { schema, batches }), out) };
}

/// # Safety
/// `out` points to memory for one `struct ArrowArrayStream`, aligned and writable.
#[allow(unsafe_code, reason = "follows the address of a C structure")]
unsafe fn write(reader: Box<dyn RecordBatchReader + Send>, out: *mut c_void) {
    // SAFETY: 1. the layout is that of the C interface: FFI_ArrowArrayStream is `repr(C)`.
    //         2. the memory is there and aligned: the caller's promise.
    //         3. what was there is not dropped, as nothing valid needs to be there.
    unsafe { out.cast::<FFI_ArrowArrayStream>().write(FFI_ArrowArrayStream::new(reader)) };
}

/// Takes a whole Arrow C stream in as a table. The stream is released, whatever comes of it.
///
/// Types are read as [`read_table`](crate::store::read_table) reads them, strings in each of their three layouts and in
/// dictionaries with keys of any type. The producer's buffers are believed, as the interface has it; its schema is not.
///
/// # Safety
/// `stream` points to a valid `struct ArrowArrayStream` that nobody else uses: it is moved out, and released here. What
/// its callbacks give must be as the interface says.
///
/// # Errors
/// [`StoreError::Damaged`] for what the producer reports or for a batch that is not of its schema;
/// [`StoreError::Unsupported`] for a column of a type that is not read; [`StoreError::DuplicateColumn`];
/// [`StoreError::Memory`] once the table takes more than allowed; [`StoreError::OutOfRange`].
#[allow(unsafe_code, reason = "follows the address of a C structure")]
pub unsafe fn import_table(stream: *mut c_void, memory_limit_bytes: u64) -> Result<Table, StoreError> {
    // SAFETY: the caller promises a valid stream that is ours alone; `from_raw` leaves a released one in its place.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.cast()) };
    // Arrow panics at a schema that breaks the interface's rules, and at keys beyond their dictionary.
    catch_panic(|| import(stream, &MemoryBudget::new(memory_limit_bytes)))
        .unwrap_or_else(|why| Err(StoreError::Damaged { path: STREAM.into(), why }))
}

fn import(stream: FFI_ArrowArrayStream, budget: &MemoryBudget) -> Result<Table, StoreError> {
    let damaged = |e: ArrowError| StoreError::Damaged { path: STREAM.into(), why: e.to_string() };
    let reader = RecordBatchStreamReader::try_new(stream).map_err(damaged)?;
    let schema = reader.schema();
    let mut decoders = decoders(&schema)?;
    let width: u64 = decoders.iter().map(Decoder::bytes_per_row).sum();
    let (mut rows, mut held) = (0u64, 0u64);
    let mut hold = |decoders: &[Decoder], rows: u64| {
        let text: u64 = decoders.iter().map(Decoder::text_bytes).sum();
        let needs = rows.saturating_mul(width).saturating_add(text);
        let held = std::mem::replace(&mut held, needs);
        budget.change(held, needs).map_err(|fault| {
            let text = budget.keep(fault);
            budget.error(Path::new(STREAM), text)
        })
    };
    for batch in reader {
        let batch = batch.map_err(damaged)?;
        // Rows are counted before they are taken, strings once it is known which of them are new.
        let after = rows.saturating_add(batch.num_rows() as u64);
        hold(&decoders, after)?;
        for ((array, field), decoder) in batch.columns().iter().zip(schema.fields()).zip(&mut decoders) {
            decoder.append(array.as_ref()).map_err(|overflow| StoreError::OutOfRange {
                path: STREAM.into(),
                column: field.name().clone(),
                row: rows + overflow.row as u64,
                value: overflow.value,
            })?;
        }
        rows = after;
        hold(&decoders, rows)?;
    }
    let columns = decoders.into_iter().zip(schema.fields()).map(|(decoder, field)| {
        let unit = field.metadata().get(UNIT).cloned().unwrap_or_default();
        Column::new(field.name(), unit, decoder.finish())
    });
    Ok(Table::new(columns.collect()))
}

/// What decodes each column of a stream.
fn decoders(schema: &Schema) -> Result<Vec<Decoder>, StoreError> {
    let decoder = |(i, field): (usize, &Arc<Field>)| {
        let column = || field.name().clone();
        if schema.fields()[..i].iter().any(|before| before.name() == field.name()) {
            return Err(StoreError::DuplicateColumn { path: STREAM.into(), column: column() });
        }
        Decoder::new(field).ok_or_else(|| StoreError::Unsupported {
            path: STREAM.into(),
            column: column(),
            type_name: type_name(field),
        })
    };
    schema.fields().iter().enumerate().map(decoder).collect()
}

/// The declared schema of a table, strings as the dictionaries that they are handed out as.
fn as_handed(table: &Table) -> Schema {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 => field.as_ref().clone().with_data_type(dictionary.clone()),
        _ => field.as_ref().clone(),
    };
    let as_it_is = vec![None; table.columns().len()];
    Schema::new(to_arrow::schema(table, &as_it_is).fields().iter().map(field).collect::<Vec<_>>())
}

/// The batches of one table.
struct Batches(std::vec::IntoIter<RecordBatch>);

impl Batches {
    fn new(table: &Table, schema: &SchemaRef) -> Result<Self, StoreError> {
        let as_they_are = vec![None; table.columns().len()];
        let arrays = to_arrow::Arrays::new(table, &as_they_are);
        let mut batches = Vec::new();
        for start in (0..table.rows()).step_by(BATCH_ROWS) {
            let rows = start..table.rows().min(start + BATCH_ROWS);
            let mut parts = Vec::with_capacity(table.columns().len());
            for (i, column) in table.columns().iter().enumerate() {
                parts.push(arrays.part(i, rows.clone()).map_err(|overflow| StoreError::OutOfRange {
                    path: STREAM.into(),
                    column: column.name.clone(),
                    row: overflow.row as u64,
                    value: overflow.value,
                })?);
            }
            let batch = RecordBatch::try_new(Arc::clone(schema), parts);
            let why = |e: ArrowError| StoreError::Encode { path: STREAM.into(), why: e.to_string() };
            batches.push(batch.map_err(why)?);
        }
        Ok(Self(batches.into_iter()))
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(Ok)
    }
}

/// Batches with their schema.
struct Stream<I> {
    schema: SchemaRef,
    batches: I,
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> Iterator for Stream<I> {
    type Item = Result<RecordBatch, ArrowError>;

    /// Asked for by a C function: a panic, or a text with the byte that ends C's strings, would abort the process.
    fn next(&mut self) -> Option<Self::Item> {
        let next = catch_panic(|| self.batches.next())
            .unwrap_or_else(|why| Some(Err(ArrowError::CDataInterface(why))));
        next.map(|batch| {
            batch.map_err(|error| match error.to_string() {
                text if text.contains('\0') => ArrowError::CDataInterface(text.replace('\0', "\\0")),
                _ => error,
            })
        })
    }
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> RecordBatchReader for Stream<I> {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_panic_nor_a_zero_byte_of_a_text_reaches_the_c_side() {
        type Fails = fn() -> ArrowError;
        let panics: Fails = || panic!("at row 7");
        let zero: Fails = || ArrowError::CDataInterface("a\0b".to_owned());
        for (error, text) in [(panics, "at row 7"), (zero, "a\\0b")] {
            let schema = Arc::new(Schema::empty());
            let batches = std::iter::once_with(move || Err(error()));
            let stream = FFI_ArrowArrayStream::new(Box::new(Stream { schema, batches }));
            let why = import(stream, &MemoryBudget::new(0)).unwrap_err().to_string();
            assert!(why.contains(text), "{why}");
        }
    }
}
