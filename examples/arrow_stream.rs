//! Tables between this crate and pyarrow inside one process, through the Arrow C stream interface.
//!
//! Built as a shared library; a program in any language loads it and hands addresses over, no type of Rust's and none
//! of Arrow's. `tests/interop/exchange.py` is such a program:
//!
//! ```python
//! library = ctypes.CDLL("target/release/examples/libarrow_stream.so")
//! stream, error = (ctypes.c_void_p * 5)(), ctypes.create_string_buffer(1000)
//! status = library.ironforge_export_scan(
//!     b"messages.parquet", 10_000, ctypes.byref(stream), error, ctypes.c_size_t(1000))
//! reader = pyarrow.RecordBatchReader._import_from_c(ctypes.addressof(stream))
//! ```
//!
//! Each function gives a status: `DONE`, `REFUSED` or `PANICKED`. Beyond `DONE` the caller's buffer holds
//! what went wrong, as a C string that is cut where the buffer ends.
#![allow(unsafe_code, reason = "C functions that follow addresses")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ironforge::store::{
    ScanOptions, StoreConfig, export_scan, export_table, import_table, read_table, scan, write_table,
};

type Error = Box<dyn std::error::Error>;

/// The work is done.
const DONE: c_int = 0;
/// An error of the file, of the stream, or of an argument. No file was written, and no stream.
const REFUSED: c_int = 1;
/// A bug of the library.
const PANICKED: c_int = 2;

/// Hands a Parquet file out as a stream that reads batch by batch, while the consumer asks for more.
///
/// # Safety
/// `path` is a C string; `out` points to memory for a `struct ArrowArrayStream` that holds none, and `error` to
/// `error_bytes` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironforge_export_scan(
    path: *const c_char,
    batch_rows: u32,
    out: *mut c_void,
    error: *mut c_char,
    error_bytes: usize,
) -> c_int {
    let work = || {
        // SAFETY: a C string: the caller's promise.
        let path = unsafe { path_of(path) }?;
        let scan = scan(path, &ScanOptions { batch_rows, ..ScanOptions::default() })?;
        // SAFETY: memory for a stream that holds none: the caller's promise.
        unsafe { export_scan(scan, there(out)?) };
        Ok(())
    };
    // SAFETY: the buffer is there: the caller's promise.
    unsafe { status(work, error, error_bytes) }
}

/// Hands a Parquet file out as a stream, read as a whole before.
///
/// # Safety
/// As [`ironforge_export_scan`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironforge_export_table(
    path: *const c_char,
    memory_limit_bytes: u64,
    out: *mut c_void,
    error: *mut c_char,
    error_bytes: usize,
) -> c_int {
    let work = || {
        // SAFETY: a C string: the caller's promise.
        let path = unsafe { path_of(path) }?;
        let table = read_table(path, None, memory_limit_bytes)?.table;
        // SAFETY: memory for a stream that holds none: the caller's promise.
        Ok(unsafe { export_table(table, there(out)?) }?)
    };
    // SAFETY: the buffer is there: the caller's promise.
    unsafe { status(work, error, error_bytes) }
}

/// Takes a stream in and writes it as a Parquet file. The stream is released, whatever comes of it, unless an argument
/// was refused.
///
/// # Safety
/// `stream` points to a valid `struct ArrowArrayStream` that is the caller's; `path` and `error` as
/// [`ironforge_export_scan`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironforge_import(
    stream: *mut c_void,
    memory_limit_bytes: u64,
    path: *const c_char,
    error: *mut c_char,
    error_bytes: usize,
) -> c_int {
    let work = || {
        // SAFETY: a C string: the caller's promise.
        let path = unsafe { path_of(path) }?;
        // SAFETY: a stream that the caller gives away: its promise.
        let table = unsafe { import_table(there(stream)?, memory_limit_bytes) }?;
        write_table(path, &table, &StoreConfig::default())?;
        Ok(())
    };
    // SAFETY: the buffer is there: the caller's promise.
    unsafe { status(work, error, error_bytes) }
}

/// An address that is at least not null.
fn there(address: *mut c_void) -> Result<*mut c_void, Error> {
    if address.is_null() { Err("the stream's address is null".into()) } else { Ok(address) }
}

/// # Safety
/// `path` is null or a C string that outlives the result.
unsafe fn path_of<'a>(path: *const c_char) -> Result<&'a Path, Error> {
    if path.is_null() {
        return Err("the path is null".into());
    }
    // SAFETY: a C string: the caller's promise.
    let bytes = unsafe { CStr::from_ptr(path) }.to_bytes();
    #[cfg(unix)]
    let path = <OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes);
    #[cfg(not(unix))]
    let path = OsStr::new(std::str::from_utf8(bytes)?);
    Ok(Path::new(path))
}

/// Does the work; no panic goes beyond, for on the other side of the border nobody can catch it.
///
/// # Safety
/// `error` points to `error_bytes` bytes that can be written.
unsafe fn status(work: impl FnOnce() -> Result<(), Error>, error: *mut c_char, error_bytes: usize) -> c_int {
    let (status, text) = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => return DONE,
        Ok(Err(error)) => (REFUSED, error.to_string()),
        Err(_) => (PANICKED, "the library panicked: please report it".to_owned()),
    };
    if !error.is_null() && error_bytes > 0 {
        let len = text.len().min(error_bytes - 1);
        // SAFETY: 1. `len` bytes and one more fit the buffer.
        //         2. nobody else has it: a C function's argument.
        unsafe {
            error.cast::<u8>().copy_from_nonoverlapping(text.as_ptr(), len);
            error.cast::<u8>().add(len).write(0);
        }
    }
    status
}
