//! Converts arbitrary bytes as an Arrow IPC file to Parquet: a file or an error, never a panic.
#![no_main]

use ironforge::store::{StoreConfig, convert};
use libfuzzer_sys::fuzz_target;

/// Memory limit of a conversion, bytes.
const LIMIT: u64 = 64 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(folder) = tempfile::tempdir() else { return };
    let (from, to) = (folder.path().join("x.arrow"), folder.path().join("x.parquet"));
    if std::fs::write(&from, bytes).is_ok() {
        let _ = convert(&from, &to, &StoreConfig::default(), LIMIT);
    }
});
