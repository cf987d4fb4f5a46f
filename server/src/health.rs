//! Whether anything can be stored: found out by storing something, but not for everybody who asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::uploads::{Unfit, Uploads};

/// For how long it is known, so that many who ask cost no more than one.
const FRESH: Duration = Duration::from_secs(2);
/// How long a disk may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was found out.
type Found = Result<(), Unfit>;

/// Knows whether anything can be stored. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Health {
    uploads: Uploads,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    known: Option<(Instant, Found)>,
    /// Since when it is being found out, and where it will be said.
    asking: Option<(Instant, watch::Receiver<Option<Found>>)>,
}

impl Health {
    pub(crate) fn new(uploads: Uploads) -> Health {
        Health { uploads, state: Arc::default() }
    }

    /// Whether anything can be stored now.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self) -> Result<(), Unfit> {
        let (since, mut answer) = match self.known() {
            Ok(found) => return found,
            Err(asking) => asking,
        };
        let answered = answer.wait_for(Option::is_some);
        match tokio::time::timeout_at(since + PATIENCE, answered).await {
            Ok(Ok(found)) => found.unwrap_or(Err(Unfit::Silent)),
            Ok(Err(_)) | Err(_) => Err(Unfit::Silent),
        }
    }

    /// What is known, or who is finding it out.
    fn known(&self) -> Result<Found, (Instant, watch::Receiver<Option<Found>>)> {
        let mut state = self.state();
        if let Some((at, found)) = state.known
            && at.elapsed() < FRESH
        {
            return Ok(found);
        }
        Err(state.asking.get_or_insert_with(|| self.ask()).clone())
    }

    /// Nobody waits for it longer than they like, and there is one at a time: a disk that never
    /// answers holds one thread.
    fn ask(&self) -> (Instant, watch::Receiver<Option<Found>>) {
        let (tell, answer) = watch::channel(None);
        let health = self.clone();
        tokio::spawn(async move {
            let found = health.uploads.probe().await;
            let mut state = health.state();
            let was_fit = state.known.is_none_or(|(_, found)| found.is_ok());
            state.known = Some((Instant::now(), found));
            state.asking = None;
            drop(state);
            if was_fit != found.is_ok() {
                tracing::info!(healthy = found.is_ok(), "whether anything can be stored");
            }
            let _ = tell.send(Some(found));
        });
        (Instant::now(), answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
