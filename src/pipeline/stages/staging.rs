//! The staging folder of a run: outputs are written there and moved to the output folder together, or not at all.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::pipeline::error::Error;
use crate::pipeline::output_names::{OUTPUTS, STAGING_PREFIX};
use crate::store;

/// The staging folders of this process.
static STAGED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn staged() -> MutexGuard<'static, Vec<PathBuf>> {
    STAGED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the files that unfinished runs of this process have written, for a command that is interrupted. Waits for
/// a run that is moving its outputs to the output folder. The process must exit right after: its runs have lost their
/// staging folders, and any run that commits blocks.
pub fn abandon() {
    let staged = staged();
    for folder in staged.iter() {
        // An interrupted command must end: a folder that cannot be removed is left.
        let _ = std::fs::remove_dir_all(folder);
    }
    // Keeps the lock until the process ends: no run may commit in between.
    std::mem::forget(staged);
}

/// A temporary folder on the file system of the output; removed when dropped.
pub(crate) struct Staging {
    folder: TempDir,
    out: PathBuf,
    /// Outputs of this run; all outputs of an earlier run are replaced.
    outputs: &'static [&'static str],
}

impl Drop for Staging {
    fn drop(&mut self) {
        staged().retain(|path| path != self.folder.path());
    }
}

impl Staging {
    /// Creates the folder. Called before any work, so that an output that cannot be written is reported at once.
    pub(crate) fn beside(out: &Path, outputs: &'static [&'static str]) -> Result<Self, Error> {
        let absolute = std::path::absolute(out).map_err(|e| Error::output(out, e))?;
        if let Some(path) = foreign_output(&absolute) {
            return Err(Error::ForeignOutput { path: path.display().to_string() });
        }
        // In the nearest existing ancestor: nothing else is created before the run is complete, and it is on the file
        // system of the output, so that a rename moves the files.
        let existing = absolute.ancestors().find(|a| a.symlink_metadata().is_ok()).unwrap_or(Path::new("/"));
        let folder = tempfile::Builder::new().prefix(STAGING_PREFIX).tempdir_in(existing);
        let folder = folder.map_err(|e| Error::output(existing, e))?;
        staged().push(folder.path().to_owned());
        Ok(Self { folder, out: absolute, outputs })
    }

    /// Path of one output in the staging folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Moves the outputs to the output folder. The old `run.json` is moved away first and the new one comes last: if
    /// it is present, the run is complete. If a move fails, the earlier outputs are moved back.
    pub(crate) fn commit(mut self) -> Result<(), Error> {
        store::sync_tree(self.folder.path())?;
        let committing = staged();
        let replaced = self.path("replaced");
        for folder in [&self.out, &replaced] {
            std::fs::create_dir_all(folder).map_err(|e| Error::output(folder, e))?;
        }
        let mut moved = Vec::new();
        if let Err(error) = self.move_outputs(&replaced, &mut moved) {
            for (from, to) in moved.into_iter().rev() {
                if let Err(e) = std::fs::rename(&to, &from) {
                    // Outputs that cannot be moved back must not be removed with the staging folder.
                    self.folder.disable_cleanup(true);
                    drop(committing);
                    return Err(Error::output(&to, e));
                }
            }
            drop(committing);
            return Err(error);
        }
        drop(committing);
        let synced = std::fs::File::open(&self.out).and_then(|folder| folder.sync_all());
        synced.map_err(|e| Error::output(&self.out, e))
    }

    /// Moves the old outputs to `replaced` and the new ones to the output folder, and records each move in `moved`.
    fn move_outputs(&self, replaced: &Path, moved: &mut Vec<(PathBuf, PathBuf)>) -> Result<(), Error> {
        let mut one = |from: PathBuf, to: PathBuf| {
            std::fs::rename(&from, &to).map_err(|e| Error::output(&to, e))?;
            moved.push((from, to));
            Ok(())
        };
        for name in OUTPUTS {
            let old = self.out.join(name);
            if old.symlink_metadata().is_ok() {
                one(old, replaced.join(name))?;
            }
        }
        self.outputs.iter().rev().try_for_each(|name| one(self.path(name), self.out.join(name)))
    }
}

/// The first file or folder at the path of an output that no earlier run wrote.
fn foreign_output(out: &Path) -> Option<PathBuf> {
    let mut existing =
        OUTPUTS.into_iter().map(|name| out.join(name)).filter(|p| p.symlink_metadata().is_ok()).peekable();
    let first = existing.peek()?.clone();
    let report = std::fs::read(out.join("run.json")).ok();
    let report: Option<serde_json::Value> = report.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if !report.is_some_and(|r| r["schema_version"].is_u64() && r["versions"]["ironforge"].is_string()) {
        return Some(first);
    }
    let partition =
        |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("session_id=");
    existing.filter(|path| path.is_dir()).find_map(|folder| {
        let entries = std::fs::read_dir(folder).ok()?;
        entries.filter_map(Result::ok).find(|entry| !partition(entry)).map(|entry| entry.path())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::output_names::GRAPH_OUTPUTS;

    fn filled(out: &Path, mark: &str, without: Option<&str>) -> Staging {
        let staging = Staging::beside(out, &OUTPUTS).unwrap();
        for name in OUTPUTS.into_iter().filter(|&name| Some(name) != without) {
            std::fs::write(staging.path(name), mark).unwrap();
        }
        let report = format!(
            "{{\"schema_version\": 1, \"mark\": \"{mark}\", \"versions\": {{\"ironforge\": \"0\"}}}}"
        );
        std::fs::write(staging.path("run.json"), report).unwrap();
        staging
    }

    #[test]
    fn a_failed_move_restores_the_earlier_run() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a/b");
        filled(&out, "old", None).commit().unwrap();
        assert!(filled(&out, "new", Some("nodes")).commit().is_err());
        for name in OUTPUTS {
            let text = std::fs::read_to_string(out.join(name)).unwrap();
            assert!(text.contains("old"), "{name}: {text}");
        }
        filled(&out, "new", None).commit().unwrap();
        assert_eq!(std::fs::read_to_string(out.join("nodes")).unwrap(), "new");
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), OUTPUTS.len(), "nothing else is left");
    }

    #[test]
    fn a_run_of_graphs_replaces_all_outputs_of_an_earlier_run() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        filled(&out, "old", None).commit().unwrap();
        let staging = Staging::beside(&out, &GRAPH_OUTPUTS).unwrap();
        GRAPH_OUTPUTS.iter().for_each(|name| std::fs::write(staging.path(name), "new").unwrap());
        staging.commit().unwrap();
        assert_eq!(
            std::fs::read_dir(&out).unwrap().count(),
            GRAPH_OUTPUTS.len(),
            "scores of the earlier run are left"
        );
    }

    #[test]
    fn files_that_no_run_wrote_are_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("nodes")).unwrap();
        std::fs::write(folder.path().join("nodes/mine.txt"), "mine").unwrap();
        let refused = |name: &str| {
            let staging = Staging::beside(folder.path(), &OUTPUTS);
            assert!(matches!(staging, Err(Error::ForeignOutput { path }) if path.ends_with(name)));
        };
        refused("nodes");
        let run = "{\"schema_version\": 1, \"versions\": {\"ironforge\": \"0\"}}";
        std::fs::write(folder.path().join("run.json"), run).unwrap();
        refused("mine.txt");
        std::fs::remove_file(folder.path().join("nodes/mine.txt")).unwrap();
        assert!(Staging::beside(folder.path(), &OUTPUTS).is_ok());
    }

    #[test]
    fn a_dropped_run_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(filled(&folder.path().join("out"), "new", None));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
