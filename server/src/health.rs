//! Whether anything can be stored: found out by storing something, but not for everybody who asks.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::store::StoreError;
use crate::uploads::Uploads;

/// For how long it is known, so that many who ask cost no more than one.
const FRESH: Duration = Duration::from_secs(2);
/// How long a disk may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why nothing can be stored. Its words have no path and nothing of anybody's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is no room.
    #[error("the disk of {0} is full")]
    Full(Place),
    /// It was mounted for reading only, perhaps by the system after a failure.
    #[error("the disk of {0} can only be read")]
    ReadOnly(Place),
    /// The server may not.
    #[error("the server may not write to {0}")]
    Denied(Place),
    /// It is not there and cannot be made.
    #[error("{0} is not there and cannot be made")]
    Gone(Place),
    /// It was deleted, and another server has made it anew.
    #[error("another server uses {0}")]
    InUse(Place),
    /// The disk does not say anything.
    #[error("the disk does not answer")]
    Silent,
    /// All else.
    #[error("{0} cannot be written to; the log says why")]
    Other(Place),
}

/// Where it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where uploads are.
    Storage,
    /// Where files end up that came without a ticket.
    Arrivals,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Place::Storage => "the storage folder",
            Place::Arrivals => "the folder of arrivals",
        })
    }
}

impl Unfit {
    /// Why nothing can be stored at a place, after this failure.
    pub(crate) fn after(error: &StoreError, place: Place) -> Unfit {
        use io::ErrorKind::{
            NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem, ResourceBusy,
        };
        let kind = match error {
            StoreError::Io(error) => error.kind(),
            _ => io::ErrorKind::Other,
        };
        match kind {
            _ if error.is_full() => Unfit::Full(place),
            ReadOnlyFilesystem => Unfit::ReadOnly(place),
            PermissionDenied => Unfit::Denied(place),
            NotFound | NotADirectory => Unfit::Gone(place),
            ResourceBusy => Unfit::InUse(place),
            _ => Unfit::Other(place),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_in_plain_words() {
        for (kind, place, words) in [
            (io::ErrorKind::StorageFull, Place::Storage, "the disk of the storage folder is full"),
            (
                io::ErrorKind::ReadOnlyFilesystem,
                Place::Arrivals,
                "the disk of the folder of arrivals can only be read",
            ),
            (
                io::ErrorKind::PermissionDenied,
                Place::Storage,
                "the server may not write to the storage folder",
            ),
            (
                io::ErrorKind::Other,
                Place::Storage,
                "the storage folder cannot be written to; the log says why",
            ),
        ] {
            let error = io::Error::new(kind, "/secret/path").into();
            assert_eq!(Unfit::after(&error, place).to_string(), words);
        }
    }
}
