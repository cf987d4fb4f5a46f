//! The sums, kept while single uploads change.

use std::collections::HashMap;
use std::time::Instant;

use uuid::Uuid;

use crate::uploads::Holder;

/// What is counted of all uploads.
#[derive(Debug, Default)]
pub(super) struct Books {
    entries: HashMap<Uuid, Entry>,
    shares: HashMap<u64, Share>,
    open: usize,
    /// Wide enough for any number of files of any size.
    bytes: u128,
    /// Of what has arrived; `None` if that does not count.
    arrived: Option<u128>,
}

/// One upload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// How many bytes count.
    pub(super) bytes: u64,
    /// How many it has, as far as is known.
    pub(super) declared: u64,
    pub(super) is_open: bool,
    /// Nobody has found any of its bytes yet.
    pub(super) is_promise: bool,
    pub(super) holder: Holder,
    pub(super) since: Instant,
}

/// What one address or one owner holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) uploads: usize,
    pub(super) open: usize,
    pub(super) bytes: u128,
}

impl Entry {
    /// A ticket that nobody uses yet.
    pub(super) fn unused() -> Entry {
        Entry { is_open: false, is_promise: false, ..Entry::open(0, Holder::default()) }
    }

    /// An upload that begins.
    pub(super) fn open(bytes: u64, holder: Holder) -> Entry {
        let since = Instant::now();
        Entry { bytes, declared: bytes, is_open: true, is_promise: true, holder, since }
    }
}

impl Books {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// Of all files.
    pub(super) fn bytes(&self) -> u128 {
        self.bytes + self.arrived.unwrap_or(0)
    }

    pub(super) fn entry(&self, id: Uuid) -> Option<Entry> {
        self.entries.get(&id).copied()
    }

    pub(super) fn share(&self, key: u64) -> Share {
        self.shares.get(&key).copied().unwrap_or_default()
    }

    pub(super) fn put(&mut self, id: Uuid, entry: Entry) {
        self.remove(id);
        self.open += usize::from(entry.is_open);
        self.bytes += u128::from(entry.bytes);
        for key in entry.holder.keys() {
            let share = self.shares.entry(key).or_default();
            share.uploads += 1;
            share.open += usize::from(entry.is_open);
            share.bytes += u128::from(entry.bytes);
        }
        self.entries.insert(id, entry);
    }

    pub(super) fn remove(&mut self, id: Uuid) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        self.open -= usize::from(entry.is_open);
        self.bytes -= u128::from(entry.bytes);
        for key in entry.holder.keys() {
            let Some(share) = self.shares.get_mut(&key) else { continue };
            share.uploads -= 1;
            share.open -= usize::from(entry.is_open);
            share.bytes -= u128::from(entry.bytes);
            if *share == Share::default() {
                self.shares.remove(&key);
            }
        }
        Some(entry)
    }

    pub(super) fn keep_promise(&mut self, id: Uuid) {
        self.entries.get_mut(&id).into_iter().for_each(|entry| entry.is_promise = false);
    }

    /// Keeps those of which this holds.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&Uuid, &Entry) -> bool) {
        let gone = self.entries.iter().filter(|(id, entry)| !is_kept(id, entry));
        for id in gone.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.remove(id);
        }
    }

    /// Whether what has arrived counts.
    pub(super) fn counts_arrived(&self) -> bool {
        self.arrived.is_some()
    }

    /// A file has arrived.
    pub(super) fn arrived(&mut self, bytes: u64) {
        self.arrived.iter_mut().for_each(|arrived| *arrived += u128::from(bytes));
    }

    /// So many bytes are there of what has arrived.
    pub(super) fn set_arrived(&mut self, bytes: u64) {
        self.arrived = Some(bytes.into());
    }
}
