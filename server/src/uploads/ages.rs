//! How long uploads have rested, whatever the clock of the system says.
//!
//! An age is what was noted of it, and the time since then that this server ran. A clock that is put
//! forward, or that the system has wrong for a while, makes nothing older; a restart makes nothing
//! younger, and the time before it does not count. When an upload was written to is only compared, to
//! see that it has been since.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::files::{FileSystem, Opening, replace};

/// An id, when it was written to, and its age in milliseconds.
const RECORD: usize = 32;
/// The name of the file that they are in.
const NAME: &str = "ages";

/// The ages of all uploads that were looked at.
#[derive(Clone, Debug)]
pub(super) struct Ages {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    files: Arc<dyn FileSystem>,
    begun: Instant,
    entries: Mutex<HashMap<Uuid, Entry>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    /// When it was written to, as its store says, in nanoseconds; `None` for a moment ago.
    written: Option<u64>,
    /// Since when it rests, in milliseconds from the start of this server.
    since_ms: i64,
}

impl Ages {
    /// Reads what was noted in a folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn open(folder: &Path, files: Arc<dyn FileSystem>) -> io::Result<Ages> {
        let content = match std::fs::read(folder.join(NAME)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let entries = Mutex::new(content.chunks_exact(RECORD).map(entry).collect());
        let shared = Shared { folder: folder.to_owned(), files, begun: Instant::now(), entries };
        Ok(Ages { shared: Arc::new(shared) })
    }

    /// How long an upload has rested that was last written to then.
    pub(super) fn of(&self, id: Uuid, written: SystemTime) -> Duration {
        let (now, written) = (self.shared.now_ms(), nanoseconds(written));
        let mut entries = self.shared.entries();
        let fresh = Entry { written: Some(written), since_ms: now };
        let entry = entries.entry(id).or_insert(fresh);
        match entry.written {
            None => entry.written = Some(written),
            Some(then) if then != written => *entry = fresh,
            Some(_) => {}
        }
        Duration::from_millis(u64::try_from(now - entry.since_ms).unwrap_or(0))
    }

    /// An upload is written to now.
    pub(super) fn restart(&self, id: Uuid) {
        let entry = Entry { written: None, since_ms: self.shared.now_ms() };
        self.shared.entries().insert(id, entry);
    }

    /// Forgets all but these.
    pub(super) fn retain(&self, there: &HashSet<Uuid>) {
        self.shared.entries().retain(|id, _| there.contains(id));
    }

    /// Notes all of them.
    ///
    /// # Errors
    /// When they cannot be noted; what was noted before is left then.
    pub(super) async fn note(&self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || shared.note()).await.map_err(io::Error::other)?
    }
}

impl Shared {
    fn entries(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn note(&self) -> io::Result<()> {
        let now = self.now_ms();
        let mut content = Vec::new();
        for (id, Entry { written, since_ms }) in &*self.entries() {
            let Some(written) = written else { continue };
            let age = u64::try_from(now - since_ms).unwrap_or(0);
            content.extend_from_slice(id.as_bytes());
            content.extend_from_slice(&written.to_le_bytes());
            content.extend_from_slice(&age.to_le_bytes());
        }
        replace(&*self.files, &self.folder.join(NAME), &content, Opening::Private)?;
        self.files.sync_dir(&self.folder)
    }
}

fn entry(record: &[u8]) -> (Uuid, Entry) {
    let id = Uuid::from_bytes(std::array::from_fn(|index| record[index]));
    let number =
        |from: usize| u64::from_le_bytes(std::array::from_fn(|index| record[from + index]));
    let since_ms = i64::try_from(number(24)).map_or(0, |age| -age);
    (id, Entry { written: Some(number(16)), since_ms })
}

#[expect(clippy::cast_possible_truncation, reason = "until the year 2554")]
fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Native;

    const HOUR: Duration = Duration::from_secs(3600);

    fn open(folder: &Path) -> Ages {
        Ages::open(folder, Arc::new(Native)).unwrap()
    }

    /// As if the server had run for an hour more.
    fn run_an_hour(ages: &Ages) {
        for entry in ages.shared.entries().values_mut() {
            entry.since_ms -= 3_600_000;
        }
    }

    fn hours(age: Duration) -> u64 {
        age.as_secs() / 3600
    }

    #[tokio::test]
    async fn only_the_time_counts_that_the_server_runs() {
        let folder = tempfile::tempdir().unwrap();
        let (id, long_ago) = (Uuid::from_u128(1), SystemTime::now() - 200 * HOUR);
        let ages = open(folder.path());
        assert_eq!(hours(ages.of(id, long_ago)), 0, "whatever the clock was then");
        run_an_hour(&ages);
        assert_eq!(hours(ages.of(id, long_ago)), 1);
        ages.note().await.unwrap();
        let later = open(folder.path());
        assert_eq!(hours(later.of(id, long_ago)), 1);
        run_an_hour(&later);
        assert_eq!(hours(later.of(id, long_ago)), 2);
    }

    #[tokio::test]
    async fn what_is_written_to_is_young_again_also_before_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (id, then) = (Uuid::from_u128(1), SystemTime::now());
        let ages = open(folder.path());
        ages.of(id, then);
        run_an_hour(&ages);
        ages.note().await.unwrap();
        for ages in [ages, open(folder.path())] {
            assert_eq!(hours(ages.of(id, then)), 1);
            assert_eq!(hours(ages.of(id, then - HOUR)), 0, "a clock that was put back");
            run_an_hour(&ages);
            ages.restart(id);
            assert_eq!(hours(ages.of(id, then + HOUR)), 0);
        }
    }

    #[tokio::test]
    async fn what_is_gone_is_forgotten_and_a_note_that_was_cut_short_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let ages = open(folder.path());
        let then = SystemTime::now();
        for number in 1..=3 {
            ages.of(Uuid::from_u128(number), then);
        }
        ages.retain(&HashSet::from([Uuid::from_u128(1), Uuid::from_u128(2)]));
        ages.note().await.unwrap();
        let path = folder.path().join(NAME);
        let content = std::fs::read(&path).unwrap();
        assert_eq!(content.len(), 2 * RECORD);
        std::fs::write(&path, &content[..content.len() - 1]).unwrap();
        assert_eq!(open(folder.path()).shared.entries().len(), 1);
    }
}
