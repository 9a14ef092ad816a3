//! Hive datasets: a folder per session, files in it, and writes that leave the old or the new state.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::store::StoreError;
use crate::store::config::StoreConfig;
use crate::store::dataset::partition::{partition_dir, partition_value};
use crate::store::write::atomic_file::{AtomicFile, UNFINISHED, exchange, sync_folder, sync_tree};
use crate::store::write::table_writer::Written;
use crate::store::write::write_table::{encode, write_part};
use crate::table::Table;

/// File that a writer holds locked; the system unlocks it when the process ends, however it ends.
const LOCK: &str = ".ironforge-lock";
/// What the name of a session's old folder begins with while it cannot be exchanged at once.
const REPLACED: &str = ".ironforge-replaced-";

/// The sessions of a dataset, in order of their names: folders `KEY=ID` that hold a part. Names that no writer of this
/// crate gives are passed over, and so is what a killed writer left.
///
/// # Errors
/// [`StoreError::Io`] if the folder cannot be listed.
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

/// The files of a session, in the order in which they were appended; none if there is no such session.
///
/// # Errors
/// [`StoreError::Partition`] if the session cannot name a folder; [`StoreError::Place`] if its folder is a link;
/// [`StoreError::Io`].
pub fn session_files(folder: &Path, key: &str, session: &str) -> Result<Vec<PathBuf>, StoreError> {
    let path = folder.join(partition_dir(key, session)?);
    if !is_folder(&path)? {
        return Ok(Vec::new());
    }
    Ok(parts(&path)?.into_iter().map(|(_, path)| path).collect())
}

/// A dataset open for writing, by one process at a time.
///
/// A session is the folder `KEY=ID` (see [`partition_dir`]) with files `part-0.parquet`, `part-000001.parquet`, ...;
/// what begins with `.ironforge-` is unfinished, and readers of Hive datasets pass over it. Every write is flushed to
/// disk and then comes into place in one step: who reads meanwhile, or after the process was killed, sees the session as it
/// was before or as it is after.
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
    /// Locked as long as it is open.
    _lock: File,
}

impl Dataset {
    /// Opens a dataset for writing, its folder made if it is missing, and clears away what killed writers left.
    ///
    /// # Errors
    /// [`StoreError::Partition`] if the key cannot stand in a folder's name; [`StoreError::Busy`] if another process or
    /// value has it open; [`StoreError::Io`].
    pub fn open(folder: &Path, key: &str) -> Result<Self, StoreError> {
        partition_dir(key, "x")?;
        if key.starts_with(['.', '_']) {
            let why = "readers pass over folders that begin so".to_owned();
            return Err(StoreError::Partition { key: key.to_owned(), value: "x".to_owned(), why });
        }
        fs::create_dir_all(folder).map_err(|e| io(folder, "make", e))?;
        let path = folder.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|e| io(&path, "make", e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io(&path, "lock", source)),
        }
        let dataset = Self { folder: folder.to_owned(), key: key.to_owned(), _lock: lock };
        dataset.clear()?;
        Ok(dataset)
    }

    /// The sessions, in order of their names.
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

    /// Appends a file to a session, which is made if it is new. What it held stays.
    ///
    /// # Errors
    /// As [`write_table`](crate::store::write_table), [`StoreError::Partition`], and [`StoreError::Place`] if something else
    /// stands where the session's folder would. The session is then as before.
    pub fn append(&self, session: &str, table: &Table, config: &StoreConfig) -> Result<Written, StoreError> {
        config.validate()?;
        let folder = self.folder.join(partition_dir(&self.key, session)?);
        let stands = is_folder(&folder)?;
        let mut number = if stands { parts(&folder)?.last().map_or(0, |(number, _)| number + 1) } else { 0 };
        // In the dataset's folder: a session whose first part fails is not made.
        let mut file = AtomicFile::within(&self.folder, &part(&folder, number))?;
        let rows = encode(&part(&folder, number), file.handle()?, table, config)?;
        if !stands {
            fs::create_dir(&folder).map_err(|e| io(&folder, "make", e))?;
            sync_folder(&self.folder).map_err(|e| io(&self.folder, "flush", e))?;
        }
        loop {
            match file.put_new(&folder, part(&folder, number))? {
                Ok(bytes) => return Ok(Written { bytes, rows }),
                // Somebody who does not know the lock has taken the name.
                Err(again) => (file, number) = (again, number + 1),
            }
        }
    }

    /// Gives a session this table for all that it held, in one step; a new session is made.
    ///
    /// Where the file system cannot exchange two folders in one step (Linux and macOS can on their own), the session is
    /// missing for a moment, and a writer that is killed then leaves it to the next [`open`](Self::open) to bring
    /// the old state back.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn replace(&self, session: &str, table: &Table, config: &StoreConfig) -> Result<Written, StoreError> {
        config.validate()?;
        let name = partition_dir(&self.key, session)?;
        let folder = self.folder.join(&name);
        let stands = is_folder(&folder)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let staging = builder.tempdir_in(&self.folder).map_err(|e| io(&self.folder, "write in", e))?;
        let file = part(staging.path(), 0);
        write_part(&file, table, config)?;
        let bytes = fs::metadata(&file).map_err(|e| io(&file, "measure", e))?.len();
        sync_tree(staging.path())?;
        if !stands {
            fs::rename(staging.path(), &folder).map_err(|e| io(&folder, "make", e))?;
        } else if !exchange(staging.path(), &folder).map_err(|e| io(&folder, "replace", e))? {
            let old = self.folder.join(format!("{REPLACED}{name}"));
            fs::rename(&folder, &old).map_err(|e| io(&folder, "replace", e))?;
            if let Err(error) = fs::rename(staging.path(), &folder) {
                // The old state must not stay hidden.
                fs::rename(&old, &folder).map_err(|e| io(&old, "put back", e))?;
                return Err(io(&folder, "replace", error));
            }
            sync_folder(&self.folder).map_err(|e| io(&self.folder, "flush", e))?;
            fs::remove_dir_all(&old).map_err(|e| io(&old, "remove", e))?;
        }
        sync_folder(&self.folder).map_err(|e| io(&self.folder, "flush", e))?;
        // What was exchanged goes with the staging folder; what cannot go now, the next run clears away.
        drop(staging);
        Ok(Written { bytes, rows: table.rows() as u64 })
    }

    /// Clears away what killed writers left.
    fn clear(&self) -> Result<(), StoreError> {
        for (path, name) in entries(&self.folder)? {
            if let Some(session) = name.strip_prefix(REPLACED) {
                let place = self.folder.join(session);
                if partition_value(&self.key, session).is_some() && !is_folder(&place)? {
                    fs::rename(&path, &place).map_err(|e| io(&path, "put back", e))?;
                    continue;
                }
            }
            if name.starts_with(UNFINISHED) && name != LOCK {
                remove(&path)?;
            } else if partition_value(&self.key, &name).is_some() && is_folder(&path)? {
                let inside = entries(&path)?;
                let (unfinished, kept): (Vec<_>, Vec<_>) =
                    inside.iter().partition(|(_, name)| name.starts_with(UNFINISHED));
                unfinished.iter().try_for_each(|(path, _)| remove(path))?;
                if kept.is_empty() {
                    fs::remove_dir(&path).map_err(|e| io(&path, "remove", e))?;
                }
            }
        }
        Ok(())
    }
}

fn io(path: &Path, action: &'static str, source: std::io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), action, source }
}

/// What a folder holds, names that are no text apart.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, String)>, StoreError> {
    let list = |e| io(folder, "list", e);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(list)? {
        let entry = entry.map_err(list)?;
        if let Ok(name) = entry.file_name().into_string() {
            found.push((entry.path(), name));
        }
    }
    Ok(found)
}

/// Whether a folder is there. A link is none: what is written must stay below the dataset's folder.
fn is_folder(path: &Path) -> Result<bool, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(found) => {
            let what = if found.is_symlink() { "a link" } else { "a file" };
            Err(StoreError::Place { path: path.to_owned(), what })
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(io(path, "look at", e)),
    }
}

/// The parts of a session's folder by number.
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

/// The name of a part: sorted as text, they stand in order too.
fn part(folder: &Path, number: u64) -> PathBuf {
    folder.join(if number == 0 { "part-0.parquet".to_owned() } else { format!("part-{number:06}.parquet") })
}

/// Removes a file or a folder; of a link, the link.
fn remove(path: &Path) -> Result<(), StoreError> {
    let folder = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let removed = if folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(|e| io(path, "remove", e))
}
