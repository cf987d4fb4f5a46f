//! Many uploads at once.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use futures_util::StreamExt as _;
use incoming_server::Services;
use incoming_server::store::Disk;
use incoming_server::uploads::{Backend, Holder, Secret, Uploads};
use tempfile::TempDir;

use crate::common::config;

const TICKETS: usize = 10_000;

/// How many backends the server may call at once.
const AT_ONCE: usize = 16;

/// A backend that counts.
#[derive(Debug, Default)]
struct Counter {
    now: AtomicUsize,
    most: AtomicUsize,
    calls: AtomicUsize,
}

async fn taken(State(counter): State<Arc<Counter>>) -> &'static str {
    let now = counter.now.fetch_add(1, Ordering::SeqCst) + 1;
    counter.most.fetch_max(now, Ordering::SeqCst);
    counter.calls.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(1)).await;
    counter.now.fetch_sub(1, Ordering::SeqCst);
    "done"
}

async fn backend() -> (Backend, Arc<Counter>) {
    let counter = Arc::new(Counter::default());
    let router = Router::new().route("/", post(taken)).with_state(Arc::clone(&counter));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let finish_url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (Backend { finish_url, secret: Secret::new("s"), remove_when_finished: true }, counter)
}

async fn over(storage: &Path) -> Uploads {
    let disk = Arc::new(Disk::open(storage).unwrap());
    let address = "127.0.0.1:4000".parse().unwrap();
    Services::new(config(storage), disk, address).await.unwrap().uploads
}

/// The folders of uploads.
fn folders(storage: &Path) -> usize {
    let entries = std::fs::read_dir(storage).unwrap().map(|entry| entry.unwrap().file_name());
    entries.filter(|name| name.to_string_lossy().parse::<uuid::Uuid>().is_ok()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_tickets_that_nobody_uses_do_no_harm() {
    // The promise is about numbers, not about a slow disk.
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let storage = TempDir::new_in(place).unwrap();
    let (backend, counter) = backend().await;
    let uploads = over(storage.path()).await;
    futures_util::stream::iter(0..TICKETS)
        .for_each_concurrent(64, |_| async {
            uploads.create(backend.clone()).await.unwrap();
        })
        .await;
    assert_eq!(folders(storage.path()), TICKETS);

    let uploads = over(storage.path()).await;
    let id = uploads.create(backend.clone()).await.unwrap().to_string();
    drop(uploads.open(&id, 1, "a", Holder::nobody()).await.unwrap());
    uploads.cancel(&id, "s").await.unwrap();

    uploads.expire(Duration::from_secs(13 * 3600)).await;
    assert_eq!(folders(storage.path()), 0);
    assert_eq!(counter.calls.load(Ordering::SeqCst), TICKETS);
    let most = counter.most.load(Ordering::SeqCst);
    assert!(most <= AT_ONCE, "{most} backends were called at once");
}
