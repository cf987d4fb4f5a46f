//! The Rust API in a dedicated worker, without any server: what would leave it goes to the test.

#![cfg(all(target_arch = "wasm32", not(feature = "npm")))]
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

mod api;

use incoming_uploader::{Error, Outcome, Protocol, Uploader};
use wasm_bindgen_test::wasm_bindgen_test;

use api::world::{World, file};

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
async fn nothing_is_resumed_where_there_is_no_local_storage() {
    let world = World::new();
    let uploader = Uploader::builder(file("a.bin", "hello"))
        .protocol(Protocol::Resumable)
        .parts_url("/parts/")
        .resume(true)
        .start()
        .unwrap();
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it goes on") };
    assert!(matches!(error, Error::Unsupported(_)), "{error}");
    let words = "resuming in a worker, which has no localStorage, is not supported here";
    assert_eq!(error.to_string(), words);
    assert_eq!(world.requests().len(), 0, "nothing has left");
}
