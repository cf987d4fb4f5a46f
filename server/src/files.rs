//! What changes files and folders: everything that is to survive goes through here, so that it can
//! be seen what was synced, and tried what a disk does that fails. Reading does not.

mod mode;

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::at::At;
pub use mode::{FileMode, WithMode};

/// How a file is opened, for reading and writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It must be there.
    There,
    /// It is made when it is missing.
    Made,
    /// It is made when it is missing, and empty.
    Empty,
    /// It is made when it is missing, and empty; nobody but the owner reads it.
    Private,
}

/// What can be done to files and folders. Blocking. Nothing is durable before it was synced: bytes
/// with their file, names with their folder.
pub trait FileSystem: fmt::Debug + Send + Sync + 'static {
    /// The mode of files that are made and need not be private.
    fn file_mode(&self) -> FileMode {
        FileMode::PRIVATE
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// When the system refuses, as of all of these.
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        mode::create_dir(path, self.file_mode())
    }

    /// Opens a file.
    ///
    /// # Errors
    /// When it is not there and should be.
    fn open(&self, path: &Path, how: Opening) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        options.create(how != Opening::There);
        options.truncate(matches!(how, Opening::Empty | Opening::Private));
        match how {
            Opening::There => options.open(path),
            Opening::Private => mode::open(&mut options, path, FileMode::PRIVATE),
            Opening::Made | Opening::Empty => mode::open(&mut options, path, self.file_mode()),
        }
    }

    /// Writes bytes at an offset.
    ///
    /// # Errors
    /// Some of the bytes may be written nevertheless.
    fn write(&self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        At::new(file, offset).write_all(bytes)
    }

    /// Cuts a file, or makes it longer.
    ///
    /// # Errors
    /// When there is no room.
    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    /// Makes the bytes of a file durable.
    ///
    /// # Errors
    /// What could not be written may be lost, and is not tried again.
    fn sync_data(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    /// Makes the bytes of a file durable, and what is known of it.
    ///
    /// # Errors
    /// As of `sync_data`.
    fn sync_all(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// When they are not.
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
    }

    /// Gives a file or a folder another name, over a file that has it.
    ///
    /// # Errors
    /// Also when the two names are on different file systems.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// When it is not there.
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// When it is not empty.
    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }
}

/// The file system itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;

impl FileSystem for Native {}

/// Makes a folder and those around it, for good, unless it is there; says where it really is.
///
/// # Errors
/// When one of them cannot be made.
pub(crate) fn make_folder(files: &dyn FileSystem, folder: &Path) -> io::Result<PathBuf> {
    let folder = std::path::absolute(folder)?;
    let missing: Vec<_> = folder.ancestors().take_while(|path| !path.exists()).collect();
    for path in missing.iter().rev() {
        match files.create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
    }
    for parent in missing.into_iter().filter_map(Path::parent) {
        files.sync_dir(parent)?;
    }
    folder.canonicalize()
}

/// Puts a whole new content in the place of a file: after a crash it is the old or the new one. For
/// which of them the folder still has to be synced.
pub(crate) fn replace(
    files: &dyn FileSystem,
    path: &Path,
    content: &[u8],
    how: Opening,
) -> io::Result<()> {
    let fresh = path.with_extension("json.new");
    let put = || {
        let file = files.open(&fresh, how)?;
        files.write(&file, 0, content)?;
        files.sync_all(&file)?;
        files.rename(&fresh, path)
    };
    put().inspect_err(|_| drop(files.remove_file(&fresh)))
}

/// What a file is called that is written only to see whether it can be.
const PROBE: &str = ".probe";
/// More than a disk finds room for that is full.
const PROBE_SIZE: usize = 64 << 10;

/// Makes sure that a file can be written in a folder.
///
/// # Errors
/// When it cannot.
pub(crate) fn probe(files: &dyn FileSystem, folder: &Path) -> io::Result<()> {
    let path = folder.join(PROBE);
    let written = files
        .open(&path, Opening::Private)
        .and_then(|file| files.write(&file, 0, &[0; PROBE_SIZE]));
    let removed = files.remove_file(&path);
    written.and(removed)
}

/// Removes a folder and the files in it.
pub(crate) fn remove_dir_all(files: &dyn FileSystem, path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => remove_dir_all(files, &entry.path())?,
            false => files.remove_file(&entry.path())?,
        }
    }
    files.remove_dir(path)
}

/// Notes which folders are synced.
#[cfg(test)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Noting(std::sync::Arc<std::sync::Mutex<Vec<PathBuf>>>);

#[cfg(test)]
impl Noting {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

#[cfg(test)]
impl FileSystem for Noting {
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.0.lock().unwrap().push(path.canonicalize()?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_made_is_there_for_good() {
        let around = tempfile::tempdir().unwrap();
        let root = around.path().canonicalize().unwrap();
        let files = Noting::default();
        for _ in 0..2 {
            let made = make_folder(&files, &around.path().join("a/b")).unwrap();
            assert_eq!(made, root.join("a/b"));
            assert_eq!(*files.0.lock().unwrap(), [root.join("a"), root.clone()]);
        }
    }
}
