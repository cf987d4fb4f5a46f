//! Uploads over GalileoSend, which has one message for everything.

use incoming_uploader::{Builder, Error, Outcome, Protocol, State, Uploader};
use wasm_bindgen_test::wasm_bindgen_test;

use super::world::{World, file};

fn upload() -> Builder {
    Uploader::builder(file("a.bin", "hello"))
        .protocol(Protocol::Galileo)
        .endpoint("ws://server.test/send")
}

#[wasm_bindgen_test]
async fn a_file_goes_in_chunks_of_the_size_that_the_server_wants() {
    let world = World::new();
    let uploader = upload().start().unwrap();
    let socket = world.socket(1).await;
    assert_eq!(socket.url(), "ws://server.test/send");
    socket.accept();
    assert_eq!(socket.message(1).await, r#"{"name":"a.bin","size":5}"#);
    socket.say(&r#"{"ready":true,"chunksize":3}"#.into());
    assert_eq!(socket.message(2).await, "<hel>");
    socket.say(&r#"{"ready":true,"chunksize":3}"#.into());
    assert_eq!(socket.message(3).await, "<lo>");
    socket.say(&r#"{"ready":true}"#.into());
    assert_eq!(socket.message(4).await, r#"{"finished":true}"#);
    assert_eq!(uploader.snapshot().state, State::HandingOver);
    socket.say(&r#"{"close":true}"#.into());
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert!(socket.is_closed());
}

#[wasm_bindgen_test]
async fn a_pause_keeps_the_connection_and_nothing_is_sent_again() {
    let world = World::new();
    let uploader = upload().start().unwrap();
    let socket = world.socket(1).await;
    socket.accept();
    socket.message(1).await;
    socket.say(&r#"{"ready":true,"chunksize":3}"#.into());
    socket.message(2).await;
    uploader.pause();
    socket.say(&r#"{"ready":true,"chunksize":3}"#.into());
    assert!(!socket.is_closed());
    assert_eq!((uploader.snapshot().state, socket.said().await.len()), (State::Paused, 2));
    uploader.start().unwrap();
    assert_eq!(socket.message(3).await, "<lo>");
    socket.say(&r#"{"ready":true}"#.into());
    socket.say(&r#"{"close":true}"#.into());
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert_eq!(world.sockets(), 1);
}

#[wasm_bindgen_test]
fn what_begins_with_the_first_byte_is_not_resumed() {
    let _world = World::new();
    let Err(Error::Misuse(words)) = upload().resume(true).parts_url("/p/").build() else {
        panic!("it would resume");
    };
    assert!(words.contains("GalileoSend begins with the first byte"), "{words}");
}
