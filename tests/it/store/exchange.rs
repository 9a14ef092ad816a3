//! Tables across the C stream interface, without a type of Arrow in between.

use std::ffi::c_void;
use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    ArrayRef, LargeStringArray, ListArray, RecordBatch, RecordBatchIterator, types::Int32Type,
};
use ironforge::store::{ScanOptions, StoreError, export_scan, export_table, import_table, scan, write_table};
use ironforge::table::{Table, Values};

use super::{LIMIT, every_type, small};

fn handed_over(fill: impl FnOnce(*mut c_void)) -> Result<Table, StoreError> {
    let mut stream = FFI_ArrowArrayStream::empty();
    let at: *mut c_void = (&raw mut stream).cast();
    fill(at);
    // SAFETY: `fill` put a stream there, and nobody else uses it.
    #[allow(unsafe_code)]
    let table = unsafe { import_table(at, LIMIT) };
    assert!(stream.release().is_none(), "the stream is released, whatever came of it");
    table
}

#[test]
fn a_table_comes_back_as_it_went() {
    for rows in [0, 1, 70_000] {
        let table = every_type(rows);
        // SAFETY: the place is a stream that holds nothing.
        #[allow(unsafe_code)]
        let back = handed_over(|at| unsafe { export_table(table.clone(), at) }.unwrap()).unwrap();
        assert!(back == table, "{rows} rows");
    }
}

#[test]
fn a_file_goes_batch_by_batch() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(500), &small(100)).unwrap();
    let scan = scan(&path, &ScanOptions { batch_rows: 30, ..ScanOptions::default() }).unwrap();
    // SAFETY: the place is a stream that holds nothing.
    #[allow(unsafe_code)]
    let back = handed_over(|at| unsafe { export_scan(scan, at) }).unwrap();
    assert!(back == every_type(500));
}

#[test]
fn an_error_of_the_file_reaches_whoever_reads_the_stream() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(500), &small(100)).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4..40].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let scan = scan(&path, &ScanOptions::default()).unwrap();
    // SAFETY: the place is a stream that holds nothing.
    #[allow(unsafe_code)]
    let error = handed_over(|at| unsafe { export_scan(scan, at) }).unwrap_err();
    assert!(error.to_string().contains("t.parquet"), "{error}");
}

fn foreign(arrays: Vec<(&str, ArrayRef)>) -> Result<Table, StoreError> {
    let batch = RecordBatch::try_from_iter(arrays).unwrap();
    let schema = batch.schema();
    let reader = RecordBatchIterator::new([Ok(batch)], schema);
    handed_over(|at| {
        // SAFETY: the place is a stream that holds nothing.
        #[allow(unsafe_code)]
        unsafe {
            at.cast::<FFI_ArrowArrayStream>().write(FFI_ArrowArrayStream::new(Box::new(reader)));
        }
    })
}

#[test]
fn streams_of_others_are_read_or_refused_by_column() {
    let large: ArrayRef = Arc::new(LargeStringArray::from(vec![Some("x"), None]));
    let table = foreign(vec![("a", Arc::clone(&large))]).unwrap();
    let Values::Text(labels) = &table.columns()[0].values else { panic!("no text") };
    assert_eq!(labels.iter().collect::<Vec<_>>(), [Some("x"), None]);
    let list: ArrayRef =
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)]), None]));
    let error = foreign(vec![("a", large), ("l", list)]).unwrap_err();
    assert!(matches!(&error, StoreError::Unsupported { column, .. } if column == "l"), "{error}");
}
