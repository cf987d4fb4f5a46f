//! More open uploads than the process may have open files.

use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use reqwest::{Client, Method, RequestBuilder};

use crate::common::chunks::{Cut, arrived, form, form_type};
use crate::common::{Backend, Browser, PATIENCE, Program, Reply, until};
use crate::crashes::folder;
use crate::fineuploader::parts::Parts;
use crate::robusto::page::Hashed;

const UPLOADS: usize = 300;
const LIMIT: &str = "ulimit -n 256";
const CHUNK: usize = 1000;
const AT_ONCE: usize = 8;

/// The file of an upload, which has two chunks.
fn content(number: usize) -> Vec<u8> {
    number.to_le_bytes().into_iter().cycle().take(2 * CHUNK).collect()
}

/// How a chunk is sent.
type Send = fn(RequestBuilder, usize, usize) -> RequestBuilder;

fn resumable(request: RequestBuilder, number: usize, index: usize) -> RequestBuilder {
    let mut cut = Cut::new(&format!("{number}.bin"), &content(number), CHUNK);
    cut.identifier = format!("resumable-{number}");
    request.query(&cut.fields(index + 1)).body(cut.bytes(index + 1).to_vec())
}

fn fineuploader(request: RequestBuilder, number: usize, index: usize) -> RequestBuilder {
    let parts = Parts::new(&format!("fineuploader-{number}"), &content(number), CHUNK);
    request.query(&parts.fields(index)).body(parts.bytes(index).to_vec())
}

fn robusto(request: RequestBuilder, number: usize, index: usize) -> RequestBuilder {
    let file = Hashed::new(&format!("{number}.bin"), &content(number), CHUNK);
    let body = form(&file.fields(index), "blob", &file.content[file.range(index)]);
    request.query(&file.query()).body(body).header("content-type", form_type())
}

const WAYS: [(&str, Send); 3] =
    [("resumable", resumable), ("fineuploader", fineuploader), ("robusto", robusto)];

/// Sends one chunk of each upload.
async fn send_all(program: &Program, (path, send): (&str, Send), index: usize) {
    let (client, url) = (Client::new(), format!("http://{}/{path}", program.address));
    let numbers = futures_util::stream::iter(0..UPLOADS);
    numbers
        .for_each_concurrent(AT_ONCE, |number| {
            let request = send(client.request(Method::POST, &url).timeout(PATIENCE), number, index);
            async move {
                let answer = request.send().await.unwrap();
                let (status, words) = (answer.status(), answer.text().await.unwrap());
                assert_eq!(status, 200, "{path} {number}: {words}");
                assert!(!words.contains("error"), "{path} {number}: {words}");
            }
        })
        .await;
}

fn expect_all_arrived(storage: &Path) {
    let arrived = arrived(&storage.join("arrived"));
    let mut found: Vec<_> = arrived.into_iter().map(|file| file.content).collect();
    let mut expected: Vec<_> = (0..UPLOADS).map(content).collect();
    found.sort();
    expected.sort();
    assert_eq!(found.len(), expected.len());
    assert!(found == expected, "every byte is in its place");
}

#[tokio::test]
async fn more_uploads_in_chunks_are_open_than_files_may_be() {
    for way in WAYS {
        let storage = folder();
        let program = Program::limited(storage.path(), LIMIT).await;
        send_all(&program, way, 0).await;
        send_all(&program, way, 1).await;
        expect_all_arrived(storage.path());
    }
}

#[tokio::test]
async fn more_tickets_are_in_use_than_files_may_be_open() {
    let storage = folder();
    let program = Program::limited(storage.path(), LIMIT).await;
    let mut backend = Backend::always(Reply::Done).await;
    let mut tickets = Vec::new();
    for number in 0..UPLOADS {
        let (id, content) = (program.ticket(&backend).await, content(number));
        let mut browser = Browser::connect(program.address).await;
        assert_eq!(browser.open(&id, content.len(), "a").await, 0);
        browser.fill(&content[..CHUNK]).await;
        browser.vanish().await;
        tickets.push(id);
    }
    for (number, id) in tickets.iter().enumerate() {
        let content = content(number);
        let mut browser = Browser::connect(program.address).await;
        assert_eq!(browser.open(id, content.len(), "a").await, CHUNK);
        browser.fill(&content[CHUNK..]).await;
        browser.expect_done().await;
        assert_eq!(std::fs::read(backend.call().await.of("filename")).unwrap(), content);
    }
}

/// Sends whole files, each in one chunk.
async fn send_whole(program: &Program, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let mut cut = Cut::new(&format!("{number}.bin"), &content(number), 2 * CHUNK);
        cut.identifier = format!("whole-{number}");
        assert_eq!(program.send(&cut, 1).await, 200, "file {number}");
    }
}

#[tokio::test]
async fn a_backend_that_never_answers_stops_nobody_else() {
    let storage = folder();
    let (mut silent, other) =
        (Backend::always(Reply::Never).await, Backend::always(Reply::Done).await);
    let more = ["--signal-finish-url", &silent.url()];
    let program = Program::limited_with(storage.path(), LIMIT, &more).await;
    send_whole(&program, 0..UPLOADS).await;
    for _ in 0..UPLOADS / 10 {
        let id = program.ticket(&silent).await;
        Browser::connect(program.address).await.upload(&id, b"x", "a").await;
    }
    let id = program.ticket(&other).await;
    let mut browser = Browser::connect(program.address).await;
    browser.upload(&id, b"xyz", "a").await;
    browser.expect_done().await;
    send_whole(&program, UPLOADS..UPLOADS + 10).await;
    assert_eq!(arrived(&storage.path().join("arrived")).len(), UPLOADS + 10);
    let called = silent.calls().len();
    assert!(called <= 16, "{called} calls at once to one backend");
}

/// The files of uploads that a process has open.
fn open_files(program: &Program, storage: &Path) -> usize {
    let storage = storage.canonicalize().unwrap();
    let open = std::fs::read_dir(format!("/proc/{}/fd", program.child.id().unwrap())).unwrap();
    let paths = open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    let is_data = |path: &PathBuf| path.starts_with(&storage) && path.ends_with("data");
    paths.filter(is_data).count()
}

#[tokio::test]
async fn an_upload_that_rests_has_no_open_file_and_goes_on() {
    for way in WAYS {
        let storage = folder();
        let more = ["--connection-timeout", "3"];
        let program = Program::limited_with(storage.path(), LIMIT, &more).await;
        send_all(&program, way, 0).await;
        until("all files are closed", || open_files(&program, storage.path()) == 0).await;
        send_all(&program, way, 1).await;
        expect_all_arrived(storage.path());
    }
}
