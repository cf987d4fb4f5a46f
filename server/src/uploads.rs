//! The life of an upload, the same for every protocol: a ticket is issued, one connection at a
//! time fills the file, the backend takes it over, and some day all of it is forgotten.
//!
//! Protocols without tickets [arrive]: in one piece ([`Whole`]) or in chunks in any order
//! ([`Slot`]), also by their MD5 ([`HashedChunk`]).
//!
//! [arrive]: Arrival
//!
//! What must outlive the process is in the [`Document`]; what concerns only those who work on the
//! upload now (who may write, which handover is under way) is in [`live`].

mod ages;
mod arriving;
mod backlog;
mod chunked;
mod connection;
mod creating;
mod document;
mod error;
mod expiry;
mod follower;
mod from_backend;
mod gone;
mod handing_over;
mod hashed;
mod holder;
mod ledger;
mod live;
mod marks;
mod resting;
mod resuming;
mod unfit;
mod whole;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use chunked::{ChunkError, ChunkWriter, MAX_CHUNKS, Plan, Remembered, Slot, Withdrawal};
pub use connection::{Completion, Connection, StoreFault};
pub use document::{Arrival, Backend, Document, FileInfo, Layout, Owner, Secret, State, Tries};
pub use error::{CallError, CreateError, OpenError};
pub use handing_over::{Attempt, Failure, Outcome};
pub use hashed::{HashedChunk, HashedError, HashedPlan, HashedState};
pub use holder::Holder;
pub use ledger::Full;
pub use live::Notice;
pub use unfit::{Place, Unfit};
pub use whole::{Sum, Whole, WholeError};

use crate::arrivals::Arrivals;
use crate::config::Config;
use crate::handover::{Handover, Reached};
use crate::names::display_name;
use crate::store::{Store, StoreError, Writer};
use ages::Ages;
use backlog::Backlog;
use connection::Hold;
use gone::Gone;
use ledger::{Ledger, Room};
use live::{Live, Lives};
use resuming::Left;

/// How many uploads are looked at at once.
const AT_ONCE: usize = 16;
/// How long a backend is listened to when an upload has timed out.
const EXPIRY_NOTICE: Duration = Duration::from_secs(5);

/// All uploads of this server.
#[derive(Clone, Debug)]
pub struct Uploads {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    handover: Handover,
    arrivals: Arrivals,
    /// Who is told of the files that arrive.
    backend_of_arrivals: Option<String>,
    limits: Limits,
    lives: Lives,
    ledger: Ledger,
    ages: Ages,
    gone: Gone,
    backlog: Backlog,
    /// What an earlier process has left.
    left: Left,
    /// Where chunks are until all of their bytes have come.
    room: hashed::Room,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Cancelled when what did not end in time is to be given up.
    cut: CancellationToken,
}

/// What an upload may cost.
#[derive(Clone, Copy, Debug)]
struct Limits {
    max_file_size: u64,
    /// Over HTTP.
    max_chunk_size: u64,
    counts_arrived: bool,
    idle_expiry: Duration,
    chunks_retention: Duration,
    /// How long after the end of an upload its chunks may come once more.
    echo: Duration,
    finished_retention: Duration,
    handover_confirmation: Duration,
}

impl Limits {
    fn of(config: &Config) -> Limits {
        Limits {
            // What is larger than all may be together can never come.
            max_file_size: config.max_file_size.min(config.max_storage.unwrap_or(u64::MAX)),
            max_chunk_size: config.max_chunk_size.unwrap_or(u64::MAX),
            counts_arrived: config.count_arrived,
            idle_expiry: config.idle_expiry,
            chunks_retention: config.chunks_retention,
            echo: config.connection_timeout,
            finished_retention: config.finished_retention,
            handover_confirmation: config.handover_confirmation,
        }
    }
}

impl Uploads {
    /// Takes care of the uploads in a store.
    ///
    /// # Errors
    /// When the store cannot be read or there can be no HTTP client.
    pub async fn new(
        store: Arc<dyn Store>,
        config: &Config,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Uploads, crate::Error> {
        let ledger = Ledger::new(Room {
            max_uploads: config.max_tickets,
            max_open: config.max_open_uploads,
            max_bytes: config.max_storage,
            share: config.share,
        });
        let handover = Handover::new(config.handover_timeout, config.max_handovers)?;
        let failed = |folder: &Path, cause| {
            let folder = folder.display().to_string();
            crate::Error::Storage { folder, cause }
        };
        let folder = config.arrivals();
        let arrivals = Arrivals::open(&folder, store.files());
        let arrivals = arrivals.map_err(|cause| failed(&folder, cause))?;
        let storage = config.storage.clone().unwrap_or_default();
        let ages = Ages::open(&storage, store.files());
        let ages = ages.map_err(|cause| failed(&storage, cause))?;
        let gone = Gone::open(&storage, store.files(), config.chunks_retention);
        let gone = gone.map_err(|cause| failed(&storage, cause))?;
        let inner = Inner {
            store,
            handover,
            arrivals,
            backend_of_arrivals: config.signal_finish_url.clone(),
            limits: Limits::of(config),
            lives: Lives::default(),
            ledger,
            ages,
            gone,
            backlog: Backlog::default(),
            left: Left::default(),
            room: hashed::Room::default(),
            tasks,
            stop,
            cut: CancellationToken::new(),
        };
        inner.take_stock().await?;
        Ok(Uploads { inner: Arc::new(inner) })
    }

    /// Gives a ticket to a new connection and takes it from the one that had it.
    ///
    /// A fresh ticket is bound to the size and the name; later only the size must be the same.
    ///
    /// # Errors
    /// When there is nothing to upload to, or the file is not the one the ticket is bound to.
    pub async fn open(
        &self,
        id: &str,
        size: u64,
        name: &str,
        holder: Holder,
    ) -> Result<Connection, OpenError> {
        let id = parse_id(id).ok_or(OpenError::Unknown)?;
        let document = self.inner.load(id).await?.ok_or(OpenError::Unknown)?;
        self.inner.admits(&document, size, holder)?;
        let live = self.inner.live(id);
        // Waits for a chunk that is being written; whoever holds the gate writes alone.
        let mut gate = live.gate.lock().await;
        let mut document = self.inner.load(id).await?.ok_or(OpenError::Unknown)?;
        self.inner.admits(&document, size, holder)?;
        if document.file.is_some() {
            self.inner.ledger.grow(id, 0)?;
        } else {
            self.inner.ledger.begin(id, size, holder)?;
            document = match self.inner.bind(id, size, name, holder).await {
                Ok(document) => document,
                Err(error) => {
                    self.inner.recount(id).await;
                    return Err(error.into());
                }
            };
        }
        let (writer, position) = self.inner.resume_file(&document, size).await?;
        // Last, so that a store that fails leaves the upload to the one that has it.
        let (epoch, notices) = gate.take_over();
        drop(gate);
        tracing::debug!(%id, position, "upload opened");
        let hold = Hold { id, epoch, notices, size, position, writer };
        Ok(Connection::new(self.clone(), live, hold))
    }

    /// Makes sure that something can be stored, wherever files end up.
    ///
    /// # Errors
    /// Why not.
    pub async fn probe(&self) -> Result<(), Unfit> {
        let inner = &self.inner;
        for (place, probed) in [
            (Place::Storage, inner.store.probe().await),
            (Place::Arrivals, inner.arrivals.probe().await.map_err(StoreError::Io)),
        ] {
            probed.map_err(|error| {
                tracing::error!(%error, %place, "nothing can be stored");
                Unfit::after(&error, place)
            })?;
        }
        Ok(())
    }

    /// The name of a file that arrived without a ticket and is still where it did.
    ///
    /// # Errors
    /// When it is not.
    pub async fn name_of_arrived(&self, file: Uuid) -> std::io::Result<String> {
        if !self.inner.arrivals.has(file).await? {
            return Err(std::io::ErrorKind::NotFound.into());
        }
        Ok(self.inner.arrivals.known(file).await?.name)
    }

    /// Where a file is that arrived without a ticket.
    pub fn path_of_arrived(&self, file: Uuid) -> std::path::PathBuf {
        self.inner.arrivals.path(file)
    }

    /// Where a backend finds the bytes of an upload.
    pub fn location(&self, id: Uuid) -> String {
        self.inner.store.location(id)
    }

    /// Does something that comes to its end also if nobody waits for it.
    async fn to_the_end<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let cut = || Err(StoreError::Io(std::io::ErrorKind::Interrupted.into()).into());
        match self.inner.spawn(work).await {
            Ok(ended) => ended.unwrap_or_else(cut),
            Err(error) => Err(StoreError::Io(std::io::Error::other(error)).into()),
        }
    }

    /// Is cancelled when what did not end in time is to be given up. It goes on after the next start.
    pub(crate) fn cut(&self) -> &CancellationToken {
        &self.inner.cut
    }
}

impl Inner {
    /// Does something that the end of the process waits for, as long as it has time.
    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<Option<T>> {
        self.tasks.spawn(self.cut.clone().run_until_cancelled_owned(work))
    }

    /// Binds a ticket to its file.
    async fn bind(
        &self,
        id: Uuid,
        size: u64,
        name: &str,
        holder: Holder,
    ) -> Result<Document, StoreError> {
        self.store.begin(id).await?;
        let file = FileInfo { size, name: display_name(name) };
        let bound = self.update(id, |document| {
            (document.file, document.holder) = (Some(file.clone()), holder);
        });
        let document = bound.await?;
        tracing::info!(%id, size, name = file.name, "upload begins");
        Ok(document)
    }

    /// Where a backend finds the bytes.
    fn location(&self, document: &Document) -> String {
        match &document.arrival {
            Some(arrival) => self.arrivals.path(arrival.file).to_string_lossy().into_owned(),
            None => self.store.location(document.id),
        }
    }

    async fn load(&self, id: Uuid) -> Result<Option<Document>, StoreError> {
        Ok(self.store.load(id).await?.map(|(document, _)| document))
    }

    /// Changes a document, again if somebody else changed it meanwhile.
    async fn update(
        &self,
        id: Uuid,
        change: impl Fn(&mut Document),
    ) -> Result<Document, StoreError> {
        loop {
            let (mut document, version) =
                self.store.load(id).await?.ok_or(StoreError::NotFound(id))?;
            change(&mut document);
            match self.store.replace(&document, version).await {
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    self.ages.restart(id);
                    self.ledger.settle(&document);
                    return Ok(document);
                }
            }
        }
    }

    fn live(&self, id: Uuid) -> Arc<Live> {
        self.lives.of(id)
    }

    /// Forgets those that nobody works on any more.
    fn sweep_live(&self) {
        self.lives.sweep(self.limits.echo);
    }

    /// The largest file that somebody may send.
    fn largest(&self, holder: Holder) -> u64 {
        self.limits.max_file_size.min(self.ledger.room().largest(holder))
    }

    fn admits(&self, document: &Document, size: u64, holder: Holder) -> Result<(), OpenError> {
        if document.arrival.is_some() {
            return Err(OpenError::Unknown);
        }
        let limit = self.largest(holder);
        match &document.file {
            Some(file) if file.size != size => {
                return Err(OpenError::SizeChanged { bound: file.size });
            }
            None if size > limit => return Err(OpenError::TooLarge { limit }),
            _ => {}
        }
        match document.state {
            State::Cancelled { .. } => Err(OpenError::Over),
            _ => Ok(()),
        }
    }

    /// Opens the file unless it is whole, and says how much is stored. A file that was deleted
    /// under us begins again.
    async fn resume_file(
        &self,
        document: &Document,
        size: u64,
    ) -> Result<(Option<Box<dyn Writer>>, u64), StoreError> {
        if document.state != State::Receiving {
            return Ok((None, size));
        }
        let id = document.id;
        let writer = match self.store.open(id).await {
            Err(StoreError::NotFound(_)) => {
                tracing::warn!(%id, "the file is gone, the upload begins again");
                self.store.begin(id).await?;
                self.store.open(id).await?
            }
            opened => opened?,
        };
        let found = self.store.settle(id).await?;
        if found > size {
            return Err(StoreError::WrongLength { id, expected: size, found });
        }
        Ok((Some(writer), found))
    }

    /// Notes that the backend has the file, and gives ours up if it does not want to keep it.
    async fn finished(&self, id: Uuid) -> Result<(), StoreError> {
        let document = self.update(id, |document| {
            (document.state, document.tries) = (State::Finished, None);
        });
        let document = document.await?;
        tracing::info!(%id, "upload finished");
        if document.backend.remove_when_finished && !self.store.remove_bytes(id).await? {
            tracing::debug!(%id, "the backend has moved the file");
        }
        Ok(())
    }

    async fn remove(&self, id: Uuid) -> Result<(), StoreError> {
        self.store.remove(id).await?;
        self.ledger.remove(id);
        Ok(())
    }

    /// Tells the backend that an upload is cancelled, then removes what is left of it.
    async fn bury(&self, document: &Document, reason: &str, patience: Duration) {
        let id = document.id;
        if document.arrival.is_none() {
            self.tell_of_cancellation(document, reason, patience).await;
        }
        if let Err(error) = self.remove(id).await {
            tracing::error!(%id, %error, "a cancelled upload could not be removed");
        }
    }

    async fn tell_of_cancellation(&self, document: &Document, reason: &str, patience: Duration) {
        let id = document.id;
        match self.handover.cancelled(document, reason, patience).await {
            Ok(Reached) => tracing::info!(%id, reason, "backend told of the cancellation"),
            Err(error) => tracing::warn!(%id, %error, "backend not told of the cancellation"),
        }
    }
}

/// Only the one way to write a ticket is a ticket.
fn parse_id(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    (id.hyphenated().to_string() == text).then_some(id)
}
