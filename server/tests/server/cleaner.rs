//! What is abandoned is removed, also after a crash; what is being written never is.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::common::Program;
use crate::common::browser::Data;
use crate::common::chunks::{CLOSE, Cut, form, form_head, stored};
use crate::common::{Backend, Browser, CHUNK, PATIENCE, Reply, Server, answered, bytes, until};
use crate::robusto::page::Hashed;

const SOON: Duration = Duration::from_millis(200);
const LONG_AGO: Duration = Duration::from_secs(24 * 3600);

/// A server that forgets fast, and lets bytes come slowly.
async fn forgetful() -> Server {
    Server::with(|config| {
        (config.idle_expiry, config.chunks_retention, config.min_rate) = (SOON, SOON, 0);
    })
    .await
}

/// Makes everything in a folder look old.
fn age(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - LONG_AGO).unwrap();
    }
}

fn ids(storage: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(storage).unwrap().map(|entry| entry.unwrap());
    let uploads = entries.filter(|entry| entry.path().join("upload.json").exists());
    uploads.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// The id of the upload that began after those.
fn newest(storage: &Path, before: &[String]) -> String {
    ids(storage).into_iter().find(|id| !before.contains(id)).unwrap()
}

#[tokio::test]
async fn after_a_kill_what_is_old_goes_and_what_is_being_written_stays() {
    let folder = TempDir::new().unwrap();
    let storage = folder.path();
    let backend = Backend::always(Reply::Done).await;
    let old = Cut::new("old", &bytes(2 * CHUNK), CHUNK);
    let fresh = Cut::new("fresh", &bytes(40 * 100), 100);

    let process = Program::start(storage).await;
    let ticket = process.ticket(&backend).await;
    let mut browser = Browser::connect(process.address).await;
    browser.open(&ticket, 2 * CHUNK, "a").await;
    browser.chunk(&bytes(CHUNK)).await;
    assert_eq!(process.send(&old, 1).await, 200);
    let before = ids(storage);
    assert_eq!(before.len(), 2);
    assert_eq!(process.send(&fresh, 1).await, 200);
    let written = newest(storage, &before);
    process.kill().await;
    before.iter().for_each(|id| age(&storage.join(id)));

    let more = ["--idle-expiry", "5", "--chunks-retention", "5"];
    let process = Program::with(storage, &more, Stdio::null()).await;
    let mut numbers = 2..=fresh.count();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while ids(storage) != [written.clone()] {
        assert!(tokio::time::Instant::now() < deadline, "{:?}", ids(storage));
        tokio::time::sleep(SOON).await;
        if let Some(number) = numbers.next() {
            assert_eq!(process.send(&fresh, number).await, 200);
        }
    }
    for number in numbers {
        assert_eq!(process.send(&fresh, number).await, 200);
    }
    assert_eq!(process.test(&old, 1).await, 204, "it may begin again");
    let arrived = crate::common::chunks::arrived(&storage.join("arrived"));
    assert_eq!(arrived.len(), 1);
    assert!(arrived[0].content == fresh.content);
}

#[tokio::test]
async fn files_that_a_crash_has_left_are_removed_and_those_of_others_are_not() {
    let server = Server::with(|config| config.demo = true).await;
    let storage = server.storage();
    let folder = server.stop().await;
    let id = || Uuid::new_v4().to_string();
    let arrived = storage.join("arrived");
    let gone = [
        arrived.join(id() + ".new"),
        arrived.join(id() + ".json.new"),
        storage.join("plain").join(id()),
        storage.join(id() + ".removed").join("data"),
        storage.join(id()).join("upload.json.new"),
    ];
    let kept = [
        arrived.join("notes.new"),
        arrived.join(id()),
        arrived.join(id() + ".json"),
        storage.join("plain").join("notes"),
        storage.join("notes").join("data"),
    ];
    for path in gone.iter().chain(&kept) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
        age(path.parent().unwrap());
    }
    let fresh = arrived.join(id() + ".new");
    std::fs::write(&fresh, "another server may be at it").unwrap();

    let _server = Server::over(folder, |config| config.demo = true).await;
    gone.iter().for_each(|path| assert!(!path.exists(), "{}", path.display()));
    kept.iter().for_each(|path| assert!(path.exists(), "{}", path.display()));
    assert!(fresh.exists());
}

/// Sends bytes one after the other, for several times as long as an upload may rest.
async fn slowly(stream: &mut TcpStream, bytes: &[u8]) {
    for piece in bytes.chunks(bytes.len().div_ceil(20)) {
        stream.write_all(piece).await.unwrap();
        tokio::time::sleep(SOON * 4 / 20).await;
    }
}

#[tokio::test]
async fn a_chunk_that_comes_slowly_keeps_its_upload() {
    let server = forgetful().await;
    let cut = Cut::new("a", &bytes(2 * CHUNK), CHUNK);
    assert_eq!(server.send(&cut, 1).await, stored());
    let body = form(&cut.fields(2), "a", cut.bytes(2));
    let head = form_head("/resumable", CLOSE, body.len());
    let mut stream = TcpStream::connect(server.running.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    slowly(&mut stream, &body).await;
    let answer = answered(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(server.only_arrived().content == cut.content);
}

#[tokio::test]
async fn a_chunk_of_a_known_md5_that_comes_slowly_keeps_its_upload() {
    let server = forgetful().await;
    let file = Hashed::new("a", &bytes(2 * CHUNK), CHUNK);
    server.chunk(&file, 0).await;
    let mut slow =
        crate::robusto::racing::Slow::begin(&server, &file, 1, &file.content[CHUNK..]).await;
    for _ in 0..20 {
        slow.send(CHUNK / 20).await;
        tokio::time::sleep(SOON * 4 / 20).await;
    }
    assert!(slow.finish().await.contains("complete"));
}

#[tokio::test]
async fn a_message_that_comes_slowly_keeps_its_upload() {
    let server = forgetful().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 100, "a").await;
    let stream = browser.begin(Data::Binary, 100).await;
    slowly(stream, &bytes(100)).await;
    browser.expect("MsgChunkAck").await;
    browser.expect_done().await;
}

#[tokio::test]
async fn a_file_that_comes_slowly_in_one_piece_is_kept() {
    let server = forgetful().await;
    let mut browser = Browser::connect_to(server.running.address(), "/galileo").await;
    browser.text(&serde_json::json!({ "name": "a", "size": 100 }).to_string()).await;
    browser.hear().await;
    let stream = browser.begin(Data::Binary, 100).await;
    slowly(stream, &bytes(100)).await;
    browser.hear().await;
    browser.text(&serde_json::json!({ "finished": true }).to_string()).await;
    until("the file is there", || server.arrived().len() == 1).await;
}
