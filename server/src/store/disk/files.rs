//! What the disk store does to single files. Blocking.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use uuid::Uuid;

use super::{DATA, DOCUMENT, REMOVED};
use crate::at::At;
use crate::files::{FileSystem, Opening, remove_dir_all};
use crate::store::Listed;

/// Puts a whole new content in the place of a document, for good.
pub(super) fn replace(files: &dyn FileSystem, path: &Path, content: &[u8]) -> io::Result<()> {
    // Documents hold secrets.
    crate::files::replace(files, path, content, Opening::Private)?;
    sync_name(files, path)
}

/// Makes the name of a file durable.
pub(super) fn sync_name(files: &dyn FileSystem, path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| files.sync_dir(folder))
}

/// Reads a range, or as much of it as there is.
pub(super) fn read(path: &Path, range: Range<u64>) -> io::Result<Bytes> {
    let file = File::open(path)?;
    let length = range.end.saturating_sub(range.start);
    let mut bytes = Vec::new();
    At::new(&file, range.start).take(length).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// How long a file is.
pub(super) fn length_of(path: &Path) -> io::Result<u64> {
    Ok(fs::metadata(path)?.len())
}

/// How many bytes a file takes on the disk.
pub(super) fn room_of(path: &Path) -> io::Result<u64> {
    let metadata = fs::metadata(path)?;
    #[cfg(unix)]
    let taken = std::os::unix::fs::MetadataExt::blocks(&metadata).saturating_mul(512);
    #[cfg(not(unix))]
    let taken = metadata.len();
    Ok(taken)
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

/// Whether what is known of two files is that of one; where the system does not tell, it is.
pub(super) fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    #[cfg(unix)]
    return {
        use std::os::unix::fs::MetadataExt as _;
        (one.dev(), one.ino()) == (other.dev(), other.ino())
    };
    #[cfg(not(unix))]
    return one.file_type() == other.file_type();
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
pub(super) fn clear_leftovers(files: &dyn FileSystem, root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let removed = name.strip_suffix(REMOVED).and_then(|name| name.strip_suffix('.'));
        if removed.and_then(id_of).is_some() {
            remove_dir_all(files, &path)?;
        } else if id_of(&name).is_some() && !path.join(DOCUMENT).exists() {
            let _ = files.remove_file(&path.join(DOCUMENT).with_extension("json.new"));
            // Stays when it holds a file that was left to the backend.
            let _ = files.remove_dir(&path);
        }
    }
    Ok(())
}
