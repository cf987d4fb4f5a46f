//! Going on with what an earlier process has left.
//!
//! The documents are read once, before anybody is served: what begins later is not taken for
//! something that was left.

use std::sync::{Mutex, PoisonError};

use futures_util::StreamExt as _;

use super::{AT_ONCE, Arrival, Document, Inner, State, Uploads};
use crate::store::{Listed, StoreError};

/// The uploads with which nobody has gone on yet.
#[derive(Debug, Default)]
pub(super) struct Left(Mutex<Vec<(Document, Work)>>);

/// What is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// The backend gets the file.
    HandOver,
    /// It was cancelled: the backend is told, and the rest removed.
    Bury,
    /// Its only connection is gone. It may have come to its end.
    EndWhole,
    /// All of its chunks may be there.
    Complete,
}

impl Work {
    fn on(document: &Document) -> Option<Work> {
        match (&document.state, &document.arrival) {
            (State::Cancelled { .. }, _) => Some(Work::Bury),
            // It has been put aside already.
            (_, Some(it)) if document.is_given_up() && it.file == document.id => None,
            (State::HandingOver | State::Waiting { .. }, _) | (State::NotTaken, Some(_)) => {
                Some(Work::HandOver)
            }
            (State::Receiving, Some(Arrival { chunks: None, .. })) => Some(Work::EndWhole),
            // Its chunks are summed up when somebody asks for it.
            (State::Receiving, Some(arrival)) if arrival.is_hashed() => None,
            (State::Receiving, Some(_)) => Some(Work::Complete),
            (State::Receiving | State::NotTaken, None) | (State::Finished, _) => None,
        }
    }
}

impl Left {
    fn add(&self, document: Document, work: Work) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((document, work));
    }

    fn take(&self) -> Vec<(Document, Work)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    /// Counts what an earlier process has left, and remembers what is to be done about it.
    pub(super) async fn take_stock(&self) -> Result<(), StoreError> {
        let listed = self.store.list().await?;
        self.count_arrived().await;
        tracing::info!(uploads = listed.len(), "uploads found");
        futures_util::stream::iter(listed)
            .for_each_concurrent(AT_ONCE, |upload| self.take_stock_of(upload))
            .await;
        Ok(())
    }

    /// What cannot be read cannot go on either.
    async fn take_stock_of(&self, upload: Listed) {
        let id = upload.id;
        let document = match self.load(id).await {
            Ok(Some(document)) => document,
            Ok(None) => return,
            Err(error) => return tracing::warn!(%id, %error, "upload skipped"),
        };
        self.ledger.settle(&document);
        let is_sized = document.file.as_ref().is_none_or(|file| file.size > 0);
        if !is_sized && document.state == State::Receiving {
            let length = self.store.length(id).await.unwrap_or(0);
            let _ = self.ledger.grow(id, length);
        }
        if let Err(error) = self.let_rest_if_old(upload).await {
            tracing::warn!(%id, %error, "an upload that rests is counted whole");
        }
        if let Some(work) = Work::on(&document) {
            self.left.add(document, work);
        }
    }
}

impl Uploads {
    /// Goes on with what the end of an earlier process interrupted, once.
    pub async fn resume(&self) {
        futures_util::stream::iter(self.inner.left.take())
            .for_each_concurrent(AT_ONCE, |(document, work)| async move {
                let id = document.id;
                if let Err(error) = self.resume_one(document, work).await {
                    tracing::warn!(%id, %error, "an upload cannot go on");
                }
            })
            .await;
    }

    async fn resume_one(&self, document: Document, work: Work) -> Result<(), StoreError> {
        match work {
            Work::HandOver => self.inner.backlog.add(&document),
            Work::Bury => self.resume_cancellation(document).await,
            Work::EndWhole => self.resume_whole(&document).await?,
            Work::Complete => self.complete_interrupted(document.id).await?,
        }
        Ok(())
    }

    /// A file is noted where it will arrive when all of it is there and durable.
    async fn resume_whole(&self, document: &Document) -> Result<(), StoreError> {
        let arrival = document.arrival.as_ref().map(|arrival| arrival.file).unwrap_or_default();
        if self.inner.arrivals.known(arrival).await.is_err() {
            return self.end_whole(document).await;
        }
        match self.arrive(document).await {
            Err(StoreError::WrongLength { .. }) => self.end_whole(document).await,
            arrived => arrived,
        }
    }

    async fn resume_cancellation(&self, document: Document) {
        let State::Cancelled { reason } = document.state.clone() else { return };
        let uploads = self.clone();
        let telling = self.inner.spawn(async move {
            let inner = &uploads.inner;
            inner.bury(&document, &reason, inner.handover.timeout()).await;
        });
        // It cannot be awaited when it panicked, and then there is nothing to wait for.
        let _ = telling.await;
    }
}
