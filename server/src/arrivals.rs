//! Where the files end up that came without a ticket: a folder, each file under an id of its own,
//! and beside it a JSON document that says what it is.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::files::{FileSystem, Opening, make_folder, probe, replace};

/// After how long nobody writes to a file any more.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The folder.
#[derive(Clone, Debug)]
pub struct Arrivals {
    folder: PathBuf,
    files: Arc<dyn FileSystem>,
}

/// What is known of a file that has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The file's name in the folder.
    pub id: Uuid,
    /// Its name as the browser said it, made harmless. No path is ever made of it.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The protocol that it came in.
    pub protocol: String,
    /// When, as RFC 3339 writes it.
    pub received: String,
}

impl Arrivals {
    /// Opens the folder on a file system, making it when it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path, files: Arc<dyn FileSystem>) -> io::Result<Arrivals> {
        let folder = make_folder(&*files, folder)?;
        clear_abandoned(&folder, &["new", "json.new"])?;
        Ok(Arrivals { folder, files })
    }

    /// Where a file is, or will be.
    pub fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.hyphenated().to_string())
    }

    /// What is known of a file.
    ///
    /// # Errors
    /// When there is no such file, or its document cannot be read.
    pub async fn known(&self, id: Uuid) -> io::Result<Note> {
        let note = tokio::fs::read(self.path(id).with_extension("json")).await?;
        Ok(serde_json::from_slice(&note)?)
    }

    /// Whether a file is there.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn has(&self, id: Uuid) -> io::Result<bool> {
        tokio::fs::try_exists(self.path(id)).await
    }

    /// How many bytes all files here have.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn bytes(&self) -> io::Result<u64> {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || bytes_in(&folder)).await.map_err(io::Error::other)?
    }

    /// Deletes a file and its document for good; false if the file is not there any more.
    ///
    /// # Errors
    /// When it is there and cannot be deleted.
    pub async fn remove(&self, id: Uuid) -> io::Result<bool> {
        let (folder, path) = (self.folder.clone(), self.path(id));
        self.run(move |files| {
            let was_there = was_removed(files.remove_file(&path))?;
            if was_there {
                was_removed(files.remove_file(&path.with_extension("json")))?;
                files.sync_dir(&folder)?;
            }
            Ok(was_there)
        })
        .await
    }

    /// Writes the document of a file that is about to be put there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn note(&self, note: &Note) -> io::Result<()> {
        let path = self.path(note.id).with_extension("json");
        let text = serde_json::to_vec_pretty(note)?;
        let folder = self.folder.clone();
        self.run(move |files| {
            make_folder(files, &folder)?;
            replace(files, &path, &text, Opening::Empty)
        })
        .await
    }

    /// Makes sure that a file can be put there.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn probe(&self) -> io::Result<()> {
        let folder = self.folder.clone();
        self.run(move |files| {
            make_folder(files, &folder)?;
            probe(files, &folder)
        })
        .await
    }

    /// Makes durable which files and documents are there.
    ///
    /// # Errors
    /// When they are not.
    pub async fn sync(&self) -> io::Result<()> {
        let folder = self.folder.clone();
        self.run(move |files| files.sync_dir(&folder)).await
    }

    async fn run<T, F>(&self, work: F) -> io::Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&dyn FileSystem) -> io::Result<T> + Send + 'static,
    {
        let files = Arc::clone(&self.files);
        tokio::task::spawn_blocking(move || work(&*files)).await.map_err(io::Error::other)?
    }
}

fn bytes_in(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0_u64;
    for entry in std::fs::read_dir(folder)? {
        // Somebody may take one away meanwhile.
        let entry = entry?;
        let Ok(file) = entry.metadata() else { continue };
        let is_copy = entry.path().extension().is_some_and(|extension| extension == "new");
        bytes = bytes.saturating_add(if file.is_file() && !is_copy { file.len() } else { 0 });
    }
    Ok(bytes)
}

/// False for what was not there.
fn was_removed(removed: io::Result<()>) -> io::Result<bool> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true),
    }
}

/// Removes files whose writers are gone: those named by an id and one of these extensions that nobody
/// has written to for an hour. A file of anybody else is never touched.
///
/// # Errors
/// When the folder cannot be read or a file not be removed.
pub fn clear_abandoned(folder: &Path, extensions: &[&str]) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let (path, metadata) = entry.and_then(|it| Ok((it.path(), it.metadata()?)))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (id, extension) = name.split_once('.').unwrap_or((&name, ""));
        let is_own = Uuid::try_parse(id).is_ok() && extensions.contains(&extension);
        let age = metadata.modified()?.elapsed().unwrap_or_default();
        if is_own && metadata.is_file() && age > ABANDONED {
            tracing::info!(path = %path.display(), "abandoned file removed");
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// A moment as RFC 3339 writes it, in UTC and to the second.
pub fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The date so many days after the first of January 1970. Years begin in March here, so that the
/// day that some years have more is their last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Noting;

    #[tokio::test]
    async fn a_file_is_deleted_for_good_also_when_its_document_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let files = Noting::default();
        let arrivals = Arrivals::open(folder.path(), Arc::new(files.clone())).unwrap();
        let (with, without) = (Uuid::new_v4(), Uuid::new_v4());
        for id in [with, without] {
            std::fs::write(arrivals.path(id), "abc").unwrap();
        }
        std::fs::write(arrivals.path(with).with_extension("json"), "{}").unwrap();
        for id in [with, without] {
            let synced = files.count();
            assert!(arrivals.remove(id).await.unwrap());
            assert_eq!(files.count(), synced + 1);
            assert!(!arrivals.remove(id).await.unwrap());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn moments_are_written_as_rfc_3339_says() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_704_067_199, "2023-12-31T23:59:59Z"),
            (1_795_228_046, "2026-11-21T02:27:26Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }
}
