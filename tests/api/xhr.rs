//! Bytes over XMLHttpRequest, by the example of Resumable.js.

use std::time::Duration;

use incoming_uploader::{Builder, Outcome, Protocol, State, Uploader};
use wasm_bindgen_test::wasm_bindgen_test;

use super::until_it;
use super::world::{World, file, turn};

fn upload(text: &str) -> Builder {
    Uploader::builder(file("a.bin", text))
        .protocol(Protocol::Resumable)
        .endpoint("https://server.test/resumable")
        .ticket("id-1")
        .option("method", "octet")
        .delays(&[Duration::ZERO])
}

#[wasm_bindgen_test]
async fn what_has_left_is_shown_before_the_answer_comes() {
    let world = World::new();
    let uploader = upload("hello").start().unwrap();
    let request = world.request(1).await;
    assert_eq!((request.how(), request.method()), ("xhr".to_owned(), "POST".to_owned()));
    assert_eq!(request.header("content-type").unwrap(), "application/octet-stream");
    assert_eq!(request.body().await, "hello");
    request.load(3.0);
    let now = uploader.snapshot();
    assert_eq!((now.state, now.bytes_tx, now.bytes_acked), (State::Uploading, 3, 0));
    request.load(5.0);
    let now = uploader.snapshot();
    assert_eq!((now.bytes_tx, now.bytes_ahead), (5, 5));
    assert_eq!(now.state_msg, "everything is sent, waiting for the server");
    request.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
    let now = uploader.snapshot();
    assert_eq!((now.bytes_tx, now.bytes_acked, now.bytes_ahead), (5, 5, 0));
}

#[wasm_bindgen_test]
async fn a_pause_aborts_what_is_on_its_way_and_the_next_start_sends_only_that_again() {
    let world = World::new();
    let uploader = upload("hello!").chunk_size(3).start().unwrap();
    let (first, second) = (world.request(1).await, world.request(2).await);
    first.succeed();
    until_it(&uploader, "the confirmation", |now| now.bytes_acked == 3).await;
    uploader.pause();
    assert!(second.is_aborted() && !first.is_aborted());
    assert_eq!(uploader.snapshot().state, State::Paused);
    second.succeed();
    turn().await;
    assert_eq!(uploader.snapshot().bytes_acked, 3, "answers that come late change nothing");
    uploader.start().unwrap();
    let again = world.request(3).await;
    assert_eq!(again.body().await, "lo!");
    again.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn a_request_without_an_answer_is_sent_again_and_the_others_go_on() {
    let world = World::new();
    let uploader = upload("hello!").chunk_size(3).start().unwrap();
    let (first, second) = (world.request(1).await, world.request(2).await);
    first.fail();
    turn().await;
    assert!(!second.is_aborted(), "what it carries may still arrive");
    second.succeed();
    let again = world.request(3).await;
    assert_eq!(again.body().await, "hel");
    again.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert_eq!(world.requests().len(), 3);
}

#[wasm_bindgen_test]
async fn there_are_as_many_requests_at_a_time_as_the_protocol_has() {
    let world = World::new();
    let uploader = upload("hello, world").chunk_size(2).start().unwrap();
    world.request(3).await;
    turn().await;
    assert_eq!(world.requests().len(), 3);
    world.request(2).await.succeed();
    world.request(4).await;
    turn().await;
    assert_eq!(world.requests().len(), 4, "one more when one is answered");
    uploader.cancel("enough");
}

#[wasm_bindgen_test]
async fn a_cancellation_aborts_what_is_on_its_way() {
    let world = World::new();
    let uploader = upload("hello").start().unwrap();
    let request = world.request(1).await;
    uploader.cancel("no longer");
    assert!(request.is_aborted());
    assert_eq!(uploader.finished().await, Outcome::Cancelled("no longer".to_owned()));
}

#[wasm_bindgen_test]
async fn cookies_go_to_other_origins_only_if_the_page_wants_it() {
    for (is_wanted, credentials) in [(false, "same-origin"), (true, "include")] {
        let world = World::new();
        let uploader = upload("hello").with_credentials(is_wanted).start().unwrap();
        assert_eq!(world.request(1).await.credentials(), credentials);
        uploader.cancel("enough");
    }
}
