//! A file that is not whole, and what is there of it.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use incoming_protocol::Md5;
use uuid::Uuid;

use super::ChunkError;
use super::visit::{Verdict, Visit};
use super::writer::Hold;
use crate::store::{Store, StoreError, Writer};
use crate::uploads::follower::{Follower, Source};
use crate::uploads::live::{Gate, Notice};
use crate::uploads::marks::Marks;
use crate::uploads::resting::Rested;
use crate::uploads::{Document, Layout, Uploads};

/// Held by everybody who sends the same chunk.
pub(super) type Claim = Arc<()>;

/// What is there of a file that is not whole.
#[derive(Debug)]
pub(in crate::uploads) struct Chunks {
    pub(super) document: Document,
    pub(super) marks: Marks,
    pub(super) visit: Visit,
    /// Chunks that were here once, and that a browser may take to be here still.
    pub(super) lost: Vec<u64>,
    /// Somebody was told of those that are lost.
    pub(super) has_told: bool,
    /// Others may have been here, too, for all that is known.
    pub(super) is_in_doubt: bool,
    /// The chunks of which somebody has heard since whether they are here.
    pub(super) asked: Marks,
    /// The MD5 of the file, if somebody wants to hear it.
    pub(super) follower: Option<Follower>,
    /// The chunks that are being sent.
    coming: HashMap<u64, Coming>,
    /// The open file, once something was written.
    writer: Option<Box<dyn Writer>>,
}

/// A chunk that somebody sends, or several do.
#[derive(Debug)]
struct Coming {
    /// How many of its bytes are written, from its beginning.
    written: u64,
    by: Weak<()>,
}

impl Chunks {
    pub(super) fn new(document: Document, marks: Marks, visit: Visit) -> Chunks {
        Chunks {
            document,
            marks,
            visit,
            lost: Vec::new(),
            has_told: false,
            is_in_doubt: false,
            asked: Marks::default(),
            follower: None,
            coming: HashMap::new(),
            writer: None,
        }
    }

    /// What is left of it in memory, unless it has to stay as it is.
    pub(in crate::uploads) fn rest(&mut self) -> Option<Rested> {
        if self.is_any_coming() || self.is_in_doubt {
            return None;
        }
        let follower = match &mut self.follower {
            Some(follower) => Some(follower.rest()?),
            None => None,
        };
        Some(Rested { visit: Some(Box::new(self.visit.rest())), has_told: self.has_told, follower })
    }

    /// Goes on where it was.
    pub(super) fn wake(&mut self, rested: Rested) {
        if let Some(visit) = rested.visit {
            self.visit = visit.wake();
        }
        if rested.has_told {
            (self.has_told, self.lost) = (true, Vec::new());
        }
        self.follower = rested.follower.map(|follower| follower.wake());
    }

    /// Somebody hears whether a chunk is here. Nothing comes of that but that the chunk may be sent.
    pub(super) fn hear_question(&mut self, index: u64) {
        if self.is_in_doubt {
            self.asked.insert(index);
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        let cut = self.document.arrival.as_ref().and_then(|arrival| arrival.chunks);
        cut.is_some_and(|cut| self.marks.count() == cut.count)
    }

    /// How many of the chunks before this one are neither here nor coming.
    pub(super) fn missing_before(&self, index: u64) -> usize {
        (0..index).filter(|index| !self.marks.contains(*index) && !self.is_coming(*index)).count()
    }

    pub(super) fn is_any_coming(&self) -> bool {
        self.coming.keys().any(|index| self.is_coming(*index))
    }

    fn is_coming(&self, index: u64) -> bool {
        self.coming.get(&index).is_some_and(|coming| coming.by.strong_count() > 0)
    }

    /// How many bytes of a chunk are there, from its beginning.
    fn written(&self, hold: &Hold) -> u64 {
        if self.marks.contains(hold.index) {
            return hold.range.end - hold.range.start;
        }
        let coming = self.coming.get(&hold.index).filter(|coming| coming.by.strong_count() > 0);
        coming.map_or(0, |coming| coming.written)
    }

    fn note_written(&mut self, hold: &mut Hold, written: u64) {
        let claim = hold.claim.get_or_insert_with(|| {
            let coming = self.coming.get(&hold.index).and_then(|coming| coming.by.upgrade());
            coming.unwrap_or_default()
        });
        let by = Arc::downgrade(claim);
        match self.coming.get_mut(&hold.index) {
            Some(coming) if coming.by.ptr_eq(&by) => coming.written = coming.written.max(written),
            _ => {
                self.coming.retain(|_, coming| coming.by.strong_count() > 0);
                self.coming.insert(hold.index, Coming { written, by });
            }
        }
    }

    async fn open(&mut self, store: &dyn Store) -> Result<&mut Box<dyn Writer>, StoreError> {
        Ok(match &mut self.writer {
            Some(writer) => writer,
            closed => closed.insert(store.open(self.document.id).await?),
        })
    }

    /// Writes what is not there yet; false when what is there differs.
    async fn put(
        &mut self,
        store: &Arc<dyn Store>,
        hold: &Hold,
        found: u64,
        mut bytes: Bytes,
    ) -> Result<bool, StoreError> {
        if hold.wants_file_digest {
            self.follower.get_or_insert_default();
        }
        let written = if hold.is_unique { 0 } else { self.written(hold) };
        let mut offset = hold.range.start + found;
        let length = written.saturating_sub(found).min(bytes.len() as u64);
        let there = bytes.split_to(usize::try_from(length).unwrap_or(bytes.len()));
        let writer = self.open(&**store).await?;
        if !there.is_empty() && !writer.has(offset, there).await? {
            return Ok(false);
        }
        offset += length;
        if !bytes.is_empty() {
            self.write(store, hold.range.start, offset, bytes).await?;
        }
        Ok(true)
    }

    /// Writes bytes of the chunk that begins at `chunk`.
    async fn write(
        &mut self,
        store: &Arc<dyn Store>,
        chunk: u64,
        offset: u64,
        bytes: Bytes,
    ) -> Result<(), StoreError> {
        if let Some(follower) = &mut self.follower {
            follower.forget_from(offset);
        }
        self.open(&**store).await?.write(offset, bytes.clone()).await?;
        if let Some(mut follower) = self.follower.take() {
            follower.extend(self.noted_from(follower.reach()));
            let source = Source { store, id: self.document.id };
            follower.wrote(source, chunk, offset, bytes);
            self.follower = Some(follower);
        }
        Ok(())
    }

    /// Up to where all chunks are noted, from an offset on.
    fn noted_from(&self, offset: u64) -> u64 {
        let cut = self.document.arrival.as_ref().and_then(|arrival| arrival.chunks);
        let Some(Layout { chunk_size, count }) = cut.filter(|cut| cut.chunk_size > 0) else {
            return offset;
        };
        let first = offset / chunk_size;
        let noted = (first..count).take_while(|index| self.marks.contains(*index)).count() as u64;
        match first + noted {
            _ if noted == 0 => offset,
            next if next == count => self.size(),
            next => next * chunk_size,
        }
    }

    fn size(&self) -> u64 {
        self.document.size()
    }

    /// The MD5 of the file, all of whose chunks are there, if somebody wants to hear it.
    pub(super) async fn md5(&mut self, store: &Arc<dyn Store>) -> Result<Option<Md5>, StoreError> {
        let (id, size) = (self.document.id, self.size());
        match &mut self.follower {
            Some(follower) if store.length(id).await? >= size => {
                follower.finish(Source { store, id }, size).await.map(Some)
            }
            _ => Ok(None),
        }
    }
}

impl Uploads {
    /// Puts bytes of a chunk into the open upload. If other bytes are there, it is another file.
    pub(super) async fn put(
        &self,
        gate: &mut Gate,
        hold: &mut Hold,
        found: u64,
        bytes: Bytes,
    ) -> Result<(), ChunkError> {
        let end = found + bytes.len() as u64;
        while !self.put_or_fail(gate, hold, found, bytes.clone()).await? {
            self.begin_another(gate, hold).await?;
            // What came before these bytes was the same in both files.
            self.chunks(gate)?.note_written(hold, found);
        }
        self.chunks(gate)?.note_written(hold, end);
        Ok(())
    }

    fn chunks<'a>(&self, gate: &'a mut Gate) -> Result<&'a mut Chunks, ChunkError> {
        gate.chunks.as_deref_mut().ok_or(ChunkError::Overtaken)
    }

    /// After a failure nobody goes on with what was begun: the store may have given up what was
    /// written before.
    async fn put_or_fail(
        &self,
        gate: &mut Gate,
        hold: &Hold,
        found: u64,
        bytes: Bytes,
    ) -> Result<bool, ChunkError> {
        let chunks = self.chunks(gate)?;
        chunks.visit.hear(self.inner.limits.echo);
        let error = match chunks.put(&self.inner.store, hold, found, bytes).await {
            Ok(is_put) => return Ok(is_put),
            Err(error) => error,
        };
        let (document, noted) = (chunks.document.clone(), chunks.marks.count());
        gate.pass(Notice::TakenOver);
        Err(self.after_failure(&document, noted, error).await)
    }

    /// Begins again with the same bytes, of which only what belongs to the new file is marked: a
    /// chunk that is not is written before it counts.
    pub(super) async fn begin_another(
        &self,
        gate: &mut Gate,
        hold: &mut Hold,
    ) -> Result<(), ChunkError> {
        let (id, store) = (hold.id, &self.inner.store);
        let chunks = self.chunks(gate)?;
        if !chunks.document.yields_to(hold.shown_secret()) {
            return Err(ChunkError::Owned);
        }
        let verdict = chunks.visit.judge(hold.index, chunks.marks.contains(hold.index));
        tracing::info!(%id, ?verdict, "another file under the same key, starting over");
        let kept = if let Verdict::Another(own) = &verdict { own.count() } else { 0 };
        if chunks.marks.count() > kept {
            self.inner.gone.note(&chunks.document).await?;
            // Who sends now is no other whose chunks are gone, or is told at once.
            self.inner.gone.tell(&chunks.document, hold.fresh.holder);
        }
        gate.pass(Notice::TakenOver);
        store.unmark(id).await?;
        let file = Uuid::new_v4();
        let document = self.inner.update(id, |document| {
            document.arrival.iter_mut().for_each(|arrival| arrival.file = file);
        });
        let document = document.await?;
        let Verdict::Another(own) = verdict else { return Err(ChunkError::Mixed) };
        for part in own.iter() {
            store.mark(id, part).await?;
        }
        hold.renew(&document, gate.epoch);
        gate.chunks = Some(Box::new(Chunks::new(document, own.clone(), Visit::of(own))));
        Ok(())
    }

    /// Notes that a chunk is there.
    pub(super) async fn note(&self, gate: &mut Gate, hold: &Hold) -> Result<bool, ChunkError> {
        let chunks = self.chunks(gate)?;
        let is_repeated = chunks.marks.contains(hold.index);
        if !is_repeated {
            self.inner.store.mark(hold.id, hold.index).await?;
        }
        if hold.wants_file_digest {
            chunks.follower.get_or_insert_default();
        }
        chunks.coming.remove(&hold.index);
        chunks.marks.insert(hold.index);
        chunks.visit.take(hold.index, is_repeated);
        if !chunks.is_complete() {
            return Ok(false);
        }
        let (document, noted) = (chunks.document.clone(), chunks.marks.count());
        match self.arrive_in_chunks(&document, gate).await {
            Err(error) => Err(self.after_failure(&document, noted, error).await),
            Ok(()) => Ok(true),
        }
    }
}
