//! A ticket belongs to the connection that asked last.

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::common::chunks::{Cut, form, form_head};
use crate::common::{Backend, CHUNK, Reply, Server, bytes};

const SIZE: usize = 1000;

/// Sends the beginning of a chunk over a connection that then is dead, without anybody knowing.
async fn hang(server: &Server, cut: &Cut, number: usize) -> TcpStream {
    let body = form(&cut.fields(number), &cut.name, cut.bytes(number));
    let head = form_head("/resumable", "", body.len());
    let mut stream = TcpStream::connect(server.running.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body[..body.len() - SIZE / 2]).await.unwrap();
    stream
}

#[tokio::test]
async fn a_chunk_that_hangs_on_a_dead_connection_keeps_nobody_from_sending_it() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(3 * SIZE), SIZE);
    let mut dead = Vec::new();
    for number in 1..=3 {
        for _ in 0..3 {
            dead.push(hang(&server, &cut, number).await);
        }
    }
    // Long before anybody can know that those are dead.
    server.send_all(&cut).await;
    assert!(server.only_arrived().content == cut.content);
}

const BUSY: &str = "Another websocket connection already deals with this upload";

#[tokio::test]
async fn a_new_socket_takes_the_upload_over() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket_with(&backend, &[("removeFileWhenFinished", "false")]).await;
    let content = bytes(4 * CHUNK);
    let mut old = server.browser().await;
    old.open(&id, content.len(), "a").await;
    old.fill(&content[..CHUNK]).await;

    let mut new = server.browser().await;
    assert_eq!(new.open(&id, content.len(), "a").await, CHUNK);
    old.expect_error(BUSY).await;
    new.fill(&content[CHUNK..]).await;
    new.expect_done().await;
    assert_eq!(std::fs::read(server.data(&id)).unwrap(), content);
}

#[tokio::test]
async fn sockets_that_fight_for_an_upload_never_spoil_it() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket_with(&backend, &[("removeFileWhenFinished", "false")]).await;
    let content = bytes(40 * CHUNK);
    let mut old = Vec::new();
    for round in 0..12 {
        let mut browser = server.browser().await;
        let position = browser.open(&id, content.len(), "a").await;
        assert!(position >= round * CHUNK, "nothing acknowledged is lost");
        browser.chunk(&content[position..position + CHUNK]).await;
        // More is on its way while the next socket comes.
        let from = position + CHUNK;
        for chunk in content[from..].chunks(CHUNK).take(2) {
            browser.binary(chunk).await;
        }
        old.push(browser);
    }
    let mut browser = server.browser().await;
    let position = browser.open(&id, content.len(), "a").await;
    browser.fill(&content[position..]).await;
    browser.expect_done().await;
    assert_eq!(std::fs::read(server.data(&id)).unwrap(), content);
}

#[tokio::test]
async fn a_stranger_with_another_file_takes_nothing_over() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 2, "a").await;
    let mut stranger = server.browser().await;
    stranger.ask(&id, &json!(3), "a").await;
    stranger.expect_error("File size has changed").await;
    browser.chunk(b"xy").await;
    browser.expect_done().await;
}
