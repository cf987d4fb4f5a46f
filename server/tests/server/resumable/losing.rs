//! A server that loses what it had.

use std::io::ErrorKind;

use super::SIZE;
use crate::common::chunks::{Cut, arrived, stored};
use crate::common::{Server, Troubled, bytes};

fn cut() -> Cut {
    Cut::new("a", &bytes(3 * SIZE), SIZE)
}

async fn expect_nothing_then_everything(server: &Server) {
    for number in 1..=3 {
        assert_eq!(server.test(&cut(), number).await, 204, "chunk {number}");
    }
    server.send_all(&cut()).await;
    let arrived = arrived(&server.folder.path().join("arrived"));
    assert_eq!(arrived.len(), 1);
    assert!(arrived[0].content == cut().content);
}

#[tokio::test]
async fn who_sends_the_last_chunk_is_told_that_others_are_lost() {
    let store = Troubled::default();
    let server = Server::troubled(&store, |_| {}).await;
    for number in [1, 2] {
        assert_eq!(server.send(&cut(), number).await, stored());
    }
    store.lose_bytes(true);
    let (status, text) = server.send(&cut(), 3).await;
    assert_eq!(status, 500, "no client tries again: {text}");
    assert!(text.contains("send the whole file again"), "{text}");
    store.lose_bytes(false);
    expect_nothing_then_everything(&server).await;
}

#[tokio::test]
async fn a_store_that_fails_for_a_while_costs_no_chunk() {
    let store = Troubled::default();
    let server = Server::troubled(&store, |_| {}).await;
    for number in [1, 2] {
        assert_eq!(server.send(&cut(), number).await, stored());
    }
    store.fail(ErrorKind::Other);
    assert_eq!(server.send(&cut(), 3).await.0, 503);
    store.recover();
    store.refuse_seals(true);
    assert_eq!(server.send(&cut(), 3).await.0, 503);
    store.refuse_seals(false);
    assert_eq!(server.send(&cut(), 3).await, stored());
    let arrived = arrived(&server.folder.path().join("arrived"));
    assert!(arrived.len() == 1 && arrived[0].content == cut().content);
}

#[tokio::test]
async fn a_file_that_is_gone_is_asked_for_again() {
    let server = Server::start().await;
    for number in [1, 2] {
        server.send(&cut(), number).await;
    }
    let data = server.data(&server.only_upload());
    let folder = server.stop().await;
    std::fs::remove_file(data).unwrap();
    let server = Server::over(folder, |_| {}).await;
    for number in 1..=3 {
        assert_eq!(server.test(&cut(), number).await, 204, "chunk {number}");
    }
    server.send_all(&cut()).await;
    assert!(server.only_arrived().content == cut().content);
}

#[tokio::test]
async fn who_does_not_ask_after_a_reboot_is_told_that_chunks_are_lost() {
    for loses_notes in [false, true] {
        let server = Server::start().await;
        for number in [1, 2] {
            assert_eq!(server.send(&cut(), number).await, stored());
        }
        let marks = server.upload(&server.only_upload()).join("marks");
        let folder = server.stop().await;
        if loses_notes {
            std::fs::remove_file(marks).unwrap();
        }
        let server = Server::after_a_reboot(folder).await;
        let (status, text) = server.send(&cut(), 3).await;
        assert_eq!(status, 500, "it believes that the others are here: {text}");
        assert!(text.contains("send the whole file again"), "{text}");
        server.send_all(&cut()).await;
        assert!(server.only_arrived().content == cut().content);
    }
}

#[tokio::test]
async fn who_asks_after_a_reboot_sends_what_is_missing() {
    let server = Server::start().await;
    for number in [1, 2] {
        assert_eq!(server.send(&cut(), number).await, stored());
    }
    let server = Server::after_a_reboot(server.stop().await).await;
    for number in 1..=3 {
        assert_eq!(server.test(&cut(), number).await, 204, "chunk {number}");
        assert_eq!(server.send(&cut(), number).await, stored());
    }
    assert!(server.only_arrived().content == cut().content);
}

#[tokio::test]
async fn nobody_is_told_of_losses_after_the_server_was_killed() {
    let server = Server::start().await;
    for number in [1, 2] {
        assert_eq!(server.send(&cut(), number).await, stored());
    }
    let server = Server::over(server.stop().await, |_| {}).await;
    assert_eq!(server.send(&cut(), 3).await, stored());
    assert!(server.only_arrived().content == cut().content);
}
