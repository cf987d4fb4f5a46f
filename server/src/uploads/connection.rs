//! One connection's hold on an upload.

use std::sync::Arc;

use bytes::Bytes;
use incoming_protocol::Md5;
use tokio::sync::{MutexGuard, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::follower::Source;
use super::live::{Gate, Live, Notice};
use super::{Attempt, Full, State, Uploads};
use crate::activity::Activity;
use crate::store::{StoreError, Writer};

/// The right to fill an upload, until another connection takes it.
#[derive(Debug)]
pub struct Connection {
    uploads: Uploads,
    live: Arc<Live>,
    hold: Hold,
}

/// What a connection holds.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) id: Uuid,
    pub(super) epoch: u64,
    pub(super) notices: watch::Receiver<Notice>,
    pub(super) size: u64,
    pub(super) position: u64,
    /// Open as long as bytes may be missing.
    pub(super) writer: Option<Box<dyn Writer>>,
}

/// A file that is being made durable.
#[derive(Debug)]
pub struct Completion {
    task: JoinHandle<Option<Result<(), StoreFault>>>,
}

/// Why something could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// Another connection has the upload, or it was cancelled.
    #[error("the upload is no longer held by this connection")]
    Lost,
    /// The backend has the file, or is getting it.
    #[error("it is too late to cancel")]
    TooLate,
    /// More bytes than were declared.
    #[error("the file would get larger than declared")]
    Overflow,
    /// It has rested, and there is no room for it any more, for a while.
    #[error(transparent)]
    Full(#[from] Full),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Connection {
    pub(super) fn new(uploads: Uploads, live: Arc<Live>, hold: Hold) -> Connection {
        Connection { uploads, live, hold }
    }

    /// The ticket.
    pub fn id(&self) -> Uuid {
        self.hold.id
    }

    /// What comes over this line is for the upload, also before it is stored: as long as it comes,
    /// the upload does not rest.
    pub fn listen_to(&self, line: Activity) {
        self.live.listen_to(line);
    }

    /// How many bytes are stored.
    pub fn position(&self) -> u64 {
        self.hold.position
    }

    /// Waits until the upload is no longer this connection's.
    pub async fn notice(&mut self) -> Notice {
        match self.hold.notices.wait_for(|notice| *notice != Notice::Yours).await {
            Ok(notice) => *notice,
            Err(_) => Notice::Cancelled,
        }
    }

    /// Stores bytes at the end of the file.
    ///
    /// # Errors
    /// When the upload is no longer this connection's, or the store fails.
    pub async fn append(&mut self, bytes: Bytes) -> Result<(), StoreFault> {
        let end = self.hold.position + bytes.len() as u64;
        if end > self.hold.size {
            return Err(StoreFault::Overflow);
        }
        let mut gate = enter(&self.live, self.hold.epoch).await?;
        // It may have rested.
        self.uploads.inner.ledger.grow(self.hold.id, 0)?;
        if let Some(writer) = &mut self.hold.writer
            && !bytes.is_empty()
        {
            let position = self.hold.position;
            if let Some(follower) = &mut gate.follower {
                follower.forget_from(position);
            }
            writer.write(position, bytes.clone()).await?;
            if let Some(follower) = &mut gate.follower {
                let source = Source { store: &self.uploads.inner.store, id: self.hold.id };
                follower.wrote(source, position, position, bytes);
            }
        }
        self.hold.position = end;
        Ok(())
    }

    /// Has the MD5 of the file worked out while it comes: somebody will ask for it.
    ///
    /// # Errors
    /// When the upload is no longer this connection's.
    pub async fn expect_sum(&self) -> Result<(), StoreFault> {
        let mut gate = enter(&self.live, self.hold.epoch).await?;
        let follower = gate.follower.get_or_insert_default();
        follower.forget_from(self.hold.position);
        follower.extend(self.hold.position);
        Ok(())
    }

    /// Makes the whole file durable, which may take a while. It happens also when nobody waits
    /// for it. Does nothing to a file that is durable already. A file that has to be verified first
    /// is kept from its backend until [`release`](Connection::release).
    pub fn complete(&mut self, is_unverified: bool) -> Completion {
        let (uploads, live) = (self.uploads.clone(), Arc::clone(&self.live));
        let (id, epoch, size) = (self.hold.id, self.hold.epoch, self.hold.size);
        let writer = self.hold.writer.take();
        let task = self.uploads.inner.spawn(async move {
            let inner = &uploads.inner;
            let _gate = enter(&live, epoch).await?;
            let document = inner.load(id).await?.ok_or(StoreFault::Lost)?;
            if document.state != State::Receiving {
                return Ok(());
            }
            writer.ok_or(StoreFault::Lost)?.seal(size).await?;
            if is_unverified {
                return Ok(());
            }
            inner.update(id, |document| document.state = State::HandingOver).await?;
            tracing::info!(%id, size, "file complete");
            Ok(())
        });
        Completion { task }
    }

    /// The MD5 of the file, all of whose bytes are there; `None` if they are not here any more and
    /// nobody asked while they were.
    ///
    /// # Errors
    /// When the upload is no longer this connection's, or the store fails.
    pub async fn sum(&self) -> Result<Option<Md5>, StoreFault> {
        let (inner, id) = (&self.uploads.inner, self.hold.id);
        let mut gate = enter(&self.live, self.hold.epoch).await?;
        let document = inner.load(id).await?.ok_or(StoreFault::Lost)?;
        if let Some(md5) = document.md5.as_deref().and_then(Md5::parse) {
            return Ok(Some(md5));
        }
        let mut follower = gate.follower.take().unwrap_or_default();
        let source = Source { store: &inner.store, id };
        let md5 = match follower.finish(source, self.hold.size).await {
            Err(StoreError::NotFound(_)) => return Ok(None),
            md5 => md5?,
        };
        let text = md5.as_str().to_owned();
        inner.update(id, |document| document.md5 = Some(text.clone())).await?;
        Ok(Some(md5))
    }

    /// Drops every byte, unless the backend is getting them: the upload begins anew.
    ///
    /// # Errors
    /// When it is too late, the upload is no longer this connection's, or the store fails.
    pub async fn empty(&self) -> Result<(), StoreFault> {
        let (inner, id) = (&self.uploads.inner, self.hold.id);
        let mut gate = enter(&self.live, self.hold.epoch).await?;
        let document = inner.load(id).await?.ok_or(StoreFault::Lost)?;
        if document.state != State::Receiving {
            return Err(StoreFault::TooLate);
        }
        gate.follower = None;
        inner.update(id, |document| document.md5 = None).await?;
        inner.store.remove_bytes(id).await?;
        inner.store.begin(id).await?;
        Ok(())
    }

    /// Lets the backend have a file that is whole.
    ///
    /// # Errors
    /// When the upload is no longer this connection's, or the store fails.
    pub async fn release(&self) -> Result<(), StoreFault> {
        let (inner, id) = (&self.uploads.inner, self.hold.id);
        let _gate = enter(&self.live, self.hold.epoch).await?;
        let document = inner.load(id).await?.ok_or(StoreFault::Lost)?;
        if document.state == State::Receiving {
            inner.update(id, |document| document.state = State::HandingOver).await?;
            tracing::info!(%id, size = self.hold.size, "file complete and verified");
        }
        Ok(())
    }

    /// Hands the file over, together with everybody else who asks for it.
    pub fn hand_over(&self) -> Attempt {
        self.uploads.hand_over(self.hold.id)
    }

    /// Hands the file over when its turn comes, whether anybody asks for it or not.
    pub async fn hand_over_alone(&self) {
        match self.uploads.inner.load(self.hold.id).await {
            Ok(Some(document)) => self.uploads.inner.backlog.add(&document),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(id = %self.hold.id, %error, "the store failed before a handover");
            }
        }
    }

    /// Gives the upload up: the bytes go at once, the rest when the backend was told. All of it
    /// happens also when nobody waits for it.
    ///
    /// # Errors
    /// When the upload is no longer this connection's, the backend is getting the file, or the
    /// store fails.
    pub async fn cancel(&self, reason: String) -> Result<(), StoreFault> {
        let inner = &self.uploads.inner;
        let gate = enter(&self.live, self.hold.epoch).await?;
        let document = inner.load(self.hold.id).await?.ok_or(StoreFault::Lost)?;
        if !matches!(document.state, State::Receiving | State::NotTaken) {
            return Err(StoreFault::TooLate);
        }
        let cancelled = State::Cancelled { reason: reason.clone() };
        let document =
            inner.update(self.hold.id, |document| document.state = cancelled.clone()).await?;
        inner.store.remove_bytes(self.hold.id).await?;
        drop(gate);
        let uploads = self.uploads.clone();
        let telling = inner.spawn(async move {
            let patience = uploads.inner.handover.timeout();
            uploads.inner.bury(&document, &reason, patience).await;
        });
        // It cannot be awaited when it panicked, and then there is nothing to wait for.
        let _ = telling.await;
        Ok(())
    }
}

impl Completion {
    /// Waits for the end.
    ///
    /// # Errors
    /// When the upload is no longer that connection's, or the store fails.
    pub async fn outcome(&mut self) -> Result<(), StoreFault> {
        (&mut self.task).await.ok().flatten().unwrap_or(Err(StoreFault::Lost))
    }
}

async fn enter(live: &Live, epoch: u64) -> Result<MutexGuard<'_, Gate>, StoreFault> {
    let gate = live.gate.lock().await;
    if gate.is_held_by(epoch) { Ok(gate) } else { Err(StoreFault::Lost) }
}
