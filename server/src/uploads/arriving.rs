//! The end of an upload without a ticket: the file is made durable and put into the folder of
//! arrivals; then the backend is told, if there is one.
//!
//! The browser is answered when the file is in its place. It does not wait for the backend, and
//! could not do anything about one that fails; the server tries again instead.

use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::{Arrival, Backend, Document, FileInfo, Secret, State, Uploads};
use crate::arrivals::{Note, rfc3339};
use crate::store::StoreError;

/// How long to wait before what failed is tried again; doubled each time up to a limit.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// How often it is told.
const TRIES: u32 = 200;

impl Uploads {
    pub(super) fn backend_of_arrivals(&self) -> Backend {
        let Some(url) = &self.inner.backend_of_arrivals else { return Backend::nobody() };
        let secret = Secret::new(Uuid::new_v4().to_string());
        Backend { finish_url: url.clone(), secret, remove_when_finished: false }
    }

    /// Brings a file whose bytes are all there to its place. Doing it again does no harm. Whoever
    /// calls this holds the gate.
    pub(super) async fn arrive(&self, document: &Document) -> Result<(), StoreError> {
        let id = document.id;
        let (Some(arrival), Some(file)) = (&document.arrival, &document.file) else {
            return Err(StoreError::NotFound(id));
        };
        let inner = &self.inner;
        let is_here = inner.arrivals.has(arrival.file).await?;
        if !is_here {
            inner.store.open(id).await?.seal(file.size).await?;
        }
        // The file may have its place without its document after a power failure.
        if !is_here || inner.arrivals.known(arrival.file).await.is_err() {
            inner.arrivals.note(&note(arrival.file, &arrival.protocol, file)).await?;
        }
        if !is_here {
            inner.store.take_out(id, &inner.arrivals.path(arrival.file)).await?;
        }
        let is_over = document.backend.is_nobody();
        let state = if is_over { State::Finished } else { State::HandingOver };
        let updated = inner.update(id, |it| {
            it.state = state.clone();
            it.md5.clone_from(&document.md5);
        });
        updated.await?;
        tracing::info!(%id, file = %arrival.file, size = file.size, "file arrived");
        if !is_over {
            self.keep_handing_over(id);
        }
        Ok(())
    }

    /// Hands a file over in the background until the backend has taken it.
    fn keep_handing_over(&self, id: Uuid) {
        let uploads = self.clone();
        self.inner.tasks.spawn(async move {
            let mut pause = FIRST_PAUSE;
            for _ in 0..TRIES {
                if uploads.hand_over(id).outcome().await.is_ok() {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = uploads.inner.stop.cancelled() => return,
                }
                if !matches!(uploads.inner.load(id).await, Ok(Some(_))) {
                    return;
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        });
    }

    /// Goes on with what the end of the process interrupted.
    pub(super) async fn resume_arrival(&self, document: &Document) {
        let id = document.id;
        let arrival = document.arrival.as_ref();
        let resumed = match document.state {
            State::HandingOver | State::Waiting { .. } | State::NotTaken => {
                self.keep_handing_over(id);
                Ok(())
            }
            // Nobody can go on with it: its connection is gone. It may have come to its end.
            State::Receiving if arrival.is_some_and(|arrival| arrival.chunks.is_none()) => {
                self.end_whole(document).await
            }
            // Its chunks are summed up when somebody asks for it.
            State::Receiving if arrival.is_some_and(Arrival::is_hashed) => Ok(()),
            State::Receiving => self.complete_interrupted(document).await,
            State::Cancelled { .. } => self.inner.remove(id).await,
            State::Finished => Ok(()),
        };
        if let Err(error) = resumed {
            tracing::warn!(%id, %error, "an upload cannot go on");
        }
    }

    async fn end_whole(&self, document: &Document) -> Result<(), StoreError> {
        if self.inner.has_arrived(document).await? {
            self.arrive(document).await
        } else {
            self.inner.remove(document.id).await
        }
    }
}

fn note(id: Uuid, protocol: &str, file: &FileInfo) -> Note {
    Note {
        id,
        name: file.name.clone(),
        size: file.size,
        protocol: protocol.to_owned(),
        received: rfc3339(SystemTime::now()),
    }
}
