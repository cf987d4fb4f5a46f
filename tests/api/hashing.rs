//! Fingerprints, by what is loaded for them.

use std::time::Duration;

use incoming_uploader::{Builder, Outcome, Protocol, State, Uploader, Verification};
use js_sys::{Error as JsError, Reflect};
use wasm_bindgen_test::wasm_bindgen_test;

use super::parts::{FakeJob, MD5, begun_jobs, parts_url, refuse_digests, take_over_digests};
use super::world::{Answer, World, file, turn, until};
use super::{until_it, until_it_waits};

/// The MD5 of `parts.rs` as a header says it.
const FIELD: &str = "md5=:XUFAKrxLKna5cZ2REBfFkg==:";

fn upload(verify: Verification) -> Builder {
    Uploader::builder(file("a.bin", "hello"))
        .protocol(Protocol::Resumable)
        .endpoint("https://server.test/resumable")
        .ticket("id-1")
        .verify(verify)
        .parts_url(&parts_url())
        .delays(&[Duration::ZERO])
}

async fn job(count: usize) -> FakeJob {
    until("a job", || begun_jobs().len() >= count).await;
    begun_jobs().swap_remove(count - 1)
}

#[wasm_bindgen_test]
async fn chunks_are_hashed_before_they_leave_and_compared_with_what_arrived() {
    let world = World::new();
    take_over_digests(false);
    let uploader = upload(Verification::Chunks).chunk_size(3).start().unwrap();
    let request = world.request(1).await;
    assert_eq!(job(1).await.range(), "0-5", "the last chunk takes what is left");
    assert_eq!(request.header("content-digest").unwrap(), FIELD);
    let headers = &[("Upload-Content-Digest", FIELD)];
    request.answer_with(&Answer { status: 200, headers, ..Answer::default() });
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert_eq!(uploader.snapshot().verified, Some(Verification::Chunks));
}

#[wasm_bindgen_test]
async fn the_whole_file_is_hashed_once_and_goes_on_in_a_pause() {
    let world = World::new();
    take_over_digests(true);
    let uploader = upload(Verification::File).start().unwrap();
    let whole = job(1).await;
    assert_eq!(whole.range(), "0-5");
    whole.hashed(2);
    let now = uploader.snapshot();
    assert_eq!((now.hashing, now.frac_hashed, now.md5), (true, 0.4, None));
    uploader.pause();
    assert!(!whole.is_cancelled());
    whole.finish();
    until_it(&uploader, "the fingerprint", |now| now.md5.as_deref() == Some(MD5)).await;
    uploader.start().unwrap();
    let headers = &[("Upload-Repr-Digest", FIELD)];
    world.request(2).await.answer_with(&Answer { status: 200, headers, ..Answer::default() });
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert_eq!(begun_jobs().len(), 1);
    assert_eq!(uploader.snapshot().verified, Some(Verification::File));
}

#[wasm_bindgen_test]
async fn nobody_hashes_for_an_upload_that_is_over() {
    let _world = World::new();
    take_over_digests(true);
    let uploader = upload(Verification::File).start().unwrap();
    let whole = job(1).await;
    uploader.cancel("no longer");
    assert_eq!(uploader.finished().await, Outcome::Cancelled("no longer".to_owned()));
    assert!(whole.is_cancelled());
}

#[wasm_bindgen_test]
async fn a_chunk_is_not_hashed_any_further_when_its_attempt_is_over() {
    let world = World::new();
    take_over_digests(true);
    let uploader = upload(Verification::Chunks).chunk_size(2).start().unwrap();
    let chunk = job(1).await;
    uploader.pause();
    assert!(chunk.is_cancelled());
    turn().await;
    assert_eq!((uploader.snapshot().state, world.requests().len()), (State::Paused, 0));
}

#[wasm_bindgen_test]
async fn a_file_that_cannot_be_hashed_any_more_ends_the_upload() {
    let _world = World::new();
    take_over_digests(true);
    let uploader = upload(Verification::Chunks).start().unwrap();
    let error = JsError::new("it was changed");
    Reflect::set(&error, &"kind".into(), &"file_changed".into()).unwrap();
    job(1).await.fail(&error);
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it goes on") };
    assert_eq!(error.kind(), "file_changed");
    assert!(error.to_string().contains("it was changed"), "{error}");
}

#[wasm_bindgen_test]
async fn what_hashes_and_cannot_be_loaded_is_tried_again() {
    let _world = World::new();
    take_over_digests(false);
    refuse_digests("no such file");
    let upload = upload(Verification::Chunks).delays(&[Duration::from_secs(60)]);
    let uploader = upload.start().unwrap();
    let now = until_it_waits(&uploader).await;
    assert!(now.last_error.unwrap().message.contains("no such file"));
    uploader.cancel("enough");
}
