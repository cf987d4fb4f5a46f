//! One process at a time uses a folder: two would spoil each other's files.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::files::{Native, make_folder};

const LOCK: &str = "lock";

/// The right to use a storage folder. The system takes it back when the process ends, however it
/// ends.
#[derive(Clone, Debug)]
pub struct FolderLock {
    _file: Arc<File>,
}

impl FolderLock {
    /// Takes the lock of a folder, which is made when it is missing; `None` when another has it.
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub fn take(root: &Path) -> io::Result<Option<FolderLock>> {
        let root = make_folder(&Native, root)?;
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(root.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!("the storage folder cannot be locked; keep other servers out of it");
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        Ok(Some(FolderLock { _file: Arc::new(file) }))
    }
}
