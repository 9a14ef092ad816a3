//! Lists the inputs below the paths of a run: files, and folders that are one input.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::spool::STANDARD_INPUT;
use crate::pipeline::error::{Error, SkippedInput};
use crate::pipeline::output_names::{OUTPUTS, STAGING_PREFIX};
use crate::store::hive_segment;

/// Table of a shard's nodes.
pub(super) const NODES: &str = "nodes.parquet";
/// Metadata of a shard, written by its converter.
pub(super) const META: &str = "meta.json";
/// Table of the sources of a shard's nodes.
pub(super) const NODE_MAP: &str = "node_map.parquet";
/// Files of a shard. Its edges are not read: graphs are rebuilt.
const SHARD: [&str; 4] = [NODES, META, NODE_MAP, "edges.parquet"];
/// Report of a run, beside the folder of its nodes.
const RUN_REPORT: &str = "run.json";
const RUN_NODES: &str = "nodes";

/// An input to read.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct InputPath {
    /// A file, or the folder of a shard.
    pub(super) path: PathBuf,
    /// True if the caller named it, false if it was found in a folder.
    pub(super) is_named: bool,
    pub(super) is_shard: bool,
    /// The path below the folder that the caller named; the whole path of a named file.
    pub(super) relative: PathBuf,
    /// Keys and values of the folders `key=value` between the named folder and the file.
    pub(super) partition: Vec<(String, Option<String>)>,
}

/// All inputs under the paths, each once, sorted, without the output of this run.
pub(super) fn find(paths: &[PathBuf], out: &Path) -> Result<(Vec<InputPath>, Vec<SkippedInput>), Error> {
    let out = out.canonicalize().ok();
    let mut search = InputSearch { out, found: BTreeMap::new(), skipped: Vec::new() };
    for path in paths {
        if path.as_os_str() == STANDARD_INPUT {
            search.named(path.clone(), path);
            continue;
        }
        match std::fs::metadata(path) {
            Ok(meta) => search.path(path, meta.is_dir())?,
            Err(source) => {
                let matches = matches_of(path).ok_or_else(|| Error::input(path, source))?;
                if matches.is_empty() {
                    return Err(Error::NoMatch { pattern: path.display().to_string() });
                }
                for path in &matches {
                    search.path(path, path.is_dir())?;
                }
            }
        }
    }
    let mut inputs: Vec<_> = search.found.into_values().collect();
    inputs.sort();
    Ok((inputs, search.skipped))
}

/// The paths that a pattern with `*`, `?` or `[...]` matches, sorted; `None` for a path that is none.
fn matches_of(path: &Path) -> Option<Vec<PathBuf>> {
    let pattern = path.to_str().filter(|text| text.contains(['*', '?', '[']))?;
    let mut paths: Vec<PathBuf> = glob::glob(pattern).ok()?.filter_map(Result::ok).collect();
    paths.retain(|path| !is_hidden(path));
    paths.sort();
    Some(paths)
}

/// Returns whether programs that write folders mean a file or folder for themselves: Spark, Hadoop, Jupyter, macOS.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with(['.', '_']))
}

struct InputSearch {
    /// The output folder of the run, if it exists.
    out: Option<PathBuf>,
    /// Inputs by their canonical path.
    found: BTreeMap<PathBuf, InputPath>,
    skipped: Vec<SkippedInput>,
}

impl InputSearch {
    fn named(&mut self, key: PathBuf, path: &Path) {
        let (path, relative) = (path.to_owned(), path.to_owned());
        let input = InputPath { path, is_named: true, is_shard: false, relative, partition: Vec::new() };
        self.found.insert(key, input);
    }

    /// A path that exists.
    fn path(&mut self, path: &Path, is_folder: bool) -> Result<(), Error> {
        if !is_folder {
            let key = path.canonicalize().map_err(|source| Error::input(path, source))?;
            self.named(key, path);
            return Ok(());
        }
        let mut folders = BTreeSet::from([path.to_owned()]);
        while let Some(folder) = folders.pop_first() {
            self.list(path, &folder, &mut folders)?;
        }
        Ok(())
    }

    /// Lists one folder below `root`; its subfolders are added to `folders`.
    fn list(&mut self, root: &Path, folder: &Path, folders: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
        let entries = std::fs::read_dir(folder).map_err(|source| Error::input(folder, source))?;
        let real = folder.canonicalize().map_err(|source| Error::input(folder, source))?;
        let is_out = self.out.as_ref() == Some(&real);
        let is_shard = [NODES, META].iter().all(|name| folder.join(name).is_file());
        let is_run = !is_out && folder.join(RUN_REPORT).is_file() && folder.join(RUN_NODES).is_dir();
        if is_shard {
            let input = input_below(root, folder, folder == root, is_shard);
            self.found.entry(real).or_insert(input);
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
            if is_run && OUTPUTS.contains(&&*name) && name != RUN_NODES {
                self.skip(&path, "a result of a run, whose events are in its folder `nodes`");
            } else {
                self.entry(root, path, folders);
            }
        }
        Ok(())
    }

    fn skip(&mut self, path: &Path, reason: &str) {
        self.skipped.push(SkippedInput { path: path.display().to_string(), reason: reason.to_owned() });
    }

    fn entry(&mut self, root: &Path, path: PathBuf, folders: &mut BTreeSet<PathBuf>) {
        if is_hidden(&path) {
            return self.skip(&path, "its name begins with `.` or `_`");
        }
        let linked = std::fs::symlink_metadata(&path).is_ok_and(|m| m.is_symlink());
        match (std::fs::metadata(&path), path.canonicalize()) {
            (Ok(meta), Ok(canonical)) if meta.is_dir() => {
                if self.out.as_ref() == Some(&canonical) {
                    self.skip(&path, "the output folder of this run");
                } else if linked {
                    self.skip(&path, "a symbolic link to a folder: name the folder itself to read it");
                } else {
                    folders.insert(path);
                }
            }
            (Ok(meta), Ok(canonical)) if meta.is_file() => {
                let input = input_below(root, &path, false, false);
                self.found.entry(canonical).or_insert(input);
            }
            (Ok(_), _) => self.skip(&path, "neither a file nor a folder"),
            (Err(e), _) => self.skip(&path, &format!("cannot be opened: {e}")),
        }
    }
}

/// An input that was found below a folder that the caller named.
fn input_below(root: &Path, path: &Path, is_named: bool, is_shard: bool) -> InputPath {
    let relative = path.strip_prefix(root).unwrap_or(path).to_owned();
    let folders = relative.parent().into_iter().flat_map(Path::iter);
    let partition = folders.filter_map(|name| hive_segment(&name.to_string_lossy())).collect();
    InputPath { path: path.to_owned(), is_named, is_shard, relative, partition }
}
