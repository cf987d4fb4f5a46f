//! Giving a whole file to its backend.
//!
//! An attempt is a task of its own: it needs no connection, and all who ask for a handover while
//! one is under way wait for the same one.

use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::document::unix_s;
use super::live::Live;
use super::{Document, State, Uploads};
use crate::handover::Answer;
use crate::store::StoreError;

/// How often a document is read while the backend makes us wait, in case that another server
/// heard of the end.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How a handover ended.
pub type Outcome = Result<(), Failure>;

/// Why a file was not handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The backend did not take it.
    NotTaken {
        /// What went wrong.
        reason: String,
    },
    /// The store failed or the server is stopping; who asks again may hear something better.
    Interrupted,
}

/// A handover, perhaps shared with others.
#[derive(Clone, Debug)]
pub struct Attempt {
    outcome: watch::Receiver<Option<Outcome>>,
}

impl Attempt {
    /// Waits for the end.
    pub async fn outcome(&mut self) -> Outcome {
        let ended = self.outcome.wait_for(Option::is_some).await;
        let outcome = ended.ok().and_then(|outcome| outcome.clone());
        outcome.unwrap_or(Err(Failure::Interrupted))
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.outcome.borrow().is_none() && self.outcome.has_changed().is_ok()
    }
}

impl Uploads {
    /// Hands a whole file over, unless that is being done already.
    pub fn hand_over(&self, id: Uuid) -> Attempt {
        let live = self.inner.live(id);
        live.clone().share_attempt(|| {
            let (report, outcome) = watch::channel(None);
            let uploads = self.clone();
            self.inner.spawn(async move {
                let outcome = uploads.attempt(id, &live).await;
                if let Err(Failure::NotTaken { reason }) = &outcome {
                    tracing::warn!(%id, reason, "not handed over");
                }
                report.send_replace(Some(outcome.clone()));
                live.changed.notify_waiters();
                uploads.after_attempt(id, &outcome).await;
            });
            Attempt { outcome }
        })
    }

    async fn attempt(&self, id: Uuid, live: &Live) -> Outcome {
        self.try_attempt(id, live).await.unwrap_or_else(|error| {
            tracing::error!(%id, %error, "the store failed during a handover");
            Err(Failure::Interrupted)
        })
    }

    async fn try_attempt(&self, id: Uuid, live: &Live) -> Result<Outcome, StoreError> {
        let mut document = self.inner.load(id).await?.ok_or(StoreError::NotFound(id))?;
        // Who is told of arrivals is a setting, which may be another one since the file came.
        if let (Some(_), Some(url)) = (&document.arrival, &self.inner.backend_of_arrivals) {
            document.backend.finish_url.clone_from(url);
        }
        match document.state {
            State::Finished => Ok(Ok(())),
            State::Waiting { .. } => self.wait(&document, live).await,
            State::HandingOver | State::NotTaken => self.ask(&document, live).await,
            State::Receiving | State::Cancelled { .. } => Ok(Err(failure("not whole"))),
        }
    }

    async fn ask(&self, document: &Document, live: &Live) -> Result<Outcome, StoreError> {
        let id = document.id;
        if document.state != State::HandingOver {
            self.inner.update(id, |document| document.state = State::HandingOver).await?;
        }
        let turn = tokio::select! {
            turn = self.inner.handover.turn(document) => turn,
            // Nobody was told anything; it goes on after the next start.
            () = self.inner.stop.cancelled() => return Ok(Err(Failure::Interrupted)),
        };
        let location = self.inner.location(document);
        // Large, and only now needed: very many may wait for a turn.
        let answer = Box::pin(self.inner.handover.complete(document, &location, turn)).await;
        let gate = live.gate.lock().await;
        match answer {
            Ok(Answer::Done) => {
                self.inner.finished(id).await?;
                Ok(Ok(()))
            }
            Ok(Answer::Wait) => {
                let since_s = unix_s(SystemTime::now());
                let waiting = State::Waiting { since_s };
                self.inner.update(id, |document| document.state = waiting.clone()).await?;
                tracing::info!(%id, "the backend takes its time");
                drop(gate);
                live.changed.notify_waiters();
                self.wait(document, live).await
            }
            Err(error) => {
                drop(gate);
                self.not_taken(document, live, &error.to_string()).await
            }
        }
    }

    /// Since the document says that the backend takes its time, nothing has changed it.
    async fn wait(&self, document: &Document, live: &Live) -> Result<Outcome, StoreError> {
        let since = self.inner.store.last_activity(document.id).await?;
        let waited = since.map(|since| self.inner.ages.of(document.id, since)).unwrap_or_default();
        let left = self.inner.limits.handover_confirmation.saturating_sub(waited);
        let deadline = Instant::now() + left;
        loop {
            let changed = live.changed.notified();
            let now = self.inner.load(document.id).await?;
            match now.map(|document| document.state) {
                Some(State::Finished) => return Ok(Ok(())),
                Some(State::Waiting { .. }) => {}
                _ => return Ok(Err(failure("the upload was cancelled"))),
            }
            if Instant::now() >= deadline {
                let late = "Timed out waiting for app backend to retrieve the file";
                return self.not_taken(document, live, late).await;
            }
            let look_again = deadline.min(Instant::now() + LOOK_AGAIN);
            tokio::select! {
                _ = tokio::time::timeout_at(look_again, changed) => {}
                // The wait is noted; it goes on after the next start.
                () = self.inner.stop.cancelled() => return Ok(Err(Failure::Interrupted)),
            }
        }
    }

    /// Notes a failure, unless the backend has finished in the last moment.
    async fn not_taken(
        &self,
        document: &Document,
        live: &Live,
        reason: &str,
    ) -> Result<Outcome, StoreError> {
        let _gate = live.gate.lock().await;
        let now = self
            .inner
            .update(document.id, |document| {
                if document.state != State::Finished {
                    document.state = State::NotTaken;
                    document.note_failure(reason);
                }
            })
            .await?;
        if now.state == State::Finished {
            return Ok(Ok(()));
        }
        Ok(Err(failure(reason)))
    }
}

impl Document {
    /// The page of a ticket decides itself how often it tries.
    fn note_failure(&mut self, reason: &str) {
        if self.arrival.is_some() {
            let tries = self.tries.get_or_insert_default();
            tries.failed += 1;
            reason.clone_into(&mut tries.reason);
        }
    }
}

fn failure(reason: &str) -> Failure {
    Failure::NotTaken { reason: reason.to_owned() }
}
