//! How many uploads there are, how many are open, and how many bytes all files have that are not
//! handed over.
//!
//! A file counts with all of its size from its beginning, before any byte of it has come, so that no
//! two are promised the last bytes, and what has begun always finds room. One in chunks of which no
//! chunk comes is forgotten soon. One of which no byte comes for an hour counts only what is there of
//! it, and needs room again when it goes on. One whose size nobody tells counts with what it
//! will have at least, as far as its chunks tell. It counts until its backend has it, or until it
//! has arrived where nobody else takes it.
//!
//! Nobody holds more than a share of it all: neither an address, nor an owner whom the authorisation
//! names.

mod books;

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Document, Holder, State};
use books::{Books, Entry};

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
    /// One address, or one owner, would hold more than its share.
    #[error("your uploads hold as much as you may have at once, try again when one has ended")]
    Share,
}

/// How much there may be of everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Uploads that are not finished.
    pub(super) max_uploads: usize,
    /// Of these, those that are open.
    pub(super) max_open: usize,
    /// No limit if there is none.
    pub(super) max_bytes: Option<u64>,
    /// The part that one address or one owner may hold, in percent.
    pub(super) share: u8,
}

/// What is counted.
#[derive(Debug)]
pub(super) struct Ledger {
    room: Room,
    books: Mutex<Books>,
}

impl Room {
    /// The most bytes of one file that somebody may have.
    pub(super) fn largest(&self, holder: Holder) -> u64 {
        let all = self.max_bytes.unwrap_or(u64::MAX);
        if holder.is_nobody() || self.max_bytes.is_none() { all } else { self.share_of(all) }
    }

    fn share_of(&self, bytes: u64) -> u64 {
        let share = u128::from(bytes) * u128::from(self.share) / 100;
        u64::try_from(share).unwrap_or(bytes)
    }

    fn number_of_one(&self, most: usize) -> usize {
        (most.saturating_mul(self.share.into()) / 100).max(1)
    }
}

impl Ledger {
    pub(super) fn new(room: Room) -> Ledger {
        Ledger { room, books: Mutex::default() }
    }

    /// How much there may be.
    pub(super) fn room(&self) -> Room {
        self.room
    }

    /// Counts a ticket that nobody uses yet.
    pub(super) fn issue(&self, id: Uuid) -> Result<(), Full> {
        let mut books = self.books();
        self.check_number(&books)?;
        books.put(id, Entry::unused());
        Ok(())
    }

    /// Counts an upload that begins, instead of one with the same id. Without room for it, that one
    /// stays.
    pub(super) fn begin(&self, id: Uuid, bytes: u64, holder: Holder) -> Result<(), Full> {
        let mut books = self.books();
        let before = books.remove(id);
        let checked = self.check_begin(&books, bytes, holder);
        let entry = if checked.is_ok() { Some(Entry::open(bytes, holder)) } else { before };
        entry.into_iter().for_each(|entry| books.put(id, entry));
        checked
    }

    fn check_begin(&self, books: &Books, bytes: u64, holder: Holder) -> Result<(), Full> {
        self.check_number(books)?;
        if books.open() >= self.room.max_open {
            return Err(Full::TooMany);
        }
        let Room { max_uploads, max_open, .. } = self.room;
        let is_over = |key| {
            let share = books.share(key);
            share.open >= self.room.number_of_one(max_open)
                || share.uploads >= self.room.number_of_one(max_uploads)
        };
        if holder.keys().any(is_over) {
            return Err(Full::Share);
        }
        self.check_room(books, bytes, bytes, holder)
    }

    /// An upload turns out to have so many bytes, or more, or goes on after a rest.
    pub(super) fn grow(&self, id: Uuid, bytes: u64) -> Result<(), Full> {
        let mut books = self.books();
        let Some(entry) = books.entry(id) else { return Ok(()) };
        let bytes = bytes.max(entry.declared);
        let Some(more) = bytes.checked_sub(entry.bytes).filter(|more| *more > 0) else {
            return Ok(());
        };
        self.check_room(&books, more, bytes, entry.holder)?;
        books.put(id, Entry { bytes, declared: bytes, ..entry });
        Ok(())
    }

    /// Of an upload that rests only what is there counts.
    pub(super) fn rest(&self, id: Uuid, there: u64) {
        let mut books = self.books();
        if let Some(entry) = books.entry(id).filter(|entry| entry.is_open) {
            books.put(id, Entry { bytes: entry.bytes.min(there), ..entry });
        }
    }

    /// Whether an upload counts more than the bytes that are there of it.
    pub(super) fn is_awake(&self, id: Uuid) -> bool {
        let entry = self.books().entry(id);
        entry.is_some_and(|entry| entry.is_open && entry.bytes > 0 && entry.bytes == entry.declared)
    }

    /// Counts an upload as its document says it is, whether there is room or not.
    pub(super) fn settle(&self, document: &Document) {
        let mut books = self.books();
        let before = books.entry(document.id);
        let Some(bytes) = document.declared_bytes() else {
            return books.put(document.id, Entry::unused());
        };
        let is_promise = before.is_none_or(|before| before.is_promise);
        let entry = |is_open, bytes| {
            let entry = Entry::open(bytes, document.holder);
            Entry { is_open, is_promise, ..entry }
        };
        match document.state {
            State::Receiving => {
                let declared = before.map_or(0, |before| before.declared).max(bytes);
                let is_resting = before.is_some_and(|before| before.bytes < before.declared);
                let bytes = before.filter(|_| is_resting).map_or(declared, |before| before.bytes);
                books.put(document.id, Entry { bytes, ..entry(true, declared) });
            }
            State::HandingOver | State::Waiting { .. } | State::NotTaken => {
                // It has its place, and does not count twice.
                let has_arrived = document.arrival.is_some() && books.counts_arrived();
                if has_arrived && before.is_some_and(|before| before.is_open) {
                    books.arrived(bytes);
                }
                books.put(document.id, entry(false, if has_arrived { 0 } else { bytes }));
            }
            State::Finished => {
                let before = books.remove(document.id);
                if document.arrival.is_some() && before.is_some_and(|before| before.is_open) {
                    books.arrived(bytes);
                }
            }
            State::Cancelled { .. } => {
                books.remove(document.id);
            }
        }
    }

    /// Whether of an upload nobody has found any bytes yet.
    pub(super) fn is_promise(&self, id: Uuid) -> bool {
        self.books().entry(id).is_some_and(|entry| entry.is_promise)
    }

    /// Some of its bytes are there, or it needs none.
    pub(super) fn keep_promise(&self, id: Uuid) {
        self.books().keep_promise(id);
    }

    /// Stops counting an upload.
    pub(super) fn remove(&self, id: Uuid) {
        self.books().remove(id);
    }

    /// Counts the bytes of what has arrived, too.
    pub(super) fn count_arrived(&self, bytes: u64) {
        self.books().set_arrived(bytes);
    }

    /// Stops counting what somebody has removed by hand: what is not in a listing that was begun
    /// then.
    pub(super) fn retain(&self, there: &HashSet<Uuid>, listed: Instant) {
        self.books().retain(|id, entry| {
            there.contains(id) || listed.saturating_duration_since(entry.since) <= GRACE
        });
    }

    fn check_number(&self, books: &Books) -> Result<(), Full> {
        if books.len() >= self.room.max_uploads { Err(Full::TooMany) } else { Ok(()) }
    }

    fn check_room(&self, books: &Books, more: u64, size: u64, holder: Holder) -> Result<(), Full> {
        let Some(limit) = self.room.max_bytes else { return Ok(()) };
        if books.bytes() + u128::from(more) > u128::from(limit) {
            return Err(Full::NoRoom { size });
        }
        let share = u128::from(self.room.share_of(limit));
        let is_over = |key| books.share(key).bytes + u128::from(more) > share;
        if holder.keys().any(is_over) { Err(Full::Share) } else { Ok(()) }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
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
    use crate::clients::Network;
    use crate::store::Memory;
    use crate::uploads::{Arrival, Backend, FileInfo, Layout, Uploads};

    const GONE: Duration = Duration::from_secs(61);

    fn ledger(max_open: usize, max_bytes: Option<u64>) -> Ledger {
        Ledger::new(Room { max_uploads: 100, max_open, max_bytes, share: 25 })
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn the_last_bytes_are_promised_once() {
        let ledger = ledger(10, Some(100));
        assert_eq!(ledger.begin(id(1), 60, Holder::nobody()), Ok(()));
        assert_eq!(ledger.begin(id(2), 41, Holder::nobody()), Err(Full::NoRoom { size: 41 }));
        assert_eq!(ledger.begin(id(2), 40, Holder::nobody()), Ok(()));
        ledger.remove(id(1));
        assert_eq!(ledger.begin(id(3), 60, Holder::nobody()), Ok(()));
        assert_eq!(
            ledger.begin(id(3), 61, Holder::nobody()),
            Err(Full::NoRoom { size: 61 }),
            "it begins again"
        );
        assert_eq!(
            ledger.begin(id(4), u64::MAX, Holder::nobody()),
            Err(Full::NoRoom { size: u64::MAX })
        );
        assert_eq!(
            ledger.begin(id(4), 1, Holder::nobody()),
            Err(Full::NoRoom { size: 1 }),
            "what was there stays"
        );
    }

    #[test]
    fn without_a_limit_there_is_room_for_any_number_of_bytes() {
        let ledger = ledger(10, None);
        for number in 1..=3 {
            assert_eq!(ledger.begin(id(number), u64::MAX, Holder::nobody()), Ok(()));
        }
        assert_eq!(ledger.grow(id(1), u64::MAX), Ok(()));
        (1..=3).for_each(|number| ledger.remove(id(number)));
        assert_eq!(ledger.books().bytes(), 0);
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
        let ledger = ledger(10, Some(100));
        ledger.begin(id(1), 0, Holder::nobody()).unwrap();
        ledger.begin(id(2), 50, Holder::nobody()).unwrap();
        assert_eq!(ledger.grow(id(1), 50), Ok(()));
        assert_eq!(ledger.grow(id(1), 51), Err(Full::NoRoom { size: 51 }));
        assert_eq!(ledger.grow(id(1), 20), Ok(()), "it never shrinks");
        assert_eq!(ledger.begin(id(3), 1, Holder::nobody()), Err(Full::NoRoom { size: 1 }));
    }

    #[test]
    fn uploads_are_counted_until_they_are_gone() {
        let ledger = ledger(2, Some(100));
        ledger.begin(id(1), 0, Holder::nobody()).unwrap();
        ledger.begin(id(2), 0, Holder::nobody()).unwrap();
        assert_eq!(ledger.begin(id(3), 0, Holder::nobody()), Err(Full::TooMany));
        ledger.remove(id(2));
        ledger.remove(id(2));
        assert_eq!(ledger.begin(id(3), 0, Holder::nobody()), Ok(()));
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
        assert_eq!(uploads.inner.ledger.begin(id(2), 41, Holder::nobody()), full);
        uploads.inner.remove(id(1)).await.unwrap();
        assert_eq!(uploads.inner.ledger.begin(id(2), 100, Holder::nobody()), Ok(()));
    }

    #[test]
    fn what_was_removed_by_hand_is_noticed_and_what_has_just_begun_is_not_missed() {
        let ledger = ledger(10, Some(100));
        for number in 1..=3 {
            ledger.begin(id(number), 30, Holder::nobody()).unwrap();
        }
        let long_ago = Instant::now().checked_sub(GONE).unwrap();
        for number in [1, 2] {
            let mut books = ledger.books();
            let entry = books.entry(id(number)).unwrap();
            books.put(id(number), Entry { since: long_ago, ..entry });
        }
        ledger.retain(&HashSet::from([id(1)]), long_ago);
        assert_eq!(
            ledger.begin(id(4), 11, Holder::nobody()),
            Err(Full::NoRoom { size: 11 }),
            "a slow listing"
        );
        ledger.retain(&HashSet::from([id(1)]), Instant::now());
        assert_eq!(ledger.begin(id(4), 41, Holder::nobody()), Err(Full::NoRoom { size: 41 }));
        assert_eq!(ledger.begin(id(4), 40, Holder::nobody()), Ok(()));
    }

    fn holder(owner: &str) -> Holder {
        Holder::new(Some(Network::of("192.0.2.1".parse().unwrap())), Some(owner))
    }

    #[test]
    fn neither_an_address_nor_an_owner_holds_more_than_its_share() {
        let ledger = ledger(8, Some(100));
        assert_eq!(holder("a").keys().count(), 2);
        assert_eq!(ledger.begin(id(1), 20, holder("a")), Ok(()));
        assert_eq!(ledger.begin(id(2), 6, holder("b")), Err(Full::Share), "of one address");
        let elsewhere = Holder::new(None, Some("a"));
        assert_eq!(ledger.begin(id(2), 6, elsewhere), Err(Full::Share), "of one owner");
        assert_eq!(ledger.begin(id(2), 5, holder("a")), Ok(()));
        assert_eq!(ledger.begin(id(3), 0, holder("c")), Err(Full::Share), "two of eight are open");
        assert_eq!(ledger.begin(id(3), 75, Holder::nobody()), Ok(()), "others have room");
        ledger.remove(id(1));
        assert_eq!(ledger.begin(id(4), 20, holder("a")), Ok(()));
        assert_eq!(ledger.grow(id(4), 21), Err(Full::NoRoom { size: 21 }));
    }

    #[test]
    fn what_waits_for_a_backend_is_in_the_share_of_who_sent_it() {
        let ledger =
            Ledger::new(Room { max_uploads: 8, max_open: 100, max_bytes: None, share: 25 });
        let elsewhere = Holder::new(None, Some("b"));
        for number in 1..=2 {
            let mut document = Document::new(id(number), Backend::nobody(), SystemTime::now());
            document.file = Some(FileInfo { size: 1, name: "a".to_owned() });
            (document.holder, document.state) = (holder("a"), State::NotTaken);
            ledger.settle(&document);
        }
        assert_eq!(ledger.begin(id(3), 1, holder("a")), Err(Full::Share));
        assert_eq!(ledger.begin(id(3), 1, elsewhere), Ok(()));
    }

    #[test]
    fn what_has_arrived_and_waits_for_its_backend_counts_once() {
        let ledger = ledger(10, Some(100));
        ledger.count_arrived(0);
        ledger.begin(id(1), 60, Holder::nobody()).unwrap();
        let mut document = Document::new(id(1), Backend::nobody(), SystemTime::now());
        document.file = Some(FileInfo { size: 60, name: "a".to_owned() });
        document.arrival = Some(Arrival {
            protocol: "resumable".to_owned(),
            key: None,
            file: id(2),
            chunks: None,
            owner: None,
        });
        for state in [State::HandingOver, State::NotTaken, State::Finished] {
            document.state = state;
            ledger.settle(&document);
            assert_eq!(ledger.books().bytes(), 60);
        }
        ledger.count_arrived(60);
        assert_eq!(ledger.books().bytes(), 60);
    }

    #[test]
    fn no_file_is_larger_than_a_share_unless_nobody_has_one() {
        let room = |max_bytes| Room { max_uploads: 1, max_open: 1, max_bytes, share: 25 };
        assert_eq!(room(Some(100)).largest(holder("a")), 25);
        assert_eq!(room(Some(100)).largest(Holder::nobody()), 100);
        assert_eq!(room(None).largest(holder("a")), u64::MAX);
        let all = Room { share: 100, ..room(Some(u64::MAX)) };
        assert_eq!(all.largest(holder("a")), u64::MAX);
    }

    #[test]
    fn what_rests_counts_what_is_there_and_needs_room_when_it_goes_on() {
        let ledger = ledger(10, Some(100));
        ledger.begin(id(1), 90, Holder::nobody()).unwrap();
        ledger.rest(id(1), 30);
        assert!(!ledger.is_awake(id(1)));
        assert_eq!(ledger.begin(id(2), 70, Holder::nobody()), Ok(()));
        assert_eq!(ledger.grow(id(1), 0), Err(Full::NoRoom { size: 90 }));
        ledger.remove(id(2));
        assert_eq!(ledger.grow(id(1), 0), Ok(()));
        assert!(ledger.is_awake(id(1)));
        assert_eq!(ledger.begin(id(2), 11, Holder::nobody()), Err(Full::NoRoom { size: 11 }));
    }

    #[test]
    fn tickets_are_counted_and_what_has_arrived_if_that_is_wished() {
        let ledger =
            Ledger::new(Room { max_uploads: 2, max_open: 9, max_bytes: Some(100), share: 25 });
        assert_eq!((ledger.issue(id(1)), ledger.issue(id(2))), (Ok(()), Ok(())));
        assert_eq!(ledger.issue(id(3)), Err(Full::TooMany));
        assert_eq!(ledger.begin(id(2), 1, Holder::nobody()), Ok(()), "it is used");
        ledger.count_arrived(100);
        ledger.remove(id(1));
        assert_eq!(ledger.begin(id(3), 0, Holder::nobody()), Err(Full::NoRoom { size: 0 }));
        ledger.count_arrived(99);
        assert_eq!(ledger.begin(id(3), 0, Holder::nobody()), Ok(()));
    }
}
