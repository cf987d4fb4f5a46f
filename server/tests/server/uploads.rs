//! Whole uploads over real sockets.

use std::time::Duration;

use serde_json::json;

use crate::common::browser::Heard;
use crate::common::{Backend, CHUNK, Reply, Server, bytes, until};

#[tokio::test]
async fn a_file_reaches_its_backend() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Done).await;
    let keep = [("removeFileWhenFinished", "false"), ("backendSecret", "se cret&ü")];
    let id = server.ticket_with(&backend, &keep).await;
    let content = bytes(3 * CHUNK + 7);

    let mut browser = server.browser().await;
    browser.upload(&id, &content, "blåbær ü 文件.bin").await;
    browser.expect_done().await;

    let call = backend.call().await;
    let path = server.data(&id);
    assert_eq!(call.of("filename"), path.to_str().unwrap());
    assert_eq!(call.of("filenameFromBrowser"), "blåbær ü 文件.bin");
    assert_eq!(call.of("backendSecret"), "se cret&ü");
    assert_eq!(call.of("cancelled"), "no");
    assert_eq!(call.of("cancelReason"), "");
    assert_eq!(call.of("id"), id);
    assert_eq!(std::fs::read(path).unwrap(), content);
}

#[tokio::test]
async fn the_terms_are_those_of_the_settings() {
    let server = Server::with(|config| config.send_ahead = 3).await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let terms = server.browser().await.request(&id, 10, "a").await;
    assert_eq!(terms, json!({ "ChunkSizeKB": 64, "FilePos": 0, "SendAhead": 3 }));
}

#[tokio::test]
async fn files_of_every_size_arrive_whole() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    for size in [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK] {
        let id = server.ticket_with(&backend, &[("removeFileWhenFinished", "0")]).await;
        let content = bytes(size);
        let mut browser = server.browser().await;
        browser.upload(&id, &content, "a").await;
        browser.expect_done().await;
        assert_eq!(std::fs::read(server.data(&id)).unwrap(), content);
    }
}

#[tokio::test]
async fn an_empty_file_is_a_file_and_has_a_path() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Wait).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    assert_eq!(browser.open(&id, 0, "empty").await, 0);
    let path = backend.call().await.of("filename");
    assert_eq!(std::fs::metadata(path).unwrap().len(), 0);
    server.finish(&id).await;
    browser.expect_done().await;
}

#[tokio::test]
async fn chunks_sent_ahead_are_acknowledged_in_order() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let content = bytes(6 * CHUNK);
    let mut browser = server.browser().await;
    browser.open(&id, content.len(), "a").await;
    for chunk in content.chunks(CHUNK) {
        browser.binary(chunk).await;
    }
    for _ in 0..6 {
        assert_eq!(browser.expect("MsgChunkAck").await, json!({ "ChunkSize": CHUNK }));
    }
    browser.expect_done().await;
}

#[tokio::test]
async fn an_empty_chunk_is_acknowledged() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 1, "a").await;
    browser.chunk(b"").await;
    browser.chunk(b"x").await;
    browser.expect_done().await;
}

#[tokio::test]
async fn a_file_that_is_not_to_be_kept_is_removed_in_the_end() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    browser.expect_done().await;
    until("the file is gone", || !server.data(&id).exists()).await;
}

#[tokio::test]
async fn a_file_that_the_backend_has_moved_is_no_trouble() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Wait).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    let path = backend.call().await.of("filename");
    std::fs::rename(path, server.folder.path().join("mine")).unwrap();
    server.finish(&id).await;
    browser.expect_done().await;
}

#[tokio::test]
async fn after_a_pause_the_upload_goes_on_from_what_is_stored() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket_with(&backend, &[("removeFileWhenFinished", "false")]).await;
    let content = bytes(4 * CHUNK);
    let mut browser = server.browser().await;
    browser.open(&id, content.len(), "a").await;
    browser.fill(&content[..2 * CHUNK]).await;
    browser.send("MsgPause", json!({ "Pause": true })).await;
    browser.vanish().await;

    let mut browser = server.browser().await;
    assert_eq!(browser.open(&id, content.len(), "another name").await, 2 * CHUNK);
    browser.fill(&content[2 * CHUNK..]).await;
    browser.expect_done().await;
    assert_eq!(std::fs::read(server.data(&id)).unwrap(), content);
}

#[tokio::test]
async fn a_chunk_counts_even_if_its_acknowledgement_is_lost() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let content = bytes(3 * CHUNK);
    let mut browser = server.browser().await;
    browser.open(&id, content.len(), "a").await;
    browser.binary(&content[..CHUNK]).await;
    browser.vanish().await;
    let path = server.data(&id);
    until("the chunk is stored", || path.metadata().unwrap().len() == CHUNK as u64).await;
    assert_eq!(server.browser().await.open(&id, content.len(), "a").await, CHUNK);
}

#[tokio::test]
async fn the_first_name_stays() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    server.browser().await.open(&id, 1, "first").await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "second").await;
    browser.expect_done().await;
    assert_eq!(backend.call().await.of("filenameFromBrowser"), "first");
}

#[tokio::test]
async fn two_files_travel_at_once() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let (a, b) = (server.ticket(&backend).await, server.ticket(&backend).await);
    let mut browsers = [server.browser().await, server.browser().await];
    for (browser, id) in browsers.iter_mut().zip([&a, &b]) {
        browser.open(id, 2 * CHUNK, "a").await;
    }
    for _ in 0..2 {
        for browser in &mut browsers {
            browser.chunk(&bytes(CHUNK)).await;
        }
    }
    for browser in &mut browsers {
        browser.expect_done().await;
    }
}

#[tokio::test]
async fn who_missed_the_end_is_told_of_it() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"xyz", "a").await;
    browser.expect_done().await;
    backend.call().await;

    let mut browser = server.browser().await;
    assert_eq!(browser.open(&id, 3, "a").await, 3);
    browser.expect_done().await;
    assert!(!backend.was_called(), "the file is handed over once");
}

#[tokio::test]
async fn the_connection_ends_as_soon_as_the_close_is_answered() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    browser.expect_done().await;
    let begun = std::time::Instant::now();
    assert_eq!(browser.hear().await, Heard::Closed(None));
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
}
