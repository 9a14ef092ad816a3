//! Files and folders that appear complete or not at all: temporary name, flush, rename.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::store::error::{IoAction, StoreError};

/// Prefix of the names of unfinished files and folders; readers of datasets skip such names.
pub(crate) const TEMP_PREFIX: &str = ".ironforge-";

/// A new file under a temporary name. It is removed unless it is committed.
pub(crate) struct AtomicFile {
    file: NamedTempFile,
    path: PathBuf,
    folder: PathBuf,
}

impl AtomicFile {
    /// Creates the temporary file in the folder of `path`, and the folders that are missing.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn create(path: &Path) -> Result<Self, StoreError> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(|e| io(path, IoAction::CreateFolderOf, e))?;
        Self::create_in(folder, path)
    }

    /// Creates the temporary file in a folder of the same file system as `path`.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn create_in(folder: &Path, path: &Path) -> Result<Self, StoreError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMP_PREFIX).suffix(".tmp");
        // As readable as any other new file; the default of the library is the owner alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(|e| io(path, IoAction::Write, e))?;
        Ok(Self { file, path: path.to_owned(), folder: folder.to_owned() })
    }

    /// Another handle of the file, with the same cursor.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn handle(&self) -> Result<File, StoreError> {
        self.file.as_file().try_clone().map_err(|e| io(&self.path, IoAction::Write, e))
    }

    /// Flushes the file, renames it to its path, and flushes the folder. Returns the size of the file, bytes.
    ///
    /// # Errors
    /// [`StoreError::Io`]; an old file at the path is then intact, unless only the last flush failed.
    pub(crate) fn commit(self) -> Result<u64, StoreError> {
        let bytes = self.flush()?;
        self.file.persist(&self.path).map_err(|e| io(&self.path, IoAction::Replace, e.error))?;
        sync_folder(&self.folder).map_err(|e| io(&self.path, IoAction::FlushFolderOf, e))?;
        Ok(bytes)
    }

    /// As [`commit`](Self::commit), but to a new `path` in another folder. If something exists at `path`, it is
    /// kept and the inner `Err` returns the uncommitted file.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn commit_new(self, folder: &Path, path: PathBuf) -> Result<Result<u64, Self>, StoreError> {
        let bytes = self.flush()?;
        match self.file.persist_noclobber(&path) {
            Ok(_) => {}
            Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Ok(Err(Self { file: e.file, path, folder: self.folder }));
            }
            Err(e) => return Err(io(&path, IoAction::Create, e.error)),
        }
        sync_folder(folder).map_err(|e| io(&path, IoAction::FlushFolderOf, e))?;
        Ok(Ok(bytes))
    }

    /// Flushes the file to disk. Returns its size, bytes.
    fn flush(&self) -> Result<u64, StoreError> {
        let file = self.file.as_file();
        file.sync_all().map_err(|e| io(&self.path, IoAction::Write, e))?;
        Ok(file.metadata().map_err(|e| io(&self.path, IoAction::Metadata, e))?.len())
    }
}

fn io(path: &Path, action: IoAction, source: std::io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), action, source }
}

/// Flushes a folder, and every file and folder below it, to disk.
///
/// Up to 32 flushes run at a time: many small concurrent flushes take a disk little longer than one.
///
/// # Errors
/// [`StoreError::Io`] for the first that cannot be flushed.
pub fn sync_tree(folder: &Path) -> Result<(), StoreError> {
    const MAX_AT_ONCE: usize = 32;
    let mut paths = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        next += 1;
        if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(|e| io(&path, IoAction::List, e))? {
                paths.push(entry.map_err(|e| io(&path, IoAction::List, e))?.path());
            }
        }
    }
    let sync = |path: &PathBuf| {
        let synced =
            if path.is_dir() { sync_folder(path) } else { File::open(path).and_then(|f| f.sync_all()) };
        synced.map_err(|e| io(path, IoAction::Flush, e))
    };
    let share = paths.len().div_ceil(MAX_AT_ONCE).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            paths.chunks(share).map(|part| scope.spawn(move || part.iter().try_for_each(sync))).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Swaps two folders in one step. Returns false where the operating system or the file system cannot.
///
/// # Errors
/// Those of the operating system.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(crate) fn swap_folders(one: &Path, other: &Path) -> std::io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(crate) fn swap_folders(_one: &Path, _other: &Path) -> std::io::Result<bool> {
    Ok(false)
}
