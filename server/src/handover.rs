//! Telling a backend about its upload: one form, posted to the address of the ticket.

mod form;
mod turns;

use std::error::Error as _;
use std::io;
use std::time::Duration;

use reqwest::{Client, Response, StatusCode, redirect};

use crate::uploads::Document;
pub use turns::Turn;
use turns::Turns;

/// How long to wait until another connection may be opened.
const PAUSE: Duration = Duration::from_millis(100);
/// The numbers by which every Unix says that too many files are open: of the process, of the system.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;
/// How many connections to a backend stay open without a call, and for how long: each is a descriptor.
const IDLE: usize = 4;
const IDLE_FOR: Duration = Duration::from_secs(10);

/// Calls backends.
#[derive(Clone, Debug)]
pub struct Handover {
    client: Client,
    timeout: Duration,
    turns: Turns,
}

/// What a backend says about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has the file.
    Done,
    /// It will say so when it has.
    Wait,
}

/// A backend was told; what it answered is of no interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached;

/// Why a backend could not be told. The texts reach the browser.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// It answered with another status than 200.
    #[error("Got bad http status on handover: {}", status_text(*.0))]
    Status(StatusCode),
    /// It answered neither wait nor done.
    #[error("don't understand reply from app backend")]
    NotUnderstood,
    /// It did not answer in time.
    #[error("no answer from app backend within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// It could not be reached, or its answer broke off.
    #[error("app backend could not be reached")]
    Unreachable(#[source] reqwest::Error),
}

impl Handover {
    /// Calls so many backends at once, at most, and waits this long for each answer.
    ///
    /// # Errors
    /// When there can be no HTTP client.
    pub fn new(timeout: Duration, most: usize) -> Result<Handover, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(timeout)
            .pool_max_idle_per_host(IDLE)
            .pool_idle_timeout(IDLE_FOR)
            .user_agent(concat!("incoming-server/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Handover { client, timeout, turns: Turns::new(most) })
    }

    /// How long a backend may take to answer.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Waits until the backend of this upload may be called.
    pub async fn turn(&self, document: &Document) -> Turn {
        self.turns.turn(document.backend.address()).await
    }

    /// Offers a file that is whole, in a turn that ends with it.
    ///
    /// # Errors
    /// When the backend does not answer wait or done.
    pub async fn complete(
        &self,
        document: &Document,
        location: &str,
        _turn: Turn,
    ) -> Result<Answer, HandoverError> {
        let form = form::complete(document, location);
        self.within(self.timeout, async {
            let reply = self.post(document, form).await?;
            if reply.status() != StatusCode::OK {
                return Err(HandoverError::Status(reply.status()));
            }
            understand(&first_bytes(reply).await?)
        })
        .await
    }

    /// Tells that an upload is cancelled, when it is its turn.
    ///
    /// # Errors
    /// When the backend cannot be told.
    pub async fn cancelled(
        &self,
        document: &Document,
        reason: &str,
        patience: Duration,
    ) -> Result<Reached, HandoverError> {
        let form = form::cancelled(document, reason);
        self.within(patience, async {
            let _turn = self.turn(document).await;
            self.post(document, form).await.map(|_| Reached)
        })
        .await
    }

    async fn post(&self, document: &Document, form: String) -> Result<Response, HandoverError> {
        loop {
            let request = self
                .client
                .post(&document.backend.finish_url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.clone());
            match request.send().await {
                // Not the backend's fault; the timeout of the call ends it.
                Err(error) if may_open_nothing(&error) => tokio::time::sleep(PAUSE).await,
                sent => return sent.map_err(unreachable),
            }
        }
    }

    async fn within<T>(
        &self,
        patience: Duration,
        call: impl Future<Output = Result<T, HandoverError>>,
    ) -> Result<T, HandoverError> {
        let ended = tokio::time::timeout(patience, call).await;
        ended.unwrap_or(Err(HandoverError::TimedOut(patience)))
    }
}

/// Whether this process, or the system, has too many files open for another connection.
fn may_open_nothing(error: &reqwest::Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.any(|cause| {
        let system = cause.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
        cfg!(unix) && matches!(system, Some(EMFILE | ENFILE))
    })
}

/// The address stays out of logs: it may hold a secret.
fn unreachable(error: reqwest::Error) -> HandoverError {
    let error = error.without_url();
    tracing::debug!(?error, "call to a backend failed");
    HandoverError::Unreachable(error)
}

/// The answer is in the first four bytes; the rest, however long, is not waited for.
async fn first_bytes(mut reply: Response) -> Result<Vec<u8>, HandoverError> {
    let mut start = Vec::new();
    while start.len() < 4 {
        match reply.chunk().await.map_err(unreachable)? {
            Some(chunk) => start.extend_from_slice(&chunk[..chunk.len().min(4)]),
            None => break,
        }
    }
    Ok(start)
}

fn understand(start: &[u8]) -> Result<Answer, HandoverError> {
    match start.get(..4) {
        Some(b"done") => Ok(Answer::Done),
        Some(b"wait") => Ok(Answer::Wait),
        _ => Err(HandoverError::NotUnderstood),
    }
}

fn status_text(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or_default();
    format!("{} {reason}", status.as_u16()).trim_end().to_owned()
}
