//! The files that a run has written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Bytes of every file under a folder, by path; `run.json` is passed through `edit` first.
pub fn contents(folder: &Path, edit: impl Fn(&mut Value)) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = std::fs::read(&path).unwrap();
            if path.ends_with("run.json") {
                let mut report: Value = serde_json::from_slice(&bytes).unwrap();
                edit(&mut report);
                bytes = report.to_string().into_bytes();
            }
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
        }
    }
    found
}
