//! Stopping without breaking what is under way.

use std::time::Duration;

use crate::common::{Backend, CHUNK, Reply, Server, bytes};

#[tokio::test]
async fn open_sockets_are_told_and_keep_what_was_acknowledged() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 2 * CHUNK, "a").await;
    browser.chunk(&bytes(CHUNK)).await;
    let (folder, ()) = tokio::join!(server.stop(), browser.expect_close(1001));
    let server = Server::over(folder, |_| {}).await;
    assert_eq!(server.browser().await.open(&id, 2 * CHUNK, "a").await, CHUNK);
}

#[tokio::test]
async fn a_handover_under_way_comes_to_its_end() {
    let server = Server::start().await;
    let mut backend = Backend::replying([Reply::Slowly(Duration::from_millis(300), "done")]).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    backend.call().await;
    let server = Server::over(server.stop().await, |_| {}).await;
    let mut browser = server.browser().await;
    assert_eq!(browser.open(&id, 1, "a").await, 1);
    browser.expect_done().await;
    assert!(!backend.was_called(), "it was handed over before the stop");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let server = Server::with(|config| config.shutdown_timeout = Duration::from_millis(200)).await;
    let mut backend = Backend::always(Reply::Never).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    backend.call().await;
    let begun = std::time::Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_backend_that_takes_its_time() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Wait).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    backend.call().await;
    let begun = std::time::Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
