//! How many uploads are open, and how many bytes all files have that are not handed over.
//!
//! A file counts with all of its size from its beginning, before any byte of it has come, so that no
//! two are promised the last bytes, and what has begun always finds room. One in chunks of which no
//! chunk comes is forgotten soon. One whose size nobody tells counts with what it
//! will have at least, as far as its chunks tell. It counts until its backend has it, or until it
//! has arrived where nobody else takes it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Document, State};

/// How long it may take until an upload that is counted is in a listing.
const GRACE: Duration = Duration::from_secs(60);

/// Why nothing can begin, for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// There are as many uploads as the settings allow.
    #[error("there are too many open uploads, try again later")]
    TooMany,
    /// All files together would have more bytes than the settings allow.
    #[error("there is no room for {size} bytes at this moment, try again later")]
    NoRoom {
        /// How many the file has, as far as is known.
        size: u64,
    },
}

/// What is counted.
#[derive(Debug)]
pub(super) struct Ledger {
    max_open: usize,
    /// No limit if there is none.
    max_bytes: Option<u64>,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    entries: HashMap<Uuid, Entry>,
    open: usize,
    /// Wide enough for any number of files of any size.
    bytes: u128,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    bytes: u64,
    is_open: bool,
    /// Nobody has found any of its bytes yet.
    is_promise: bool,
    since: Instant,
}

impl Ledger {
    pub(super) fn new(max_open: usize, max_bytes: Option<u64>) -> Ledger {
        Ledger { max_open, max_bytes, books: Mutex::default() }
    }

    /// Counts an upload that begins, instead of one with the same id. Without room for it, that one
    /// stays.
    pub(super) fn begin(&self, id: Uuid, bytes: u64) -> Result<(), Full> {
        let mut books = self.books();
        let before = books.remove(id);
        let checked = match books.open >= self.max_open {
            true => Err(Full::TooMany),
            false => self.check_room(&books, bytes, bytes),
        };
        let fresh = Entry { bytes, is_open: true, is_promise: true, since: Instant::now() };
        if let Some(entry) = if checked.is_ok() { Some(fresh) } else { before } {
            books.put(id, entry);
        }
        checked
    }

    /// An upload turns out to have so many bytes, or more.
    pub(super) fn grow(&self, id: Uuid, bytes: u64) -> Result<(), Full> {
        let mut books = self.books();
        let Some(entry) = books.entries.get(&id).copied() else { return Ok(()) };
        let Some(more) = bytes.checked_sub(entry.bytes) else { return Ok(()) };
        self.check_room(&books, more, bytes)?;
        books.put(id, Entry { bytes, ..entry });
        Ok(())
    }

    /// Counts an upload as its document says it is, whether there is room or not.
    pub(super) fn settle(&self, document: &Document) {
        let mut books = self.books();
        let before = books.entries.get(&document.id).copied();
        let Some(bytes) = document.declared_bytes() else { return };
        let is_promise = before.is_none_or(|before| before.is_promise);
        let since = Instant::now();
        let entry = |is_open, bytes| Entry { bytes, is_open, is_promise, since };
        match document.state {
            State::Receiving => {
                let bytes = before.map_or(0, |before| before.bytes).max(bytes);
                books.put(document.id, entry(true, bytes));
            }
            State::HandingOver | State::Waiting { .. } | State::NotTaken => {
                books.put(document.id, entry(false, bytes));
            }
            State::Finished | State::Cancelled { .. } => {
                books.remove(document.id);
            }
        }
    }

    /// Whether of an upload nobody has found any bytes yet.
    pub(super) fn is_promise(&self, id: Uuid) -> bool {
        self.books().entries.get(&id).is_some_and(|entry| entry.is_promise)
    }

    /// Some of its bytes are there, or it needs none.
    pub(super) fn keep_promise(&self, id: Uuid) {
        if let Some(entry) = self.books().entries.get_mut(&id) {
            entry.is_promise = false;
        }
    }

    /// Stops counting an upload.
    pub(super) fn remove(&self, id: Uuid) {
        self.books().remove(id);
    }

    /// Stops counting what somebody has removed by hand: what is not in a listing that was begun
    /// then.
    pub(super) fn retain(&self, there: &HashSet<Uuid>, listed: Instant) {
        let mut books = self.books();
        let is_gone = |id: &Uuid, entry: &Entry| {
            !there.contains(id) && listed.saturating_duration_since(entry.since) > GRACE
        };
        let gone = books.entries.iter().filter(|(id, entry)| is_gone(id, entry));
        let gone: Vec<Uuid> = gone.map(|(id, _)| *id).collect();
        for id in gone {
            books.remove(id);
        }
    }

    fn check_room(&self, books: &Books, more: u64, size: u64) -> Result<(), Full> {
        let bytes = books.bytes + u128::from(more);
        if self.max_bytes.is_some_and(|limit| bytes > u128::from(limit)) {
            return Err(Full::NoRoom { size });
        }
        Ok(())
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn put(&mut self, id: Uuid, entry: Entry) {
        self.remove(id);
        self.open += usize::from(entry.is_open);
        self.bytes += u128::from(entry.bytes);
        self.entries.insert(id, entry);
    }

    fn remove(&mut self, id: Uuid) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        self.open -= usize::from(entry.is_open);
        self.bytes -= u128::from(entry.bytes);
        Some(entry)
    }
}

impl Document {
    /// How many bytes the file has, or will have, as far as is known; `None` for a ticket that
    /// nobody has used.
    fn declared_bytes(&self) -> Option<u64> {
        let file = self.file.as_ref()?;
        let hashed = self.arrival.as_ref().filter(|arrival| arrival.is_hashed());
        match hashed.and_then(|arrival| arrival.chunks) {
            // Its size is told by its chunks, and noted with the last of them.
            Some(cut) if file.size == 0 => Some(cut.chunk_size.saturating_mul(cut.count)),
            _ => Some(file.size),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::Config;
    use crate::store::Memory;
    use crate::uploads::{Arrival, Backend, FileInfo, Layout, Uploads};

    const GONE: Duration = Duration::from_secs(61);

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn the_last_bytes_are_promised_once() {
        let ledger = Ledger::new(10, Some(100));
        assert_eq!(ledger.begin(id(1), 60), Ok(()));
        assert_eq!(ledger.begin(id(2), 41), Err(Full::NoRoom { size: 41 }));
        assert_eq!(ledger.begin(id(2), 40), Ok(()));
        ledger.remove(id(1));
        assert_eq!(ledger.begin(id(3), 60), Ok(()));
        assert_eq!(ledger.begin(id(3), 61), Err(Full::NoRoom { size: 61 }), "it begins again");
        assert_eq!(ledger.begin(id(4), u64::MAX), Err(Full::NoRoom { size: u64::MAX }));
        assert_eq!(ledger.begin(id(4), 1), Err(Full::NoRoom { size: 1 }), "what was there stays");
    }

    #[test]
    fn without_a_limit_there_is_room_for_any_number_of_bytes() {
        let ledger = Ledger::new(10, None);
        for number in 1..=3 {
            assert_eq!(ledger.begin(id(number), u64::MAX), Ok(()));
        }
        assert_eq!(ledger.grow(id(1), u64::MAX), Ok(()));
        (1..=3).for_each(|number| ledger.remove(id(number)));
        assert_eq!(ledger.books().bytes, 0);
    }

    #[test]
    fn only_a_file_known_by_its_md5_has_the_size_of_its_chunks() {
        let mut document = Document::new(id(1), Backend::nobody(), SystemTime::now());
        document.file = Some(FileInfo { size: 0, name: "empty".to_owned() });
        for (protocol, bytes) in [("resumable", 0), ("fineuploader", 0), ("robusto", 3 << 20)] {
            document.arrival = Some(Arrival {
                owner: None,
                protocol: protocol.to_owned(),
                key: None,
                file: id(2),
                chunks: Some(Layout { chunk_size: 1 << 20, count: 3 }),
            });
            assert_eq!(document.declared_bytes(), Some(bytes), "{protocol}");
        }
    }

    #[test]
    fn a_file_without_a_size_grows_as_long_as_there_is_room() {
        let ledger = Ledger::new(10, Some(100));
        ledger.begin(id(1), 0).unwrap();
        ledger.begin(id(2), 50).unwrap();
        assert_eq!(ledger.grow(id(1), 50), Ok(()));
        assert_eq!(ledger.grow(id(1), 51), Err(Full::NoRoom { size: 51 }));
        assert_eq!(ledger.grow(id(1), 20), Ok(()), "it never shrinks");
        assert_eq!(ledger.begin(id(3), 1), Err(Full::NoRoom { size: 1 }));
    }

    #[test]
    fn uploads_are_counted_until_they_are_gone() {
        let ledger = Ledger::new(2, Some(100));
        ledger.begin(id(1), 0).unwrap();
        ledger.begin(id(2), 0).unwrap();
        assert_eq!(ledger.begin(id(3), 0), Err(Full::TooMany));
        ledger.remove(id(2));
        ledger.remove(id(2));
        assert_eq!(ledger.begin(id(3), 0), Ok(()));
    }

    #[tokio::test]
    async fn what_is_there_counts_also_when_keeping_it_failed() {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["incoming-server", "--storage", folder.path().to_str().unwrap()];
        let mut config = Config::from_arguments(arguments).unwrap();
        config.max_storage = Some(100);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let store = Arc::new(Memory::default());
        let uploads = Uploads::new(store, &config, tasks, stop).await.unwrap();
        let mut document = Document::new(id(1), Backend::nobody(), SystemTime::now());
        document.file = Some(FileInfo { size: 60, name: "a".to_owned() });
        uploads.inner.create(&document, 60).await.unwrap();
        uploads.inner.create(&document, 60).await.unwrap_err();
        let full = Err(Full::NoRoom { size: 41 });
        assert_eq!(uploads.inner.ledger.begin(id(2), 41), full);
        uploads.inner.remove(id(1)).await.unwrap();
        assert_eq!(uploads.inner.ledger.begin(id(2), 100), Ok(()));
    }

    #[test]
    fn what_was_removed_by_hand_is_noticed_and_what_has_just_begun_is_not_missed() {
        let ledger = Ledger::new(10, Some(100));
        for number in 1..=3 {
            ledger.begin(id(number), 30).unwrap();
        }
        let long_ago = Instant::now().checked_sub(GONE).unwrap();
        for number in [1, 2] {
            ledger.books().entries.get_mut(&id(number)).unwrap().since = long_ago;
        }
        ledger.retain(&HashSet::from([id(1)]), long_ago);
        assert_eq!(ledger.begin(id(4), 11), Err(Full::NoRoom { size: 11 }), "a slow listing");
        ledger.retain(&HashSet::from([id(1)]), Instant::now());
        assert_eq!(ledger.begin(id(4), 41), Err(Full::NoRoom { size: 41 }));
        assert_eq!(ledger.begin(id(4), 40), Ok(()));
    }
}
