//! Files and folders that appear whole or not at all.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::store::StoreError;

/// What the names of unfinished files begin with; readers of datasets pass over such names.
pub(crate) const UNFINISHED: &str = ".ironforge-";

/// A new file beside its place, gone unless it is put there.
pub(crate) struct AtomicFile {
    file: NamedTempFile,
    path: PathBuf,
    folder: PathBuf,
}

impl AtomicFile {
    /// Makes the file, and the folders that are missing.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn beside(path: &Path) -> Result<Self, StoreError> {
        let io = |action, source| StoreError::Io { path: path.to_owned(), action, source };
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(|e| io("make the folder of", e))?;
        Self::within(folder, path)
    }

    /// Makes the file in a folder of the same disk.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn within(folder: &Path, path: &Path) -> Result<Self, StoreError> {
        let io = |action, source| StoreError::Io { path: path.to_owned(), action, source };
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED).suffix(".tmp");
        // A result is as readable as any other new file; the default would be the owner's alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(|e| io("write", e))?;
        Ok(Self { file, path: path.to_owned(), folder: folder.to_owned() })
    }

    /// Another handle of the file, at the same position.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn handle(&self) -> Result<File, StoreError> {
        self.file.as_file().try_clone().map_err(|source| self.io("write", source))
    }

    /// Flushes the file, puts it in its place, and flushes the folder. Gives its size, bytes.
    ///
    /// # Errors
    /// [`StoreError::Io`]; what stood there before is then intact, unless only the last flush failed.
    pub(crate) fn put(self) -> Result<u64, StoreError> {
        self.file.as_file().sync_all().map_err(|e| self.io("write", e))?;
        let bytes = self.file.as_file().metadata().map_err(|e| self.io("measure", e))?.len();
        let io = |action, source| StoreError::Io { path: self.path.clone(), action, source };
        self.file.persist(&self.path).map_err(|e| io("replace", e.error))?;
        sync_folder(&self.folder).map_err(|e| io("flush the folder of", e))?;
        Ok(bytes)
    }

    /// As [`put`](Self::put), at a place of another folder, unless something stands there: then the file comes back.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn put_new(self, folder: &Path, path: PathBuf) -> Result<Result<u64, Self>, StoreError> {
        self.file.as_file().sync_all().map_err(|e| self.io("write", e))?;
        let bytes = self.file.as_file().metadata().map_err(|e| self.io("measure", e))?.len();
        let made = self.file.persist_noclobber(&path);
        match made {
            Ok(_) => {}
            Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Ok(Err(Self { file: e.file, path, folder: self.folder }));
            }
            Err(e) => return Err(StoreError::Io { path, action: "make", source: e.error }),
        }
        let flushed = sync_folder(folder);
        flushed.map_err(|source| StoreError::Io { path, action: "flush the folder of", source })?;
        Ok(Ok(bytes))
    }

    fn io(&self, action: &'static str, source: std::io::Error) -> StoreError {
        StoreError::Io { path: self.path.clone(), action, source }
    }
}

/// Flushes every file and folder below a folder to disk. Many at a time: a disk takes a hundred small flushes
/// together in little more than the time of one.
///
/// # Errors
/// [`StoreError::Io`] for the first that cannot be flushed.
pub fn sync_tree(folder: &Path) -> Result<(), StoreError> {
    const AT_ONCE: usize = 32;
    let mut paths = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        next += 1;
        let io = |source| StoreError::Io { path: path.clone(), action: "list", source };
        if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(io)? {
                paths.push(entry.map_err(io)?.path());
            }
        }
    }
    let sync = |path: &PathBuf| {
        let synced =
            if path.is_dir() { sync_folder(path) } else { File::open(path).and_then(|f| f.sync_all()) };
        synced.map_err(|source| StoreError::Io { path: path.clone(), action: "flush", source })
    };
    let share = paths.len().div_ceil(AT_ONCE).max(1);
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

/// Exchanges two folders in one step; false where the system cannot.
///
/// # Errors
/// The system's own.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(crate) fn exchange(one: &Path, other: &Path) -> std::io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        // The kernel or the file system does not know how.
        Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(crate) fn exchange(_one: &Path, _other: &Path) -> std::io::Result<bool> {
    Ok(false)
}
