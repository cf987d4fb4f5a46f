//! One process at a time uses a folder: two would spoil each other's files.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::files::{FileSystem, Native, Opening, make_folder};

const LOCK: &str = "lock";

/// The right to use a storage folder. The system takes it back when the process ends, however it
/// ends.
#[derive(Clone, Debug)]
pub struct FolderLock(Arc<Held>);

/// Takes the lock again in a folder that was deleted, as long as there is a server that has it.
#[derive(Clone, Debug)]
pub struct FolderKeeper(Weak<Held>);

#[derive(Debug)]
struct Held {
    root: PathBuf,
    files: Arc<dyn FileSystem>,
    file: Mutex<File>,
}

impl FolderLock {
    /// Takes the lock of a folder, which is made when it is missing; `None` when another has it.
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub fn take(root: &Path) -> io::Result<Option<FolderLock>> {
        FolderLock::take_with(root, Arc::new(Native))
    }

    /// Takes the lock of a folder in another way than usual.
    ///
    /// # Errors
    /// As of `take`.
    pub fn take_with(root: &Path, files: Arc<dyn FileSystem>) -> io::Result<Option<FolderLock>> {
        let root = make_folder(&*files, root)?;
        let Some(file) = lock(&*files, &root)? else { return Ok(None) };
        Ok(Some(FolderLock(Arc::new(Held { root, files, file: Mutex::new(file) }))))
    }

    /// What takes it again.
    pub fn keeper(&self) -> FolderKeeper {
        FolderKeeper(Arc::downgrade(&self.0))
    }
}

impl FolderKeeper {
    /// Makes sure that the folder is there and ours: somebody may have deleted it.
    ///
    /// # Errors
    /// When it cannot be made anew, or another server has it.
    pub(super) fn keep(&self) -> io::Result<()> {
        let Some(held) = self.0.upgrade() else { return Ok(()) };
        let mut file = held.file.lock().unwrap_or_else(PoisonError::into_inner);
        if is_at(&file, &held.root.join(LOCK)) {
            return Ok(());
        }
        make_folder(&*held.files, &held.root)?;
        let busy = || io::Error::new(io::ErrorKind::ResourceBusy, "another server has the folder");
        *file = lock(&*held.files, &held.root)?.ok_or_else(busy)?;
        tracing::warn!("the storage folder was deleted, its uploads are lost; it is used anew");
        Ok(())
    }
}

fn lock(files: &dyn FileSystem, root: &Path) -> io::Result<Option<File>> {
    let file = files.open(&root.join(LOCK), Opening::Made)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            tracing::warn!("the storage folder cannot be locked; keep other servers out of it");
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(Some(file))
}

/// Whether an open file still has this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(named) = std::fs::metadata(path) else { return false };
    file.metadata().is_ok_and(|held| (held.dev(), held.ino()) == (named.dev(), named.ino()))
}

/// Whether there is a file of this name.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}
