//! Whole uploads over real sockets.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod common;

use common::{Backend, CHUNK, Reply, Server, bytes};
use serde_json::json;

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
    let path = server.upload(&id).join("data");
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
