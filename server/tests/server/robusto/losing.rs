//! Servers that are stopped, files that expire and stores that fail.

use std::io;
use std::time::Duration;

use super::SIZE;
use super::page::{Hashed, complete, partial};
use super::racing::{Slow, until_brought, until_stored};
use crate::common::{Server, Troubled, bytes, until};

#[tokio::test]
async fn what_is_there_survives_a_restart_in_any_order() {
    for order in [[0, 1, 3, 2], [2, 3, 1, 0], [1, 3, 0, 2]] {
        let file = Hashed::new("a", &bytes(4 * SIZE - 3), SIZE);
        let mut folder = Server::start().await.stop().await;
        for (done, index) in order.into_iter().enumerate() {
            let server = Server::over(folder, |_| {}).await;
            let mut there = order[..done].to_vec();
            there.sort_unstable();
            let list: Vec<_> = there.iter().map(usize::to_string).collect();
            let expected = if done == 0 { "new" } else { "partial" };
            assert_eq!(server.ask(&file).await, (expected.into(), list.join(",")));
            let (status, _) = server.chunk(&file, index).await;
            assert_eq!(status, if done == 3 { "complete" } else { "partial" });
            folder = server.stop().await;
        }
        let server = Server::over(folder, |_| {}).await;
        assert_eq!(server.ask(&file).await, complete());
        assert!(server.only_arrived().content == file.content);
    }
}

#[tokio::test]
async fn a_last_chunk_that_nobody_can_place_comes_again_after_a_restart() {
    let server = Server::start().await;
    let file = Hashed::new("a", &bytes(2 * SIZE - 3), SIZE);
    assert_eq!(server.chunk(&file, 1).await, partial("1"));
    let server = Server::over(server.stop().await, |_| {}).await;
    assert_eq!(server.ask(&file).await.0, "new");
    assert_eq!(server.chunk(&file, 0).await, partial("0"));
    assert_eq!(server.chunk(&file, 1).await, complete());
    assert!(server.only_arrived().content == file.content);
}

#[tokio::test]
async fn what_is_left_of_a_first_chunk_is_never_taken_for_the_last() {
    let server = Server::start().await;
    let file = Hashed::new("a", &bytes((5 << 20) + 1), 5 << 20);
    let mut first = Slow::begin(&server, &file, 0, &vec![7; 5 << 20]).await;
    first.send(9 << 19).await;
    until_stored(&server, 4 << 20).await;
    drop(first);
    until_brought(&server, &file, 1).await;
    let server = Server::over(server.stop().await, |_| {}).await;
    assert_eq!(server.ask(&file).await.0, "new");
    server.all_chunks(&file).await;
    assert!(server.only_arrived().content == file.content);
}

#[tokio::test]
async fn chunks_that_rest_too_long_are_forgotten() {
    let server = Server::with(|config| config.chunks_retention = Duration::from_millis(200)).await;
    let file = Hashed::new("a", &bytes(2 * SIZE), SIZE);
    server.chunk(&file, 0).await;
    until("the chunks are gone", || server.uploads() == 0).await;
    assert_eq!(server.ask(&file).await.0, "new");
    assert_eq!(server.chunk(&file, 1).await, partial("1"));
}

#[tokio::test]
async fn a_store_that_fails_is_an_error_that_may_pass() {
    let store = Troubled::default();
    let server = Server::troubled(&store, |_| {}).await;
    let file = Hashed::new("a", &bytes(2 * SIZE), SIZE);
    server.chunk(&file, 0).await;
    for (kind, advice) in [
        (
            io::ErrorKind::StorageFull,
            "the disk of the server is full, try again when there is room",
        ),
        (io::ErrorKind::Other, "the server cannot store the chunk now, try again later"),
    ] {
        store.fail(kind);
        let expected = ("error".into(), format!("Could not save file chunk: {advice}"));
        assert_eq!(server.chunk(&file, 1).await, expected);
        assert_eq!(server.ask(&file).await.0, "error");
    }
    store.recover();
    assert_eq!(server.ask(&file).await, partial("0"));
    assert_eq!(server.chunk(&file, 1).await, complete());
}

#[tokio::test]
async fn a_file_that_could_not_be_sealed_arrives_when_somebody_asks() {
    let store = Troubled::default();
    let server = Server::troubled(&store, |_| {}).await;
    let file = Hashed::new("a", &bytes(SIZE), SIZE);
    store.refuse_seals(true);
    assert_eq!(server.chunk(&file, 0).await.0, "error");
    store.refuse_seals(false);
    assert_eq!(server.ask(&file).await, complete());
}
