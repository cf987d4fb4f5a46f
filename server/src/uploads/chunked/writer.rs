//! One chunk on its way to its place.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::{ChunkError, Chunks, Known};
use crate::store::{Store, StoreError};
use crate::uploads::live::{Gate, Live, Notice};
use crate::uploads::{Document, Uploads};

/// Takes the bytes of one chunk. Dropped before [`ChunkWriter::finish`], the chunk is not there.
#[derive(Debug)]
pub struct ChunkWriter {
    uploads: Uploads,
    live: Arc<Live>,
    hold: Hold,
    /// How many bytes came.
    found: u64,
    /// Somebody else has ended the upload; what comes is thrown away.
    is_over: bool,
}

/// What a writer holds.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    id: Uuid,
    /// Tells this upload from later ones under the same key.
    file: Option<Uuid>,
    epoch: u64,
    index: u64,
    range: Range<u64>,
}

impl Hold {
    pub(super) fn new(document: &Document, epoch: u64, index: u64, range: Range<u64>) -> Hold {
        Hold { id: document.id, file: file_of(document), epoch, index, range }
    }

    fn expected(&self) -> u64 {
        self.range.end - self.range.start
    }
}

impl ChunkWriter {
    pub(super) fn new(uploads: Uploads, live: Arc<Live>, hold: Hold) -> ChunkWriter {
        ChunkWriter { uploads, live, hold, found: 0, is_over: false }
    }

    /// How many bytes the chunk has.
    pub fn expected(&self) -> u64 {
        self.hold.expected()
    }

    /// Stores the next bytes of the chunk.
    ///
    /// # Errors
    /// When there are too many of them or the store fails.
    pub async fn append(&mut self, bytes: Bytes) -> Result<(), ChunkError> {
        let found = self.found + bytes.len() as u64;
        let expected = self.hold.expected();
        if found > expected {
            return Err(ChunkError::TooLong { expected });
        }
        if !self.is_over && !bytes.is_empty() {
            let offset = self.hold.range.start + self.found;
            // Whoever starts the upload over waits for a write, and no write comes after.
            let mut gate = self.live.gate.lock().await;
            self.is_over = !gate.is_held_by(self.hold.epoch);
            if !self.is_over {
                self.uploads.write(&mut gate, offset, bytes).await?;
            }
        }
        self.found = found;
        Ok(())
    }

    /// Notes that the chunk is there, and lets the file arrive with the last one. Once begun, it
    /// comes to its end also if nobody waits for it.
    ///
    /// # Errors
    /// When bytes are missing, the upload was started over, or the store fails.
    pub async fn finish(self) -> Result<(), ChunkError> {
        let (expected, found) = (self.hold.expected(), self.found);
        if found < expected {
            return Err(ChunkError::TooShort { expected, found });
        }
        let tasks = self.uploads.inner.tasks.clone();
        let noted = tasks.spawn(async move { self.note().await }).await;
        noted.unwrap_or_else(|error| Err(StoreError::Io(std::io::Error::other(error)).into()))
    }

    async fn note(self) -> Result<(), ChunkError> {
        let ChunkWriter { uploads, live, hold, .. } = self;
        let mut gate = live.gate.lock().await;
        if !gate.is_held_by(hold.epoch) {
            return uploads.arrived_meanwhile(&hold, &mut gate).await;
        }
        uploads.inner.store.mark(hold.id, hold.index).await?;
        let chunks = gate.chunks.as_mut().ok_or(ChunkError::Overtaken)?;
        chunks.marks.insert(hold.index);
        if !chunks.is_complete() {
            return Ok(());
        }
        let (document, noted) = (chunks.document.clone(), chunks.marks.count());
        match uploads.arrive_in_chunks(&document, &mut gate).await {
            Err(error) => Err(uploads.after_failure(&document, noted, error).await),
            Ok(()) => Ok(()),
        }
    }
}

impl Chunks {
    async fn write(
        &mut self,
        store: &dyn Store,
        offset: u64,
        bytes: Bytes,
    ) -> Result<(), StoreError> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            closed => closed.insert(store.open(self.document.id).await?),
        };
        writer.write(offset, bytes).await
    }
}

impl Uploads {
    /// Writes into the open upload. After a failure nobody goes on with what was begun: the store
    /// may have given up what was written before.
    async fn write(&self, gate: &mut Gate, offset: u64, bytes: Bytes) -> Result<(), ChunkError> {
        let chunks = gate.chunks.as_mut().ok_or(ChunkError::Overtaken)?;
        let Err(error) = chunks.write(&*self.inner.store, offset, bytes).await else {
            return Ok(());
        };
        let (document, noted) = (chunks.document.clone(), chunks.marks.count());
        gate.pass(Notice::TakenOver);
        Err(self.after_failure(&document, noted, error).await)
    }

    /// A chunk that came twice at once is there if the file is whole by now.
    async fn arrived_meanwhile(&self, hold: &Hold, gate: &mut Gate) -> Result<(), ChunkError> {
        match self.look_up(hold.id, gate).await? {
            Known::Whole(document) if file_of(&document) == hold.file => Ok(()),
            _ => Err(ChunkError::Overtaken),
        }
    }
}

fn file_of(document: &Document) -> Option<Uuid> {
    document.arrival.as_ref().map(|arrival| arrival.file)
}
