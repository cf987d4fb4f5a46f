//! A file that comes in chunks, in any order and more than once.
//!
//! The browser names the file by a key of its own, of which the ticket is made. Every chunk is
//! written in its place in one sparse file; marks say which are there. A chunk is marked after its
//! bytes were written, so that one that was cut short was never there, and the marks are in memory
//! while the upload is worked on: a chunk costs the same, be it the tenth or the hundred-thousandth.
//! When the store gives bytes up, their marks go, and whoever sends is told.
//!
//! # One key, two files
//! Keys are weak: a browser that sends another file of the same name and size has the same one,
//! unless it makes a new one for every upload ([`Plan::is_unique`]).
//! - Another size, name or cut: the upload starts over from nothing, unless its owner is known by a
//!   secret and did not send it. A chunk of what was there before is answered like a loss then
//!   ([`gone`](super::gone)).
//! - A chunk that is there already is compared with what comes. If it differs, the upload starts
//!   over; chunks that the new file brought or had confirmed before stay. Where nothing tells which
//!   those are, nothing stays and the browser is told to send all of it again: it would never send
//!   again what was confirmed.
//! - Chunks of a file that is whole are compared with it, and are echoes if they are the same,
//!   until the longest silence of a connection (`connection-timeout`) has passed since its end. All
//!   others begin a new upload; the file that arrived stays. So long a browser that asks is told
//!   that a whole file is there, too.
//! - After a power failure nobody knows which chunks were confirmed and are lost. A browser that asks
//!   for chunks hears which are there; one that sends without asking is told to send all of it again.
//! - A browser that asks for chunks and does not send those that are there cannot be told from the
//!   one that sent them, and two files of the same size and name that come at the same time are
//!   mixed: nothing tells them apart.

mod by_key;
mod error;
mod open;
mod original;
mod proof;
mod visit;
mod writer;

use std::sync::Arc;
use std::time::SystemTime;

use sha1::{Digest as _, Sha1};
use uuid::{Builder, Uuid};

use super::gone::trace;
use super::live::{Gate, Notice};
use super::marks::Marks;
use super::{Arrival, Document, FileInfo, Holder, Inner, Layout, Owner, State, Uploads};
use crate::names::display_name;
use crate::store::StoreError;
pub use by_key::{Remembered, Withdrawal};
pub use error::ChunkError;
pub(super) use open::Chunks;
use original::Original;
pub(super) use visit::{RestedVisit, Visit};
pub use writer::ChunkWriter;
use writer::{Hold, Place};

/// The most chunks that a file may have.
pub const MAX_CHUNKS: u64 = 1_000_000;

/// A file, as a request for one of its chunks describes it.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The protocol; keys of different protocols have nothing to do with each other.
    pub protocol: &'static str,
    /// What the browser calls the upload: anything at all.
    pub key: &'a str,
    /// The name of the file: anything at all.
    pub name: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// How it is cut.
    pub layout: Layout,
    /// The key never comes back for another file: whatever comes under it is an echo for as long
    /// as the file is remembered.
    pub is_unique: bool,
    /// To the browser others of its chunks are confirmed, so that it is no new upload of a file that
    /// is whole, however long ago that came.
    pub continues: bool,
    /// By what the browser shows that the upload is its own.
    pub secret: Option<&'a str>,
    /// Whose share of the room the file takes.
    pub holder: Holder,
}

/// Where a chunk goes.
#[derive(Debug)]
pub enum Slot {
    /// Nowhere: the whole file is there, and there is nothing to compare with.
    There,
    /// To its place.
    Room(Box<ChunkWriter>),
}

/// What is known under a key.
enum Known {
    Nothing,
    /// An upload that is not whole; it is in the gate.
    Open,
    Whole(Box<Document>),
    /// It is on its way out.
    Going,
}

pub(super) fn ticket(protocol: &str, key: &str) -> Uuid {
    let hash = Sha1::new().chain_update(protocol).chain_update([0]).chain_update(key);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

impl Plan<'_> {
    /// The ticket: a UUID of version 5 over protocol and key.
    pub fn id(&self) -> Uuid {
        ticket(self.protocol, self.key)
    }

    fn file(&self) -> FileInfo {
        FileInfo { size: self.size, name: display_name(self.name) }
    }

    fn is_file_of(&self, document: &Document) -> bool {
        document.file.as_ref() == Some(&self.file())
    }

    fn is_plan_of(&self, document: &Document) -> bool {
        let cut = document.arrival.as_ref().and_then(|arrival| arrival.chunks);
        self.is_file_of(document) && cut == Some(self.layout)
    }
}

impl Uploads {
    /// Whether a chunk is there, the first being 0: if so, whether all are.
    ///
    /// # Errors
    /// When the plan is not acceptable or the store fails.
    pub async fn has_chunk(&self, plan: &Plan<'_>, index: u64) -> Result<Option<bool>, ChunkError> {
        self.inner.accepts(plan)?;
        let id = plan.id();
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        Ok(match self.look_up(id, &mut gate).await? {
            Known::Nothing | Known::Going => None,
            Known::Whole(document) => self.is_echo(plan, &document).await?.then_some(true),
            Known::Open => {
                gate.chunks.iter_mut().for_each(|chunks| chunks.hear_question(index));
                let is_there = gate.chunks.as_ref().is_some_and(|chunks| {
                    plan.is_plan_of(&chunks.document) && chunks.marks.contains(index)
                });
                is_there.then_some(false)
            }
        })
    }

    /// The place of a chunk that begins at this offset and has so many bytes.
    ///
    /// # Errors
    /// When there is no place for it.
    pub async fn slot(
        &self,
        plan: &Plan<'_>,
        index: u64,
        range: std::ops::Range<u64>,
    ) -> Result<Slot, ChunkError> {
        self.inner.accepts(plan)?;
        let limit = self.inner.limits.max_chunk_size;
        if range.end - range.start > limit {
            return Err(ChunkError::ChunkTooLarge { limit });
        }
        let id = plan.id();
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        let fresh = self.fresh(plan);
        let Some((file, place)) = self.place(plan, index, &fresh, &mut gate).await? else {
            return Ok(Slot::There);
        };
        let (epoch, is_unique) = (gate.epoch, plan.is_unique);
        let wants_file_digest = false;
        let hold = Hold {
            id,
            file,
            epoch,
            index,
            range,
            is_unique,
            fresh,
            claim: None,
            wants_file_digest,
        };
        // As long as the gate is held, what was looked up does not come to rest.
        Ok(Slot::Room(Box::new(ChunkWriter::new(self.clone(), Arc::clone(&live), hold, place))))
    }

    /// Where a chunk goes, and to which upload under its key; `None` for nowhere.
    async fn place(
        &self,
        plan: &Plan<'_>,
        index: u64,
        fresh: &Document,
        gate: &mut Gate,
    ) -> Result<Option<(Option<Uuid>, Place)>, ChunkError> {
        match self.look_up(fresh.id, gate).await? {
            Known::Going => return Err(ChunkError::Busy),
            Known::Whole(document) if self.is_echo(plan, &document).await? => {
                // An owner who is known has to hear of bytes that are somebody else's.
                let is_compared = !plan.is_unique || document.is_of(plan.secret);
                let original = self.original(&document).await.filter(|_| is_compared);
                return Ok(original.map(|it| (writer::file_of(&document), Place::Arrived(it))));
            }
            Known::Whole(document) if document.state != State::Finished => {
                return Err(ChunkError::Busy);
            }
            Known::Whole(_) => {
                self.refuse_what_is_gone(plan)?;
                self.start_over(fresh.clone(), gate).await?;
            }
            Known::Nothing => {
                self.refuse_what_is_gone(plan)?;
                self.begin(fresh.clone(), gate).await?;
            }
            Known::Open => {
                self.start_over_if_in_doubt(plan, index, gate).await?;
                self.continue_or_start_over(plan, fresh, gate).await?;
            }
        }
        let open = gate.chunks.as_ref().ok_or(ChunkError::Overtaken)?;
        Ok(Some((writer::file_of(&open.document), Place::Open)))
    }

    /// Who sends a chunk without having asked for it does not know that others may be lost.
    async fn start_over_if_in_doubt(
        &self,
        plan: &Plan<'_>,
        index: u64,
        gate: &mut Gate,
    ) -> Result<(), ChunkError> {
        let Some(chunks) = gate.chunks.as_ref().filter(|chunks| chunks.is_in_doubt) else {
            return Ok(());
        };
        let id = plan.id();
        if chunks.asked.contains(index) {
            return Ok(self.settle_doubt(id, gate).await.map(drop)?);
        }
        tracing::warn!(%id, "chunks may be lost, the upload has to start over");
        self.inner.gone.note(&chunks.document).await?;
        gate.pass(Notice::Cancelled);
        self.inner.remove(id).await?;
        self.refuse_what_is_gone(plan)?;
        Err(ChunkError::Lost)
    }

    async fn continue_or_start_over(
        &self,
        plan: &Plan<'_>,
        fresh: &Document,
        gate: &mut Gate,
    ) -> Result<(), ChunkError> {
        let chunks = gate.chunks.as_mut().ok_or(ChunkError::Overtaken)?;
        let open = &chunks.document;
        if !open.is_of(plan.secret) {
            self.refuse_what_is_gone(plan)?;
        }
        if plan.is_plan_of(open) {
            if open.hears_first_of(plan.secret) {
                chunks.document = self.inner.update(fresh.id, Document::know_owner).await?;
            }
            // It may have rested.
            return Ok(self.inner.ledger.grow(fresh.id, 0)?);
        }
        if !open.yields_to(plan.secret) {
            return Err(ChunkError::Owned);
        }
        // Nothing is gone if there is no room for what would replace it.
        self.inner.ledger.begin(fresh.id, fresh.size(), fresh.holder)?;
        if chunks.marks.count() > 0
            && let Err(error) = self.inner.gone.note(open).await
        {
            self.inner.recount(fresh.id).await;
            return Err(error.into());
        }
        self.start_over(fresh.clone(), gate).await
    }

    /// A browser that takes chunks to be here that are not is told once: nobody tells browsers at one
    /// address from each other.
    fn refuse_what_is_gone(&self, plan: &Plan<'_>) -> Result<(), ChunkError> {
        let trace = trace(plan.id(), &plan.file(), plan.layout);
        if self.inner.gone.is_news(trace, plan.holder.address()) {
            tracing::warn!(id = %plan.id(), "chunks are gone, the upload has to start over");
            return Err(ChunkError::Lost);
        }
        Ok(())
    }

    /// The bytes of a file that has arrived, if they can be read.
    async fn original(&self, document: &Document) -> Option<Original> {
        let arrival = document.arrival.as_ref()?;
        Original::open(&self.inner.arrivals.path(arrival.file)).await
    }

    /// Whether chunks of this file are sent although it is whole, because an answer was lost.
    async fn is_echo(&self, plan: &Plan<'_>, document: &Document) -> Result<bool, StoreError> {
        if !plan.is_file_of(document) {
            return Ok(false);
        }
        if plan.is_unique || plan.continues || document.state != State::Finished {
            return Ok(true);
        }
        let ended = self.inner.store.last_activity(document.id).await?;
        let age = ended.map(|ended| self.inner.ages.of(document.id, ended)).unwrap_or_default();
        Ok(age < self.inner.limits.echo)
    }

    /// Whoever sends now knows what is there.
    pub(super) async fn settle_doubt(&self, id: Uuid, gate: &mut Gate) -> Result<bool, StoreError> {
        let Some(chunks) = gate.chunks.as_mut().filter(|chunks| chunks.is_in_doubt) else {
            return Ok(false);
        };
        self.inner.update(id, |_| {}).await?;
        chunks.is_in_doubt = false;
        Ok(true)
    }

    async fn start_over(&self, fresh: Document, gate: &mut Gate) -> Result<(), ChunkError> {
        self.inner.replace(&fresh, fresh.size(), gate).await?;
        tracing::info!(id = %fresh.id, "another upload under the same key, starting over");
        self.begun(fresh, gate).await
    }

    /// The document of an upload that begins.
    fn fresh(&self, plan: &Plan<'_>) -> Document {
        let now = SystemTime::now();
        let mut document = Document::new(plan.id(), self.backend_of_arrivals(), now);
        (document.file, document.holder) = (Some(plan.file()), plan.holder);
        document.arrival = Some(Arrival {
            protocol: plan.protocol.to_owned(),
            key: Some(plan.key.to_owned()),
            file: Uuid::new_v4(),
            chunks: Some(plan.layout),
            owner: Some(Owner::with(plan.secret)),
        });
        document
    }

    async fn begin(&self, document: Document, gate: &mut Gate) -> Result<(), ChunkError> {
        self.inner.create(&document, document.size()).await?;
        self.begun(document, gate).await
    }

    async fn begun(&self, document: Document, gate: &mut Gate) -> Result<(), ChunkError> {
        self.inner.store.begin(document.id).await?;
        let (id, size) = (document.id, document.size());
        tracing::info!(%id, size, "upload in chunks begins");
        self.inner.lives.awake.note();
        gate.chunks = Some(Box::new(Chunks::new(document, Marks::default(), Visit::new())));
        Ok(())
    }

    /// What is known under a key. A file whose chunks are all there, but which was kept from
    /// arriving, arrives now.
    async fn look_up(&self, id: Uuid, gate: &mut Gate) -> Result<Known, StoreError> {
        if gate.chunks.is_none() {
            match self.inner.load(id).await? {
                None => return Ok(Known::Nothing),
                Some(document) => match document.state {
                    State::Receiving if self.inner.has_arrived(&document).await? => {
                        self.arrive(&document).await?;
                        let document = self.inner.load(id).await?;
                        return Ok(whole(document));
                    }
                    State::Receiving => self.wake_chunks(document, gate).await?,
                    State::Cancelled { .. } => return Ok(Known::Going),
                    _ => return Ok(Known::Whole(Box::new(document))),
                },
            }
        }
        match gate.chunks.as_ref().filter(|chunks| chunks.is_complete()) {
            None => Ok(Known::Open),
            Some(chunks) => {
                let document = chunks.document.clone();
                self.arrive_in_chunks(&document, gate).await?;
                Ok(whole(self.inner.load(id).await?))
            }
        }
    }

    async fn wake_chunks(&self, document: Document, gate: &mut Gate) -> Result<(), StoreError> {
        let mut chunks = self.inner.read_chunks(document).await?;
        if let Some(rested) = gate.rested.take() {
            chunks.wake(*rested);
        }
        self.inner.lives.awake.note();
        gate.chunks = Some(Box::new(chunks));
        Ok(())
    }

    /// Lets a file arrive whose chunks are all there. If the marks say so and the bytes do not, the
    /// upload starts over. After another failure the marks are read again: the store may have given
    /// bytes up.
    async fn arrive_in_chunks(
        &self,
        document: &Document,
        gate: &mut Gate,
    ) -> Result<(), StoreError> {
        let mut document = document.clone();
        if let Some(chunks) = &mut gate.chunks {
            let md5 = chunks.md5(&self.inner.store).await?;
            document.md5 = md5.map(|md5| md5.as_str().to_owned());
        }
        let arrived = self.arrive(&document).await;
        let visit = gate.chunks.take().map(|chunks| chunks.visit);
        gate.pass(Notice::TakenOver);
        gate.last_visit = visit.map(Box::new);
        if let Err(StoreError::WrongLength { id, .. }) = arrived {
            self.inner.gone.note(&document).await?;
            self.inner.remove(id).await?;
        }
        arrived
    }

    /// What to say of a failure after which less may be there than the `noted` chunks.
    async fn after_failure(
        &self,
        document: &Document,
        noted: u64,
        error: StoreError,
    ) -> ChunkError {
        if self.inner.has_arrived(document).await.unwrap_or(true) {
            return error.into();
        }
        match self.inner.store.marks(document.id).await {
            Ok(left) if (left.len() as u64) < noted => {
                tracing::error!(id = %document.id, %error, "chunks are lost");
                ChunkError::Lost
            }
            _ => error.into(),
        }
    }

    /// Lets a file arrive if all of its chunks are there.
    pub(super) async fn complete_interrupted(&self, id: Uuid) -> Result<(), StoreError> {
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        self.look_up(id, &mut gate).await.map(drop)
    }
}

fn whole(document: Option<Document>) -> Known {
    document.map_or(Known::Nothing, |document| Known::Whole(Box::new(document)))
}

impl Inner {
    /// Whether a file is in its place already, which a crash may have kept from being noted.
    pub(super) async fn has_arrived(&self, document: &Document) -> Result<bool, StoreError> {
        match &document.arrival {
            Some(arrival) => Ok(self.arrivals.has(arrival.file).await?),
            None => Ok(false),
        }
    }

    fn accepts(&self, plan: &Plan<'_>) -> Result<(), ChunkError> {
        let limit = self.largest(plan.holder);
        if plan.size > limit {
            return Err(ChunkError::TooLarge { limit });
        }
        if plan.layout.count > MAX_CHUNKS {
            return Err(ChunkError::TooManyChunks);
        }
        Ok(())
    }

    async fn read_chunks(&self, document: Document) -> Result<Chunks, StoreError> {
        // A crash may have come between the document and the file.
        self.store.begin(document.id).await?;
        let mut marks = Marks::default();
        let cut = document.arrival.as_ref().and_then(|arrival| arrival.chunks);
        let count = cut.map_or(0, |cut| cut.count);
        for part in self.store.marks(document.id).await? {
            if part < count {
                marks.insert(part);
            }
        }
        let mut chunks = Chunks::new(document, marks, Visit::new());
        chunks.lost = self.store.lost(chunks.document.id).await?;
        chunks.is_in_doubt = count > 1 && self.store.is_in_doubt(chunks.document.id).await?;
        Ok(chunks)
    }
}
