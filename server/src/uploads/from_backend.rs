//! What a backend asks for: cancelling, and finishing what it has made wait.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::live::{Live, Notice};
use super::{CallError, Document, State, Uploads, parse_id};

/// How long finish_upload waits for a handover whose answer has not been read yet.
const FINISH_PATIENCE: Duration = Duration::from_secs(1);

impl Uploads {
    /// Cancels an upload because its backend says so; the backend is not called back.
    ///
    /// # Errors
    /// When the backend does not know the secret or the file has arrived already.
    pub async fn cancel(&self, id: &str, secret: &str) -> Result<(), CallError> {
        let id = self.authorize(id, secret).await?.id;
        let live = self.inner.live(id);
        let mut gate = live.gate.lock().await;
        let document = self.inner.load(id).await?.ok_or(CallError::Unknown)?;
        if document.state != State::Receiving {
            return Err(CallError::TooLate);
        }
        gate.pass(Notice::Cancelled);
        self.inner.remove(id).await?;
        tracing::info!(%id, "upload cancelled by the backend");
        Ok(())
    }

    /// Ends a handover that the backend has answered with "wait".
    ///
    /// # Errors
    /// When the backend does not know the secret or nothing is being handed over.
    pub async fn finish(&self, id: &str, secret: &str) -> Result<(), CallError> {
        let id = self.authorize(id, secret).await?.id;
        let live = self.inner.live(id);
        let deadline = Instant::now() + FINISH_PATIENCE;
        loop {
            let changed = live.changed.notified();
            if self.try_finish(id, &live).await? {
                return Ok(());
            }
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                return Err(CallError::NotWaiting);
            }
        }
    }

    /// False while it is not known yet what the backend has answered.
    async fn try_finish(&self, id: Uuid, live: &Live) -> Result<bool, CallError> {
        let gate = live.gate.lock().await;
        let document = self.inner.load(id).await?.ok_or(CallError::Unknown)?;
        match document.state {
            State::Receiving | State::Cancelled { .. } => return Err(CallError::NotHandingOver),
            State::Finished => return Err(CallError::Unknown),
            State::NotTaken => return Err(CallError::NotWaiting),
            State::HandingOver if live.is_handing_over() => return Ok(false),
            // Without an attempt, a restart has forgotten what the backend has answered.
            State::HandingOver | State::Waiting { .. } => {}
        }
        self.inner.finished(id).await?;
        drop(gate);
        live.changed.notify_waiters();
        Ok(true)
    }

    /// The document behind an id, for who knows the secret.
    ///
    /// # Errors
    /// When there is none, or the secret is wrong.
    pub async fn authorize(&self, id: &str, secret: &str) -> Result<Document, CallError> {
        let id = parse_id(id).ok_or(CallError::Unknown)?;
        let document = self.inner.load(id).await?.ok_or(CallError::Unknown)?;
        if document.state == State::Finished {
            return Err(CallError::Unknown);
        }
        if !document.backend.secret.is(secret) {
            return Err(CallError::WrongSecret);
        }
        Ok(document)
    }
}
