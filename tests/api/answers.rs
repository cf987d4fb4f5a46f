//! What answers mean: when to ask again, from where they come, and what they say.

use std::time::Duration;

use incoming_uploader::{Builder, Error, Outcome, Protocol, Uploader};
use js_sys::{Date, Function};
use wasm_bindgen_test::wasm_bindgen_test;

use super::world::{Answer, World, file, hurry};
use super::{seconds_to_wait, until_it_waits};

const HERE: &str = "https://server.test/resumable";

fn upload() -> Builder {
    Uploader::builder(file("a.bin", "hello"))
        .protocol(Protocol::Flow)
        .endpoint(HERE)
        .ticket("id-1")
        .delays(&[Duration::ZERO])
}

/// How many seconds pass between an answer and the next request.
async fn rest_after(transport: &str, headers: &[(&str, &str)]) -> f64 {
    let world = World::new();
    hurry(50.0);
    let uploader = upload().option("transport", transport).start().unwrap();
    let request = world.request(1).await;
    let answered = Date::now();
    request.answer_with(&Answer { status: 503, headers, ..Answer::default() });
    until_it_waits(&uploader).await;
    world.request(2).await.succeed();
    let rest_ms = Date::now() - answered;
    assert_eq!(uploader.finished().await, Outcome::Finished);
    rest_ms / 1000.0
}

#[wasm_bindgen_test]
async fn a_server_is_left_alone_for_as_many_seconds_as_it_asks_for() {
    for transport in ["xhr", "fetch"] {
        let rest = rest_after(transport, &[("Retry-After", "20")]).await;
        assert!((20.0..120.0).contains(&rest), "{rest} s by {transport}");
    }
}

#[wasm_bindgen_test]
async fn a_date_at_which_to_come_back_is_one_of_the_server_whose_clock_may_be_wrong() {
    for transport in ["xhr", "fetch"] {
        let headers = [
            ("Retry-After", "Wed, 21 Oct 2015 07:28:20 GMT"),
            ("Date", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ];
        let rest = rest_after(transport, &headers).await;
        assert!((20.0..120.0).contains(&rest), "{rest} s by {transport}");
    }
}

#[wasm_bindgen_test]
async fn a_date_is_taken_for_one_of_the_own_clock_if_the_server_says_no_other() {
    let world = World::new();
    let uploader = upload().delays(&[Duration::ZERO]).start().unwrap();
    let date = Date::new(&(Date::now() + 100_000.0).into()).to_utc_string();
    let date = String::from(date);
    let headers = &[("Retry-After", date.as_str())];
    world.request(1).await.answer_with(&Answer { status: 503, headers, ..Answer::default() });
    let now = until_it_waits(&uploader).await;
    assert!((90..=130).contains(&seconds_to_wait(&now)), "{}", now.state_msg);
    uploader.cancel("enough");
}

#[wasm_bindgen_test]
async fn what_is_refused_for_good_is_told_at_once_in_the_words_of_the_server() {
    for (text, words) in [
        (r#"{"error":"no pictures"}"#, "the server refused: 415: no pictures"),
        ("no pictures", "the server refused: 415: no pictures"),
        ("<html>nginx</html>", "the server refused: "),
    ] {
        let world = World::new();
        let uploader = upload().start().unwrap();
        world.request(1).await.answer_with(&Answer { status: 415, text, ..Answer::default() });
        let Outcome::Failed(error) = uploader.finished().await else { panic!("it goes on") };
        assert!(matches!(error, Error::Rejected(_)));
        assert!(error.to_string().starts_with(words), "{error}");
        assert!(!error.to_string().contains("nginx"), "{error}");
        assert_eq!(world.requests().len(), 1);
    }
}

#[wasm_bindgen_test]
async fn what_may_pass_is_tried_again_and_shown_until_there_is_progress() {
    let world = World::new();
    let uploader = upload().delays(&[Duration::from_secs(60)]).start().unwrap();
    let answer = Answer { status: 503, text: "full", ..Answer::default() };
    world.request(1).await.answer_with(&answer);
    let now = until_it_waits(&uploader).await;
    assert!(now.state_msg.starts_with("503: full, trying again within "), "{}", now.state_msg);
    let error = now.last_error.unwrap();
    assert_eq!((error.kind, error.code), ("unavailable", 10));
    uploader.start().unwrap();
    world.request(2).await.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert_eq!(uploader.snapshot().last_error, None);
}

#[wasm_bindgen_test]
async fn an_answer_from_another_address_proves_nothing_and_both_are_named() {
    for transport in ["xhr", "fetch"] {
        let world = World::new();
        let uploader = upload().option("transport", transport).start().unwrap();
        let url = "https://server.test/login?next=1";
        world.request(1).await.answer_with(&Answer { status: 200, url, ..Answer::default() });
        let Outcome::Failed(error) = uploader.finished().await else { panic!("it was stored") };
        assert_eq!(error.kind(), "rejected");
        let words = error.to_string();
        assert!(words.contains(HERE) && words.contains("https://server.test/login"), "{words}");
    }
}

#[wasm_bindgen_test]
async fn an_answer_from_another_address_counts_with_the_mark_of_our_server_or_if_the_page_says_so()
{
    let elsewhere = "https://other.test/resumable";
    for transport in ["xhr", "fetch"] {
        let whole = r#"{"has_all_chunks":true}"#;
        for (url, headers, text, redirects) in [
            (elsewhere, &[("Upload-Server", "incoming")][..], whole, "error"),
            (elsewhere, &[][..], "stored", "follow"),
            (HERE, &[][..], "stored", "error"),
        ] {
            let world = World::new();
            let upload = upload().option("transport", transport).option("redirects", redirects);
            let uploader = upload.start().unwrap();
            let answer = Answer { status: 200, url, headers, text };
            world.request(1).await.answer_with(&answer);
            assert_eq!(uploader.finished().await, Outcome::Finished);
        }
    }
}

#[wasm_bindgen_test]
async fn bytes_that_a_redirect_to_https_may_have_lost_are_sent_there_again() {
    for transport in ["xhr", "fetch"] {
        let world = World::new();
        let upload =
            upload().endpoint("http://server.test/resumable").option("transport", transport);
        let uploader = upload.start().unwrap();
        let first = world.request(1).await;
        let url = first.address().replace("http:", "https:");
        first.answer_with(&Answer { status: 200, url: &url, ..Answer::default() });
        let again = world.request(2).await;
        assert_eq!(again.address(), url);
        again.succeed();
        assert_eq!(uploader.finished().await, Outcome::Finished);
    }
}

#[wasm_bindgen_test]
async fn the_page_may_look_at_each_answer_itself() {
    let world = World::new();
    let looks = Function::new_with_args("answer", "return answer.text === 'stored'");
    let uploader = upload().option("is_stored", looks).start().unwrap();
    let portal = Answer { status: 200, text: "welcome", ..Answer::default() };
    world.request(1).await.answer_with(&portal);
    let stored = Answer { status: 200, text: "stored", ..Answer::default() };
    world.request(2).await.answer_with(&stored);
    assert_eq!(uploader.finished().await, Outcome::Finished);
}
