//! Files of no bytes, folders that pose as such, and files that cannot be read.

use std::time::Duration;

use incoming_uploader::{Builder, Error, Outcome, Protocol, Uploader};
use js_sys::{Function, Reflect};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::File;

use super::world::{World, file};

fn over_requests(file: File) -> Builder {
    Uploader::builder(file)
        .protocol(Protocol::Resumable)
        .endpoint("https://server.test/resumable")
        .ticket("id-1")
        .delays(&[Duration::ZERO])
}

fn over_a_socket(file: File) -> Builder {
    Uploader::builder(file).endpoint("wss://server.test/up").ticket("ticket")
}

/// A file of which the browser says this when somebody reads it.
fn unreadable(text: &str, why: &str) -> File {
    let file = file("a.bin", text);
    make_unreadable(&file, why);
    file
}

fn make_unreadable(file: &File, why: &str) {
    let read = format!("return Promise.reject(new DOMException('no', '{why}'))");
    let read = Function::new_no_args(&read);
    Reflect::set(file, &"arrayBuffer".into(), &read).unwrap();
    let slice = Function::new_no_args("return this");
    Reflect::set(file, &"slice".into(), &slice).unwrap();
}

#[wasm_bindgen_test]
async fn a_file_of_no_bytes_is_one_request() {
    let world = World::new();
    let uploader = over_requests(file("empty.bin", "")).start().unwrap();
    let request = world.request(1).await;
    assert_eq!(request.param("resumableTotalSize").unwrap(), "0");
    assert_eq!(request.field("file").await.unwrap(), "empty.bin  ");
    request.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
    let now = uploader.snapshot();
    assert_eq!((now.bytes_total, now.frac_complete), (0, 1.0));
    assert_eq!(world.requests().len(), 1);
}

#[wasm_bindgen_test]
async fn a_file_of_no_bytes_goes_over_a_socket() {
    let world = World::new();
    let uploader = over_a_socket(file("empty.bin", "")).start().unwrap();
    let socket = world.socket(1).await;
    socket.accept();
    assert!(socket.message(1).await.contains(r#""LengthBytes":0"#));
    let terms = r#"{"ChunkSizeKB":1,"FilePos":0,"SendAhead":2}"#;
    socket.say(&format!(r#"{{"MsgType":"MsgUploadConf","MsgData":{terms}}}"#).into());
    socket.message(2).await;
    socket.say(&r#"{"MsgType":"MsgAllDone","MsgData":{"Success":true}}"#.into());
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert_eq!(socket.said().await.len(), 2, "no frame of no bytes");
}

#[wasm_bindgen_test]
async fn a_folder_of_the_size_0_does_not_arrive_as_a_file() {
    for upload in [over_requests, over_a_socket] {
        let _world = World::new();
        let uploader = upload(unreadable("", "NotFoundError")).start().unwrap();
        let Outcome::Failed(error) = uploader.finished().await else { panic!("it arrived") };
        assert!(matches!(error, Error::FileChanged(_)));
        let words = "the file changed or can no longer be read (it is a folder, or was moved or \
                     deleted); choose it again";
        assert_eq!(error.to_string(), words);
    }
}

#[wasm_bindgen_test]
async fn a_file_that_cannot_be_read_after_a_loss_is_not_sent_again() {
    let (world, file) = (World::new(), file("a.bin", "hello"));
    let uploader = over_requests(file.clone()).start().unwrap();
    let request = world.request(1).await;
    make_unreadable(&file, "NotReadableError");
    request.fail();
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it goes on") };
    assert_eq!(error.kind(), "file_changed");
    assert_eq!(world.requests().len(), 1);
}

#[wasm_bindgen_test]
async fn a_file_that_cannot_be_read_while_it_is_sent_is_not_delivered() {
    let (world, file) = (World::new(), file("a.bin", "hello"));
    let uploader = over_requests(file.clone()).start().unwrap();
    let request = world.request(1).await;
    make_unreadable(&file, "NotReadableError");
    request.succeed();
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it was delivered") };
    assert_eq!(error.kind(), "file_changed");
}

#[wasm_bindgen_test]
async fn a_file_that_cannot_be_read_is_not_sent_whole() {
    let world = World::new();
    let uploader = over_requests(unreadable("hello", "NotReadableError")).start().unwrap();
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it was sent") };
    assert_eq!((error.kind(), world.requests().len()), ("file_changed", 0));
}
