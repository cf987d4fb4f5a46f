//! Tickets that a function of the page gets.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use incoming_uploader::{Builder, Error, Outcome, Protocol, State, Uploader};
use wasm_bindgen_test::wasm_bindgen_test;

use super::world::{World, file, record, turn};

fn upload() -> Builder {
    Uploader::builder(file("a.bin", "hello"))
        .protocol(Protocol::Resumable)
        .endpoint("https://server.test/resumable")
        .delays(&[Duration::ZERO])
}

#[wasm_bindgen_test]
async fn a_ticket_is_asked_for_when_the_upload_begins_and_only_once() {
    let world = World::new();
    let asked = Rc::new(Cell::new(0));
    let asking = Rc::clone(&asked);
    let upload = upload().ticket_from(move || {
        asking.set(asking.get() + 1);
        async {
            turn().await;
            Ok("ticket-7".to_owned())
        }
    });
    let uploader = upload.build().unwrap();
    assert_eq!(asked.get(), 0, "nothing has begun");
    uploader.start().unwrap();
    assert_eq!(uploader.snapshot().state, State::Waiting);
    let request = world.request(1).await;
    assert_eq!(request.param("resumableIdentifier").unwrap(), "ticket-7");
    uploader.pause();
    uploader.start().unwrap();
    world.request(2).await.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
    assert_eq!(asked.get(), 1);
}

#[wasm_bindgen_test]
async fn a_function_that_cannot_for_now_is_asked_again() {
    for passing in [Error::Postponed("busy".to_owned()), Error::Lost("the line is dead".to_owned())]
    {
        let world = World::new();
        let asked = Rc::new(Cell::new(0));
        let words = passing.words();
        let (told, tell) = record();
        let upload = upload().ticket_from(move || {
            let is_first = asked.replace(asked.get() + 1) == 0;
            let first = Err(passing.clone());
            async move { if is_first { first } else { Ok("ticket".to_owned()) } }
        });
        let upload = upload.on_progress(move |now| tell(now.last_error.clone()));
        let uploader = upload.start().unwrap();
        world.request(1).await.succeed();
        assert_eq!(uploader.finished().await, Outcome::Finished);
        let lost = told.borrow().iter().flatten().next().cloned().unwrap();
        assert!(lost.message.contains(&words), "{}", lost.message);
    }
}

#[wasm_bindgen_test]
async fn a_function_that_refuses_ends_the_upload_in_its_words() {
    let world = World::new();
    let asked = Rc::new(Cell::new(0));
    let asking = Rc::clone(&asked);
    let upload = upload().ticket_from(move || {
        asking.set(asking.get() + 1);
        async { Err(Error::Refused("quota exceeded".to_owned())) }
    });
    let uploader = upload.start().unwrap();
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it was refused") };
    assert_eq!(error, Error::Refused("quota exceeded".to_owned()));
    assert_eq!((asked.get(), world.requests().len()), (1, 0));
}

#[wasm_bindgen_test]
async fn an_upload_is_cancelled_while_its_ticket_is_asked_for() {
    let world = World::new();
    let never = || async {
        std::future::pending::<()>().await;
        Ok(String::new())
    };
    let uploader = upload().ticket_from(never).start().unwrap();
    uploader.cancel("no longer");
    assert_eq!(uploader.finished().await, Outcome::Cancelled("no longer".to_owned()));
    assert_eq!(world.requests().len(), 0);
}
