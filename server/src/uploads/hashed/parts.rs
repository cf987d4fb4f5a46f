//! What is there of a file that is not whole.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use incoming_protocol::Md5;
use uuid::Uuid;

use super::held::Held;
use super::{HashedError, HashedPlan};
use crate::store::{Store, StoreError, Writer};
use crate::uploads::follower::{Follower, Source};
use crate::uploads::marks::Marks;
use crate::uploads::resting::Rested;
use crate::uploads::{Document, Holder, Inner, Layout};

/// How long who writes a large chunk may be silent before somebody else may bring it.
const STALE: Duration = Duration::from_secs(2);

/// What is there of a file that is not whole.
#[derive(Debug)]
pub(in crate::uploads) struct Parts {
    document: Document,
    marks: Marks,
    /// The size of a chunk is 0 until it is known.
    cut: Layout,
    /// The size of the last chunk, once that is there.
    last: Option<u64>,
    /// The bytes of the last chunk, while the first is written where they were.
    aside: Option<Held>,
    follower: Follower,
    /// Large chunks that are being written.
    coming: HashMap<u64, Coming>,
    writer: Option<Box<dyn Writer>>,
}

/// A large chunk that somebody writes.
#[derive(Debug)]
struct Coming {
    by: Weak<()>,
    moved: Instant,
}

impl Coming {
    /// Whoever has not sent anything for so long has lost its connection, as far as others are
    /// concerned who bring the same.
    fn is_moving(&self) -> bool {
        self.by.strong_count() > 0 && self.moved.elapsed() < STALE
    }
}

impl Parts {
    pub(super) fn new(document: Document) -> Parts {
        let cut = document.arrival.as_ref().and_then(|arrival| arrival.chunks);
        Parts {
            cut: cut.unwrap_or(Layout { chunk_size: 0, count: 1 }),
            document,
            marks: Marks::default(),
            last: None,
            aside: None,
            follower: Follower::default(),
            coming: HashMap::new(),
            writer: None,
        }
    }

    /// What an earlier process has left. How long a last chunk is that waits at the beginning nobody
    /// knows, for there may be more behind it of a first one that was cut: it has to come again.
    pub(super) async fn read(
        store: &dyn Store,
        document: Document,
        rested: Option<Box<Rested>>,
    ) -> Result<Parts, StoreError> {
        // A crash may have come between the document and the file.
        store.begin(document.id).await?;
        let mut parts = Parts::new(document);
        if parts.chunk_size().is_none() && parts.cut.count > 1 {
            store.unmark(parts.id()).await?;
            return Ok(parts);
        }
        for part in store.marks(parts.id()).await? {
            if part < parts.cut.count {
                parts.marks.insert(part);
            }
        }
        if parts.has(parts.last_index()) {
            let (length, start) =
                (store.length(parts.id()).await?, parts.start(parts.last_index()));
            parts.last = length.checked_sub(start);
        }
        if let Some(follower) = rested.and_then(|rested| rested.follower) {
            parts.follower = follower.wake();
        }
        Ok(parts)
    }

    pub(super) fn holder(&self) -> Holder {
        self.document.holder
    }

    /// What is left of it in memory, unless it has to stay as it is: of a last chunk without a place
    /// nobody else knows how long it is.
    pub(in crate::uploads) fn rest(&mut self) -> Option<Rested> {
        let is_placeless = self.last.is_some() && self.chunk_size().is_none();
        let is_coming = self.coming.values().any(|coming| coming.by.strong_count() > 0);
        if is_placeless || is_coming {
            return None;
        }
        let follower = Some(self.follower.rest()?);
        Some(Rested { visit: None, has_told: false, follower })
    }

    pub(super) fn id(&self) -> Uuid {
        self.document.id
    }

    pub(super) fn expected_md5(&self) -> String {
        let key = self.document.arrival.as_ref().and_then(|arrival| arrival.key.clone());
        key.unwrap_or_default()
    }

    fn last_index(&self) -> u64 {
        self.cut.count - 1
    }

    /// While nobody knows its place, the last chunk is at the beginning.
    fn start(&self, index: u64) -> u64 {
        index.saturating_mul(self.cut.chunk_size)
    }

    fn range(&self, index: u64) -> Range<u64> {
        let is_last = index == self.last_index();
        let length = if is_last { self.last.unwrap_or(0) } else { self.cut.chunk_size };
        let start = self.start(index);
        start..start.saturating_add(length)
    }

    pub(super) fn has(&self, index: u64) -> bool {
        self.marks.contains(index)
    }

    pub(super) fn list(&self) -> Vec<u64> {
        (0..self.cut.count).filter(|index| self.has(*index)).collect()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.marks.count() == self.cut.count
    }

    pub(super) fn size(&self) -> u64 {
        self.range(self.last_index()).end
    }

    /// The size of a chunk, if it is known.
    pub(super) fn chunk_size(&self) -> Option<u64> {
        Some(self.cut.chunk_size).filter(|size| *size > 0)
    }

    /// True if the file is cut into as many chunks.
    pub(super) fn is_cut_as(&self, plan: &HashedPlan) -> bool {
        self.cut.count == plan.count
    }

    /// True if a chunk of this size can be one of those that are there.
    pub(super) fn fits(&self, plan: &HashedPlan, length: u64) -> bool {
        let is_like_others = match self.chunk_size() {
            Some(size) if plan.is_last() => length <= size,
            Some(size) => length == size,
            None => plan.is_last() || self.last.is_none_or(|last| last <= length),
        };
        let is_like_itself = !plan.is_last() || self.last.is_none_or(|last| last == length);
        self.is_cut_as(plan) && is_like_others && is_like_itself
    }

    /// Takes the last chunk away from the beginning, if it waits there and memory has room for it: it
    /// is marked again when it is in its place.
    pub(super) async fn make_room(&mut self, inner: &Inner) -> Result<(), HashedError> {
        let Some(last) = self.last.filter(|_| self.chunk_size().is_none()) else { return Ok(()) };
        if self.aside.is_none() {
            let bytes = inner.store.read(self.id(), 0..last).await?;
            let mut aside = Held::default();
            if !aside.keep(&bytes, &inner.room) {
                return Err(HashedError::Busy);
            }
            inner.store.unmark(self.id()).await?;
            self.aside = Some(aside);
        }
        Ok(())
    }

    /// True if somebody writes a large chunk.
    pub(super) fn is_coming(&self, index: u64) -> bool {
        self.coming.get(&index).is_some_and(Coming::is_moving)
    }

    /// Makes sure that nobody writes where a small chunk goes; false if somebody does.
    pub(super) fn clear_the_way(&mut self, plan: &HashedPlan) -> bool {
        let is_placeless = plan.is_last() && self.chunk_size().is_none();
        let places = [Some(plan.index), is_placeless.then_some(0)];
        let places = places.into_iter().flatten();
        if places.clone().any(|index| self.is_coming(index)) {
            return false;
        }
        places.for_each(|index| drop(self.coming.remove(&index)));
        true
    }

    /// Lets nobody else write a large chunk as long as the claim is kept and bytes come, and takes
    /// it from who has it.
    pub(super) fn claim(&mut self, index: u64) -> Arc<()> {
        let claim = Arc::new(());
        self.coming.retain(|_, coming| coming.by.strong_count() > 0);
        let by = Arc::downgrade(&claim);
        self.coming.insert(index, Coming { by, moved: Instant::now() });
        claim
    }

    /// Notes that bytes have come; false if somebody else has taken the chunk over.
    pub(super) fn go_on(&mut self, index: u64, claim: &Arc<()>) -> bool {
        match self.coming.get_mut(&index) {
            Some(coming) if coming.by.as_ptr() == Arc::as_ptr(claim) => {
                coming.moved = Instant::now();
                true
            }
            _ => false,
        }
    }

    async fn open(&mut self, store: &dyn Store) -> Result<&mut Box<dyn Writer>, StoreError> {
        Ok(match &mut self.writer {
            Some(writer) => writer,
            closed => closed.insert(store.open(self.document.id).await?),
        })
    }

    /// Writes bytes of the chunk that begins at `chunk`, `at` so many bytes from there.
    pub(super) async fn write(
        &mut self,
        store: &Arc<dyn Store>,
        chunk: u64,
        at: u64,
        bytes: Vec<Bytes>,
    ) -> Result<(), StoreError> {
        let (id, mut offset) = (self.id(), chunk + at);
        self.follower.forget_from(offset);
        for bytes in bytes {
            let length = bytes.len() as u64;
            self.open(&**store).await?.write(offset, bytes.clone()).await?;
            self.follower.extend(self.noted_from(self.follower.reach()));
            self.follower.wrote(Source { store, id }, chunk, offset, bytes);
            offset += length;
        }
        Ok(())
    }

    /// Up to where all chunks are noted, from an offset on.
    fn noted_from(&self, offset: u64) -> u64 {
        let Some(size) = self.chunk_size() else { return offset };
        let mut ends = (offset / size..self.cut.count).take_while(|index| self.has(*index));
        ends.by_ref().last().map_or(offset, |index| self.range(index).end)
    }

    /// Writes a whole chunk that fits, unless it is there.
    pub(super) async fn put(
        &mut self,
        inner: &Inner,
        index: u64,
        bytes: Vec<Bytes>,
        length: u64,
    ) -> Result<(), StoreError> {
        if self.has(index) {
            return Ok(());
        }
        self.settle(inner, index, length).await?;
        self.write(&inner.store, self.start(index), 0, bytes).await?;
        self.note(&*inner.store, index).await
    }

    /// Learns from a chunk what it tells about sizes.
    pub(super) async fn settle(
        &mut self,
        inner: &Inner,
        index: u64,
        length: u64,
    ) -> Result<(), StoreError> {
        if index == self.last_index() {
            self.last = Some(length);
        } else if self.cut.chunk_size == 0 {
            let cut = Layout { chunk_size: length, ..self.cut };
            if let Some(last) = self.last {
                let bytes = match &self.aside {
                    Some(aside) => aside.pieces(),
                    None => vec![inner.store.read(self.id(), 0..last).await?],
                };
                let start = length.saturating_mul(self.last_index());
                self.write(&inner.store, start, 0, bytes).await?;
            }
            let settled = |document: &mut Document| {
                document.arrival.iter_mut().for_each(|arrival| arrival.chunks = Some(cut));
            };
            self.document = inner.update(self.id(), settled).await?;
            self.cut = cut;
            if self.aside.take().is_some() {
                inner.store.mark(self.id(), self.last_index()).await?;
            }
        }
        Ok(())
    }

    /// Notes that a chunk is there.
    pub(super) async fn note(&mut self, store: &dyn Store, index: u64) -> Result<(), StoreError> {
        store.mark(self.id(), index).await?;
        self.marks.insert(index);
        Ok(())
    }

    /// The MD5 of all chunks.
    pub(super) async fn md5(&mut self, store: &Arc<dyn Store>) -> Result<Md5, StoreError> {
        let (id, size) = (self.id(), self.size());
        self.follower.finish(Source { store, id }, size).await
    }
}
