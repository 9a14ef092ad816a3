//! Reads arbitrary bytes as a Parquet file: a value or an error, never a panic. Start from real files:
//!
//!     cargo +nightly fuzz run read_parquet CORPUS -- -rss_limit_mb=256
#![no_main]

use std::io::Write;

use ironforge::store::{InspectOptions, Predicate, ScanOptions, footer, inspect, read_table, scan};
use libfuzzer_sys::fuzz_target;

/// Memory limit of a read, bytes.
const LIMIT: u64 = 64 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(bytes).is_err() {
        return;
    }
    let path = file.path();
    let _ = inspect(path, InspectOptions { pages: true, memory_limit_bytes: LIMIT }, |_, _| ());
    let _ = read_table(path, None, LIMIT);
    let column = footer(path).ok().and_then(|footer| footer.columns.into_iter().next());
    let predicate = column.map(|(name, _)| Predicate::Present(name));
    let options = ScanOptions { predicate, memory_limit_bytes: LIMIT, ..ScanOptions::default() };
    if let Ok(scan) = scan(path, &options) {
        scan.for_each(drop);
    }
});
