//! Finding what to read: files, and folders that are one input.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Skipped;
use crate::error::Error;
use crate::pipeline::staging::OUTPUTS;

/// Table of a shard's nodes.
pub(super) const NODES: &str = "nodes.parquet";
/// What a shard's converter said of it.
pub(super) const META: &str = "meta.json";
/// Table of where a shard's nodes come from.
pub(super) const NODE_MAP: &str = "node_map.parquet";
/// The files that a shard consists of. Its edges are not read: graphs are built anew.
const SHARD: [&str; 4] = [NODES, META, NODE_MAP, "edges.parquet"];

/// What is to be read, and whether the user named it or it was found in a folder.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    /// A file, or the folder of a shard.
    pub(super) path: PathBuf,
    pub(super) named: bool,
    pub(super) shard: bool,
}

/// All inputs under the paths, each once, sorted; the run's own output is left out.
pub(super) fn find(paths: &[PathBuf], out: &Path) -> Result<(Vec<Candidate>, Vec<Skipped>), Error> {
    let own = out.canonicalize().ok();
    let mut search = Search { own, found: BTreeMap::new(), skipped: Vec::new() };
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|source| Error::input(path, source))?;
        if meta.is_dir() {
            let mut folders = BTreeSet::from([path.clone()]);
            while let Some(folder) = folders.pop_first() {
                search.list(&folder, folder == *path, &mut folders)?;
            }
        } else {
            let key = path.canonicalize().map_err(|source| Error::input(path, source))?;
            search.found.insert(key, Candidate { path: path.clone(), named: true, shard: false });
        }
    }
    let mut candidates: Vec<_> = search.found.into_values().collect();
    candidates.sort();
    Ok((candidates, search.skipped))
}

struct Search {
    /// The output folder of the run, if it exists.
    own: Option<PathBuf>,
    /// By their real path.
    found: BTreeMap<PathBuf, Candidate>,
    skipped: Vec<Skipped>,
}

impl Search {
    /// Looks through one folder; those in it are added to `folders`.
    fn list(&mut self, folder: &Path, named: bool, folders: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
        let entries = std::fs::read_dir(folder).map_err(|source| Error::input(folder, source))?;
        let real = folder.canonicalize().map_err(|source| Error::input(folder, source))?;
        let is_out = self.own.as_ref() == Some(&real);
        let shard = [NODES, META].iter().all(|name| folder.join(name).is_file());
        if shard {
            self.found.entry(real).or_insert(Candidate { path: folder.to_owned(), named, shard });
        }
        for entry in entries {
            let entry = entry.map_err(|source| Error::input(folder, source))?;
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if shard && SHARD.contains(&&*name) {
                continue;
            }
            // What an earlier run left in a folder that is both input and output, and where this one prepares its own.
            if is_out && (OUTPUTS.contains(&&*name) || name.starts_with(".ironforge-")) {
                continue;
            }
            self.entry(path, folders);
        }
        Ok(())
    }

    fn entry(&mut self, path: PathBuf, folders: &mut BTreeSet<PathBuf>) {
        let mut skip = |reason: &str| {
            self.skipped.push(Skipped { path: path.display().to_string(), reason: reason.to_owned() });
        };
        let linked = std::fs::symlink_metadata(&path).is_ok_and(|m| m.is_symlink());
        match (std::fs::metadata(&path), path.canonicalize()) {
            (Ok(meta), Ok(canonical)) if meta.is_dir() => {
                if self.own.as_ref() == Some(&canonical) {
                    skip("the output folder of this run");
                } else if linked {
                    skip("a symbolic link to a folder: name the folder itself to read it");
                } else {
                    folders.insert(path);
                }
            }
            (Ok(meta), Ok(canonical)) if meta.is_file() => {
                self.found.entry(canonical).or_insert(Candidate { path, named: false, shard: false });
            }
            (Ok(_), _) => skip("neither a file nor a folder"),
            (Err(e), _) => skip(&format!("cannot be opened: {e}")),
        }
    }
}
