//! Listening, and stopping without breaking what is under way.

mod turning_away;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::{Request, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::activity::Watched;
use crate::files::{FileSystem, WithMode};
use crate::store::{Disk, FolderLock, Ground, Store};
use crate::{Config, Error, Services, app, descriptors, trim};
use turning_away::TurningAway;

/// How long to leave the listener alone when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long work that is given up may take to notice.
const CUT_PATIENCE: Duration = Duration::from_secs(1);

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    services: Services,
    accepting: JoinHandle<()>,
    /// Kept until all has stopped.
    _lock: Option<FolderLock>,
}

/// Serves until the process is told to stop.
///
/// # Errors
/// When the server cannot run.
pub async fn run(mut config: Config) -> Result<(), Error> {
    let open_files = descriptors::provide(&mut config);
    // Before anybody can know that we run, so that no signal comes too early.
    let told_to_stop = signals().map_err(Error::Signals)?;
    let running = start_with(config, open_files).await?;
    tokio::spawn(running.services.stop.clone().run_until_cancelled_owned(trim::keep_trimming()));
    // Nobody may listen.
    let _ = writeln!(std::io::stdout(), "listening on http://{}/", running.address());
    told_to_stop.await;
    running.stop().await;
    Ok(())
}

/// Starts serving what is in the storage folder.
///
/// # Errors
/// When the server cannot run.
pub async fn start(config: Config) -> Result<Running, Error> {
    start_with(config, Ground::default().open_files).await
}

async fn start_with(config: Config, open_files: usize) -> Result<Running, Error> {
    let path = config.storage.clone().unwrap_or_default();
    let folder = path.display().to_string();
    let unusable = |cause| Error::Storage { folder: folder.clone(), cause };
    let files: Arc<dyn FileSystem> = Arc::new(WithMode(config.file_mode));
    let lock = FolderLock::take_with(&path, Arc::clone(&files)).map_err(unusable)?;
    let lock = lock.ok_or_else(|| Error::InUse { folder: folder.clone() })?;
    let ground = Ground { files, keeper: Some(lock.keeper()), open_files, ..Ground::default() };
    let disk = Disk::open_with(&path, ground).map_err(unusable)?;
    serve(config, Arc::new(disk), Some(lock)).await
}

/// Starts serving what is in a store.
///
/// # Errors
/// When the server cannot run.
pub async fn start_over(config: Config, store: Arc<dyn Store>) -> Result<Running, Error> {
    serve(config, store, None).await
}

async fn serve(
    config: Config,
    store: Arc<dyn Store>,
    lock: Option<FolderLock>,
) -> Result<Running, Error> {
    let listen = |cause| Error::Listen { address: config.listen.clone(), cause };
    let listener = TcpListener::bind(&config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let services = Services::new(config, store, address).await?;
    let router = app(&services)?;
    services.tasks.spawn(services.uploads.clone().keep_expiring());
    tokio::spawn(
        services.stop.clone().run_until_cancelled_owned(services.uploads.clone().keep_resting()),
    );
    tokio::spawn(
        services
            .stop
            .clone()
            .run_until_cancelled_owned(services.uploads.clone().keep_handing_over()),
    );
    let forgetting = services.clients.rate.clone().keep_forgetting();
    tokio::spawn(services.stop.clone().run_until_cancelled_owned(forgetting));
    let uploads = services.uploads.clone();
    let resuming = async move { uploads.resume().await };
    tokio::spawn(services.stop.clone().run_until_cancelled_owned(resuming));
    let accepting = accept(listener, router, services.clone());
    let kept = lock.clone();
    let accepting = tokio::spawn(async move {
        accepting.await;
        drop(kept);
    });
    tracing::info!(%address, "listening");
    Ok(Running { address, services, accepting, _lock: lock })
}

impl Running {
    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, lets what is under way come to an end, and cuts what does not in time.
    pub async fn stop(mut self) {
        tracing::info!("stopping");
        self.services.stop.cancel();
        self.services.tasks.close();
        let ended = async {
            let _ = (&mut self.accepting).await;
            self.services.tasks.wait().await;
        };
        let patience = self.services.config.shutdown_timeout;
        if tokio::time::timeout(patience, ended).await.is_err() {
            tracing::warn!("stopped with work under way; it goes on after the next start");
            self.services.uploads.cut().cancel();
            let _ = tokio::time::timeout(CUT_PATIENCE, self.services.tasks.wait()).await;
        }
    }
}

async fn accept(listener: TcpListener, router: Router, services: Services) {
    let places = Arc::new(Semaphore::new(services.config.max_connections));
    let turning_away = TurningAway::default();
    loop {
        let accepted = tokio::select! {
            accepted = accept_one(&listener, &places) => accepted,
            () = services.stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer, place)) => match services.clients.places(peer.ip(), place) {
                Some(places) => {
                    let stream = Watched::new(stream, services.config.pace(), places);
                    let cut = services.uploads.cut().clone();
                    let conversation = converse(stream, peer, router.clone(), services.clone());
                    services.tasks.spawn(cut.run_until_cancelled_owned(conversation));
                }
                None => turning_away.turn_away(stream, peer),
            },
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The next connection, when there is room for one.
async fn accept_one(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Acknowledgements are small and must not wait for more.
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

/// One connection: requests, until it ends, becomes a WebSocket, or the server is to stop.
async fn converse(stream: Watched, peer: SocketAddr, router: Router, services: Services) {
    let activity = stream.activity();
    let io = TokioIo::new(stream);
    let proxies = services.clients.proxies.clone();
    let service = router.map_request(move |mut request: Request<Incoming>| {
        let client = proxies.client(peer.ip(), request.headers());
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(activity.clone());
        request.map(axum::body::Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(services.config.header_timeout)
        .serve_connection(io, TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = services.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

/// What ends when the process is told to stop.
#[cfg(unix)]
fn signals() -> io::Result<impl Future<Output = ()>> {
    /// Its number on Linux and macOS.
    const SIGXFSZ: i32 = 25;
    use tokio::signal::unix::{SignalKind, signal};
    // By default it ends the process that is refused a longer file.
    let too_long = signal(SignalKind::from_raw(SIGXFSZ))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let _too_long = too_long;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// What ends when the process is told to stop.
#[cfg(windows)]
fn signals() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move { drop(interrupt.recv().await) })
}
