//! Uploads over a WebSocket, by the example of Incoming!!.

use std::time::Duration;

use incoming_uploader::{Builder, Error, Outcome, Protocol, State, Uploader};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::world::{FakeSocket, World, file, refuse_sockets, turn, until};
use super::{until_it, until_it_waits};

const DONE: &str = r#"{"MsgType":"MsgAllDone","MsgData":{"Success":true}}"#;

fn upload(text: &str) -> Builder {
    Uploader::builder(file("a.bin", text))
        .protocol(Protocol::Incoming)
        .endpoint("wss://server.test/up")
        .ticket("ticket")
}

/// The terms of a server that has so many bytes: chunks of a kilobyte.
fn terms(has: u32) -> JsValue {
    let data = format!(r#"{{"ChunkSizeKB":1,"FilePos":{has},"SendAhead":2}}"#);
    format!(r#"{{"MsgType":"MsgUploadConf","MsgData":{data}}}"#).into()
}

fn confirmation(bytes: u32) -> JsValue {
    format!(r#"{{"MsgType":"MsgChunkAck","MsgData":{{"ChunkSize":{bytes}}}}}"#).into()
}

/// As far as the terms, which the uploader takes.
async fn connect(world: &World, count: usize, has: u32) -> FakeSocket {
    let socket = world.socket(count).await;
    socket.accept();
    socket.message(1).await;
    socket.say(&terms(has));
    socket.message(2).await;
    socket
}

#[wasm_bindgen_test]
async fn a_file_goes_over_a_socket_in_frames_of_its_bytes() {
    let world = World::new();
    let uploader = upload("hello").start().unwrap();
    let socket = world.socket(1).await;
    assert_eq!(socket.url(), "wss://server.test/up");
    assert_eq!(uploader.snapshot().state, State::Connecting);
    socket.accept();
    let request = r#"{"Id":"ticket","LengthBytes":5,"Name":"a.bin"}"#;
    let request = format!(r#"{{"MsgType":"MsgUploadReq","MsgData":{request}}}"#);
    assert_eq!(socket.message(1).await, request);
    assert!(uploader.snapshot().connected);
    socket.say(&terms(0));
    assert_eq!(socket.message(2).await, r#"{"MsgType":"MsgAck","MsgData":{"Ack":true}}"#);
    assert_eq!(socket.message(3).await, "<hello>");
    let now = uploader.snapshot();
    assert_eq!((now.state, now.bytes_acked), (State::Uploading, 0));
    socket.say(&confirmation(5));
    let now = uploader.snapshot();
    assert_eq!((now.state, now.bytes_acked), (State::HandingOver, 5));
    socket.say(&DONE.into());
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert!(socket.is_closed());
    assert_eq!(world.sockets(), 1, "created once");
}

#[wasm_bindgen_test]
async fn no_more_is_on_its_way_than_the_server_allows_and_each_byte_once() {
    let world = World::new();
    let text = ["a", "b", "c"].map(|letter| letter.repeat(1024));
    let uploader = upload(&text.concat()).start().unwrap();
    let socket = connect(&world, 1, 0).await;
    socket.message(4).await;
    turn().await;
    assert_eq!(socket.said().await.len(), 4, "two chunks of three");
    for count in 1..=3 {
        socket.say(&confirmation(1024));
        assert_eq!(uploader.snapshot().bytes_acked, count * 1024);
    }
    assert_eq!(socket.said().await[2..], text.map(|text| format!("<{text}>")));
    socket.say(&DONE.into());
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn what_waits_in_the_browser_has_not_left_it() {
    let world = World::new();
    let uploader = upload("hello").start().unwrap();
    let socket = world.socket(1).await;
    socket.accept();
    socket.message(1).await;
    socket.set_buffered_amount(3.0);
    socket.say(&terms(0));
    until_it(&uploader, "what has left", |now| now.bytes_tx == 2).await;
    socket.set_buffered_amount(0.0);
    let now = until_it(&uploader, "the rest", |now| now.bytes_tx == 5).await;
    assert_eq!(now.state_msg, "everything is sent, waiting for the server");
    uploader.cancel("enough");
}

#[wasm_bindgen_test]
async fn a_pause_is_told_and_the_next_start_goes_on_where_the_server_is() {
    let world = World::new();
    let text = ["a", "b", "c"].map(|letter| letter.repeat(1024));
    let uploader = upload(&text.concat()).start().unwrap();
    let socket = connect(&world, 1, 0).await;
    socket.say(&confirmation(1024));
    uploader.pause();
    let said = socket.said().await;
    assert_eq!(said.last().unwrap(), r#"{"MsgType":"MsgPause","MsgData":{"Pause":true}}"#);
    assert!(socket.is_closed());
    let now = uploader.snapshot();
    assert_eq!((now.state, now.bytes_acked, now.connected), (State::Paused, 1024, false));
    uploader.start().unwrap();
    let second = connect(&world, 2, 2048).await;
    assert_eq!(second.message(3).await, format!("<{}>", text[2]), "and nothing before it");
    second.say(&confirmation(1024));
    second.say(&DONE.into());
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn nothing_of_an_earlier_connection_is_obeyed() {
    let world = World::new();
    let uploader = upload("hello").start().unwrap();
    let socket = connect(&world, 1, 0).await;
    uploader.pause();
    let before = uploader.snapshot();
    socket.say(&confirmation(5));
    socket.say(&DONE.into());
    socket.end(1000, "");
    turn().await;
    assert_eq!(uploader.snapshot(), before);
}

#[wasm_bindgen_test]
async fn a_lost_connection_is_made_again_and_the_words_of_its_end_are_shown() {
    let world = World::new();
    let uploader = upload("hello").delays(&[Duration::from_secs(3600)]).start().unwrap();
    let socket = connect(&world, 1, 0).await;
    socket.end(1011, "out of memory");
    let now = until_it_waits(&uploader).await;
    let error = now.last_error.unwrap();
    assert_eq!(error.kind, "lost");
    assert!(error.message.contains("1011: out of memory"), "{}", error.message);
    assert_eq!((now.state, now.error_kind), (State::Retrying, None), "not an error yet");
    uploader.start().unwrap();
    let second = connect(&world, 2, 5).await;
    second.say(&DONE.into());
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn an_address_that_the_browser_refuses_ends_the_upload_in_its_words() {
    let world = World::new();
    refuse_sockets("no such port");
    let uploader = upload("hello").start().unwrap();
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it was refused") };
    assert!(matches!(&error, Error::Misuse(words) if words.contains("no such port")), "{error}");
    assert_eq!(world.sockets(), 0, "and is not tried again");
}

#[wasm_bindgen_test]
async fn what_is_no_message_breaks_the_protocol() {
    for garbage in ["{".into(), JsValue::from(js_sys::ArrayBuffer::new(1))] {
        let world = World::new();
        let uploader = upload("hello").start().unwrap();
        connect(&world, 1, 0).await.say(&garbage);
        let outcome = uploader.finished().await;
        assert!(matches!(outcome, Outcome::Failed(Error::Misbehaved { .. })), "{outcome:?}");
    }
}

#[wasm_bindgen_test]
async fn a_cancellation_is_told_and_over_when_the_server_confirms_it() {
    let world = World::new();
    let uploader = upload("hello").start().unwrap();
    let socket = connect(&world, 1, 0).await;
    uploader.cancel("no longer");
    let said = socket.said().await;
    let told = r#"{"MsgType":"MsgCancel","MsgData":{"Reason":"no longer"}}"#;
    assert_eq!(said.last().unwrap(), told);
    assert_eq!(uploader.snapshot().state, State::Cancelling);
    socket.say(&r#"{"MsgType":"MsgCancelAck","MsgData":{"Ack":true}}"#.into());
    assert_eq!(uploader.finished().await, Outcome::Cancelled("no longer".to_owned()));
    until("the end of the socket", || socket.is_closed()).await;
}

#[wasm_bindgen_test]
async fn a_refusal_of_the_server_ends_the_upload_in_its_words() {
    let world = World::new();
    let uploader = upload("hello").start().unwrap();
    let socket = world.socket(1).await;
    socket.accept();
    socket.message(1).await;
    socket.say(&r#"{"MsgType":"MsgError","MsgData":{"Msg":"no such ticket"}}"#.into());
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it was refused") };
    assert_eq!(error.kind(), "rejected");
    assert!(error.to_string().contains("no such ticket"), "{error}");
    assert_eq!(uploader.snapshot().error_msg, Some(error.to_string()));
}
