//! Data of other programs, which is not part of this repository.

use std::path::PathBuf;

/// A file or folder below `IRONFORGE_DATA` (default `../shared/data`); if it is absent, prints SKIP.
pub fn data(name: &str) -> Option<PathBuf> {
    let root =
        std::env::var_os("IRONFORGE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    crate::skip::skip(format_args!("{} is not there", path.display()));
    None
}
