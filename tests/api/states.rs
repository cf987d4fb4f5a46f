//! What is shown, and to whom.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use incoming_uploader::{Builder, Outcome, Protocol, State, Uploader};
use wasm_bindgen_test::wasm_bindgen_test;

use super::world::{Answer, World, file, hurry, record, turn};
use super::{until_it, until_it_waits};

fn upload() -> Builder {
    Uploader::builder(file("blåbær.bin", "hello!"))
        .protocol(Protocol::Resumable)
        .endpoint("https://server.test/resumable")
        .ticket("id-1")
        .delays(&[Duration::from_secs(60)])
}

#[wasm_bindgen_test]
fn everything_is_known_before_the_first_byte() {
    let now = upload().build().unwrap().snapshot();
    assert_eq!((now.filename.as_str(), now.bytes_total), ("blåbær.bin", 6));
    assert_eq!((now.bytes_tx, now.bytes_acked, now.bytes_ahead), (0, 0, 0));
    assert_eq!((now.frac_complete, now.frac_hashed), (0.0, 0.0));
    assert_eq!((now.speed, now.eta), (0.0, None));
    assert_eq!((now.state, now.state_msg.as_str()), (State::Ready, "not yet started"));
    assert_eq!((now.md5, now.verified, now.last_error), (None, None, None));
    assert_eq!((now.error_code, now.error_kind, now.error_msg), (None, None, None));
    assert!(!now.connected && !now.finished && !now.paused && !now.can_pause);
    assert!(now.can_cancel && !now.cancelling && !now.cancelled);
    assert!(!now.can_remove && !now.removed && !now.resumable && !now.hashing);
}

#[wasm_bindgen_test]
fn a_snapshot_is_plain_data_that_any_state_of_a_framework_holds() {
    fn is_plain<T: Clone + PartialEq + Send + Sync + 'static>(_: &T) {}
    is_plain(&upload().build().unwrap().snapshot());
}

#[wasm_bindgen_test]
async fn every_state_is_told_in_order_and_the_end_as_well() {
    let world = World::new();
    let (told, tell) = record();
    let upload = upload().ticket_from(|| async { Ok("id-1".to_owned()) });
    let uploader = upload.on_progress(move |now| tell(now.state)).start().unwrap();
    world.request(1).await.answer_with(&Answer { status: 503, ..Answer::default() });
    until_it_waits(&uploader).await;
    uploader.pause();
    uploader.start().unwrap();
    world.request(2).await.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
    let mut states = told.borrow().clone();
    states.dedup();
    let between = [State::Uploading, State::Retrying, State::Paused, State::Uploading];
    assert_eq!(states[..1], [State::Waiting]);
    assert_eq!(states[1..5], between);
    assert_eq!(states[5..], [State::Finished]);
}

#[wasm_bindgen_test]
async fn nothing_is_told_when_nothing_has_changed() {
    let world = World::new();
    let (told, tell) = record();
    let upload = upload().on_progress(move |now| tell(now.clone()));
    let uploader = upload.start().unwrap();
    let request = world.request(1).await;
    let before = told.borrow().len();
    uploader.start().unwrap();
    turn().await;
    assert_eq!(told.borrow().len(), before, "it is under way already");
    request.succeed();
    uploader.finished().await;
    turn().await;
    assert_eq!(told.borrow().last(), Some(&uploader.snapshot()), "what was told last is true");
    let mut told = told.borrow().clone();
    let count = told.len();
    told.dedup();
    assert_eq!(told.len(), count);
}

#[wasm_bindgen_test]
async fn who_is_told_may_pause_the_upload() {
    let world = World::new();
    let shared: Rc<RefCell<Option<Uploader>>> = Rc::default();
    let told = Rc::clone(&shared);
    let upload = upload().chunk_size(2).on_progress(move |now| {
        if now.bytes_acked == 2 && !now.paused {
            told.borrow().as_ref().unwrap().pause();
        }
    });
    let uploader = upload.build().unwrap();
    *shared.borrow_mut() = Some(uploader.clone());
    uploader.start().unwrap();
    world.request(3).await;
    world.request(1).await.succeed();
    until_it(&uploader, "the pause", |now| now.state == State::Paused).await;
    let aborted = world.requests().iter().filter(|request| request.is_aborted()).count();
    assert_eq!((aborted, world.requests().len()), (2, 3));
    shared.take();
}

#[wasm_bindgen_test]
async fn speed_and_the_time_that_is_left_are_known_while_bytes_are_confirmed() {
    let world = World::new();
    hurry(100.0);
    let uploader = upload().chunk_size(1).option("simultaneous", 1).start().unwrap();
    for count in 1..=3 {
        let request = world.request(count).await;
        turn().await;
        request.succeed();
    }
    world.request(4).await;
    let now = uploader.snapshot();
    assert!(now.speed > 0.0, "{now:?}");
    let eta = now.eta.unwrap();
    assert!((eta - 3.0 / now.speed).abs() < 1e-6, "{now:?}");
    uploader.pause();
    let now = uploader.snapshot();
    assert_eq!((now.speed, now.eta), (0.0, None));
}

#[wasm_bindgen_test]
async fn attempts_run_out_and_the_error_says_why() {
    let world = World::new();
    let upload = upload().attempts(1).delays(&[Duration::ZERO]);
    let uploader = upload.start().unwrap();
    for count in 1..=2 {
        world.request(count).await.fail();
    }
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it goes on") };
    let now = uploader.snapshot();
    assert_eq!((now.error_kind, now.error_code), (Some("lost"), Some(2)));
    assert_eq!(now.error_msg, Some(error.to_string()));
    assert_eq!((now.state, now.last_error), (State::Failed, None));
}
