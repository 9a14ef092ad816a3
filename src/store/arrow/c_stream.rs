//! The Arrow C stream interface: tables to and from other libraries in the same process.
//!
//! Only a pointer is passed, no Rust type: the other side may be any implementation of the interface (pyarrow,
//! Polars, DuckDB, or another version of the `arrow` crate).
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

/// Rows of an exported batch.
const BATCH_ROWS: usize = 1 << 16;
/// The path in errors about a stream.
const STREAM: &str = "the Arrow stream";

/// Exports a table as an Arrow C stream.
///
/// Strings are exported as dictionaries of strings, times as timestamps (seconds as milliseconds), units as the field
/// metadata `unit`. One copy of the table.
///
/// Memory contract: `out` remains the caller's memory. The stream written to it owns the copied values; the
/// consumer must call its `release` callback exactly once, which frees the stream. Each batch that the consumer takes
/// has its own `release` callback and stays valid after the stream is released. If the caller never calls
/// `release`, the values leak.
///
/// # Safety
/// `out` must point to memory for one `struct ArrowArrayStream` of the C interface, aligned and writable. It is
/// overwritten without being released: it must not contain a stream that is still to be released.
///
/// # Errors
/// [`StoreError::OutOfRange`] for a time in seconds that does not fit in milliseconds. `out` is then unchanged.
#[allow(unsafe_code, reason = "follows the address of a C structure")]
pub unsafe fn export_table(table: Table, out: *mut c_void) -> Result<(), StoreError> {
    let schema = Arc::new(export_schema(&table));
    let batches = TableBatches::new(&table, &schema)?;
    // SAFETY: the caller keeps the contract of `write_stream`.
    unsafe { write_stream(Box::new(ExportStream { schema, batches }), out) };
    Ok(())
}

/// Exports the batches of a scan as an Arrow C stream. Takes the memory of the scan, whatever the size of the file.
///
/// The file is read while the consumer asks for batches; an error of reading is reported through the stream's
/// `get_last_error`. The memory contract is that of [`export_table`]; the stream owns the scan, and `release` closes
/// the file.
///
/// # Safety
/// As [`export_table`].
#[allow(unsafe_code, reason = "follows the address of a C structure")]
pub unsafe fn export_scan(scan: Scan, out: *mut c_void) {
    let schema = Arc::new(export_schema(&scan.empty()));
    let batch_schema = Arc::clone(&schema);
    let batches = scan.flat_map(move |table| {
        let batches = table.and_then(|table| TableBatches::new(&table, &batch_schema));
        let (batches, error) = match batches {
            Ok(batches) => (Some(batches), None),
            Err(error) => (None, Some(Err(ArrowError::ExternalError(Box::new(error))))),
        };
        batches.into_iter().flatten().chain(error)
    });
    // SAFETY: the caller keeps the contract of `write_stream`.
    unsafe { write_stream(Box::new(ExportStream { schema, batches }), out) };
}

/// Writes a stream to the caller's memory.
///
/// # Safety
/// `out` must point to memory for one `struct ArrowArrayStream`, aligned and writable.
#[allow(unsafe_code, reason = "follows the address of a C structure")]
unsafe fn write_stream(reader: Box<dyn RecordBatchReader + Send>, out: *mut c_void) {
    // SAFETY: 1. the layout is that of the C interface: FFI_ArrowArrayStream is `repr(C)`.
    //         2. the memory is valid for writes and aligned: the caller's promise.
    //         3. `write` does not drop the old value, which need not be valid.
    unsafe { out.cast::<FFI_ArrowArrayStream>().write(FFI_ArrowArrayStream::new(reader)) };
}

/// Imports a whole Arrow C stream as a table.
///
/// Types are converted as [`read_table`](crate::store::read_table) converts them; strings may be in each of their
/// three layouts, and in dictionaries with keys of any type. The schema of the producer is untrusted and checked. Its
/// buffers cannot be checked: the interface gives no lengths for them.
///
/// Memory contract: the function takes ownership of the stream. It is moved out of `stream`, whose `release` is then
/// null as the interface requires of a moved structure, and it is released before the function returns, on success
/// and on error. The structure's own memory stays the caller's. The values are copied: the table keeps no buffer of
/// the producer.
///
/// # Safety
/// `stream` must point to a valid `struct ArrowArrayStream`, aligned and writable, that nothing else uses during the
/// call. Its callbacks, and the structures they fill, must follow the interface.
///
/// # Errors
/// [`StoreError::Damaged`] for an error of the producer or a batch that does not fit its schema;
/// [`StoreError::Unsupported`] for a column of a type that is not supported; [`StoreError::DuplicateColumn`];
/// [`StoreError::Memory`] if the table takes more than `memory_limit_bytes`; [`StoreError::OutOfRange`].
#[allow(unsafe_code, reason = "follows the address of a C structure")]
pub unsafe fn import_table(stream: *mut c_void, memory_limit_bytes: u64) -> Result<Table, StoreError> {
    // SAFETY: the caller promises a valid stream that nothing else uses; `from_raw` leaves a released one behind.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.cast()) };
    // The `arrow` crate panics on a schema that breaks the rules of the interface, and on keys beyond the dictionary.
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
    let mut reserve = |decoders: &[Decoder], rows: u64| {
        let text: u64 = decoders.iter().map(Decoder::text_bytes).sum();
        let needs = rows.saturating_mul(width).saturating_add(text);
        let held = std::mem::replace(&mut held, needs);
        budget.resize(held, needs).map_err(|fault| {
            let text = budget.record(fault);
            budget.store_error(Path::new(STREAM), text)
        })
    };
    for batch in reader {
        let batch = batch.map_err(damaged)?;
        // Rows are counted before they are decoded, strings after: only decoding shows which strings are new.
        let after = rows.saturating_add(batch.num_rows() as u64);
        reserve(&decoders, after)?;
        for ((array, field), decoder) in batch.columns().iter().zip(schema.fields()).zip(&mut decoders) {
            decoder.append(array.as_ref()).map_err(|overflow| StoreError::OutOfRange {
                path: STREAM.into(),
                column: field.name().clone(),
                row: rows + overflow.row as u64,
                value: overflow.value,
            })?;
        }
        rows = after;
        reserve(&decoders, rows)?;
    }
    let columns = decoders.into_iter().zip(schema.fields()).map(|(decoder, field)| {
        let unit = field.metadata().get(UNIT).cloned().unwrap_or_default();
        Column::new(field.name(), unit, decoder.finish())
    });
    Ok(Table::new(columns.collect()))
}

/// The decoder of each column of a stream.
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

/// The schema of the exported table: the declared one, with strings as dictionaries.
fn export_schema(table: &Table) -> Schema {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 => field.as_ref().clone().with_data_type(dictionary.clone()),
        _ => field.as_ref().clone(),
    };
    let not_narrowed = vec![None; table.columns().len()];
    Schema::new(to_arrow::schema(table, &not_narrowed).fields().iter().map(field).collect::<Vec<_>>())
}

/// The exported batches of one table.
struct TableBatches(std::vec::IntoIter<RecordBatch>);

impl TableBatches {
    fn new(table: &Table, schema: &SchemaRef) -> Result<Self, StoreError> {
        let not_narrowed = vec![None; table.columns().len()];
        let arrays = to_arrow::TableArrays::new(table, &not_narrowed);
        let mut batches = Vec::new();
        for start in (0..table.rows()).step_by(BATCH_ROWS) {
            let rows = start..table.rows().min(start + BATCH_ROWS);
            let mut columns = Vec::with_capacity(table.columns().len());
            for (i, column) in table.columns().iter().enumerate() {
                columns.push(arrays.array(i, rows.clone()).map_err(|overflow| StoreError::OutOfRange {
                    path: STREAM.into(),
                    column: column.name.clone(),
                    row: overflow.row as u64,
                    value: overflow.value,
                })?);
            }
            let batch = RecordBatch::try_new(Arc::clone(schema), columns);
            let why = |e: ArrowError| StoreError::Encode { path: STREAM.into(), why: e.to_string() };
            batches.push(batch.map_err(why)?);
        }
        Ok(Self(batches.into_iter()))
    }
}

impl Iterator for TableBatches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(Ok)
    }
}

/// An exported stream: batches with their schema.
struct ExportStream<I> {
    schema: SchemaRef,
    batches: I,
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> Iterator for ExportStream<I> {
    type Item = Result<RecordBatch, ArrowError>;

    /// Called by a C function: a panic, or an error text with a NUL byte, would abort the process.
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

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> RecordBatchReader for ExportStream<I> {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_panic_nor_a_nul_byte_in_an_error_reaches_the_c_side() {
        type Fails = fn() -> ArrowError;
        let panics: Fails = || panic!("at row 7");
        let nul: Fails = || ArrowError::CDataInterface("a\0b".to_owned());
        for (error, text) in [(panics, "at row 7"), (nul, "a\\0b")] {
            let schema = Arc::new(Schema::empty());
            let batches = std::iter::once_with(move || Err(error()));
            let stream = FFI_ArrowArrayStream::new(Box::new(ExportStream { schema, batches }));
            let why = import(stream, &MemoryBudget::new(0)).unwrap_err().to_string();
            assert!(why.contains(text), "{why}");
        }
    }
}
