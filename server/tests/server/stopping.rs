//! Work that would take longer than a stop may: it is given up, and goes on after the next start.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use incoming_server::files::{FileSystem, Native};
use incoming_server::serve::start_over;
use incoming_server::store::{Disk, Ground};
use reqwest::Method;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::common::chunks::{Cut, form, form_type};
use crate::common::{Server, bytes, config, until};

const SIZE: usize = 20 << 20;
/// How long a piece takes on its way to the other file system: all of them take much longer than
/// a stop may.
const PIECE: Duration = Duration::from_millis(250);
const SHUTDOWN: Duration = Duration::from_millis(300);

/// A disk that is far from the folder of arrivals, and counts what is copied there.
#[derive(Clone, Debug, Default)]
struct Far(Arc<AtomicUsize>);

impl Far {
    fn copied(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl FileSystem for Far {
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if from.ends_with("data") {
            return Err(io::ErrorKind::CrossesDevices.into());
        }
        Native.rename(from, to)
    }

    /// What comes over the network is smaller, and documents are.
    fn write(&self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() == 1 << 20 {
            self.0.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(PIECE);
        }
        Native.write(file, offset, bytes)
    }
}

async fn over(files: Far, folder: TempDir) -> Server {
    let mut config = config(&folder.path().join("storage"));
    config.shutdown_timeout = SHUTDOWN;
    let ground = Ground { files: Arc::new(files), ..Ground::default() };
    let disk = Disk::open_with(config.storage.as_ref().unwrap(), ground).unwrap();
    let running = start_over(config, Arc::new(disk)).await.unwrap();
    Server { running, folder, client: reqwest::Client::new() }
}

/// Stops a server while it moves what is sent.
async fn stop_in_the_middle(
    server: Server,
    far: &Far,
    sending: JoinHandle<reqwest::Result<reqwest::Response>>,
) -> TempDir {
    until("it is being moved", || far.copied() > 0).await;
    let begun = Instant::now();
    let folder = server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    tokio::time::sleep(2 * PIECE).await;
    let copied = far.copied();
    tokio::time::sleep(4 * PIECE).await;
    assert_eq!(far.copied(), copied, "nobody goes on");
    assert!(!sending.await.unwrap().is_ok_and(|answer| answer.status() == 200));
    folder
}

async fn expect_it_to_arrive(folder: TempDir, content: &[u8]) {
    let server = Server::over(folder, |_| {}).await;
    until("it has arrived", || !server.arrived().is_empty()).await;
    assert!(server.only_arrived().content == content);
}

#[tokio::test]
async fn a_file_in_chunks_that_is_moved_to_another_file_system() {
    let far = Far::default();
    let server = over(far.clone(), TempDir::new().unwrap()).await;
    let cut = Cut::new("a", &bytes(SIZE), SIZE);
    let request = server.request(Method::POST).query(&cut.fields(1)).body(cut.content.clone());
    let request = request.header("content-type", "application/octet-stream");
    let sending = tokio::spawn(request.send());
    let folder = stop_in_the_middle(server, &far, sending).await;
    expect_it_to_arrive(folder, &cut.content).await;
}

#[tokio::test]
async fn a_file_in_one_piece_that_is_moved_to_another_file_system() {
    let far = Far::default();
    let server = over(far.clone(), TempDir::new().unwrap()).await;
    let content = bytes(SIZE);
    let uuid = ("qquuid".to_owned(), "u".to_owned());
    let request = server.fine(Method::POST, "").body(form(&[uuid], "a", &content));
    let sending = tokio::spawn(request.header("content-type", form_type()).send());
    let folder = stop_in_the_middle(server, &far, sending).await;
    expect_it_to_arrive(folder, &content).await;
}
