//! Datasets of this crate: one folder per session with its files, and writes that leave the old or the new state.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::store::config::StoreConfig;
use crate::store::dataset::partition::{partition_dir, partition_value};
use crate::store::error::{IoAction, StoreError};
use crate::store::write::atomic_file::{AtomicFile, TEMP_PREFIX, swap_folders, sync_folder, sync_tree};
use crate::store::write::table_writer::WriteSummary;
use crate::store::write::write_table::{encode, write_table_unsynced};
use crate::table::Table;

/// File that a writer keeps locked. The operating system unlocks it when the process ends, however it ends.
const LOCK: &str = ".ironforge-lock";
/// Prefix of the name of a session's old folder while it is replaced in two steps.
const REPLACED_PREFIX: &str = ".ironforge-replaced-";

/// The sessions of a dataset, in the order of their names: the folders `KEY=ID` that contain a file.
///
/// Skips names that this crate never writes, and unfinished files and folders of killed writers.
///
/// # Errors
/// [`StoreError::Io`] if a folder cannot be listed; [`StoreError::NotAFolder`] if the folder of a session is a link
/// or a file.
pub fn sessions(folder: &Path, key: &str) -> Result<Vec<String>, StoreError> {
    let mut sessions = Vec::new();
    for (path, name) in entries(folder)? {
        if let Some(session) = partition_value(key, &name)
            && is_folder(&path)?
            && !parts(&path)?.is_empty()
        {
            sessions.push(session);
        }
    }
    sessions.sort_unstable();
    Ok(sessions)
}

/// The files of a session, in the order in which they were appended; none if the session does not exist.
///
/// # Errors
/// [`StoreError::Partition`] if the session cannot name a folder; [`StoreError::NotAFolder`] if its folder is a link
/// or a file; [`StoreError::Io`].
pub fn session_files(folder: &Path, key: &str, session: &str) -> Result<Vec<PathBuf>, StoreError> {
    let path = folder.join(partition_dir(key, session)?);
    if !is_folder(&path)? {
        return Ok(Vec::new());
    }
    Ok(parts(&path)?.into_iter().map(|(_, path)| path).collect())
}

/// A dataset of sessions, open for writing by one process at a time.
///
/// A session is the folder `KEY=ID` (see [`partition_dir`]) with the files `part-0.parquet`, `part-000001.parquet`,
/// ... Names that begin with `.ironforge-` are unfinished, and readers of Hive datasets skip them. Every write is
/// flushed to disk and then becomes visible in one step: a reader sees the session as it was before the write or as
/// it is after, even if the writing process is killed.
///
/// ```
/// use ironforge::store::{Dataset, StoreConfig, sessions};
/// use ironforge::table::{Column, Table, Values};
///
/// # let dir = tempfile::tempdir()?;
/// let dataset = Dataset::open(dir.path(), "session_id")?;
/// let day = Table::new(vec![Column::new("node_id", "", Values::U32(vec![0, 1].into()))]);
/// dataset.append("NY_AM_2025-08-07", &day, &StoreConfig::default())?;
/// dataset.append("NY_AM_2025-08-07", &day, &StoreConfig::default())?;
/// assert_eq!(dataset.files("NY_AM_2025-08-07")?.len(), 2);
/// dataset.replace("NY_AM_2025-08-07", &day, &StoreConfig::default())?;
/// assert_eq!(dataset.files("NY_AM_2025-08-07")?.len(), 1);
/// assert_eq!(sessions(dir.path(), "session_id")?, ["NY_AM_2025-08-07"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Dataset {
    folder: PathBuf,
    key: String,
    /// Locked until it is closed.
    _lock: File,
}

impl Dataset {
    /// Opens a dataset for writing, creates its folder if it is missing, and removes the unfinished files and
    /// folders of killed writers.
    ///
    /// # Errors
    /// [`StoreError::Partition`] if the key cannot be part of a folder name; [`StoreError::Busy`] if another process,
    /// or another value in this one, has it open; [`StoreError::Io`].
    pub fn open(folder: &Path, key: &str) -> Result<Self, StoreError> {
        partition_dir(key, "x")?;
        if key.starts_with(['.', '_']) {
            let why = "readers skip folders whose names begin with . or _".to_owned();
            return Err(StoreError::Partition { key: key.to_owned(), value: "x".to_owned(), why });
        }
        fs::create_dir_all(folder).map_err(|e| io(folder, IoAction::Create, e))?;
        let path = folder.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|e| io(&path, IoAction::Create, e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io(&path, IoAction::Lock, source)),
        }
        let dataset = Self { folder: folder.to_owned(), key: key.to_owned(), _lock: lock };
        dataset.remove_leftovers()?;
        Ok(dataset)
    }

    /// The sessions, in the order of their names.
    ///
    /// # Errors
    /// As [`sessions`].
    pub fn sessions(&self) -> Result<Vec<String>, StoreError> {
        sessions(&self.folder, &self.key)
    }

    /// The files of a session.
    ///
    /// # Errors
    /// As [`session_files`].
    pub fn files(&self, session: &str) -> Result<Vec<PathBuf>, StoreError> {
        session_files(&self.folder, &self.key, session)
    }

    /// Appends a table to a session as a new file. A new session is created.
    ///
    /// # Errors
    /// As [`write_table`](crate::store::write_table); [`StoreError::Partition`]; [`StoreError::NotAFolder`] if a link
    /// or a file has the path of the session's folder. The session is then as before.
    pub fn append(
        &self,
        session: &str,
        table: &Table,
        config: &StoreConfig,
    ) -> Result<WriteSummary, StoreError> {
        config.validate()?;
        let folder = self.folder.join(partition_dir(&self.key, session)?);
        let exists = is_folder(&folder)?;
        let mut number = if exists { parts(&folder)?.last().map_or(0, |(number, _)| number + 1) } else { 0 };
        // The temporary file is in the folder of the dataset: a session whose first file fails is not created.
        let mut file = AtomicFile::create_in(&self.folder, &part_path(&folder, number))?;
        let rows = encode(&part_path(&folder, number), file.handle()?, table, config)?;
        if !exists {
            fs::create_dir(&folder).map_err(|e| io(&folder, IoAction::Create, e))?;
            sync_folder(&self.folder).map_err(|e| io(&self.folder, IoAction::Flush, e))?;
        }
        loop {
            match file.commit_new(&folder, part_path(&folder, number))? {
                Ok(bytes) => return Ok(WriteSummary { bytes, rows }),
                // A program that ignores the lock created a file with this name: try the next number.
                Err(uncommitted) => (file, number) = (uncommitted, number + 1),
            }
        }
    }

    /// Replaces the contents of a session by a table, in one step. A new session is created.
    ///
    /// If the file system cannot swap two folders in one step (those of Linux and macOS usually can), the session is
    /// missing for a moment. If the writer is killed then, the next [`open`](Self::open) restores the old state.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn replace(
        &self,
        session: &str,
        table: &Table,
        config: &StoreConfig,
    ) -> Result<WriteSummary, StoreError> {
        config.validate()?;
        let name = partition_dir(&self.key, session)?;
        let folder = self.folder.join(&name);
        let exists = is_folder(&folder)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMP_PREFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let staging =
            builder.tempdir_in(&self.folder).map_err(|e| io(&self.folder, IoAction::CreateFolderIn, e))?;
        let file = part_path(staging.path(), 0);
        write_table_unsynced(&file, table, config)?;
        let bytes = fs::metadata(&file).map_err(|e| io(&file, IoAction::Metadata, e))?.len();
        sync_tree(staging.path())?;
        if !exists {
            fs::rename(staging.path(), &folder).map_err(|e| io(&folder, IoAction::Create, e))?;
        } else if !swap_folders(staging.path(), &folder).map_err(|e| io(&folder, IoAction::Replace, e))? {
            let old = self.folder.join(format!("{REPLACED_PREFIX}{name}"));
            fs::rename(&folder, &old).map_err(|e| io(&folder, IoAction::Replace, e))?;
            if let Err(error) = fs::rename(staging.path(), &folder) {
                // The old state must become visible again.
                fs::rename(&old, &folder).map_err(|e| io(&old, IoAction::Restore, e))?;
                return Err(io(&folder, IoAction::Replace, error));
            }
            sync_folder(&self.folder).map_err(|e| io(&self.folder, IoAction::Flush, e))?;
            fs::remove_dir_all(&old).map_err(|e| io(&old, IoAction::Remove, e))?;
        }
        sync_folder(&self.folder).map_err(|e| io(&self.folder, IoAction::Flush, e))?;
        // After a swap the staging folder holds the old state. If it cannot be removed now, the next `open` removes
        // it.
        drop(staging);
        Ok(WriteSummary { bytes, rows: table.rows() as u64 })
    }

    /// Removes unfinished files and folders of killed writers; restores a session that was being replaced in two
    /// steps.
    fn remove_leftovers(&self) -> Result<(), StoreError> {
        for (path, name) in entries(&self.folder)? {
            if let Some(session) = name.strip_prefix(REPLACED_PREFIX) {
                let session_folder = self.folder.join(session);
                if partition_value(&self.key, session).is_some() && !is_folder(&session_folder)? {
                    fs::rename(&path, &session_folder).map_err(|e| io(&path, IoAction::Restore, e))?;
                    continue;
                }
            }
            if name.starts_with(TEMP_PREFIX) && name != LOCK {
                remove(&path)?;
            } else if partition_value(&self.key, &name).is_some() && is_folder(&path)? {
                let inside = entries(&path)?;
                let (unfinished, kept): (Vec<_>, Vec<_>) =
                    inside.iter().partition(|(_, name)| name.starts_with(TEMP_PREFIX));
                unfinished.iter().try_for_each(|(path, _)| remove(path))?;
                if kept.is_empty() {
                    fs::remove_dir(&path).map_err(|e| io(&path, IoAction::Remove, e))?;
                }
            }
        }
        Ok(())
    }
}

fn io(path: &Path, action: IoAction, source: std::io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), action, source }
}

/// Paths and names in a folder. Names that are not UTF-8 text are left out.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, String)>, StoreError> {
    let list = |e| io(folder, IoAction::List, e);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(list)? {
        let entry = entry.map_err(list)?;
        if let Ok(name) = entry.file_name().into_string() {
            found.push((entry.path(), name));
        }
    }
    Ok(found)
}

/// Returns whether a folder exists at a path.
///
/// # Errors
/// [`StoreError::NotAFolder`] for a link, even to a folder: files must be written only below the folder of the
/// dataset.
fn is_folder(path: &Path) -> Result<bool, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(found) => {
            let what = if found.is_symlink() { "a link" } else { "a file" };
            Err(StoreError::NotAFolder { path: path.to_owned(), what })
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(io(path, IoAction::Metadata, e)),
    }
}

/// The files of a session's folder, by number.
fn parts(folder: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let mut parts = Vec::new();
    for (path, name) in entries(folder)? {
        let number = name.strip_prefix("part-").and_then(|rest| rest.strip_suffix(".parquet"));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            parts.push((number, path));
        }
    }
    parts.sort_unstable();
    Ok(parts)
}

/// The path of file `number` of a session. Up to number 999999 the names sort as text in the order of the numbers.
fn part_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(if number == 0 { "part-0.parquet".to_owned() } else { format!("part-{number:06}.parquet") })
}

/// Removes a file, a folder or a link (not what it points to).
fn remove(path: &Path) -> Result<(), StoreError> {
    let folder = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let removed = if folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(|e| io(path, IoAction::Remove, e))
}
