//! How uploads end, and who hears of it.

use std::cell::RefCell;
use std::rc::Rc;

use incoming_uploader::{Builder, Error, Outcome, Protocol, State, Uploader};
use js_sys::{Function, Reflect, global};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;

use super::world::{Answer, FakeRequest, World, file, turn, until};

fn upload() -> Builder {
    Uploader::builder(file("a.bin", "hello"))
        .protocol(Protocol::FineUploader)
        .endpoint("https://server.test/up")
        .ticket("uuid-1")
}

const STORED: Answer<'_> =
    Answer { status: 200, text: r#"{"success":true}"#, headers: &[], url: "" };

#[wasm_bindgen_test]
async fn whoever_waits_for_the_end_hears_of_it_also_before_the_start_and_after_the_end() {
    let world = World::new();
    let uploader = upload().build().unwrap();
    let heard: Rc<RefCell<Vec<Outcome>>> = Rc::default();
    for _ in 0..2 {
        let (end, heard) = (uploader.finished(), Rc::clone(&heard));
        spawn_local(async move {
            let outcome = end.await;
            heard.borrow_mut().push(outcome);
        });
    }
    turn().await;
    assert_eq!(*heard.borrow(), []);
    uploader.start().unwrap();
    world.request(1).await.answer_with(&STORED);
    until("the end", || *heard.borrow() == [Outcome::Finished, Outcome::Finished]).await;
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn an_upload_that_never_began_is_cancelled_at_once() {
    let world = World::new();
    let uploader = upload().build().unwrap();
    uploader.cancel("no");
    assert_eq!(uploader.finished().await, Outcome::Cancelled("no".to_owned()));
    let now = uploader.snapshot();
    assert_eq!((now.state, now.cancel_msg), (State::Cancelled, Some("no".to_owned())));
    assert_eq!((now.error_code, world.requests().len()), (None, 0));
}

#[wasm_bindgen_test]
async fn what_is_over_does_not_begin_again() {
    let world = World::new();
    let cancelled = upload().build().unwrap();
    cancelled.cancel("no");
    let finished = upload().start().unwrap();
    world.request(1).await.answer_with(&STORED);
    finished.finished().await;
    for (uploader, word) in [(cancelled, "cancelled"), (finished, "finished")] {
        let before = uploader.snapshot();
        let Err(Error::Misuse(words)) = uploader.start() else { panic!("it begins again") };
        assert!(words.contains(word), "{words}");
        assert_eq!(uploader.snapshot(), before);
    }
}

/// A browser in which every connection is refused at once, with the number of the attempt.
fn refuse_sockets() {
    let refusal =
        "throw new Error(`attempt ${(globalThis.attempts = (globalThis.attempts ?? 0) + 1)}`)";
    let socket = Function::new_no_args(refusal);
    Reflect::set(&global(), &"WebSocket".into(), &socket).unwrap();
}

#[wasm_bindgen_test]
async fn a_run_that_begins_before_the_failure_of_the_last_one_was_told_has_an_end_of_its_own() {
    let _world = World::new();
    refuse_sockets();
    let chosen: Rc<RefCell<Option<Uploader>>> = Rc::default();
    let restarts = Rc::clone(&chosen);
    let upload = Uploader::builder(file("a.bin", "hello")).ticket("ticket");
    let uploader = upload.on_progress(move |now| {
        let uploader = if now.state == State::Failed { restarts.take() } else { None };
        if let Some(uploader) = uploader {
            uploader.start().unwrap();
        }
    });
    let uploader = uploader.build().unwrap();
    *chosen.borrow_mut() = Some(uploader.clone());
    let first = uploader.finished();
    uploader.start().unwrap();
    for (end, attempt) in [(first.await, 1), (uploader.finished().await, 2)] {
        let Outcome::Failed(error) = end else { panic!("{end:?}") };
        assert!(error.to_string().contains(&format!("attempt {attempt}")), "{error}");
    }
}

#[wasm_bindgen_test]
async fn an_upload_whose_uploader_was_dropped_goes_on() {
    let world = World::new();
    let end = upload().start().unwrap().finished();
    let request = world.request(1).await;
    turn().await;
    request.answer_with(&STORED);
    assert_eq!(end.await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn an_uploader_that_is_dropped_is_freed_when_nothing_is_under_way() {
    type End = fn(&Uploader, &FakeRequest);
    let ends: [(&str, End); 4] = [
        ("finished", |_, request| request.answer_with(&STORED)),
        ("failed", |_, request| request.answer_with(&Answer { status: 415, ..Answer::default() })),
        ("cancelled", |uploader, _| uploader.cancel("no")),
        ("paused", |uploader, _| uploader.pause()),
    ];
    for (state, end) in ends {
        let world = World::new();
        let held = Rc::new(());
        let holding = Rc::downgrade(&held);
        let uploader = upload().on_progress(move |_| drop(Rc::clone(&held))).start().unwrap();
        let request = world.request(1).await;
        end(&uploader, &request);
        until(state, || uploader.snapshot().state.name() == state).await;
        drop(uploader);
        until("the end of what it held", || holding.upgrade().is_none()).await;
    }
    let held = Rc::new(());
    let holding = Rc::downgrade(&held);
    drop(upload().on_progress(move |_| drop(Rc::clone(&held))).build());
    assert!(holding.upgrade().is_none(), "nothing has begun");
}

#[wasm_bindgen_test]
async fn a_clone_is_the_same_upload() {
    let world = World::new();
    let uploader = upload().build().unwrap();
    uploader.clone().start().unwrap();
    world.request(1).await;
    assert_eq!(uploader.snapshot().state, State::Uploading);
    uploader.clone().cancel("enough");
    assert_eq!(uploader.finished().await, Outcome::Cancelled("enough".to_owned()));
}

#[wasm_bindgen_test]
async fn a_file_that_was_delivered_is_removed() {
    let world = World::new();
    let uploader = upload().endpoint("https://server.test/up?key=1#top").build().unwrap();
    let refused = uploader.remove().unwrap_err();
    assert_eq!(refused.kind(), "misuse", "{refused}");
    uploader.start().unwrap();
    world.request(1).await.answer_with(&STORED);
    uploader.finished().await;
    assert!(uploader.snapshot().can_remove);
    uploader.remove().unwrap();
    let removal = world.request(2).await;
    assert_eq!((removal.how(), removal.method()), ("fetch".to_owned(), "DELETE".to_owned()));
    assert_eq!(removal.address(), "https://server.test/up/uuid-1?key=1");
    removal.succeed();
    until("the removal", || uploader.snapshot().removed).await;
    assert_eq!(uploader.finished().await, Outcome::Finished, "it stays delivered");
}
