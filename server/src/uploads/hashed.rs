//! A file that is known by its MD5 and comes in chunks, in any order and more than once.
//!
//! The MD5 is the key, whatever the name: a file that is there need not be sent again under another
//! one. Chunks are written in their places in one sparse file, and marks say which are there, as of
//! other files in chunks. The size of the file is not told: all chunks but the last tell theirs, and
//! with it where they belong.
//! - The last chunk may come before any other. Nobody knows its place then, and it waits at the
//!   beginning of the file, as long as this process remembers how long it is.
//! - Small chunks are written when all of their bytes have come. Large ones are written as they
//!   come; of those only the first may come before the size of a chunk is known, and the others wait
//!   for it. Small ones are treated as large ones when there are so many at once that memory has no
//!   room for them.
//! - Chunks of another size, or of another number of them, start the upload over: chunks of two
//!   ways to cut are not mixed, and the newer one counts. Of a last chunk alone nobody can tell to
//!   which way it belongs; if to the other, the MD5 tells.
//!
//! The MD5 follows the chunks as they come from the first on; those that came out of order are read
//! when it is their turn. A file with another MD5 is forgotten, all of it, and never arrives.

mod chunk;
mod held;
mod parts;

use std::time::SystemTime;

use incoming_protocol::Md5;
use uuid::Uuid;

pub use chunk::HashedChunk;
pub(super) use held::Room;
pub(super) use parts::Parts;

use super::chunked::ticket;
use super::live::{Gate, Notice};
use super::{
    Arrival, CreateError, Document, FileInfo, Full, Holder, Inner, Layout, State, Uploads,
};
use crate::names::display_name;
use crate::store::StoreError;

/// The protocol whose files are known so.
const PROTOCOL: &str = "robusto";
/// How many chunks a file has at most, as many as the original counts: every answer lists those
/// that are there.
const MAX_CHUNKS: u64 = 9999;

/// A chunk, as a request describes it.
#[derive(Clone, Debug)]
pub struct HashedPlan {
    /// What the file is known by.
    pub md5: Md5,
    /// The name of the file: anything at all.
    pub name: String,
    /// Which chunk, from 0.
    pub index: u64,
    /// How many there are.
    pub count: u64,
    /// Whose share of the room the file takes.
    pub holder: Holder,
}

/// What is there of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashedState {
    /// Nothing.
    New,
    /// These chunks, in order.
    Partial(Vec<u64>),
    /// All of it.
    Complete {
        /// By what it is known where it arrived.
        file: Uuid,
        /// Its name, that of who sent it first.
        name: String,
    },
}

/// Why a chunk is not taken, or a file did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum HashedError {
    /// There is no room for the file now.
    #[error(transparent)]
    Full(#[from] Full),
    /// The file is larger than the settings allow.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The largest size that is taken.
        limit: u64,
    },
    /// The chunk is larger than the settings allow.
    #[error("the chunk is larger than {limit} bytes, send smaller ones")]
    ChunkTooLarge {
        /// The largest size that is taken.
        limit: u64,
    },
    /// The file is cut too small.
    #[error("the file has more than {MAX_CHUNKS} chunks")]
    TooManyChunks,
    /// A chunk of a file that has several has no bytes.
    #[error("the chunk is empty")]
    Empty,
    /// Somebody else is at it.
    #[error("the chunk cannot be taken at this moment, try again")]
    Busy,
    /// The bytes have another MD5. Nothing is left of them.
    #[error("the file has the MD5 {found} instead of {expected}")]
    OtherMd5 {
        /// By what the file was known.
        expected: String,
        /// That of the bytes that came.
        found: String,
    },
    /// The store failed.
    #[error("{}", .0.advice())]
    Store(#[from] StoreError),
}

impl From<CreateError> for HashedError {
    fn from(error: CreateError) -> HashedError {
        match error {
            CreateError::Full(full) => HashedError::Full(full),
            CreateError::Store(error) => HashedError::Store(error),
        }
    }
}

impl Arrival {
    /// Whether the file is known by its MD5.
    pub(super) fn is_hashed(&self) -> bool {
        self.protocol == PROTOCOL
    }
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

impl HashedPlan {
    fn id(&self) -> Uuid {
        ticket(PROTOCOL, self.md5.as_str())
    }

    fn is_last(&self) -> bool {
        self.index + 1 == self.count
    }

    fn document(&self, uploads: &Uploads) -> Document {
        let backend = uploads.backend_of_arrivals();
        let mut document = Document::new(self.id(), backend, SystemTime::now());
        document.holder = self.holder;
        document.file = Some(FileInfo { size: 0, name: display_name(&self.name) });
        document.arrival = Some(Arrival {
            owner: None,
            protocol: PROTOCOL.to_owned(),
            key: Some(self.md5.as_str().to_owned()),
            file: Uuid::new_v4(),
            chunks: Some(Layout { chunk_size: 0, count: self.count }),
        });
        document
    }
}

impl HashedState {
    fn complete(document: &Document) -> HashedState {
        let file = document.arrival.as_ref().map_or(document.id, |arrival| arrival.file);
        let name = document.file.as_ref().map(|file| file.name.clone()).unwrap_or_default();
        HashedState::Complete { file, name }
    }

    fn of(gate: &Gate) -> HashedState {
        let list = gate.parts.as_ref().map(|parts| parts.list()).unwrap_or_default();
        if list.is_empty() { HashedState::New } else { HashedState::Partial(list) }
    }
}

impl Uploads {
    /// What is there of a file. A file whose chunks are all there is read; once begun, that comes to
    /// its end also if nobody waits for it.
    ///
    /// # Errors
    /// When the store fails, or all chunks are there and make another file.
    pub async fn hashed(&self, md5: &Md5) -> Result<HashedState, HashedError> {
        let (uploads, id) = (self.clone(), ticket(PROTOCOL, md5.as_str()));
        self.to_the_end(async move { uploads.look_up_hashed(id).await }).await
    }

    async fn look_up_hashed(&self, id: Uuid) -> Result<HashedState, HashedError> {
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        Ok(match self.find(id, &mut gate).await? {
            Known::Nothing | Known::Going => HashedState::New,
            Known::Open => HashedState::of(&gate),
            Known::Whole(document) => HashedState::complete(&document),
        })
    }

    /// What is known under a key. A file whose chunks are all there, but which was kept from
    /// arriving, arrives now.
    async fn find(&self, id: Uuid, gate: &mut Gate) -> Result<Known, HashedError> {
        if gate.parts.is_none() {
            let Some(document) = self.inner.load(id).await? else { return Ok(Known::Nothing) };
            match document.state {
                State::Receiving if self.inner.has_arrived(&document).await? => {
                    self.arrive(&document).await?;
                    return Ok(Known::Whole(Box::new(document)));
                }
                State::Receiving => {
                    let rested = gate.rested.take();
                    let parts = Parts::read(&*self.inner.store, document, rested).await?;
                    self.inner.lives.awake.note();
                    gate.parts = Some(Box::new(parts));
                }
                State::Cancelled { .. } => return Ok(Known::Going),
                _ => return Ok(Known::Whole(Box::new(document))),
            }
        }
        if gate.parts.as_ref().is_some_and(|parts| parts.is_complete()) {
            return self.verify(gate).await.map(|document| Known::Whole(Box::new(document)));
        }
        Ok(Known::Open)
    }

    /// Makes room for a file that has so many bytes at least; what was there of it in another cut
    /// goes, if there is.
    async fn begin_hashed(
        &self,
        plan: &HashedPlan,
        least: u64,
        gate: &mut Gate,
    ) -> Result<(), HashedError> {
        let document = plan.document(self);
        if gate.parts.is_some() {
            self.inner.replace(&document, least, gate).await?;
            tracing::info!(id = %document.id, "the file is cut in another way, starting over");
        } else {
            self.inner.create(&document, least).await?;
        }
        self.inner.store.begin(document.id).await?;
        tracing::info!(id = %document.id, chunks = plan.count, "upload of a known MD5 begins");
        self.inner.lives.awake.note();
        gate.parts = Some(Box::new(Parts::new(document)));
        Ok(())
    }

    /// Makes sure that there is room for a file that has so many bytes at least. Without room for
    /// all of it, a file whose size nobody knows does not take what room there is.
    async fn grow_hashed(&self, least: u64, gate: &mut Gate) -> Result<(), HashedError> {
        let Some(parts) = &gate.parts else { return Ok(()) };
        let (id, is_sized) = (parts.id(), parts.chunk_size().is_some());
        let Err(full) = self.inner.ledger.grow(id, least) else { return Ok(()) };
        if !is_sized {
            self.forget_hashed(id, gate).await?;
        }
        Err(full.into())
    }

    async fn forget_hashed(&self, id: Uuid, gate: &mut Gate) -> Result<(), StoreError> {
        gate.pass(Notice::Cancelled);
        self.inner.remove(id).await
    }

    /// Lets a file arrive whose chunks are all there, if they make the file that they should.
    async fn verify(&self, gate: &mut Gate) -> Result<Document, HashedError> {
        let parts = gate.parts.as_mut().ok_or(HashedError::Busy)?;
        let (id, size, expected) = (parts.id(), parts.size(), parts.expected_md5());
        let holder = parts.holder();
        let found = match parts.md5(&self.inner.store).await {
            Ok(found) => found.as_str().to_owned(),
            Err(error) => return Err(self.fail_hashed(id, error, gate).await),
        };
        if found != expected {
            tracing::warn!(%id, found, expected, "a file has another MD5 and is forgotten");
            self.forget_hashed(id, gate).await?;
            return Err(HashedError::OtherMd5 { expected, found });
        }
        let limit = self.inner.largest(holder);
        if size > limit {
            self.forget_hashed(id, gate).await?;
            return Err(HashedError::TooLarge { limit });
        }
        let sized = |document: &mut Document| {
            document.file.iter_mut().for_each(|file| file.size = size);
        };
        let document = self.inner.update(id, sized).await?;
        if let Err(error) = self.arrive(&document).await {
            return Err(self.fail_hashed(id, error, gate).await);
        }
        gate.pass(Notice::TakenOver);
        Ok(document)
    }

    /// After a failure nobody goes on with what is in memory: the store may have given bytes up.
    /// When bytes are missing that were marked, the upload starts over.
    async fn fail_hashed(&self, id: Uuid, error: StoreError, gate: &mut Gate) -> HashedError {
        gate.pass(Notice::TakenOver);
        if matches!(error, StoreError::WrongLength { .. })
            && let Err(error) = self.inner.remove(id).await
        {
            return error.into();
        }
        error.into()
    }
}

impl Inner {
    /// How many bytes a file has at least of which a chunk has so many, if there may be one.
    fn accepts_hashed(&self, plan: &HashedPlan, length: u64) -> Result<u64, HashedError> {
        if plan.count > MAX_CHUNKS {
            return Err(HashedError::TooManyChunks);
        }
        let limit = self.largest(plan.holder);
        if length > self.limits.max_chunk_size {
            return Err(HashedError::ChunkTooLarge { limit: self.limits.max_chunk_size });
        }
        let others = if plan.is_last() { 0 } else { plan.count - 1 };
        let least = length.saturating_mul(others.max(1));
        if least > limit {
            return Err(HashedError::TooLarge { limit });
        }
        Ok(least)
    }
}
