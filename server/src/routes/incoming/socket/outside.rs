//! What can happen to a connection from outside.

use tokio::time::{Duration, Instant};

use super::Driver;
use crate::routes::sockets::{Received, received, silence};
use crate::uploads::{Attempt, Completion, Connection, Notice, Outcome, StoreFault};

/// How often a browser that has nothing to say is pinged, as a part of the connection timeout.
const PINGS_PER_TIMEOUT: u32 = 3;

/// What happened.
pub(super) enum Happening {
    Received(Received),
    /// Nothing came for a while.
    Silence,
    /// The browser took too long to ask for its upload or to accept the terms.
    NoHandshake,
    Notice(Notice),
    /// The file was made durable, or could not be.
    Completed(Result<(), StoreFault>),
    HandoverEnded(Outcome),
    /// The server is to stop.
    Stop,
}

impl Driver<'_> {
    pub(super) async fn happening(&mut self) -> Happening {
        let patience = self.patience();
        let shaking_hands = self.session.is_shaking_hands();
        let happening = tokio::select! {
            biased;
            () = self.services.stop.cancelled() => Happening::Stop,
            notice = notice(&mut self.upload) => Happening::Notice(notice),
            outcome = completed(&mut self.completion) => Happening::Completed(outcome),
            outcome = outcome(&mut self.attempt) => Happening::HandoverEnded(outcome),
            () = tokio::time::sleep_until(self.handshake_ends), if shaking_hands => {
                Happening::NoHandshake
            }
            message = self.socket.recv() => Happening::Received(received(message)),
            () = silence(&self.activity, self.last_sign, patience) => return Happening::Silence,
        };
        self.last_sign = Instant::now();
        happening
    }

    fn patience(&self) -> Duration {
        let timeout = self.services.config.connection_timeout;
        if self.session.is_handing_over() { timeout / PINGS_PER_TIMEOUT } else { timeout }
    }
}

async fn notice(upload: &mut Option<Connection>) -> Notice {
    match upload {
        Some(upload) => upload.notice().await,
        None => std::future::pending().await,
    }
}

async fn completed(completion: &mut Option<Completion>) -> Result<(), StoreFault> {
    match completion {
        Some(completion) => completion.outcome().await,
        None => std::future::pending().await,
    }
}

async fn outcome(attempt: &mut Option<Attempt>) -> Outcome {
    match attempt {
        Some(attempt) => attempt.outcome().await,
        None => std::future::pending().await,
    }
}
