//! One key, two files; and how long a file is remembered.

use std::time::Duration;

use reqwest::Method;

use super::SIZE;
use crate::common::chunks::{Cut, stored, whole_answer};
use crate::common::{Browser, Server, bytes, until};

const SOON: Duration = Duration::from_millis(400);

fn cut() -> Cut {
    Cut::new("a", &bytes(4 * SIZE), SIZE)
}

#[tokio::test]
async fn another_cut_size_or_name_starts_over() {
    let other_size = Cut { identifier: cut().identifier, ..Cut::new("a", &bytes(3 * SIZE), SIZE) };
    for other in [
        Cut { chunk_size: 2 * SIZE, ..cut() },
        Cut { chunk_size: SIZE - 1, force: true, ..cut() },
        Cut { name: "b".to_owned(), ..cut() },
        other_size,
    ] {
        let server = Server::start().await;
        for number in 1..4 {
            server.send(&cut(), number).await;
        }
        assert_eq!(server.test(&other, 1).await, 204);
        server.send_all(&other).await;
        assert!(server.only_arrived().content == other.content);
        assert_eq!(server.uploads(), 1);
    }
}

#[tokio::test]
async fn another_file_under_a_key_that_is_done_is_another_file() {
    let server = Server::start().await;
    let other = Cut { identifier: cut().identifier, ..Cut::new("a", &bytes(3 * SIZE), SIZE) };
    server.send_all(&cut()).await;
    assert_eq!(server.test(&other, 1).await, 204);
    server.send_all(&other).await;
    let mut sizes: Vec<_> = server.arrived().iter().map(|arrived| arrived.content.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [3 * SIZE, 4 * SIZE], "the first file stays");
}

#[tokio::test]
async fn the_same_key_in_another_cut_is_an_echo_too() {
    let server = Server::start().await;
    server.send_all(&cut()).await;
    server.send_all(&Cut { chunk_size: 2 * SIZE, ..cut() }).await;
    assert_eq!(server.arrived().len(), 1);
}

#[tokio::test]
async fn after_a_while_the_same_key_begins_a_new_upload() {
    let server = Server::with(|config| config.connection_timeout = SOON).await;
    server.send_all(&cut()).await;
    tokio::time::sleep(SOON * 2).await;
    assert_eq!(server.test(&cut(), 1).await, 204, "nobody who asks now is the one who sent it");
    let other = Cut { content: vec![7; 4 * SIZE], ..cut() };
    server.send_all(&other).await;
    let arrived = server.arrived();
    assert_eq!(arrived.len(), 2);
    assert!(arrived.iter().any(|arrived| arrived.content == other.content));
    assert!(arrived.iter().any(|arrived| arrived.content == cut().content));
}

#[tokio::test]
async fn whoever_goes_on_after_a_while_finds_the_file_whole() {
    let server = Server::with(|config| config.connection_timeout = SOON).await;
    server.send_all(&cut()).await;
    tokio::time::sleep(SOON * 2).await;
    let last = cut().count();
    for (method, body) in [(Method::POST, cut().bytes(last)), (Method::GET, &[][..])] {
        let request = server.request(method).query(&cut().fields(last)).body(body.to_vec());
        let (status, said) = whole_answer(request.header("upload-continues", "?1")).await;
        assert_eq!((status, said.as_str()), (200, r#"{"has_all_chunks":true}"#));
    }
    assert!(server.only_arrived().content == cut().content);
    assert_eq!(server.send(&cut(), last).await, stored(), "nobody who sends only now goes on");
    assert_eq!(server.test(&cut(), 1).await, 204);
}

#[tokio::test]
async fn a_finished_upload_is_forgotten_and_its_file_stays() {
    let server = Server::with(|config| config.finished_retention = SOON).await;
    server.send_all(&cut()).await;
    assert_eq!(server.test(&cut(), 1).await, 200);
    until("the upload is forgotten", || server.uploads() == 0).await;
    assert_eq!(server.test(&cut(), 1).await, 204);
    assert!(server.only_arrived().content == cut().content);
}

#[tokio::test]
async fn chunks_are_kept_longer_than_idle_uploads() {
    let server = Server::with(|config| {
        (config.idle_expiry, config.chunks_retention) = (SOON, 4 * SOON);
    })
    .await;
    server.send(&cut(), 1).await;
    tokio::time::sleep(SOON * 2).await;
    assert_eq!(server.test(&cut(), 1).await, 200);
    until("the upload is gone", || server.uploads() == 0).await;
    assert_eq!(server.test(&cut(), 1).await, 204);
    assert_eq!(server.send(&cut(), 1).await.0, 500, "who goes on has to send all of it");
    server.send_all(&cut()).await;
    assert_eq!(server.arrived().len(), 1);
}

#[tokio::test]
async fn no_ticket_can_be_guessed_from_a_key() {
    let server = Server::start().await;
    server.send(&cut(), 1).await;
    let folders = std::fs::read_dir(server.storage()).unwrap().map(|entry| entry.unwrap());
    let names = folders.map(|entry| entry.file_name().into_string().unwrap());
    let id = names.into_iter().find(|name| name.len() == 36).unwrap();
    let mut browser = Browser::connect(server.running.address()).await;
    browser.ask(&id, &serde_json::json!(4 * SIZE), "a").await;
    browser.expect_error("Unknown upload id - maybe upload timed out?").await;
    assert_eq!(server.call("cancel_upload", &[("id", &id)]).await.0, 403);
    assert_eq!(server.send(&cut(), 2).await, stored());
    assert_eq!(server.test(&cut(), 1).await, 200);
}
