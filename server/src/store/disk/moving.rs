//! Moving a file out of the store. To another file system it is copied, a piece at a time: who gives it
//! up waits for a piece at most, and who begins again copies from the first byte.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::files::sync_name;
use crate::at::At;
use crate::files::{FileSystem, Opening};

/// How much is copied at once, in bytes.
const PIECE: usize = 1 << 20;
/// After so many bytes they are made durable, so that the end is not long either.
const SYNCED_AT_ONCE: u64 = 64 << 20;

/// A copy that is being made.
#[derive(Debug)]
pub(super) struct Copy {
    data: PathBuf,
    fresh: PathBuf,
    from: File,
    to: File,
    offset: u64,
    synced: u64,
    buffer: Vec<u8>,
}

/// Gives a file another name for good; `None` if that is on another file system, to which it has to
/// be copied.
pub(super) fn rename(files: &dyn FileSystem, data: &Path, to: &Path) -> io::Result<Option<()>> {
    match files.rename(data, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => Ok(None),
        moved => moved.and_then(|()| sync_name(files, to)).map(Some),
    }
}

impl Copy {
    pub(super) fn begin(files: &dyn FileSystem, data: &Path, to: &Path) -> io::Result<Copy> {
        let fresh = to.with_extension("new");
        let (from, to) = (File::open(data)?, files.open(&fresh, Opening::Empty)?);
        let (data, buffer) = (data.to_owned(), vec![0; PIECE]);
        Ok(Copy { data, fresh, from, to, offset: 0, synced: 0, buffer })
    }

    /// Copies some more; false if there is no more.
    pub(super) fn go_on(&mut self, files: &dyn FileSystem) -> io::Result<bool> {
        let copied = self.copy_piece(files);
        copied.inspect_err(|_| drop(files.remove_file(&self.fresh)))
    }

    fn copy_piece(&mut self, files: &dyn FileSystem) -> io::Result<bool> {
        let length = io::Read::read(&mut At::new(&self.from, self.offset), &mut self.buffer)?;
        files.write(&self.to, self.offset, &self.buffer[..length])?;
        self.offset += length as u64;
        if self.offset - self.synced >= SYNCED_AT_ONCE {
            files.sync_data(&self.to)?;
            self.synced = self.offset;
        }
        Ok(length > 0)
    }

    /// Makes the copy durable. It has its name before the original loses its own.
    pub(super) fn finish(self, files: &dyn FileSystem, to: &Path) -> io::Result<()> {
        files
            .sync_all(&self.to)
            .and_then(|()| files.rename(&self.fresh, to))
            .inspect_err(|_| drop(files.remove_file(&self.fresh)))?;
        sync_name(files, to)?;
        files.remove_file(&self.data)
    }
}
