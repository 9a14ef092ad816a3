//! Results that appear whole or not at all: written beside their place, then moved into it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::error::Error;
use crate::store;

/// What a run puts into its folder; anything else there is left alone.
pub(super) const OUTPUTS: [&str; 7] =
    ["run.json", "nodes", "temporal_edges", "dag_edges", "embeddings", "scores", "motifs.parquet"];

/// Those of a run that only builds graphs.
pub(super) const GRAPH_OUTPUTS: [&str; 4] = ["run.json", "nodes", "temporal_edges", "dag_edges"];

/// The staging folders of this process.
static STAGED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn staged() -> MutexGuard<'static, Vec<PathBuf>> {
    STAGED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what unfinished runs of this process have written, for a command that is interrupted. A run that is moving
/// its results into place is waited for. The process must end right after: its runs no longer have a place to write to.
pub fn abandon() {
    let staged = staged();
    for folder in staged.iter() {
        // Whoever interrupts a command is not to be kept: a folder that resists stays behind.
        let _ = std::fs::remove_dir_all(folder);
    }
    // Kept locked to the end of the process: no run may come into place while it ends.
    std::mem::forget(staged);
}

/// A folder beside the output, gone again unless it is committed.
pub(super) struct Staging {
    folder: TempDir,
    out: PathBuf,
    /// What the run puts there; of an earlier run, all goes.
    outputs: &'static [&'static str],
}

impl Drop for Staging {
    fn drop(&mut self) {
        staged().retain(|path| path != self.folder.path());
    }
}

impl Staging {
    /// Makes the folder, so that an output that cannot be written is known before any work.
    pub(super) fn beside(out: &Path, outputs: &'static [&'static str]) -> Result<Self, Error> {
        let absolute = std::path::absolute(out).map_err(|e| Error::output(out, e))?;
        if let Some(path) = foreign(&absolute) {
            return Err(Error::Foreign { path: path.display().to_string() });
        }
        // The nearest folder that exists: nothing else is made before the run is whole, and a rename from it works.
        let existing = absolute.ancestors().find(|a| a.symlink_metadata().is_ok()).unwrap_or(Path::new("/"));
        let folder = tempfile::Builder::new().prefix(".ironforge-").tempdir_in(existing);
        let folder = folder.map_err(|e| Error::output(existing, e))?;
        staged().push(folder.path().to_owned());
        Ok(Self { folder, out: absolute, outputs })
    }

    /// The place of one output while the run is under way.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Moves the results into place. The old `run.json` goes first and the new one comes last: where it stands, the
    /// run is whole. If a move fails, what was there before is put back.
    pub(super) fn commit(mut self) -> Result<(), Error> {
        store::sync_tree(self.folder.path())?;
        let committing = staged();
        let replaced = self.path("replaced");
        for folder in [&self.out, &replaced] {
            std::fs::create_dir_all(folder).map_err(|e| Error::output(folder, e))?;
        }
        let mut moved = Vec::new();
        if let Err(error) = self.shift(&replaced, &mut moved) {
            for (from, to) in moved.into_iter().rev() {
                if let Err(e) = std::fs::rename(&to, &from) {
                    // What cannot be put back must not vanish with the staging folder.
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

    /// Moves the old outputs away and the new ones in, noting each move.
    fn shift(&self, replaced: &Path, moved: &mut Vec<(PathBuf, PathBuf)>) -> Result<(), Error> {
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

/// What stands where an output would and was not written by an earlier run.
fn foreign(out: &Path) -> Option<PathBuf> {
    let mut standing =
        OUTPUTS.into_iter().map(|name| out.join(name)).filter(|p| p.symlink_metadata().is_ok()).peekable();
    let first = standing.peek()?.clone();
    let report = std::fs::read(out.join("run.json")).ok();
    let report: Option<serde_json::Value> = report.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if !report.is_some_and(|r| r["schema_version"].is_u64() && r["versions"]["ironforge"].is_string()) {
        return Some(first);
    }
    let partition =
        |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("session_id=");
    standing.filter(|path| path.is_dir()).find_map(|folder| {
        let entries = std::fs::read_dir(folder).ok()?;
        entries.filter_map(Result::ok).find(|entry| !partition(entry)).map(|entry| entry.path())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_move_that_fails_puts_the_old_run_back() {
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
    fn graphs_alone_take_the_place_of_a_whole_run() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        filled(&out, "old", None).commit().unwrap();
        let staging = Staging::beside(&out, &GRAPH_OUTPUTS).unwrap();
        GRAPH_OUTPUTS.iter().for_each(|name| std::fs::write(staging.path(name), "new").unwrap());
        staging.commit().unwrap();
        assert_eq!(
            std::fs::read_dir(&out).unwrap().count(),
            GRAPH_OUTPUTS.len(),
            "scores of another run are left"
        );
    }

    #[test]
    fn what_no_run_wrote_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("nodes")).unwrap();
        std::fs::write(folder.path().join("nodes/mine.txt"), "mine").unwrap();
        let refused = |name: &str| {
            let staging = Staging::beside(folder.path(), &OUTPUTS);
            assert!(matches!(staging, Err(Error::Foreign { path }) if path.ends_with(name)));
        };
        refused("nodes");
        let run = "{\"schema_version\": 1, \"versions\": {\"ironforge\": \"0\"}}";
        std::fs::write(folder.path().join("run.json"), run).unwrap();
        refused("mine.txt");
        std::fs::remove_file(folder.path().join("nodes/mine.txt")).unwrap();
        assert!(Staging::beside(folder.path(), &OUTPUTS).is_ok());
    }

    #[test]
    fn a_run_that_is_dropped_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(filled(&folder.path().join("out"), "new", None));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
