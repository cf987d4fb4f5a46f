//! What goes by fetch: questions, and everything if the page wants it so.

use std::time::Duration;

use incoming_uploader::{Builder, Outcome, Protocol, Uploader};
use wasm_bindgen_test::wasm_bindgen_test;

use super::until_it_waits;
use super::world::{Answer, World, file};

fn upload(text: &str) -> Builder {
    Uploader::builder(file("a.bin", text))
        .protocol(Protocol::Resumable)
        .endpoint("https://server.test/resumable?tenant=7#top")
        .ticket("id-1")
        .delays(&[Duration::ZERO])
}

#[wasm_bindgen_test]
async fn a_question_goes_by_fetch_and_what_the_server_has_is_not_sent() {
    let world = World::new();
    let uploader = upload("hello").option("test_chunks", true).start().unwrap();
    let question = world.request(1).await;
    assert_eq!((question.how(), question.method()), ("fetch".to_owned(), "GET".to_owned()));
    assert_eq!(question.cache(), "no-store");
    let begin = "https://server.test/resumable?tenant=7&resumable";
    assert!(question.address().starts_with(begin), "{}", question.address());
    assert_eq!(question.param("resumableIdentifier").unwrap(), "id-1");
    question.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert_eq!(world.requests().len(), 1);
}

#[wasm_bindgen_test]
async fn what_the_server_does_not_have_is_sent() {
    let world = World::new();
    let uploader = upload("hello").option("test_chunks", true).start().unwrap();
    world.request(1).await.answer_with(&Answer { status: 204, ..Answer::default() });
    let bytes = world.request(2).await;
    assert_eq!(bytes.how(), "xhr");
    bytes.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn everything_goes_by_fetch_if_the_page_wants_it_so() {
    let world = World::new();
    let uploader = upload("hello").option("transport", "fetch").start().unwrap();
    let request = world.request(1).await;
    assert_eq!((request.how(), request.method()), ("fetch".to_owned(), "POST".to_owned()));
    let sent = request.field("file").await.unwrap();
    assert_eq!(sent, "a.bin application/octet-stream hello");
    request.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert_eq!(uploader.snapshot().bytes_tx, 5);
}

#[wasm_bindgen_test]
async fn a_pause_aborts_a_fetch() {
    let world = World::new();
    let uploader = upload("hello").option("transport", "fetch").start().unwrap();
    let request = world.request(1).await;
    uploader.pause();
    assert!(request.is_aborted());
    assert_eq!(uploader.snapshot().last_error, None, "a pause is no loss");
    uploader.start().unwrap();
    world.request(2).await.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn a_fetch_that_fails_is_a_loss_in_the_words_of_the_browser() {
    let world = World::new();
    let slow = [Duration::from_secs(60)];
    let uploader = upload("hello").option("transport", "fetch").delays(&slow).start().unwrap();
    world.request(1).await.fail();
    let now = until_it_waits(&uploader).await;
    let error = now.last_error.unwrap();
    assert_eq!(error.kind, "lost");
    assert!(error.message.contains("Failed to fetch"), "{}", error.message);
    uploader.cancel("enough");
}

#[wasm_bindgen_test]
async fn fetch_sends_cookies_to_other_origins_only_if_the_page_wants_it() {
    for (is_wanted, credentials) in [(false, "same-origin"), (true, "include")] {
        let world = World::new();
        let upload = upload("hello").option("transport", "fetch");
        let uploader = upload.with_credentials(is_wanted).start().unwrap();
        assert_eq!(world.request(1).await.credentials(), credentials);
        uploader.cancel("enough");
    }
}
