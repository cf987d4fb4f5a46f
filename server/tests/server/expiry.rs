//! Nothing is kept for ever.

use std::time::Duration;

use serde_json::json;

use crate::common::{Backend, CHUNK, Reply, Server, bytes, until};

const SOON: Duration = Duration::from_millis(400);

async fn forgetful() -> Server {
    Server::with(|config| config.idle_expiry = SOON).await
}

#[tokio::test]
async fn an_upload_that_rests_too_long_is_dropped_and_the_backend_hears_of_it() {
    let server = forgetful().await;
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 2 * CHUNK, "a").await;
    browser.chunk(&bytes(CHUNK)).await;
    let call = backend.call().await;
    assert_eq!(call.of("cancelled"), "yes");
    assert_eq!(call.of("cancelReason"), "upload timed out");
    until("the upload is gone", || !server.upload(&id).exists()).await;
    browser
        .expect_error(
            "Error while consuming file chunk: upload is in no state for this. might be cancelled.",
        )
        .await;
}

#[tokio::test]
async fn a_ticket_that_nobody_used_expires() {
    let server = forgetful().await;
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    assert_eq!(backend.call().await.of("cancelReason"), "upload timed out");
    until("the ticket is gone", || !server.upload(&id).exists()).await;
    let unknown = (400, "id unknown".to_owned());
    assert_eq!(server.call("cancel_upload", &[("id", &id)]).await, unknown);
}

#[tokio::test]
async fn a_file_that_nobody_took_expires() {
    let server = forgetful().await;
    let mut backend = Backend::always(Reply::status("500 Internal Server Error")).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    assert_eq!(backend.call().await.of("cancelled"), "no");
    assert_eq!(backend.call().await.of("cancelled"), "yes");
    until("file and ticket are gone", || !server.upload(&id).exists()).await;
}

#[tokio::test]
async fn an_upload_that_moves_does_not_expire() {
    let server = forgetful().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let content = bytes(10 * CHUNK);
    let mut browser = server.browser().await;
    browser.open(&id, content.len(), "a").await;
    for chunk in content.chunks(CHUNK) {
        browser.chunk(chunk).await;
        tokio::time::sleep(SOON / 6).await;
    }
    browser.expect_done().await;
}

#[tokio::test]
async fn a_finished_upload_is_forgotten_after_its_retention() {
    let server = Server::with(|config| config.finished_retention = SOON).await;
    let mut backend = Backend::always(Reply::Done).await;
    let keep = [("removeFileWhenFinished", "false")];
    let (gone, kept) = (server.ticket(&backend).await, server.ticket_with(&backend, &keep).await);
    for id in [&gone, &kept] {
        let mut browser = server.browser().await;
        browser.upload(id, b"x", "a").await;
        browser.expect_done().await;
        assert_eq!(backend.call().await.of("cancelled"), "no");
    }
    until("the first is gone", || !server.upload(&gone).exists()).await;
    let note = server.upload(&kept).join("upload.json");
    until("the second is forgotten", || !note.exists()).await;
    assert_eq!(std::fs::read(server.data(&kept)).unwrap(), b"x", "the backend wanted to keep it");
    let mut browser = server.browser().await;
    browser.ask(&kept, &json!(1), "a").await;
    browser.expect_error("Unknown upload id - maybe upload timed out?").await;
    assert!(!backend.was_called());
}

#[tokio::test]
async fn an_upload_expires_over_a_restart() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let folder = server.stop().await;
    tokio::time::sleep(SOON).await;
    let server = Server::over(folder, |config| config.idle_expiry = SOON).await;
    assert_eq!(backend.call().await.of("cancelReason"), "upload timed out");
    until("the ticket is gone", || !server.upload(&id).exists()).await;
}

#[tokio::test]
async fn an_upload_that_is_damaged_expires_as_well() {
    let server = Server::with(|config| {
        config.idle_expiry = 6 * SOON;
        config.finished_retention = SOON / 4;
    })
    .await;
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    std::fs::write(server.upload(&id).join("upload.json"), "{\"version\":").unwrap();
    std::fs::write(server.data(&id), "x").unwrap();
    tokio::time::sleep(SOON / 2).await;
    assert!(server.data(&id).exists(), "it has its time as every other");
    until("it is gone", || !server.upload(&id).exists()).await;
    assert!(!backend.was_called());
}
