//! Export and import through the Arrow C stream interface.

use std::ffi::c_void;
use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    ArrayRef, LargeStringArray, ListArray, RecordBatch, RecordBatchIterator, types::Int32Type,
};
use ironforge::store::{ScanOptions, StoreError, export_scan, export_table, import_table, scan, write_table};
use ironforge::table::{Table, Values};

use super::{LIMIT, every_type, small};

/// Imports the stream that `fill` writes.
fn imported(fill: impl FnOnce(*mut c_void)) -> Result<Table, StoreError> {
    let mut stream = FFI_ArrowArrayStream::empty();
    let address: *mut c_void = (&raw mut stream).cast();
    fill(address);
    // SAFETY: `fill` wrote a stream there, and nothing else uses it.
    #[allow(unsafe_code)]
    let table = unsafe { import_table(address, LIMIT) };
    assert!(stream.release().is_none(), "the stream is released on success and on error");
    table
}

#[test]
fn an_exported_table_is_imported_unchanged() {
    for rows in [0, 1, 70_000] {
        let table = every_type(rows);
        // SAFETY: the address is that of an empty stream.
        #[allow(unsafe_code)]
        let back = imported(|address| unsafe { export_table(table.clone(), address) }.unwrap()).unwrap();
        assert!(back == table, "{rows} rows");
    }
}

#[test]
fn a_scan_is_exported_batch_by_batch() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(500), &small(100)).unwrap();
    let scan = scan(&path, &ScanOptions { batch_rows: 30, ..ScanOptions::default() }).unwrap();
    // SAFETY: the address is that of an empty stream.
    #[allow(unsafe_code)]
    let back = imported(|address| unsafe { export_scan(scan, address) }).unwrap();
    assert!(back == every_type(500));
}

#[test]
fn an_error_in_the_file_reaches_the_consumer_of_the_stream() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(500), &small(100)).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4..40].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let scan = scan(&path, &ScanOptions::default()).unwrap();
    // SAFETY: the address is that of an empty stream.
    #[allow(unsafe_code)]
    let error = imported(|address| unsafe { export_scan(scan, address) }).unwrap_err();
    assert!(error.to_string().contains("t.parquet"), "{error}");
}

/// Imports arrays of another producer.
fn import_arrays(arrays: Vec<(&str, ArrayRef)>) -> Result<Table, StoreError> {
    let batch = RecordBatch::try_from_iter(arrays).unwrap();
    let schema = batch.schema();
    let reader = RecordBatchIterator::new([Ok(batch)], schema);
    imported(|address| {
        // SAFETY: the address is that of an empty stream.
        #[allow(unsafe_code)]
        unsafe {
            address.cast::<FFI_ArrowArrayStream>().write(FFI_ArrowArrayStream::new(Box::new(reader)));
        }
    })
}

#[test]
fn streams_of_other_producers_are_imported_or_the_column_is_named() {
    let large: ArrayRef = Arc::new(LargeStringArray::from(vec![Some("x"), None]));
    let table = import_arrays(vec![("a", Arc::clone(&large))]).unwrap();
    let Values::Text(labels) = &table.columns()[0].values else { panic!("no text") };
    assert_eq!(labels.iter().collect::<Vec<_>>(), [Some("x"), None]);
    let list: ArrayRef =
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)]), None]));
    let error = import_arrays(vec![("a", large), ("l", list)]).unwrap_err();
    assert!(matches!(&error, StoreError::Unsupported { column, .. } if column == "l"), "{error}");
}
