//! One chunk on its way to its place.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::open::Claim;
use super::original::Original;
use super::visit::{Verdict, Visit};
use super::{ChunkError, Known};
use crate::store::StoreError;
use crate::uploads::live::{AtWork, Gate, Live};
use crate::uploads::{Document, State, Uploads};

/// Takes the bytes of one chunk. Dropped before [`ChunkWriter::finish`], the chunk is not there.
#[derive(Debug)]
pub struct ChunkWriter {
    pub(super) uploads: Uploads,
    pub(super) live: Arc<Live>,
    pub(super) hold: Hold,
    /// How many bytes came.
    found: u64,
    pub(super) place: Place,
    _at_work: AtWork,
}

/// What becomes of the bytes.
#[derive(Debug)]
pub(super) enum Place {
    /// They are for a file that is not whole.
    Open,
    /// The file has arrived, and they should be the same.
    Arrived(Original),
    /// The chunk is there, in the open upload or in a file that has arrived, and stays untouched.
    Kept(Option<Original>),
    /// Somebody else has ended the upload; they are thrown away.
    Over,
}

/// What a writer holds.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) id: Uuid,
    /// Tells this upload from later ones under the same key.
    pub(super) file: Option<Uuid>,
    pub(super) epoch: u64,
    pub(super) index: u64,
    pub(super) range: Range<u64>,
    /// Whatever comes under the key is the same file.
    pub(super) is_unique: bool,
    /// What begins if it turns out to be another file.
    pub(super) fresh: Document,
    pub(super) claim: Option<Claim>,
    pub(super) wants_file_digest: bool,
}

impl Hold {
    fn expected(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// By what the browser has shown that the upload is its own.
    pub(super) fn shown_secret(&self) -> Option<&str> {
        let owner = self.fresh.owner().filter(|owner| owner.is_known);
        owner.map(|owner| owner.secret.reveal())
    }

    /// Goes on with another upload under the same key.
    pub(super) fn renew(&mut self, document: &Document, epoch: u64) {
        (self.file, self.epoch, self.claim) = (file_of(document), epoch, None);
    }
}

impl ChunkWriter {
    pub(super) fn new(uploads: Uploads, live: Arc<Live>, hold: Hold, place: Place) -> ChunkWriter {
        let at_work = AtWork::on(&live);
        ChunkWriter { uploads, live, hold, found: 0, place, _at_work: at_work }
    }

    /// The secret of the upload that this chunk has begun, if the browser does not know it.
    pub fn new_secret(&self) -> Option<&str> {
        let Hold { file, fresh, .. } = &self.hold;
        let owner = fresh.owner().filter(|owner| !owner.is_known && *file == file_of(fresh));
        owner.map(|owner| owner.secret.reveal())
    }

    /// How many bytes the chunk has.
    pub fn expected(&self) -> u64 {
        self.hold.expected()
    }

    /// Stores the next bytes of the chunk, or makes sure that they are stored.
    ///
    /// # Errors
    /// When there are too many of them, they belong to another file of which chunks are missing, or
    /// the store fails.
    pub async fn append(&mut self, bytes: Bytes) -> Result<(), ChunkError> {
        let found = self.found + bytes.len() as u64;
        let expected = self.hold.expected();
        if found > expected {
            return Err(ChunkError::TooLong { expected });
        }
        if !bytes.is_empty() && !matches!(self.place, Place::Kept(_)) {
            self.put(bytes).await?;
        }
        self.found = found;
        Ok(())
    }

    async fn put(&mut self, bytes: Bytes) -> Result<(), ChunkError> {
        let (found, live) = (self.found, Arc::clone(&self.live));
        if let Place::Arrived(original) = &self.place
            && original.has(self.hold.range.start + found, bytes.clone()).await?
        {
            return Ok(());
        }
        // Whoever starts the upload over waits for a write, and no write comes after.
        let mut gate = live.gate.lock().await;
        if matches!(self.place, Place::Open) && !gate.is_held_by(self.hold.epoch) {
            self.place = self.uploads.place_meanwhile(&mut self.hold, &mut gate).await?;
        }
        if let Place::Arrived(original) = &self.place {
            if original.has(self.hold.range.start + found, bytes.clone()).await? {
                return Ok(());
            }
            self.uploads.follow(original, &mut self.hold, found, &mut gate).await?;
            self.place = Place::Open;
        }
        match self.place {
            Place::Open => self.uploads.put(&mut gate, &mut self.hold, found, bytes).await,
            Place::Arrived(_) | Place::Kept(_) | Place::Over => Ok(()),
        }
    }

    /// Notes that the chunk is there, and lets the file arrive with the last one. Once begun, it
    /// comes to its end also if nobody waits for it. True if all chunks are there now.
    ///
    /// # Errors
    /// When bytes are missing, the upload was started over, or the store fails.
    pub async fn finish(self) -> Result<bool, ChunkError> {
        let (expected, found) = (self.hold.expected(), self.found);
        if found < expected {
            return Err(ChunkError::TooShort { expected, found });
        }
        let uploads = self.uploads.clone();
        uploads.to_the_end(self.note()).await
    }

    async fn note(self) -> Result<bool, ChunkError> {
        let ChunkWriter { uploads, live, hold, place, .. } = self;
        let mut gate = live.gate.lock().await;
        match place {
            Place::Arrived(_) | Place::Kept(Some(_)) if gate.is_held_by(hold.epoch) => {
                uploads.last_visit(&mut gate).take(hold.index, true);
                Ok(true)
            }
            Place::Open | Place::Kept(None) if gate.is_held_by(hold.epoch) => {
                uploads.note(&mut gate, &hold).await
            }
            _ => uploads.arrived_meanwhile(&hold, &mut gate).await.map(|()| true),
        }
    }
}

impl Uploads {
    /// A chunk that came twice at once is there if the file is whole by now.
    async fn arrived_meanwhile(&self, hold: &Hold, gate: &mut Gate) -> Result<(), ChunkError> {
        match self.look_up(hold.id, gate).await? {
            Known::Whole(document) if file_of(&document) == hold.file => Ok(()),
            _ => Err(ChunkError::Overtaken),
        }
    }

    /// What came last of a file that is whole.
    fn last_visit<'a>(&self, gate: &'a mut Gate) -> &'a mut Visit {
        let visit = gate.last_visit.get_or_insert_with(|| Box::new(Visit::new()));
        visit.hear(self.inner.limits.echo);
        visit
    }

    /// Where the rest of a chunk goes when its upload has come to an end.
    async fn place_meanwhile(&self, hold: &mut Hold, gate: &mut Gate) -> Result<Place, StoreError> {
        match self.look_up(hold.id, gate).await? {
            Known::Whole(document) if file_of(&document) == hold.file && !hold.is_unique => {
                hold.epoch = gate.epoch;
                Ok(self.original(&document).await.map_or(Place::Over, Place::Arrived))
            }
            _ => Ok(Place::Over),
        }
    }

    /// Lets another file follow the one that has arrived. What came of this chunk was the same in
    /// both.
    async fn follow(
        &self,
        original: &Original,
        hold: &mut Hold,
        found: u64,
        gate: &mut Gate,
    ) -> Result<(), ChunkError> {
        if !gate.is_held_by(hold.epoch) {
            return Err(ChunkError::Overtaken);
        }
        match self.look_up(hold.id, gate).await? {
            Known::Whole(document) if document.state == State::Finished => {}
            _ => return Err(ChunkError::Busy),
        }
        let verdict = self.last_visit(gate).judge(hold.index, true);
        self.start_over(hold.fresh.clone(), gate).await?;
        if !matches!(verdict, Verdict::Another(own) if own.count() == 0) {
            return Err(ChunkError::Mixed);
        }
        hold.renew(&hold.fresh.clone(), gate.epoch);
        let (mut from, start) = (0, hold.range.start);
        while from < found {
            let piece = original.piece(start + from..start + found).await?;
            let length = piece.len() as u64;
            self.put(gate, hold, from, piece).await?;
            from += length;
        }
        Ok(())
    }
}

pub(super) fn file_of(document: &Document) -> Option<Uuid> {
    document.arrival.as_ref().map(|arrival| arrival.file)
}
