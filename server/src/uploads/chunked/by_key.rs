//! What else can be done with an upload that the browser knows by a key.

use super::{ChunkError, Known, Plan, ticket};
use crate::store::StoreError;
use crate::uploads::live::Notice;
use crate::uploads::{FileInfo, State, Uploads};

/// How many chunks of one file a browser sends at once, at most: it has so many connections.
const MOST_AT_ONCE: usize = 6;
/// Chunks that are on their way show up in this part of the longest silence of a connection.
const PARTS_OF_SILENCE: u32 = 10;

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
    /// Whether chunks are gone that a browser takes to be here, when it sends this one; `resumes` if
    /// it goes on with what it remembers.
    ///
    /// A browser that sends several chunks at once may have others on their way, so that not every
    /// chunk that is missing is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn are_chunks_gone(
        &self,
        plan: &Plan<'_>,
        index: u64,
        resumes: bool,
    ) -> Result<bool, ChunkError> {
        let id = plan.id();
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        let known = self.look_up(id, &mut gate).await?;
        let was_in_doubt = self.settle_doubt(id, &mut gate).await?;
        Ok(match known {
            Known::Nothing | Known::Going => resumes && index > 0,
            Known::Whole(document) => resumes && index > 0 && !plan.is_file_of(&document),
            Known::Open => gate.chunks.as_mut().is_some_and(|chunks| {
                let lost = std::mem::take(&mut chunks.lost);
                chunks.has_told |= !lost.is_empty();
                if !plan.is_plan_of(&chunks.document) {
                    return resumes && index > 0;
                }
                if was_in_doubt {
                    return true;
                }
                let has_none = chunks.marks.count() == 0;
                lost.iter().any(|lost| *lost != index && !chunks.marks.contains(*lost))
                    || resumes && index > 0 && has_none
                    || resumes && chunks.missing_before(index) > MOST_AT_ONCE
            }),
        })
    }

    /// Whether a file will be whole, of which the last chunk is here: it is, or what is missing may
    /// be on its way. If chunks came one after the other up to the last, they are waited for until
    /// nothing comes any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn may_become_whole(&self, plan: &Plan<'_>) -> Result<bool, StoreError> {
        let id = plan.id();
        let live = self.inner.live(id);
        let patience = self.inner.limits.echo / PARTS_OF_SILENCE;
        loop {
            let mut gate = live.gate.lock().await;
            if !matches!(self.look_up(id, &mut gate).await?, Known::Open) {
                return Ok(true);
            }
            let Some(chunks) = gate.chunks.as_ref() else { return Ok(true) };
            let is_first_group = plan.layout.count <= MOST_AT_ONCE as u64;
            match chunks.visit.in_one_row() {
                None => return Ok(true),
                Some(..=1) if is_first_group => return Ok(true),
                Some(_) if !chunks.is_any_coming() && chunks.visit.silence() >= patience => {
                    tracing::warn!(%id, "the last chunk is here and others are gone");
                    return Ok(false);
                }
                Some(_) => {}
            }
            drop(gate);
            tokio::time::sleep(patience / 10).await;
        }
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
