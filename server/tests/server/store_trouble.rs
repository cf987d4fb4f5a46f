//! A store that fails for a while costs time and no upload.

use std::io::ErrorKind;

use serde_json::json;

use crate::common::browser::Heard;
use crate::common::{Backend, Browser, CHUNK, Reply, Server, Troubled, bytes};

const INTERNAL_ERROR: u16 = 1011;

struct Scene {
    store: Troubled,
    server: Server,
    backend: Backend,
    id: String,
    content: Vec<u8>,
}

async fn scene() -> Scene {
    let store = Troubled::default();
    let server = Server::troubled(&store, |_| {}).await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    Scene { store, server, backend, id, content: bytes(3 * CHUNK) }
}

impl Scene {
    async fn half_way(&self) -> Browser {
        let mut browser = self.server.browser().await;
        browser.open(&self.id, self.content.len(), "a").await;
        browser.chunk(&self.content[..CHUNK]).await;
        browser
    }

    async fn expect_to_go_on(&mut self, position: usize) {
        self.store.recover();
        let mut browser = self.server.browser().await;
        assert_eq!(browser.open(&self.id, self.content.len(), "a").await, position);
        browser.fill(&self.content[position..]).await;
        browser.expect_done().await;
        assert_eq!(self.backend.call().await.of("cancelled"), "no");
    }
}

#[tokio::test]
async fn an_upload_that_cannot_be_looked_up_may_come_back() {
    let mut scene = scene().await;
    scene.half_way().await.vanish().await;
    scene.store.fail(ErrorKind::Other);
    let mut browser = scene.server.browser().await;
    browser.ask(&scene.id, &json!(scene.content.len()), "a").await;
    browser.expect_error("Couldn't send upload config").await;
    scene.expect_to_go_on(CHUNK).await;
}

#[tokio::test]
async fn who_cannot_take_an_upload_over_leaves_it_to_the_one_that_has_it() {
    let scene = scene().await;
    let mut first = scene.half_way().await;
    scene.store.fail(ErrorKind::Other);
    let mut second = scene.server.browser().await;
    second.ask(&scene.id, &json!(scene.content.len()), "a").await;
    second.expect_error("Couldn't send upload config").await;
    scene.store.recover();
    first.fill(&scene.content[CHUNK..]).await;
    first.expect_done().await;
}

#[tokio::test]
async fn a_chunk_that_cannot_be_stored_is_a_loss_and_not_the_end() {
    let mut scene = scene().await;
    let mut browser = scene.half_way().await;
    scene.store.fail(ErrorKind::Other);
    browser.binary(&scene.content[CHUNK..2 * CHUNK]).await;
    browser.expect_close(INTERNAL_ERROR).await;
    scene.expect_to_go_on(CHUNK).await;
}

#[tokio::test]
async fn a_full_disk_is_told() {
    for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge] {
        let mut scene = scene().await;
        let mut browser = scene.half_way().await;
        scene.store.fail(kind);
        browser.binary(&scene.content[CHUNK..2 * CHUNK]).await;
        let text = "Error while consuming file chunk: Could not write to file! file system full?";
        browser.expect_error(text).await;
        scene.expect_to_go_on(CHUNK).await;
    }
}

#[tokio::test]
async fn a_handover_that_cannot_be_noted_is_a_loss_and_not_the_end() {
    let store = Troubled::default();
    let server = Server::troubled(&store, |_| {}).await;
    let mut backend =
        Backend::always(Reply::Slowly(std::time::Duration::from_millis(300), "done")).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    backend.call().await;
    store.fail(ErrorKind::Other);
    assert_eq!(browser.hear().await, Heard::Closed(Some(INTERNAL_ERROR)));
    store.recover();
    let mut browser = server.browser().await;
    assert_eq!(browser.open(&id, 1, "a").await, 1);
    browser.expect_done().await;
}

#[tokio::test]
async fn a_socket_is_served_while_a_file_is_made_durable() {
    let store = Troubled::default();
    let held = store.hold_seals().await;
    let timeout = std::time::Duration::from_millis(150);
    let server = Server::troubled(&store, |config| config.connection_timeout = timeout).await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 1, "a").await;
    browser.binary(b"x").await;
    for _ in 0..6 {
        assert_eq!(browser.hear().await, Heard::Ping);
    }
    drop(held);
    assert_eq!(browser.expect("MsgChunkAck").await, json!({ "ChunkSize": 1 }));
    browser.expect_done().await;
}

#[tokio::test]
async fn a_file_goes_to_its_backend_also_when_the_browser_leaves_while_it_is_made_durable() {
    let store = Troubled::default();
    let held = store.hold_seals().await;
    let server = Server::troubled(&store, |_| {}).await;
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 1, "a").await;
    browser.binary(b"x").await;
    browser.socket.close(None).await.unwrap();
    while !matches!(browser.hear().await, Heard::Closed(None)) {}
    assert!(!backend.was_called());
    drop(held);
    assert_eq!(backend.call().await.of("cancelled"), "no");
}

#[tokio::test]
async fn a_file_that_cannot_be_made_durable_is_a_loss_and_not_the_end() {
    let mut scene = scene().await;
    let held = scene.store.hold_seals().await;
    let mut browser = scene.half_way().await;
    browser.chunk(&scene.content[CHUNK..2 * CHUNK]).await;
    scene.store.refuse_seals(true);
    browser.binary(&scene.content[2 * CHUNK..]).await;
    drop(held);
    browser.expect_close(INTERNAL_ERROR).await;
    scene.store.refuse_seals(false);
    scene.expect_to_go_on(3 * CHUNK).await;
}
