//! Test data that is not part of this repository.

use std::path::PathBuf;

/// A file or folder below `IRONFORGE_DATA` (default `../shared/data`); `None` if it is absent, after a line with
/// SKIP.
pub fn data(name: &str) -> Option<PathBuf> {
    let root =
        std::env::var_os("IRONFORGE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    crate::skip::skip(format_args!("{} does not exist", path.display()));
    None
}
