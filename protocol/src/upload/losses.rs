//! What attempts that are lost one after the other tell, and a single one does not.

use super::Upload;
use crate::http::{RequestId, Response};
use crate::{Action, Error, Event, decimal, joined};

/// So often in a row a WebSocket may not open, or no request be answered, before something may be refusing
/// it.
const UNOPENED: u32 = 3;
/// What may refuse it, behind the words of the loss.
const REFUSAL: &str = "; a server or proxy that does not know this page's origin may refuse it";

const MIB: u64 = 1024 * 1024;
/// Requests with more bytes of the file than this may be too large for somebody on the way.
const LARGE: u64 = 16 * MIB;
/// So often in a row such a request may get the same answer of a server that has failed.
const REFUSED: u32 = 5;
/// How much later a wait is taken after such an answer: a proxy gives it also for a server that is just
/// started again, which may take a minute.
const LATER: usize = 3;

/// What is known of attempts that were lost in a row.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// A WebSocket was asked for and is not open.
    is_opening: bool,
    /// How often in a row it did not open, and whether this time.
    unopened: u32,
    has_not_opened: bool,
    /// A request of this upload was answered.
    is_answered: bool,
    /// The large requests of this attempt, with how many bytes of the file.
    large: Vec<(RequestId, u64)>,
    /// How a large request was answered, in how many attempts in a row, and whether in this one.
    status: u16,
    size: u64,
    refused: u32,
    is_noted: bool,
}

impl Losses {
    pub(super) fn note_action(&mut self, action: &Action) {
        match action {
            Action::Connect(_) => self.is_opening = true,
            Action::Request(request) => {
                let size = request.body.range().map_or(0, |range| range.end - range.start);
                if size > LARGE {
                    self.large.push((request.id, size));
                }
            }
            Action::HangUp => {
                self.large.clear();
                (self.is_opening, self.has_not_opened, self.is_noted) = (false, false, false);
            }
            _ => {}
        }
    }

    pub(super) fn note_event(&mut self, event: &Event, is_offline: bool) {
        match event {
            Event::Connected => (self.is_opening, self.unopened) = (false, 0),
            Event::Disconnected { .. } if self.is_opening && !is_offline => {
                self.unopened += 1;
                self.has_not_opened = true;
            }
            Event::RequestLost(..) if !(is_offline || self.is_answered || self.has_not_opened) => {
                self.unopened += 1;
                self.has_not_opened = true;
            }
            Event::Responded(id, response) => {
                self.is_answered = true;
                self.note_answer(*id, response);
            }
            _ => {}
        }
    }

    /// A server that says when to come back refuses nothing for good.
    fn note_answer(&mut self, id: RequestId, response: &Response) {
        let Some((_, size)) = self.large.iter().find(|(large, _)| *large == id) else { return };
        if !matches!(response.status, 500..=599) || !response.retry_after().is_zero() {
            return;
        }
        if response.status != self.status {
            (self.status, self.refused, self.is_noted) = (response.status, 0, false);
        }
        if !std::mem::replace(&mut self.is_noted, true) {
            self.refused += 1;
        }
        self.size = *size;
    }

    /// How much later a wait is to be taken after this error.
    pub(super) fn later(&self, error: &Error) -> Option<usize> {
        let is_doubtful = self.refused > 0 && matches!(error, Error::Unavailable(_));
        is_doubtful.then_some(LATER)
    }

    /// Something of the upload was confirmed.
    pub(super) fn earn_back(&mut self) {
        (self.refused, self.is_noted) = (0, false);
    }

    fn refusal(&self) -> Error {
        Error::Rejected(joined(&[
            "status ",
            &decimal(self.status.into()),
            " five times in a row for a request of ",
            &decimal(self.size / MIB),
            " MiB: a server or a proxy in front of it refuses requests of this size",
        ]))
    }
}

impl Upload {
    /// What an error means that is not the first one.
    pub(super) fn explained(&self, error: Error) -> Error {
        let losses = &self.losses;
        match error {
            Error::Lost(words) if losses.has_not_opened && losses.unopened >= UNOPENED => {
                Error::Lost(joined(&[&words, REFUSAL]))
            }
            error if !error.is_transient() => error,
            _ if losses.refused >= REFUSED && !self.backoff.is_limited() => losses.refusal(),
            error => error,
        }
    }
}
