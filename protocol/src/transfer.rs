//! What protocols have in common in which every chunk is a request of its own.

use crate::http::RequestId;
use crate::pieces::{Layout, Pieces};
use crate::{Action, Error, Progress, Stage};

/// Chunks that travel in requests, so many at a time.
#[derive(Debug)]
pub struct Transfer {
    /// Which chunks are where.
    pub pieces: Pieces,
    /// What is going on.
    pub stage: Stage,
    simultaneous: u64,
    last_id: u32,
    /// What went wrong with a request; the others may still arrive.
    failure: Option<Error>,
}

impl Transfer {
    /// A file that has not begun to travel.
    pub fn new(layout: Layout, simultaneous: u64) -> Transfer {
        Transfer {
            pieces: Pieces::new(layout),
            stage: Stage::Idle,
            simultaneous,
            last_id: 0,
            failure: None,
        }
    }

    /// The next chunk, if there may be one more request.
    pub fn next_to_begin(&mut self) -> Option<u64> {
        let may_begin =
            self.failure.is_none() && (self.pieces.on_their_way() as u64) < self.simultaneous;
        if may_begin { self.pieces.next_missing() } else { None }
    }

    /// Names the next request.
    pub fn new_id(&mut self) -> RequestId {
        self.last_id += 1;
        RequestId(self.last_id)
    }

    /// Names the next request, which is about this chunk.
    pub fn begin(&mut self, index: u64) -> RequestId {
        let id = self.new_id();
        self.pieces.send(id, index);
        id
    }

    /// Begins nothing more, because a request failed.
    pub fn fail(&mut self, error: Error) {
        self.failure = Some(error);
    }

    /// A request got no answer.
    pub fn lost(&mut self, id: RequestId, words: String) {
        if self.pieces.take(id).is_some() {
            self.fail(Error::Lost(words));
        }
    }

    /// True when the server has everything. After a failure the requests that are on their way
    /// may still arrive: what they carry need not be sent again.
    ///
    /// # Errors
    /// What failed, once nothing is on its way.
    pub fn is_complete(&self) -> Result<bool, Error> {
        match &self.failure {
            Some(failure) if self.pieces.on_their_way() == 0 => Err(failure.clone()),
            _ => Ok(self.pieces.is_complete()),
        }
    }

    /// Nothing on the wire says that an upload is given up.
    pub fn cancel(&mut self) -> Vec<Action> {
        self.stage = Stage::Cancelled;
        vec![Action::HangUp]
    }

    /// Every request is aborted.
    pub fn hung_up(&mut self) {
        if !matches!(self.stage, Stage::Done | Stage::Removed | Stage::Cancelled) {
            self.stage = Stage::Idle;
        }
        self.pieces.hung_up();
        self.failure = None;
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let (chunks_sent, chunks_acknowledged) = self.pieces.counts();
        Progress {
            stage: self.stage,
            acknowledged: self.pieces.acknowledged(),
            sent: self.pieces.sent(),
            chunks_sent,
            chunks_acknowledged,
        }
    }
}
