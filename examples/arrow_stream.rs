//! Tables between this crate and pyarrow in one process, through the Arrow C stream interface.
//!
//! Built as a shared library, which a program in any language can load: its functions take only C types.
//! `tests/interop/c_stream.py` is such a program:
//!
//! ```python
//! library = ctypes.CDLL("target/release/examples/libarrow_stream.so")
//! stream, error = (ctypes.c_void_p * 5)(), ctypes.create_string_buffer(1000)
//! status = library.ironforge_export_scan(
//!     b"messages.parquet", 10_000, ctypes.byref(stream), error, ctypes.c_size_t(1000))
//! reader = pyarrow.RecordBatchReader._import_from_c(ctypes.addressof(stream))
//! ```
//!
//! Each function returns a status: `DONE`, `REFUSED` or `PANICKED`. Unless it is `DONE`, the caller's buffer contains
//! the error message, as a C string that is truncated to the buffer.
#![allow(unsafe_code, reason = "C functions that follow addresses")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ironforge::store::{
    ScanOptions, StoreConfig, export_scan, export_table, import_table, read_table, scan, write_table,
};

type Error = Box<dyn std::error::Error>;

/// Success.
const DONE: c_int = 0;
/// An error in the file, the stream or an argument. Neither a file nor a stream was written.
const REFUSED: c_int = 1;
/// A bug of the library.
const PANICKED: c_int = 2;

/// Exports a Parquet file as a stream that is read batch by batch, while the consumer asks for batches.
///
/// # Safety
/// `path` must be a C string, `out` must point to memory for a `struct ArrowArrayStream` that contains no stream to be
/// released, and `error` to `error_bytes` writable bytes.
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
        // SAFETY: memory for a stream, without one to be released: the caller's promise.
        unsafe { export_scan(scan, not_null(out)?) };
        Ok(())
    };
    // SAFETY: the buffer is writable: the caller's promise.
    unsafe { status(work, error, error_bytes) }
}

/// Reads a whole Parquet file and exports it as a stream.
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
        // SAFETY: memory for a stream, without one to be released: the caller's promise.
        Ok(unsafe { export_table(table, not_null(out)?) }?)
    };
    // SAFETY: the buffer is writable: the caller's promise.
    unsafe { status(work, error, error_bytes) }
}

/// Imports a stream and writes it as a Parquet file. The stream is released on success and on error, unless an argument
/// was refused.
///
/// # Safety
/// `stream` must point to a valid `struct ArrowArrayStream` that the caller owns; `path` and `error` as for
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
        // SAFETY: a valid stream that nothing else uses: the caller's promise.
        let table = unsafe { import_table(not_null(stream)?, memory_limit_bytes) }?;
        write_table(path, &table, &StoreConfig::default())?;
        Ok(())
    };
    // SAFETY: the buffer is writable: the caller's promise.
    unsafe { status(work, error, error_bytes) }
}

/// Checks that an address is not null.
fn not_null(address: *mut c_void) -> Result<*mut c_void, Error> {
    if address.is_null() { Err("the stream's address is null".into()) } else { Ok(address) }
}

/// The path in a C string.
///
/// # Safety
/// `path` must be null or a C string that outlives the result.
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

/// Runs the work and returns its status. A panic is caught: it must not unwind into C.
///
/// # Safety
/// `error` must be null or point to `error_bytes` writable bytes.
unsafe fn status(work: impl FnOnce() -> Result<(), Error>, error: *mut c_char, error_bytes: usize) -> c_int {
    let (status, text) = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => return DONE,
        Ok(Err(error)) => (REFUSED, error.to_string()),
        Err(_) => (PANICKED, "the library panicked: please report it".to_owned()),
    };
    if !error.is_null() && error_bytes > 0 {
        let len = text.len().min(error_bytes - 1);
        // SAFETY: 1. `len` bytes and one more fit the buffer.
        //         2. nothing else uses the buffer during the call: the caller's promise.
        unsafe {
            error.cast::<u8>().copy_from_nonoverlapping(text.as_ptr(), len);
            error.cast::<u8>().add(len).write(0);
        }
    }
    status
}
