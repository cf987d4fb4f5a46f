//! What else can be done with an upload that the browser knows by a key.

use super::{ChunkError, Known, Plan, ticket};
use crate::store::StoreError;
use crate::uploads::live::Notice;
use crate::uploads::{FileInfo, State, Uploads};

/// What came of a wish to delete a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// It is gone.
    Gone,
    /// Nothing is known of it, or not any more.
    Unknown,
    /// It is not ours any more: the backend has it, or somebody has moved it.
    Taken,
}

/// A file that has arrived and is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// By what the browser knows it.
    pub key: String,
    /// The file.
    pub file: FileInfo,
}

impl Uploads {
    /// Whether anything is there of the file of this plan.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn has_begun(&self, plan: &Plan<'_>) -> Result<bool, ChunkError> {
        let id = plan.id();
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        Ok(match self.look_up(id, &mut gate).await? {
            Known::Nothing | Known::Going => false,
            Known::Whole(document) => plan.is_file_of(&document),
            Known::Open => gate.chunks.as_ref().is_some_and(|chunks| {
                plan.is_plan_of(&chunks.document) && chunks.marks.count() > 0
            }),
        })
    }

    /// Whether a file is remembered as whole.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_whole(&self, protocol: &str, key: &str) -> Result<bool, StoreError> {
        let id = ticket(protocol, key);
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        Ok(matches!(self.look_up(id, &mut gate).await?, Known::Whole(_)))
    }

    /// Deletes a file, be it whole or not, unless it belongs to somebody else by now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn withdraw(&self, protocol: &str, key: &str) -> Result<Withdrawal, StoreError> {
        let id = ticket(protocol, key);
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        match self.look_up(id, &mut gate).await? {
            Known::Nothing | Known::Going => return Ok(Withdrawal::Unknown),
            Known::Open => {}
            Known::Whole(document) => {
                let arrival = document.arrival.filter(|_| document.backend.is_nobody());
                let Some(arrival) = arrival else { return Ok(Withdrawal::Taken) };
                if !self.inner.arrivals.remove(arrival.file).await? {
                    return Ok(Withdrawal::Taken);
                }
            }
        }
        gate.pass(Notice::Cancelled);
        self.inner.remove(id).await?;
        tracing::info!(%id, "file deleted by the browser");
        Ok(Withdrawal::Gone)
    }

    /// The files of a protocol that have arrived and are remembered, in no order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remembered(&self, protocol: &str) -> Result<Vec<Remembered>, StoreError> {
        let mut files = Vec::new();
        for listed in self.inner.store.list().await? {
            let Some(document) = self.inner.load(listed.id).await? else { continue };
            let is_whole = document.state == State::Finished;
            let arrival = document.arrival.filter(|it| is_whole && it.protocol == protocol);
            if let (Some(arrival), Some(file)) = (arrival, document.file)
                && let Some(key) = arrival.key
                && self.inner.arrivals.has(arrival.file).await?
            {
                files.push(Remembered { key, file });
            }
        }
        Ok(files)
    }
}
