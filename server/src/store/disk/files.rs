//! What the disk store does to single files. Blocking.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::ops::Range;
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use uuid::Uuid;

use super::{DATA, DOCUMENT, REMOVED};
use crate::at::At;
use crate::store::Listed;

/// Puts a whole new content in the place of a file: after a crash it is the old or the new one.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("json.new");
    let mut file = private().create(true).truncate(true).write(true).open(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Documents hold secrets.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(super) fn begin(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path).map(drop)
}

pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// Reads a range, or as much of it as there is.
pub(super) fn read(path: &Path, range: Range<u64>) -> io::Result<Bytes> {
    let file = File::open(path)?;
    let length = range.end.saturating_sub(range.start);
    let mut bytes = Vec::new();
    At::new(&file, range.start).take(length).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

pub(super) fn write(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    At::new(file, offset).write_all(bytes)
}

/// Moves a file, also to another file system.
pub(super) fn take_out(data: &Path, to: &Path) -> io::Result<()> {
    if let Err(error) = fs::rename(data, to) {
        if error.kind() != io::ErrorKind::CrossesDevices {
            return Err(error);
        }
        let fresh = to.with_extension("new");
        fs::copy(data, &fresh)?;
        sync(&fresh)?;
        fs::rename(&fresh, to)?;
        fs::remove_file(data)?;
    }
    to.parent().map_or(Ok(()), sync_folder)
}

/// Makes a file durable and says how long it is.
pub(super) fn sync(path: &Path) -> io::Result<u64> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

/// How long an open file is; an error when it has been deleted since it was opened.
pub(super) fn length(file: &File) -> io::Result<u64> {
    let metadata = file.metadata()?;
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(&metadata) == 0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(metadata.len())
}

pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

pub(super) fn list(root: &Path) -> io::Result<Vec<Listed>> {
    let mut uploads = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let Some(id) = id_of(&entry.file_name().to_string_lossy()) else { continue };
        if let Some(last_activity) = last_activity(&entry.path()) {
            uploads.push(Listed { id, last_activity });
        }
    }
    Ok(uploads)
}

/// When an upload was last written to; `None` when it has no document.
pub(super) fn last_activity(folder: &Path) -> Option<SystemTime> {
    let written = |name| fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
    let document = written(DOCUMENT)?;
    Some(written(DATA).map_or(document, |data| data.max(document)))
}

/// Only the one way to write an id names a folder.
fn id_of(name: &str) -> Option<Uuid> {
    let id = Uuid::parse_str(name).ok()?;
    (id.hyphenated().to_string() == name).then_some(id)
}

/// Removes what a crash left behind: folders on their way out, and folders of tickets that were
/// never issued because their document was not finished.
pub(super) fn clear_leftovers(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let removed = name.strip_suffix(REMOVED).and_then(|name| name.strip_suffix('.'));
        if removed.and_then(id_of).is_some() {
            fs::remove_dir_all(&path)?;
        } else if id_of(&name).is_some() && !path.join(DOCUMENT).exists() {
            let _ = fs::remove_file(path.join(DOCUMENT).with_extension("json.new"));
            // Stays when it holds a file that was left to the backend.
            let _ = fs::remove_dir(&path);
        }
    }
    Ok(())
}
