//! Uploads on disk: a folder each, named by the ticket, with the bytes in `data` and the document
//! in `upload.json`. No database; a person can read it and mend it. The file `marks` says which parts
//! are there of a file that comes in parts, and of others how much has reached the disk: see
//! [`marks`].
//!
//! Bytes are written in place. A document is written beside the old one, synced, and renamed over
//! it, so that a crash leaves the one or the other. A folder on its way out is renamed first, so
//! that a crash leaves no upload that is half there.

mod files;
mod lock;
mod marks;
mod moving;
mod open;
mod writer;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Listed, Result, Store, StoreError, Version, Writer};
use crate::files::{FileSystem, Native, Opening, make_folder, probe, remove_dir_all};
use crate::uploads::Document;
pub use lock::{FolderKeeper, FolderLock};
use marks::Certain;
use open::OpenFiles;
use writer::{DiskWriter, Doubts};

const DATA: &str = "data";
const MARKS: &str = "marks";
const DOCUMENT: &str = "upload.json";
const REMOVED: &str = "removed";
const LOCKS: usize = 64;

/// Keeps uploads in a folder.
#[derive(Clone, Debug)]
pub struct Disk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    ground: Ground,
    /// Make compare-and-swap and notes atomic within this process, which owns the folder: see
    /// [`FolderLock`].
    locks: [Mutex<()>; LOCKS],
    doubts: Doubts,
    open_files: OpenFiles,
}

/// What a store stands on.
#[derive(Clone, Debug)]
pub struct Ground {
    /// What files are changed with.
    pub files: Arc<dyn FileSystem>,
    /// The present life of the system: what was written in another one and not synced may be lost.
    pub life: Uuid,
    /// How many bytes are written until they are sent on to the disk.
    pub write_back: u64,
    /// What keeps the folder for this process, if anything does.
    pub keeper: Option<FolderKeeper>,
    /// How many files of uploads are open at once, at most.
    pub open_files: usize,
}

impl Default for Ground {
    /// The file system itself, since the system was started; 64 MiB, and 64 files.
    fn default() -> Ground {
        let (files, life) = (Arc::new(Native), marks::life());
        Ground { files, life, write_back: 64 << 20, keeper: None, open_files: 64 }
    }
}

/// A document as it stands in its file.
#[derive(Serialize, Deserialize)]
struct Envelope<D> {
    version: u64,
    /// The life of the system in which it was written.
    #[serde(default)]
    life: Uuid,
    #[serde(flatten)]
    document: D,
}

impl Disk {
    /// Opens a folder, making it when it is missing, and clears what a crash left half removed.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(root: &Path) -> io::Result<Disk> {
        Disk::open_with(root, Ground::default())
    }

    /// Opens a folder in another way than usual.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open_with(root: &Path, ground: Ground) -> io::Result<Disk> {
        let root = make_folder(&*ground.files, root)?;
        files::clear_leftovers(&*ground.files, &root)?;
        let locks = std::array::from_fn(|_| Mutex::new(()));
        let (doubts, open_files) = (Doubts::default(), OpenFiles::new(ground.open_files));
        Ok(Disk { shared: Arc::new(Shared { root, ground, locks, doubts, open_files }) })
    }

    async fn copy_out(&self, id: Uuid, to: PathBuf) -> Result<()> {
        let begin = to.clone();
        let begun = self.run(move |shared| {
            exists(id, moving::Copy::begin(shared.files(), &shared.data(id), &begin))
        });
        let mut copy = begun.await?;
        loop {
            let there_is_more;
            (copy, there_is_more) = self
                .run(move |shared| {
                    let there_is_more = copy.go_on(shared.files())?;
                    Ok((copy, there_is_more))
                })
                .await?;
            if !there_is_more {
                break;
            }
        }
        self.run(move |shared| Ok(copy.finish(shared.files(), &to)?)).await
    }

    async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Arc<Shared>) -> Result<T> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        blocking(move || work(&shared)).await
    }
}

/// Runs blocking file work beside the async threads.
async fn blocking<T, F>(work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(StoreError::Io(io::Error::other(error))))
}

impl Shared {
    fn files(&self) -> &dyn FileSystem {
        &*self.ground.files
    }

    fn folder(&self, id: Uuid) -> PathBuf {
        self.root.join(id.hyphenated().to_string())
    }

    fn data(&self, id: Uuid) -> PathBuf {
        self.folder(id).join(DATA)
    }

    fn log(&self, id: Uuid) -> PathBuf {
        self.folder(id).join(MARKS)
    }

    fn lock(&self, id: Uuid) -> MutexGuard<'_, ()> {
        let index = usize::from(id.as_bytes()[15]) % LOCKS;
        self.locks[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, id: Uuid) -> Result<Option<(Document, Version)>> {
        let envelope = self.read_envelope(id)?;
        Ok(envelope.map(|envelope| (envelope.document, Version(envelope.version))))
    }

    fn read_envelope(&self, id: Uuid) -> Result<Option<Envelope<Document>>> {
        let Some(text) = found(std::fs::read(self.folder(id).join(DOCUMENT)))? else {
            return Ok(None);
        };
        serde_json::from_slice(&text).map_err(|cause| StoreError::Damaged { id, cause }).map(Some)
    }

    fn write_document(&self, document: &Document, version: u64) -> Result<Version> {
        let text =
            serde_json::to_vec_pretty(&Envelope { version, life: self.ground.life, document })
                .map_err(|cause| StoreError::Damaged { id: document.id, cause })?;
        files::replace(self.files(), &self.folder(document.id).join(DOCUMENT), &text)?;
        Ok(Version(version))
    }

    /// Makes sure that there is a folder to keep uploads in: somebody may have deleted it.
    fn keep_root(&self) -> io::Result<()> {
        match &self.ground.keeper {
            Some(keeper) => keeper.keep(),
            None => make_folder(self.files(), &self.root).map(drop),
        }
    }

    fn create(&self, document: &Document) -> Result<Version> {
        self.keep_root()?;
        let _lock = self.lock(document.id);
        let folder = self.folder(document.id);
        match self.files().create_dir(&folder) {
            // Without a document it is what is left of one that could not be written.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if folder.join(DOCUMENT).try_exists()? {
                    return Err(StoreError::Exists(document.id));
                }
            }
            made => made?,
        }
        let written = self.write_document(document, 1);
        let version = written.inspect_err(|_| drop(self.files().remove_dir(&folder)))?;
        self.files().sync_dir(&self.root)?;
        Ok(version)
    }

    fn replace(&self, document: &Document, version: Version) -> Result<Version> {
        let id = document.id;
        let _lock = self.lock(id);
        let (_, current) = self.read(id)?.ok_or(StoreError::NotFound(id))?;
        if current != version {
            return Err(StoreError::Conflict(id));
        }
        self.write_document(document, version.0 + 1)
    }

    /// A file that has to be made had no parts, whatever was noted.
    fn begin(&self, id: Uuid) -> Result<()> {
        let data = self.data(id);
        if !data.try_exists()? {
            self.open_files.forget(id);
            self.unmark(id)?;
        }
        exists(id, self.files().open(&data, Opening::Made)).map(drop)
    }

    fn remove_bytes(&self, id: Uuid) -> Result<bool> {
        self.open_files.forget(id);
        self.unmark(id)?;
        Ok(found(self.files().remove_file(&self.data(id)))?.is_some())
    }

    fn mark(&self, id: Uuid, part: u64) -> Result<()> {
        let _lock = self.lock(id);
        self.doubts.check(id)?;
        exists(id, self.notes(id).note(&self.log(id), part))
    }

    fn parts(&self, id: Uuid) -> Result<marks::Parts> {
        if self.doubts.check(id).is_err() {
            return Ok(marks::Parts::default());
        }
        Ok(self.notes(id).parts(&self.read_log(id)?))
    }

    fn read_log(&self, id: Uuid) -> Result<Vec<u8>> {
        Ok(found(std::fs::read(self.log(id)))?.unwrap_or_default())
    }

    fn notes(&self, id: Uuid) -> marks::Log<'_> {
        marks::Log { files: self.files(), id, life: self.ground.life }
    }

    /// Trusts the length of a file that was settled in this life of the system, and of another one
    /// no more than what was synced then.
    fn settle(&self, id: Uuid) -> Result<u64> {
        let _lock = self.lock(id);
        let length = exists(id, files::length_of(&self.data(id)))?;
        let certain = match self.notes(id).certain(&self.read_log(id)?) {
            Certain::All => return Ok(length),
            Certain::Bytes(certain) => certain.min(length),
        };
        if certain < length {
            tracing::warn!(%id, length, certain, "bytes that may have been lost are asked for again");
            let file = self.files().open(&self.data(id), Opening::There)?;
            self.files().set_len(&file, certain)?;
        }
        self.notes(id).note_certain(&self.log(id), certain)?;
        Ok(certain)
    }

    /// What is noted now, all of whose bytes are written, of a file that is so long.
    fn noted(&self, id: Uuid, length: u64) -> io::Result<Option<marks::Noted>> {
        let _lock = self.lock(id);
        self.notes(id).noted(&self.log(id), length)
    }

    /// Notes that what was noted then is on the disk.
    fn note_synced(&self, id: Uuid, noted: &marks::Noted) -> io::Result<()> {
        let _lock = self.lock(id);
        // The file and its log have their names first: a note must not be found beside another file.
        self.files().sync_dir(&self.folder(id))?;
        self.notes(id).note_synced(noted)?;
        self.files().sync_data(noted.log())
    }

    /// Forgets which parts are there, for good: notes must not come back when the bytes are others.
    fn unmark(&self, id: Uuid) -> Result<()> {
        let _lock = self.lock(id);
        if found(self.files().remove_file(&self.log(id)))?.is_some() {
            self.files().sync_dir(&self.folder(id))?;
        }
        Ok(())
    }

    fn forget(&self, id: Uuid) -> Result<()> {
        let _lock = self.lock(id);
        self.open_files.forget(id);
        let folder = self.folder(id);
        for name in [DOCUMENT, MARKS] {
            found(self.files().remove_file(&folder.join(name)))?;
        }
        // Stays when the bytes are still in it.
        let _ = self.files().remove_dir(&folder);
        self.files().sync_dir(&self.root)?;
        Ok(())
    }

    fn remove(&self, id: Uuid) -> Result<()> {
        let _lock = self.lock(id);
        let folder = self.folder(id);
        let doomed = folder.with_extension(REMOVED);
        self.open_files.forget(id);
        self.doubts.forget(id);
        // What could not be removed before would be in the way.
        found(remove_dir_all(self.files(), &doomed))?;
        if found(self.files().rename(&folder, &doomed))?.is_some() {
            self.files().sync_dir(&self.root)?;
            remove_dir_all(self.files(), &doomed)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Disk {
    async fn create(&self, document: &Document) -> Result<Version> {
        let document = document.clone();
        self.run(move |shared| shared.create(&document)).await
    }

    async fn load(&self, id: Uuid) -> Result<Option<(Document, Version)>> {
        self.run(move |shared| shared.read(id)).await
    }

    async fn replace(&self, document: &Document, version: Version) -> Result<Version> {
        let document = document.clone();
        self.run(move |shared| shared.replace(&document, version)).await
    }

    async fn begin(&self, id: Uuid) -> Result<()> {
        self.run(move |shared| shared.begin(id)).await
    }

    async fn open(&self, id: Uuid) -> Result<Box<dyn Writer>> {
        Ok(Box::new(DiskWriter::open(&self.shared, id).await?))
    }

    async fn mark(&self, id: Uuid, part: u64) -> Result<()> {
        self.run(move |shared| shared.mark(id, part)).await
    }

    async fn marks(&self, id: Uuid) -> Result<Vec<u64>> {
        let parts = self.run(move |shared| shared.parts(id)).await?;
        Ok(parts.there.into_iter().collect())
    }

    async fn lost(&self, id: Uuid) -> Result<Vec<u64>> {
        let parts = self.run(move |shared| shared.parts(id)).await?;
        Ok(parts.noted.difference(&parts.there).copied().collect())
    }

    async fn is_in_doubt(&self, id: Uuid) -> Result<bool> {
        let life = self.shared.ground.life;
        let envelope = self.run(move |shared| shared.read_envelope(id)).await?;
        let is_doubted = self.shared.doubts.check(id).is_err();
        Ok(is_doubted || envelope.is_some_and(|envelope| envelope.life != life))
    }

    async fn unmark(&self, id: Uuid) -> Result<()> {
        self.run(move |shared| shared.unmark(id)).await
    }

    async fn length(&self, id: Uuid) -> Result<u64> {
        self.run(move |shared| exists(id, files::length_of(&shared.data(id)))).await
    }

    async fn room_taken(&self, id: Uuid) -> Result<u64> {
        self.run(move |shared| exists(id, files::room_of(&shared.data(id)))).await
    }

    async fn settle(&self, id: Uuid) -> Result<u64> {
        self.run(move |shared| shared.settle(id)).await
    }

    async fn read(&self, id: Uuid, range: Range<u64>) -> Result<Bytes> {
        self.run(move |shared| exists(id, files::read(&shared.data(id), range))).await
    }

    fn location(&self, id: Uuid) -> String {
        self.shared.data(id).to_string_lossy().into_owned()
    }

    async fn take_out(&self, id: Uuid, to: &Path) -> Result<()> {
        let (to, there) = (to.to_owned(), to.to_owned());
        let renamed = self.run(move |shared| {
            shared.open_files.forget(id);
            exists(id, moving::rename(shared.files(), &shared.data(id), &to))
        });
        match renamed.await? {
            Some(()) => Ok(()),
            None => self.copy_out(id, there).await,
        }
    }

    async fn remove_bytes(&self, id: Uuid) -> Result<bool> {
        self.run(move |shared| shared.remove_bytes(id)).await
    }

    async fn forget(&self, id: Uuid) -> Result<()> {
        self.run(move |shared| shared.forget(id)).await
    }

    async fn remove(&self, id: Uuid) -> Result<()> {
        self.run(move |shared| shared.remove(id)).await
    }

    async fn last_activity(&self, id: Uuid) -> Result<Option<SystemTime>> {
        self.run(move |shared| Ok(files::last_activity(&shared.folder(id)))).await
    }

    async fn probe(&self) -> Result<()> {
        self.run(|shared| {
            shared.keep_root()?;
            Ok(probe(shared.files(), &shared.root)?)
        })
        .await
    }

    async fn close_rested(&self, silence: Duration) -> Result<()> {
        self.shared.close_rested(silence).await
    }

    fn files(&self) -> Arc<dyn FileSystem> {
        Arc::clone(&self.shared.ground.files)
    }

    async fn list(&self) -> Result<Vec<Listed>> {
        self.run(|shared| Ok(files::list(&shared.root)?)).await
    }
}

/// `None` for what is not there.
fn found<T>(result: io::Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn exists<T>(id: Uuid, result: io::Result<T>) -> Result<T> {
    found(result)?.ok_or(StoreError::NotFound(id))
}

#[cfg(test)]
mod tests;
