//! Waits: for the next attempt, for a server that is silent, and while a machine sleeps.

use std::time::Duration;

use incoming_uploader::{Builder, Outcome, Protocol, State, Uploader};
use js_sys::Date;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, EventTarget};

use super::world::{World, file, hurry, sleep_for, turn};
use super::{seconds_to_wait, until_it_waits};

const HOUR: Duration = Duration::from_secs(3600);

fn upload() -> Builder {
    Uploader::builder(file("a.bin", "hello"))
        .protocol(Protocol::Resumable)
        .endpoint("https://server.test/resumable")
        .ticket("id-1")
}

/// An upload that waits for its second attempt, for at least half of this time.
async fn lost(world: &World, delay: Duration) -> Uploader {
    loop {
        let uploader = upload().delays(&[delay]).start().unwrap();
        world.request(1).await.fail();
        // The wait is a random part of it.
        let seconds = seconds_to_wait(&until_it_waits(&uploader).await);
        if u64::from(seconds) > delay.as_secs() / 2 + 1 {
            return uploader;
        }
        uploader.cancel("another throw of the dice");
        world.forget();
    }
}

#[wasm_bindgen_test]
async fn a_wait_is_over_when_the_network_comes_back() {
    let world = World::new();
    let uploader = lost(&world, HOUR).await;
    let global: EventTarget = js_sys::global().unchecked_into();
    global.dispatch_event(&Event::new("online").unwrap()).unwrap();
    world.request(2).await.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn a_wait_is_over_when_somebody_starts_the_upload() {
    let world = World::new();
    let uploader = lost(&world, HOUR).await;
    uploader.start().unwrap();
    world.request(2).await.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn a_pause_ends_a_wait_for_good() {
    let world = World::new();
    hurry(100.0);
    let uploader = lost(&world, Duration::from_secs(100)).await;
    uploader.pause();
    let paused = Date::now();
    while Date::now() - paused < 100_000.0 {
        turn().await;
    }
    let now = uploader.snapshot();
    assert_eq!((now.state, world.requests().len()), (State::Paused, 1));
}

#[wasm_bindgen_test]
async fn a_server_that_is_silent_for_too_long_is_lost() {
    let world = World::new();
    hurry(200.0);
    let upload = upload().stall_timeout(Duration::from_secs(10)).delays(&[Duration::ZERO]);
    let begun = Date::now();
    let uploader = upload.start().unwrap();
    let silent = world.request(1).await;
    world.request(2).await.succeed();
    assert!(Date::now() - begun >= 10_000.0);
    assert!(silent.is_aborted());
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn who_wakes_up_from_sleep_does_not_wait_for_what_is_left_of_it() {
    let world = World::new();
    hurry(50.0);
    let uploader = lost(&world, HOUR).await;
    // Twenty minutes are left, which are longer than the test waits.
    sleep_for(600_000.0);
    world.request(2).await.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn long_waits_are_as_long_as_they_should_be() {
    let world = World::new();
    hurry(100.0);
    let upload = upload().delays(&[Duration::ZERO]).stall_timeout(Duration::from_secs(60));
    let begun = Date::now();
    let uploader = upload.start().unwrap();
    world.request(1).await;
    world.request(2).await.succeed();
    let waited = Date::now() - begun;
    assert!(waited >= 60_000.0, "{waited} ms");
    assert_eq!(uploader.finished().await, Outcome::Finished);
}
