//! Which parts of a file are there, or how much of it: a log beside the bytes.
//!
//! A part is noted when its bytes were handed to the system, which is long before they are on the
//! disk, and the log itself is not synced for every part. So every record names the life of the
//! system in which it was written, and after a sync of the bytes a record says how much of the log
//! it covers. As long as the system lives, all notes are true, also when the server is killed. In
//! a later life only those are that were covered by a sync in their own.
//!
//! A file that comes from the first byte to the last has no parts. The log of such a file says how
//! much of it is certain, at first nothing. In the life of the system in which that
//! was noted the file itself says how long it is; in another one, what was noted after a sync.
//!
//! After a loss of power a record may be torn, or hold whatever was on the disk before: its
//! checksum, over the upload and the place in the log too, tells it from what was written here.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha1::{Digest as _, Sha1};
use uuid::Uuid;

use crate::at::At;
use crate::files::{FileSystem, Opening};

/// How large a record is, in bytes: none lies in two sectors.
const RECORD: usize = 32;
/// What of it is under the checksum.
const COVERED: usize = 25;

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// This part is there.
    Part(u64),
    /// The bytes of all parts in so many records from the first are on the disk.
    Synced(u64),
    /// So many bytes from the first are on the disk, and what is behind them was written in the
    /// same life.
    Certain(u64),
}

/// How much of a file is certain that has no parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certain {
    /// All that is there.
    All,
    /// So many bytes, if they are there.
    Bytes(u64),
}

/// What a log says.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The parts that are there.
    pub(super) there: BTreeSet<u64>,
    /// The parts that ever were.
    pub(super) noted: BTreeSet<u64>,
}

/// The log of one upload.
#[derive(Debug)]
pub(super) struct Log<'a> {
    pub(super) files: &'a dyn FileSystem,
    pub(super) id: Uuid,
    /// The present life of the system.
    pub(super) life: Uuid,
}

/// The present life of the system; where it does not tell, that of this process.
pub(super) fn life() -> Uuid {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    boot.and_then(|boot| Uuid::parse_str(boot.trim()).ok()).unwrap_or_else(Uuid::new_v4)
}

/// What is in a log so far, to be noted again when it is on the disk.
#[derive(Debug)]
pub(super) struct Noted {
    log: File,
    then: Entry,
}

impl Noted {
    /// The log.
    pub(super) fn log(&self) -> &File {
        &self.log
    }
}

impl Log<'_> {
    /// Notes a part. The log is made when it is missing.
    pub(super) fn note(&self, path: &Path, part: u64) -> io::Result<()> {
        self.append(&self.files.open(path, Opening::Made)?, Entry::Part(part))
    }

    /// Notes how much is certain of a file that has no parts. The log is made when it is missing.
    pub(super) fn note_certain(&self, path: &Path, bytes: u64) -> io::Result<()> {
        self.append(&self.files.open(path, Opening::Made)?, Entry::Certain(bytes))
    }

    /// What is in a log so far, of a file that is so long; `None` without a log.
    pub(super) fn noted(&self, path: &Path, length: u64) -> io::Result<Option<Noted>> {
        let log = match self.files.open(path, Opening::There) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let records = log.metadata()?.len() / RECORD as u64;
        let (place, mut last) = (records.saturating_sub(1), Vec::new());
        At::new(&log, place * RECORD as u64).take(RECORD as u64).read_to_end(&mut last)?;
        let then = match self.read(place, &last) {
            // Noted before anything was written in this life.
            Some((_, Entry::Certain(_), _)) => Entry::Certain(length),
            _ => Entry::Synced(records),
        };
        Ok(Some(Noted { log, then }))
    }

    /// Notes that the bytes of all that was noted are on the disk. It goes into the same log: one
    /// that was begun since then has nothing to do with it.
    pub(super) fn note_synced(&self, noted: &Noted) -> io::Result<()> {
        self.append(&noted.log, noted.then)
    }

    /// Adds a record, over what is left of one that was cut short.
    fn append(&self, file: &File, entry: Entry) -> io::Result<()> {
        let place = file.metadata()?.len() / RECORD as u64;
        self.files.write(file, place * RECORD as u64, &self.record(place, entry, self.life))
    }

    fn entries<'a>(&'a self, log: &'a [u8]) -> impl Iterator<Item = (u64, Entry, Uuid)> + 'a {
        let records = (0..).zip(log.chunks_exact(RECORD));
        records.filter_map(|(place, record)| self.read(place, record))
    }

    /// How much of a file is certain that has no parts.
    pub(super) fn certain(&self, log: &[u8]) -> Certain {
        let mut most = 0;
        for (_, entry, life) in self.entries(log) {
            match entry {
                Entry::Certain(_) if life == self.life => return Certain::All,
                Entry::Certain(bytes) => most = bytes.max(most),
                Entry::Part(_) | Entry::Synced(_) => {}
            }
        }
        Certain::Bytes(most)
    }

    pub(super) fn parts(&self, log: &[u8]) -> Parts {
        let mut synced: HashMap<Uuid, u64> = HashMap::from([(self.life, u64::MAX)]);
        for (_, entry, life) in self.entries(log) {
            if let Entry::Synced(records) = entry {
                let covered = synced.entry(life).or_default();
                *covered = records.max(*covered);
            }
        }
        let mut parts = Parts::default();
        for (place, entry, life) in self.entries(log) {
            let Entry::Part(part) = entry else { continue };
            parts.noted.insert(part);
            if synced.get(&life).is_some_and(|covered| place < *covered) {
                parts.there.insert(part);
            }
        }
        parts
    }

    fn record(&self, place: u64, entry: Entry, life: Uuid) -> [u8; RECORD] {
        let (kind, number) = match entry {
            Entry::Part(part) => (1, part),
            Entry::Synced(records) => (2, records),
            Entry::Certain(bytes) => (3, bytes),
        };
        let mut record = [0; RECORD];
        record[..8].copy_from_slice(&number.to_le_bytes());
        record[8..24].copy_from_slice(life.as_bytes());
        record[24] = kind;
        let sum = Sha1::new()
            .chain_update(self.id)
            .chain_update(place.to_le_bytes())
            .chain_update(&record[..COVERED])
            .finalize();
        record[COVERED..].copy_from_slice(&sum[..RECORD - COVERED]);
        record
    }

    fn read(&self, place: u64, record: &[u8]) -> Option<(u64, Entry, Uuid)> {
        let number = u64::from_le_bytes(record.get(..8)?.try_into().ok()?);
        let life = Uuid::from_slice(record.get(8..24)?).ok()?;
        let entry = match record.get(24)? {
            1 => Entry::Part(number),
            2 => Entry::Synced(number),
            3 => Entry::Certain(number),
            _ => return None,
        };
        (self.record(place, entry, life) == record).then_some((place, entry, life))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Native;

    fn log_of(id: Uuid, life: Uuid) -> Log<'static> {
        Log { files: &Native, id, life }
    }

    fn there(id: Uuid, life: Uuid, log: &[u8]) -> Vec<u64> {
        log_of(id, life).parts(log).there.into_iter().collect()
    }

    /// What these entries, each written in a life, look like.
    fn written(id: Uuid, entries: &[(Uuid, Entry)]) -> Vec<u8> {
        let records = (0..).zip(entries);
        let record = |(place, (life, entry)): (u64, &(Uuid, Entry))| {
            log_of(id, *life).record(place, *entry, *life)
        };
        records.flat_map(record).collect()
    }

    #[test]
    fn all_is_true_in_the_life_in_which_it_was_written() {
        let (id, life) = (Uuid::new_v4(), Uuid::new_v4());
        let log = written(id, &[(life, Entry::Part(7)), (life, Entry::Part(0))]);
        assert_eq!(there(id, life, &log), [0, 7]);
    }

    #[test]
    fn in_another_life_only_what_was_synced_is_true() {
        let [id, old, new, newest] = [(); 4].map(|()| Uuid::new_v4());
        let log = written(
            id,
            &[
                (old, Entry::Part(1)),
                (old, Entry::Part(2)),
                (old, Entry::Synced(1)),
                (old, Entry::Part(3)),
                (new, Entry::Part(4)),
                // Says nothing about what an earlier life has lost.
                (new, Entry::Synced(5)),
            ],
        );
        assert_eq!(there(id, old, &log), [1, 2, 3, 4]);
        assert_eq!(there(id, newest, &log), [1, 4]);
    }

    #[test]
    fn in_another_life_only_as_much_is_certain_as_was_noted() {
        let [id, old, new] = [(); 3].map(|()| Uuid::new_v4());
        let log = written(id, &[(old, Entry::Certain(0)), (old, Entry::Certain(70))]);
        assert_eq!(log_of(id, old).certain(&log), Certain::All);
        assert_eq!(log_of(id, new).certain(&log), Certain::Bytes(70));
        assert_eq!(log_of(id, new).certain(&log[..2 * RECORD - 1]), Certain::Bytes(0));
        assert_eq!(log_of(id, new).certain(&[]), Certain::Bytes(0));
        assert!(there(id, old, &log).is_empty());
    }

    #[test]
    fn no_record_that_is_torn_or_strange_is_believed() {
        let (id, life) = (Uuid::new_v4(), Uuid::new_v4());
        let sound = written(id, &[(life, Entry::Part(1)), (life, Entry::Part(2))]);
        for cut in RECORD..2 * RECORD {
            assert_eq!(there(id, life, &sound[..cut]), [1], "cut at {cut}");
            let mut holes = sound.clone();
            holes[cut..].fill(0);
            // The end of a checksum may be zeros.
            let expected: &[u64] = if holes == sound { &[1, 2] } else { &[1] };
            assert_eq!(there(id, life, &holes), expected, "zeros from {cut}");
            let mut flipped = sound.clone();
            flipped[cut] ^= 1;
            assert_eq!(there(id, life, &flipped), [1], "changed at {cut}");
        }
        let swapped = [&sound[RECORD..], &sound[..RECORD]].concat();
        assert!(there(id, life, &swapped).is_empty());
        assert!(there(Uuid::new_v4(), life, &sound).is_empty(), "of another upload");
        assert!(there(id, life, &[0xff; 5 * RECORD]).is_empty());
    }
}
