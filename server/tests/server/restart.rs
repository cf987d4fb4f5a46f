//! What survives a restart: everything.

use std::time::Duration;

use serde_json::json;

use crate::common::{Backend, CHUNK, Reply, Server, bytes, until};

#[tokio::test]
async fn a_ticket_survives() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let server = Server::over(server.stop().await, |_| {}).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    browser.expect_done().await;
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket_with(&backend, &[("removeFileWhenFinished", "false")]).await;
    let content = bytes(4 * CHUNK);
    let mut browser = server.browser().await;
    browser.open(&id, content.len(), "a").await;
    browser.fill(&content[..3 * CHUNK]).await;

    let server = Server::over(server.stop().await, |_| {}).await;
    let mut browser = server.browser().await;
    browser.ask(&id, &json!(1), "a").await;
    browser.expect_error("File size has changed").await;
    let mut browser = server.browser().await;
    assert_eq!(browser.open(&id, content.len(), "a").await, 3 * CHUNK);
    browser.fill(&content[3 * CHUNK..]).await;
    browser.expect_done().await;
    assert_eq!(std::fs::read(server.data(&id)).unwrap(), content);
}

#[tokio::test]
async fn a_wait_is_remembered() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Wait).await;
    let id = server.ticket_with(&backend, &[("backendSecret", "s")]).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    backend.call().await;
    let note = server.upload(&id).join("upload.json");
    until("the wait is noted", || std::fs::read_to_string(&note).unwrap().contains("waiting"))
        .await;

    let server = Server::over(server.stop().await, |_| {}).await;
    let mut browser = server.browser().await;
    assert_eq!(browser.open(&id, 1, "a").await, 1);
    let parameters = [("id", id.as_str()), ("backendSecret", "s")];
    assert_eq!(server.call("finish_upload", &parameters).await, (200, "ok".to_owned()));
    browser.expect_done().await;
    assert!(!backend.was_called(), "the backend is not asked again");
}

#[tokio::test]
async fn the_end_is_remembered() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    browser.expect_done().await;
    backend.call().await;
    let server = Server::over(server.stop().await, |_| {}).await;
    let mut browser = server.browser().await;
    assert_eq!(browser.open(&id, 1, "a").await, 1);
    browser.expect_done().await;
    assert!(!backend.was_called());
}

#[tokio::test]
async fn a_damaged_upload_does_not_keep_the_server_from_starting() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let (damaged, sound) = (server.ticket(&backend).await, server.ticket(&backend).await);
    std::fs::write(server.upload(&damaged).join("upload.json"), "{\"version\":").unwrap();
    let server = Server::over(server.stop().await, |_| {}).await;
    let mut browser = server.browser().await;
    browser.ask(&damaged, &json!(1), "a").await;
    browser.expect_error("Unknown upload id - maybe upload timed out?").await;
    let mut browser = server.browser().await;
    browser.upload(&sound, b"x", "a").await;
    browser.expect_done().await;
}

#[tokio::test]
async fn handovers_that_were_interrupted_are_made_again_but_not_all_at_once() {
    let hasty = |config: &mut incoming_server::Config| {
        config.shutdown_timeout = Duration::from_millis(100);
    };
    let server = Server::with(hasty).await;
    let mut backend = Backend::always(Reply::Never).await;
    for _ in 0..24 {
        let id = server.ticket(&backend).await;
        server.browser().await.upload(&id, b"x", "a").await;
        backend.call().await;
    }
    let folder = server.stop().await;
    let server = Server::over(folder, hasty).await;
    for _ in 0..16 {
        backend.call().await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!backend.was_called(), "the rest has to wait");
    server.stop().await;
}

#[tokio::test]
async fn backends_that_take_their_time_do_not_hold_up_the_handovers_of_others() {
    let hasty = |config: &mut incoming_server::Config| {
        config.shutdown_timeout = Duration::from_millis(100);
    };
    let server = Server::with(hasty).await;
    let mut backend = Backend::always(Reply::Never).await;
    for _ in 0..24 {
        let id = server.ticket(&backend).await;
        server.browser().await.upload(&id, b"x", "a").await;
        backend.call().await;
    }
    let folder = server.stop().await;
    backend.now_reply(Reply::Wait);
    let _server = Server::over(folder, hasty).await;
    for _ in 0..24 {
        backend.call().await;
    }
}
