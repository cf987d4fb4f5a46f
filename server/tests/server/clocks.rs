//! A clock that jumps, and a server that starts again: what an age is made of.

use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::common::chunks::Cut;
use crate::common::{Backend, Browser, CHUNK, Program, Reply, Server, bytes};
use crate::robusto::page::Hashed;

const DAYS: Duration = Duration::from_secs(8 * 24 * 3600);

/// Makes everything in a folder as old as it is to a clock that was put forward.
fn put_forward(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            put_forward(&path);
        } else {
            let file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
            file.set_modified(SystemTime::now() - DAYS).unwrap();
        }
    }
}

fn uploads(storage: &Path) -> usize {
    let entries = std::fs::read_dir(storage).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.join("upload.json").exists()).count()
}

#[tokio::test]
async fn a_clock_that_was_put_forward_by_eight_days_drops_no_upload() {
    let folder = TempDir::new().unwrap();
    let storage = folder.path();
    let backend = Backend::always(Reply::Done).await;
    let process = Program::start(storage).await;
    let cut = Cut::new("a", &bytes(3 * CHUNK), CHUNK);
    assert_eq!(process.send(&cut, 1).await, 200);
    let ticket = process.ticket(&backend).await;
    let mut browser = Browser::connect(process.address).await;
    browser.open(&ticket, 2 * CHUNK, "a").await;
    browser.chunk(&bytes(CHUNK)).await;
    process.kill().await;
    assert_eq!(uploads(storage), 2);

    put_forward(storage);
    let process = Program::start(storage).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(uploads(storage), 2);
    for number in [2, 3] {
        assert_eq!(process.send(&cut, number).await, 200);
    }
    let arrived = crate::common::chunks::arrived(&storage.join("arrived"));
    assert!(arrived[0].content == cut.content);
}

#[tokio::test]
async fn an_upload_grows_older_through_restarts_and_not_between_them() {
    const PATIENCE: Duration = Duration::from_secs(4);
    let mut server = Server::with(|config| config.chunks_retention = PATIENCE).await;
    let hashed = Hashed::new("a", &bytes(3 * 100), 100);
    server.chunk(&hashed, 1).await;
    server.send(&Cut::new("a", &bytes(300), 100), 1).await;
    let (mut ran, mut restarts) = (Duration::ZERO, 0);
    while server.uploads() > 0 {
        let step = Duration::from_millis(700);
        tokio::time::sleep(step).await;
        ran += step;
        assert!(ran < 4 * PATIENCE, "a restart makes nothing younger");
        if ran < PATIENCE {
            let folder = server.stop().await;
            tokio::time::sleep(step).await;
            server = Server::over(folder, |config| config.chunks_retention = PATIENCE).await;
            restarts += 1;
        }
    }
    assert!(ran >= PATIENCE - Duration::from_millis(200), "time between does not count: {ran:?}");
    assert!(restarts > 3);
}
