//! Uploads that are gone although browsers have had chunks of them confirmed: those that rested too
//! long, that were lost, or in whose place another cut of the file began.
//!
//! A chunk of such an upload must not begin it anew with a success, because those that were confirmed
//! would never come again. It is answered like a loss, once to each address: whoever hears that sends
//! all of it again, and who hears it first may be somebody else than who has to know.
//! What is kept of an upload is a hash of its id, its file and its cut. There are at most [`MOST`] of
//! them, each for as long as an upload in chunks may rest while the server runs, and at least an hour.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha1::{Digest as _, Sha1};
use uuid::Uuid;

use super::{Document, FileInfo, Holder, Layout};
use crate::files::{FileSystem, Opening, make_folder, replace};

/// How many are remembered; the oldest ones are forgotten.
const MOST: usize = 65_536;
/// How long each is remembered at least.
const SHORTEST: Duration = Duration::from_secs(3600);
/// A hash, and a time in seconds.
const RECORD: usize = 24;
/// The name of the file that they are in.
const NAME: &str = "gone";

/// By what an upload is remembered.
pub(super) type Trace = [u8; 16];

/// What is remembered, and who was told.
#[derive(Clone, Debug)]
pub(super) struct Gone {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    files: Arc<dyn FileSystem>,
    retention: Duration,
    book: Mutex<Book>,
    /// How many are in the file, remembered or not. Whoever writes to it holds this; only the threads do
    /// that may wait for a disk.
    written: Mutex<usize>,
}

/// Times are those of a clock that runs while the server does, so that no jump of another one counts.
#[derive(Debug)]
struct Book {
    times: HashMap<Trace, u64>,
    order: VecDeque<(Trace, u64)>,
    begun_s: u64,
    begun: Instant,
}

/// By what an upload is remembered that is cut so.
pub(super) fn trace(id: Uuid, file: &FileInfo, cut: Layout) -> Trace {
    let mut sum = Sha1::new().chain_update(id);
    for number in [file.size, cut.chunk_size, cut.count] {
        sum.update(number.to_be_bytes());
    }
    let hash = sum.chain_update(&file.name).finalize();
    std::array::from_fn(|index| hash[index])
}

fn trace_of(document: &Document) -> Option<Trace> {
    let arrival = document.arrival.as_ref().filter(|arrival| !arrival.is_hashed())?;
    Some(trace(document.id, document.file.as_ref()?, arrival.chunks?))
}

impl Gone {
    /// Reads what was remembered in a folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn open(
        folder: &Path,
        files: Arc<dyn FileSystem>,
        retention: Duration,
    ) -> io::Result<Gone> {
        let content = match std::fs::read(folder.join(NAME)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let (book, written) = (Mutex::new(Book::read(&content)), content.len() / RECORD);
        let written = Mutex::new(written);
        let shared = Shared { folder: folder.to_owned(), files, retention, book, written };
        Ok(Gone { shared: Arc::new(shared) })
    }

    /// Remembers an upload of which chunks were confirmed, if it comes in chunks that a browser knows
    /// by their numbers. It is durable when this returns.
    ///
    /// # Errors
    /// When it cannot be noted.
    pub(super) async fn note(&self, document: &Document) -> io::Result<()> {
        let Some(trace) = trace_of(document) else { return Ok(()) };
        let shared = Arc::clone(&self.shared);
        let noted = tokio::task::spawn_blocking(move || shared.note(trace)).await;
        noted.map_err(io::Error::other)?
    }

    /// Whoever is at the address of this holder needs not hear of an upload that was noted.
    pub(super) fn tell(&self, document: &Document, holder: Holder) {
        if let Some(trace) = trace_of(document) {
            self.is_news(trace, holder.address());
        }
    }

    /// Whether an upload is remembered and this address was not told since it was noted. It is after
    /// that.
    pub(super) fn is_news(&self, trace: Trace, asker: u64) -> bool {
        let told = told(&trace, asker);
        let mut book = self.shared.book();
        let noted = book.times.get(&trace).copied();
        if noted.is_none() || book.times.get(&told).copied() >= noted {
            return false;
        }
        let now = book.now_s();
        book.add(told, now);
        drop(book);
        let shared = Arc::clone(&self.shared);
        // Whoever is told twice after a power failure sends once more.
        drop(tokio::task::spawn_blocking(move || shared.append(&record(&told, now), false)));
        true
    }

    /// Forgets those that were remembered long enough.
    pub(super) fn sweep(&self) {
        let mut book = self.shared.book();
        let (now, retention) = (book.now_s(), self.shared.retention.max(SHORTEST).as_secs());
        book.forget_while(|then, _| then.saturating_add(retention) < now);
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, trace: Trace) -> io::Result<()> {
        let now = self.book().now_s();
        self.append(&record(&trace, now), true)?;
        self.book().add(trace, now);
        Ok(())
    }

    fn append(&self, record: &[u8], is_durable: bool) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        match self.put(*written, record, is_durable) {
            // Somebody has removed the folder.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_folder(&*self.files, &self.folder)?;
                *written = 0;
                self.put(0, record, is_durable)?;
            }
            put => put?,
        }
        *written += 1;
        if *written >= 2 * MOST {
            let content = self.book().content();
            replace(&*self.files, &self.folder.join(NAME), &content, Opening::Private)?;
            self.files.sync_dir(&self.folder)?;
            // This record may not be in the book yet.
            *written = content.len() / RECORD;
            self.put(*written, record, is_durable)?;
            *written += 1;
        }
        Ok(())
    }

    fn put(&self, place: usize, record: &[u8], is_durable: bool) -> io::Result<()> {
        let file = self.files.open(&self.folder.join(NAME), Opening::Made)?;
        self.files.write(&file, (place * RECORD) as u64, record)?;
        if is_durable {
            self.files.sync_data(&file)?;
        }
        if place == 0 { self.files.sync_dir(&self.folder) } else { Ok(()) }
    }
}

impl Book {
    fn read(content: &[u8]) -> Book {
        let (times, order) = (HashMap::new(), VecDeque::new());
        let mut book = Book { times, order, begun_s: 0, begun: Instant::now() };
        for record in content.chunks_exact(RECORD) {
            let (hash, time) = record.split_at(16);
            let hash = std::array::from_fn(|index| hash[index]);
            let time = u64::from_le_bytes(std::array::from_fn(|index| time[index]));
            book.begun_s = book.begun_s.max(time);
            book.add(hash, time);
        }
        book
    }

    fn now_s(&self) -> u64 {
        self.begun_s.saturating_add(self.begun.elapsed().as_secs())
    }

    fn add(&mut self, trace: Trace, time: u64) {
        self.times.insert(trace, time);
        self.order.push_back((trace, time));
        self.forget_while(|_, count| count > MOST);
    }

    /// Forgets the oldest one as long as this holds of its time and of how many there are.
    fn forget_while(&mut self, is_enough: impl Fn(u64, usize) -> bool) {
        while let Some((trace, time)) = self.order.front().copied() {
            if !is_enough(time, self.order.len()) {
                return;
            }
            self.order.pop_front();
            // It may have been noted once more.
            if self.times.get(&trace) == Some(&time) {
                self.times.remove(&trace);
            }
        }
    }

    fn content(&self) -> Vec<u8> {
        let known = self.order.iter().filter(|(trace, time)| self.times.get(trace) == Some(time));
        known.flat_map(|(trace, time)| record(trace, *time)).collect()
    }
}

/// By what it is remembered that an address was told of an upload.
fn told(trace: &Trace, asker: u64) -> Trace {
    let hash = Sha1::new().chain_update(trace).chain_update(asker.to_be_bytes()).finalize();
    std::array::from_fn(|index| hash[index])
}

fn record(trace: &Trace, time: u64) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    record[..16].copy_from_slice(trace);
    record[16..].copy_from_slice(&time.to_le_bytes());
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Native;

    fn open(folder: &Path) -> Gone {
        Gone::open(folder, Arc::new(Native), Duration::from_secs(5000)).unwrap()
    }

    fn traced(number: u8) -> Trace {
        [number; 16]
    }

    fn knows(gone: &Gone, number: u8) -> bool {
        gone.shared.book().times.contains_key(&traced(number))
    }

    #[tokio::test]
    async fn each_address_is_told_once_also_if_there_is_a_restart_between() {
        let folder = tempfile::tempdir().unwrap();
        let gone = open(folder.path());
        gone.shared.note(traced(1)).unwrap();
        assert!(!gone.is_news(traced(2), 0), "nothing is gone");
        assert!(gone.is_news(traced(1), 7) && !gone.is_news(traced(1), 7));
        let path = folder.path().join(NAME);
        while std::fs::metadata(&path).unwrap().len() < 2 * RECORD as u64 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let later = open(folder.path());
        assert!(!later.is_news(traced(1), 7) && later.is_news(traced(1), 8));
    }

    #[test]
    fn a_note_that_was_cut_short_is_none_and_the_next_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).shared.note(traced(1)).unwrap();
        let path = folder.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], &whole[..7]].concat()).unwrap();
        open(folder.path()).shared.note(traced(2)).unwrap();
        let gone = open(folder.path());
        assert!(knows(&gone, 1) && knows(&gone, 2));
    }

    #[test]
    fn only_so_many_are_remembered_and_the_file_does_not_grow_for_ever() {
        let mut book = Book::read(&[]);
        for number in 0..3 * MOST as u64 {
            let mut trace = traced(0);
            trace[..8].copy_from_slice(&number.to_be_bytes());
            book.add(trace, number);
        }
        assert_eq!((book.times.len(), book.order.len()), (MOST, MOST));
        assert_eq!(book.content().len(), MOST * RECORD);
        let folder = tempfile::tempdir().unwrap();
        let gone = open(folder.path());
        *gone.shared.book() = book;
        *gone.shared.written.lock().unwrap() = 2 * MOST - 1;
        gone.shared.note(traced(1)).unwrap();
        let length = std::fs::metadata(folder.path().join(NAME)).unwrap().len();
        assert_eq!(length, ((MOST + 1) * RECORD) as u64);
        assert!(knows(&open(folder.path()), 1));
    }

    #[test]
    fn what_is_old_is_forgotten_unless_it_was_noted_again() {
        let folder = tempfile::tempdir().unwrap();
        let gone = open(folder.path());
        for (number, time) in [(1, 10), (2, 10), (1, 50), (3, 5009)] {
            gone.shared.book().add(traced(number), time);
        }
        gone.shared.book().begun_s = 5020;
        gone.sweep();
        assert!(knows(&gone, 1) && !knows(&gone, 2) && knows(&gone, 3));
    }

    #[test]
    fn a_folder_that_somebody_has_removed_is_made_anew() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("storage");
        let gone = open(&folder);
        gone.shared.note(traced(1)).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        gone.shared.note(traced(2)).unwrap();
        assert!(knows(&open(&folder), 2));
    }
}
