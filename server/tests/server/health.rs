//! `/healthz` says whether anything can be stored.

use std::sync::Arc;
use std::time::{Duration, Instant};

use incoming_server::serve::start_over;
use incoming_server::store::{Disk, Ground};
use tempfile::TempDir;

use crate::common::faulty::{Fault, Faulty};
use crate::common::{PATIENCE, Server, config};

/// Longer than what is known is taken to be true.
const LATER: Duration = Duration::from_millis(2100);

async fn over(files: &Faulty) -> Server {
    let folder = TempDir::new().unwrap();
    let config = config(&folder.path().join("storage"));
    let ground = Ground { files: Arc::new(files.clone()), ..Ground::default() };
    let disk = Disk::open_with(config.storage.as_ref().unwrap(), ground).unwrap();
    let running = start_over(config, Arc::new(disk)).await.unwrap();
    Server { running, folder, client: reqwest::Client::new() }
}

async fn ask(server: &Server) -> (u16, String) {
    let asked = server.client.get(server.url("/healthz")).timeout(PATIENCE).send().await.unwrap();
    (asked.status().as_u16(), asked.text().await.unwrap())
}

fn well() -> (u16, String) {
    (200, "ok".to_owned())
}

#[tokio::test]
async fn it_fails_as_long_as_nothing_can_be_stored_and_says_why() {
    for (fault, words) in [
        (Fault::Full, "the disk of the storage folder is full"),
        (Fault::Denied, "the server may not write to the storage folder"),
        (Fault::Broken, "the storage folder cannot be written to; the log says why"),
    ] {
        let files = Faulty::default();
        let server = over(&files).await;
        assert_eq!(ask(&server).await, well());
        files.strike(fault);
        tokio::time::sleep(LATER).await;
        assert_eq!(ask(&server).await, (503, format!("nothing can be stored: {words}")));
        files.recover();
        tokio::time::sleep(LATER).await;
        assert_eq!(ask(&server).await, well());
        let left: Vec<_> = std::fs::read_dir(server.storage()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_is_made_anew_or_told() {
    let server = Server::start().await;
    let storage = server.storage();
    std::fs::remove_dir_all(&storage).unwrap();
    assert_eq!(ask(&server).await, well());
    std::fs::remove_dir_all(&storage).unwrap();
    std::fs::write(&storage, "in the way").unwrap();
    tokio::time::sleep(LATER).await;
    let (status, words) = ask(&server).await;
    assert_eq!(
        (status, &*words),
        (503, "nothing can be stored: the storage folder is not there and cannot be made")
    );
}

#[tokio::test]
async fn the_folder_of_arrivals_counts_too() {
    let folder = TempDir::new().unwrap();
    let arrivals = folder.path().join("arrivals");
    let server = Server::over(folder, |config| config.arrivals = Some(arrivals.clone())).await;
    assert_eq!(ask(&server).await, well());
    std::fs::remove_dir_all(&arrivals).unwrap();
    std::fs::write(&arrivals, "in the way").unwrap();
    tokio::time::sleep(LATER).await;
    let (status, words) = ask(&server).await;
    assert_eq!(status, 503);
    assert!(words.contains("the folder of arrivals"), "{words}");
    let path = server.folder.path().to_str().unwrap().to_owned();
    assert!(!words.contains(&path), "{words}");
}

#[tokio::test]
async fn a_disk_that_never_answers_is_told_in_time_and_costs_one_question() {
    let files = Faulty::default();
    let server = over(&files).await;
    files.strike(Fault::Slow(Duration::from_secs(6)));
    let begun = Instant::now();
    let words = "nothing can be stored: the disk does not answer".to_owned();
    for answer in futures_util::future::join_all((0..100).map(|_| ask(&server))).await {
        assert_eq!(answer, (503, words.clone()));
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let later = Instant::now();
    assert_eq!(ask(&server).await, (503, words));
    assert!(later.elapsed() < Duration::from_secs(1), "who asks later need not wait");
    assert_eq!(files.strikes(), 1);
    files.recover();
}

#[tokio::test]
async fn who_asks_often_costs_the_disk_nothing() {
    let files = Faulty::default();
    let server = over(&files).await;
    files.strike(Fault::Slow(Duration::from_millis(1)));
    for _ in 0..200 {
        assert_eq!(ask(&server).await, well());
    }
    let strikes = files.strikes();
    assert!(strikes < 50, "{strikes}");
}
