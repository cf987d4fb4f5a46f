//! What the tests of the server share: a server on a socket of its own, a backend that answers as
//! told, and a browser that speaks frames.

pub mod backend;
pub mod browser;
pub mod chunks;
pub mod driver;
#[path = "../../../../protocol/tests/common/environment.rs"]
pub mod environment;
#[cfg(unix)]
pub mod faulty;
#[path = "../../../../protocol/tests/common/fuzzing.rs"]
pub mod fuzzing;
pub mod hook;
#[cfg(unix)]
pub mod power;
pub mod program;
pub mod relay;
pub mod troubled;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use incoming_server::Config;
use incoming_server::serve::{Running, start, start_over};
use incoming_server::store::{Disk, Ground};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub use backend::{Backend, Reply};
pub use browser::Browser;
pub use hook::Hook;
pub use program::Program;
pub use troubled::Troubled;

/// Long enough for a busy machine, short enough to notice.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const CHUNK: usize = 64 * 1024;

/// The settings that most tests use: small chunks, nothing that ends by itself.
pub fn config(storage: &Path) -> Config {
    let arguments = ["incoming-server", "--listen", "127.0.0.1:0", "--chunk-size-kb", "64"];
    let storage = ["--storage", storage.to_str().unwrap()];
    Config::from_arguments(arguments.into_iter().chain(storage)).unwrap()
}

pub struct Server {
    pub running: Running,
    pub folder: TempDir,
    /// Making one takes long enough to be noticed a thousand times.
    pub client: reqwest::Client,
}

impl Server {
    pub async fn start() -> Server {
        Server::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Server {
        Server::over(TempDir::new().unwrap(), change).await
    }

    /// A server over a storage folder that an earlier one may have used.
    pub async fn over(folder: TempDir, change: impl FnOnce(&mut Config)) -> Server {
        let mut config = config(&folder.path().join("storage"));
        change(&mut config);
        let client = reqwest::Client::new();
        Server { running: start(config).await.unwrap(), folder, client }
    }

    /// A server over a storage folder that an earlier one has used before the machine was restarted.
    pub async fn after_a_reboot(folder: TempDir) -> Server {
        let config = config(&folder.path().join("storage"));
        let storage = config.storage.clone().unwrap();
        let ground = Ground { life: uuid::Uuid::new_v4(), ..Ground::default() };
        let disk = Disk::open_with(&storage, ground).unwrap();
        let running = start_over(config, Arc::new(disk)).await.unwrap();
        Server { running, folder, client: reqwest::Client::new() }
    }

    /// A server over a store that can be made to fail.
    pub async fn troubled(store: &Troubled, change: impl FnOnce(&mut Config)) -> Server {
        let folder = TempDir::new().unwrap();
        let mut config = config(folder.path());
        change(&mut config);
        let running = start_over(config, Arc::new(store.clone())).await.unwrap();
        Server { running, folder, client: reqwest::Client::new() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address())
    }

    pub fn storage(&self) -> PathBuf {
        self.folder.path().join("storage").canonicalize().unwrap()
    }

    pub fn upload(&self, id: &str) -> PathBuf {
        self.storage().join(id)
    }

    pub fn data(&self, id: &str) -> PathBuf {
        self.upload(id).join("data")
    }

    /// Finishes an upload that the backend has made wait.
    pub async fn finish(&self, id: &str) {
        assert_eq!(self.call("finish_upload", &[("id", id)]).await, (200, "ok".to_owned()));
    }

    pub async fn stop(self) -> TempDir {
        self.running.stop().await;
        self.folder
    }

    pub async fn call(&self, function: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        let url = self.url(&format!("/incoming/0.1/backend/{function}"));
        let reply = reqwest::Client::new().post(url).query(parameters).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }

    pub async fn ticket(&self, backend: &Backend) -> String {
        self.ticket_with(backend, &[]).await
    }

    pub async fn ticket_with(&self, backend: &Backend, more: &[(&str, &str)]) -> String {
        let url = backend.url();
        let mut parameters = vec![("signalFinishURL", url.as_str())];
        parameters.extend_from_slice(more);
        let (status, id) = self.call("new_upload", &parameters).await;
        assert_eq!(status, 200, "{id}");
        id
    }

    pub async fn browser(&self) -> Browser {
        Browser::connect(self.running.address()).await
    }
}

/// Bytes that differ from place to place.
pub fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from((i * 31 + i / 251) % 256).unwrap()).collect()
}

/// What a server answers to these bytes on a connection of their own, until it closes it.
pub async fn raw(address: std::net::SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    answered(&mut stream).await
}

/// What comes over a connection until it is closed.
pub async fn answered(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(PATIENCE, read).await.expect("the connection stays open").ok();
    String::from_utf8(answer).unwrap()
}

/// Waits until something is so.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !is_so() {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
