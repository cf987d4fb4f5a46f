//! The open files of all uploads: a bounded set, of which the longest unused is closed when another
//! one is needed. It is opened again when more comes.
//!
//! A system tells that bytes did not reach the disk to those who have the file open then, and may
//! forget it with the last of them: a file is synced before it is closed, if there is anything to sync.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{Shared, blocking, exists, files};
use crate::files::Opening;
use crate::store::{Result, StoreError};

/// The open files.
#[derive(Debug)]
pub(super) struct OpenFiles {
    most: usize,
    /// One for each use of a file: as long as it lasts, the file is not closed.
    places: Arc<Semaphore>,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    handles: HashMap<Uuid, Weak<Handle>>,
    /// Those that are open and that nobody uses, the longest unused first.
    idle: BTreeMap<u64, Idle>,
    /// How many were idle before.
    count: u64,
    open: usize,
}

#[derive(Debug)]
struct Idle {
    handle: Arc<Handle>,
    since: Instant,
}

/// The file of an upload, be it open or not.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) id: Uuid,
    /// Only who uses it, closes it, or finds it idle in the table locks it, and no other handle then.
    file: Mutex<Option<Arc<File>>>,
    /// Only who has the table locks it.
    uses: Mutex<Uses>,
    pub(super) progress: Mutex<Progress>,
    /// Kept by who is at the file, also when nobody waits for it any more: what comes later is written
    /// later.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Uses {
    count: usize,
    /// Its place among the idle ones.
    idle: Option<u64>,
    /// The bytes are gone, or not to be trusted.
    is_over: bool,
}

/// How far the bytes are on their way to the disk.
#[derive(Debug)]
pub(super) struct Progress {
    /// Bytes that nobody has begun to send on.
    pub(super) behind: u64,
    /// When all bytes were last begun to be sent on.
    pub(super) sent_on: Instant,
    pub(super) write_back: Option<JoinHandle<()>>,
}

/// A file that is open and stays so as long as this lives.
#[derive(Debug)]
pub(super) struct InUse {
    pub(super) shared: Arc<Shared>,
    pub(super) handle: Arc<Handle>,
    file: Option<Arc<File>>,
    place: Option<OwnedSemaphorePermit>,
}

impl OpenFiles {
    pub(super) fn new(most: usize) -> OpenFiles {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        OpenFiles { most, places: Arc::new(Semaphore::new(most)), table: Mutex::default() }
    }

    /// Waits until one more file can be used.
    pub(super) async fn place(&self) -> Result<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.map_err(|closed| StoreError::Io(io::Error::other(closed)))
    }

    pub(super) fn handle(&self, id: Uuid) -> Arc<Handle> {
        let mut table = self.table();
        if let Some(handle) = table.handles.get(&id).and_then(Weak::upgrade) {
            return handle;
        }
        let handle = Arc::new(Handle::new(id));
        table.handles.insert(id, Arc::downgrade(&handle));
        handle
    }

    /// Lets nobody go on with the file of an upload: its bytes go, or begin again.
    pub(super) fn forget(&self, id: Uuid) {
        let mut table = self.table();
        let Some(handle) = table.handles.remove(&id).and_then(|handle| handle.upgrade()) else {
            return;
        };
        let mut uses = lock(&handle.uses);
        uses.is_over = true;
        if uses.idle.take().and_then(|place| table.idle.remove(&place)).is_some() {
            *lock(&handle.file) = None;
            table.open -= 1;
        }
    }

    fn enter(&self, handle: &Handle) -> Result<()> {
        let mut table = self.table();
        let mut uses = lock(&handle.uses);
        if uses.is_over {
            return Err(StoreError::NotFound(handle.id));
        }
        uses.count += 1;
        uses.idle.take().map(|place| table.idle.remove(&place));
        Ok(())
    }

    fn leave(&self, handle: &Arc<Handle>) {
        let mut table = self.table();
        let mut uses = lock(&handle.uses);
        uses.count -= 1;
        if uses.count > 0 {
            return;
        }
        let mut file = lock(&handle.file);
        if file.is_none() {
            return;
        }
        if uses.is_over {
            *file = None;
            table.open -= 1;
            return;
        }
        table.count += 1;
        let place = table.count;
        uses.idle = Some(place);
        table.idle.insert(place, Idle { handle: Arc::clone(handle), since: Instant::now() });
    }

    /// Counts one more open file, and closes another one if there are too many. There is one to close:
    /// who uses a file has a place, and there are no more places than files.
    fn make_room(&self, shared: &Shared) {
        let mut table = self.table();
        table.open += 1;
        if table.open > self.most {
            Table::close_longest_idle(table, shared, Duration::ZERO);
        }
    }

    /// Closes one file that nobody has used for so long; false if there is none.
    fn close_rested(&self, shared: &Shared, silence: Duration) -> bool {
        Table::close_longest_idle(self.table(), shared, silence)
    }

    fn not_opened(&self) {
        self.table().open -= 1;
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }
}

impl Table {
    fn close_longest_idle(
        mut table: MutexGuard<'_, Table>,
        shared: &Shared,
        silence: Duration,
    ) -> bool {
        let longest = table.idle.first_entry();
        let Some(longest) = longest.filter(|it| it.get().since.elapsed() >= silence) else {
            return false;
        };
        let Idle { handle, .. } = longest.remove();
        lock(&handle.uses).idle = None;
        table.open -= 1;
        // Whoever opens it again waits until it was closed, and hears of what went wrong.
        let mut file = lock(&handle.file);
        drop(table);
        let Some(file) = file.take() else { return true };
        if std::mem::take(&mut lock(&handle.progress).behind) > 0 {
            shared.write_back(handle.id, &file);
        }
        true
    }
}

impl Handle {
    fn new(id: Uuid) -> Handle {
        let progress = Progress { behind: 0, sent_on: Instant::now(), write_back: None };
        Handle {
            id,
            file: Mutex::default(),
            uses: Mutex::default(),
            progress: Mutex::new(progress),
            turn: Arc::default(),
        }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        lock(&self.progress)
    }
}

impl InUse {
    /// Opens the file unless it is open. Blocking.
    pub(super) fn begin(
        shared: &Arc<Shared>,
        handle: &Arc<Handle>,
        place: OwnedSemaphorePermit,
    ) -> Result<InUse> {
        shared.open_files.enter(handle)?;
        let (shared, handle) = (Arc::clone(shared), Arc::clone(handle));
        let mut in_use = InUse { shared, handle, file: None, place: Some(place) };
        in_use.file = Some(in_use.open()?);
        Ok(in_use)
    }

    fn open(&self) -> Result<Arc<File>> {
        let (shared, id) = (&self.shared, self.handle.id);
        let mut file = lock(&self.handle.file);
        if let Some(file) = &*file {
            return Ok(Arc::clone(file));
        }
        shared.open_files.make_room(shared);
        let opened = exists(id, shared.files().open(&shared.data(id), Opening::There));
        let opened = opened.inspect_err(|_| shared.open_files.not_opened())?;
        self.handle.progress().sent_on = Instant::now();
        Ok(Arc::clone(file.insert(Arc::new(opened))))
    }

    /// Gives this file up and opens the one that has its name now. Blocking.
    pub(super) fn anew(mut self) -> Result<InUse> {
        let (shared, id) = (Arc::clone(&self.shared), self.handle.id);
        let place = self.place.take().ok_or(StoreError::NotFound(id))?;
        drop(self);
        shared.open_files.forget(id);
        InUse::begin(&shared, &shared.open_files.handle(id), place)
    }

    /// The open file.
    pub(super) fn file(&self) -> Result<&File> {
        self.file.as_deref().ok_or(StoreError::NotFound(self.handle.id))
    }

    /// Whether it is still the file that is opened by its name.
    pub(super) fn has_its_name(&self) -> bool {
        let named = std::fs::metadata(self.shared.data(self.handle.id));
        let file = self.file.as_ref().and_then(|file| file.metadata().ok());
        named.ok().zip(file).is_some_and(|(named, file)| files::is_same(&named, &file))
    }

    /// How long the file is, unless it has been deleted.
    pub(super) fn length(&self) -> Result<u64> {
        exists(self.handle.id, files::length(self.file()?))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.file = None;
        self.shared.open_files.leave(&self.handle);
    }
}

impl Shared {
    /// Closes the files that nobody has used for so long.
    pub(super) async fn close_rested(self: &Arc<Shared>, silence: Duration) -> Result<()> {
        let mut is_done = false;
        while !is_done {
            let (shared, place) = (Arc::clone(self), self.open_files.place().await?);
            is_done = blocking(move || {
                let _place = place;
                Ok(!shared.open_files.close_rested(&shared, silence))
            })
            .await?;
        }
        let mut table = self.open_files.table();
        table.handles.retain(|_, handle| handle.strong_count() > 0);
        table.handles.shrink_to_fit();
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
