use std::time::SystemTime;

use futures_util::FutureExt as _;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::*;
use crate::Config;
use crate::store::Disk;
use crate::uploads::{Backend, Secret, Tries};

fn document() -> Document {
    let finish_url = "http://a.example/".to_owned();
    let secret = Secret::new("hush");
    let backend = Backend { finish_url, secret, remove_when_finished: true };
    Document::new(Uuid::new_v4(), backend, SystemTime::now())
}

fn given_up() -> Document {
    let arrival = Arrival {
        protocol: "resumable".to_owned(),
        key: Some("k".to_owned()),
        file: Uuid::new_v4(),
        chunks: None,
        owner: None,
    };
    let tries = Tries { failed: TRIES, ..Tries::default() };
    let (arrival, tries) = (Some(arrival), Some(tries));
    Document { state: State::NotTaken, arrival, tries, ..document() }
}

async fn stage() -> (Uploads, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let storage = folder.path().to_str().unwrap();
    let config = Config::from_arguments(["incoming-server", "--storage", storage]).unwrap();
    let store = Arc::new(Disk::open(folder.path()).unwrap());
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    (Uploads::new(store, &config, tasks, stop).await.unwrap(), folder)
}

fn next(backlog: &Backlog) -> Vec<Uuid> {
    backlog.table().next().into_iter().map(|(id, _)| id).collect()
}

#[test]
fn what_is_added_while_its_last_try_ends_gets_another_turn() {
    let (backlog, document) = (Backlog::default(), document());
    backlog.add(&document);
    assert_eq!(next(&backlog), [document.id]);
    backlog.add(&document);
    assert!(next(&backlog).is_empty(), "it is under way");
    backlog.forget(document.id);
    assert!(backlog.has(document.id));
    assert_eq!(next(&backlog), [document.id]);
    backlog.forget(document.id);
    assert!(!backlog.has(document.id) && next(&backlog).is_empty());
}

#[tokio::test]
async fn what_an_operator_retries_is_not_put_aside_any_more() {
    let (uploads, _folder) = stage().await;
    let document = given_up();
    let id = document.id;
    uploads.inner.store.create(&document).await.unwrap();
    let live = uploads.inner.live(id);
    let gate = live.gate.lock().await;
    let mut retry = Box::pin(uploads.retry_one(id));
    assert!((&mut retry).now_or_never().is_none());
    let mut aside = Box::pin(uploads.try_again(id));
    let pause = Duration::from_millis(200);
    assert!(tokio::time::timeout(pause, &mut aside).await.is_err(), "it waits for the gate");
    drop(gate);
    assert!(retry.await.unwrap());
    assert!(!aside.await.unwrap());
    let now = uploads.inner.load(id).await.unwrap().expect("it is where it was");
    assert_eq!(now.state, State::HandingOver);
    assert!(uploads.inner.backlog.has(id));
}
