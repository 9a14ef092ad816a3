//! Data of other programs, which this repository does not hold.

use std::path::PathBuf;

/// A file or a folder below `IRONFORGE_DATA` (default `../shared/data`), or a printed SKIP.
pub fn data(name: &str) -> Option<PathBuf> {
    let root =
        std::env::var_os("IRONFORGE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("SKIP {}", path.display());
    None
}
