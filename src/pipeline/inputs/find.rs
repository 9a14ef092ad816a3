//! Lists the inputs below the paths of a run: files, and folders that are one input.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::pipeline::error::{Error, SkippedInput};
use crate::pipeline::output_names::{OUTPUTS, STAGING_PREFIX};

/// Table of a shard's nodes.
pub(super) const NODES: &str = "nodes.parquet";
/// Metadata of a shard, written by its converter.
pub(super) const META: &str = "meta.json";
/// Table of the sources of a shard's nodes.
pub(super) const NODE_MAP: &str = "node_map.parquet";
/// Files of a shard. Its edges are not read: graphs are rebuilt.
const SHARD: [&str; 4] = [NODES, META, NODE_MAP, "edges.parquet"];

/// An input to read.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct InputPath {
    /// A file, or the folder of a shard.
    pub(super) path: PathBuf,
    /// True if the caller named it, false if it was found in a folder.
    pub(super) is_named: bool,
    pub(super) is_shard: bool,
}

/// All inputs under the paths, each once, sorted, without the output of this run.
pub(super) fn find(paths: &[PathBuf], out: &Path) -> Result<(Vec<InputPath>, Vec<SkippedInput>), Error> {
    let out = out.canonicalize().ok();
    let mut search = InputSearch { out, found: BTreeMap::new(), skipped: Vec::new() };
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|source| Error::input(path, source))?;
        if meta.is_dir() {
            let mut folders = BTreeSet::from([path.clone()]);
            while let Some(folder) = folders.pop_first() {
                search.list(&folder, folder == *path, &mut folders)?;
            }
        } else {
            let key = path.canonicalize().map_err(|source| Error::input(path, source))?;
            search.found.insert(key, InputPath { path: path.clone(), is_named: true, is_shard: false });
        }
    }
    let mut inputs: Vec<_> = search.found.into_values().collect();
    inputs.sort();
    Ok((inputs, search.skipped))
}

struct InputSearch {
    /// The output folder of the run, if it exists.
    out: Option<PathBuf>,
    /// Inputs by their canonical path.
    found: BTreeMap<PathBuf, InputPath>,
    skipped: Vec<SkippedInput>,
}

impl InputSearch {
    /// Lists one folder; its subfolders are added to `folders`.
    fn list(&mut self, folder: &Path, is_named: bool, folders: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
        let entries = std::fs::read_dir(folder).map_err(|source| Error::input(folder, source))?;
        let real = folder.canonicalize().map_err(|source| Error::input(folder, source))?;
        let is_out = self.out.as_ref() == Some(&real);
        let is_shard = [NODES, META].iter().all(|name| folder.join(name).is_file());
        if is_shard {
            self.found.entry(real).or_insert(InputPath { path: folder.to_owned(), is_named, is_shard });
        }
        for entry in entries {
            let entry = entry.map_err(|source| Error::input(folder, source))?;
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if is_shard && SHARD.contains(&&*name) {
                continue;
            }
            // If the output folder is an input too, skip the outputs of an earlier run and the staging folder of this
            // one.
            if is_out && (OUTPUTS.contains(&&*name) || name.starts_with(STAGING_PREFIX)) {
                continue;
            }
            self.entry(path, folders);
        }
        Ok(())
    }

    fn entry(&mut self, path: PathBuf, folders: &mut BTreeSet<PathBuf>) {
        let mut skip = |reason: &str| {
            self.skipped.push(SkippedInput { path: path.display().to_string(), reason: reason.to_owned() });
        };
        let linked = std::fs::symlink_metadata(&path).is_ok_and(|m| m.is_symlink());
        match (std::fs::metadata(&path), path.canonicalize()) {
            (Ok(meta), Ok(canonical)) if meta.is_dir() => {
                if self.out.as_ref() == Some(&canonical) {
                    skip("the output folder of this run");
                } else if linked {
                    skip("a symbolic link to a folder: name the folder itself to read it");
                } else {
                    folders.insert(path);
                }
            }
            (Ok(meta), Ok(canonical)) if meta.is_file() => {
                self.found.entry(canonical).or_insert(InputPath { path, is_named: false, is_shard: false });
            }
            (Ok(_), _) => skip("neither a file nor a folder"),
            (Err(e), _) => skip(&format!("cannot be opened: {e}")),
        }
    }
}
