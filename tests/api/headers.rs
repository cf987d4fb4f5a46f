//! Headers that the page adds to each request.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use incoming_uploader::{Builder, Error, Outcome, Protocol, Uploader};
use js_sys::{Array, Date, Function};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::until_it;
use super::world::{Answer, World, file, object};

fn upload() -> Builder {
    Uploader::builder(file("a.bin", "hello"))
        .protocol(Protocol::Resumable)
        .endpoint("https://server.test/resumable")
        .ticket("id-1")
        .delays(&[Duration::ZERO])
}

#[wasm_bindgen_test]
async fn headers_of_the_page_go_with_every_request_whoever_carries_it() {
    for transport in ["xhr", "fetch"] {
        let world = World::new();
        let upload = upload().header("X-Token", "secret").header("X-Trace", "7");
        let uploader = upload.option("transport", transport).start().unwrap();
        let request = world.request(1).await;
        assert_eq!(request.how(), transport);
        assert_eq!(request.header("x-token").unwrap(), "secret");
        assert_eq!(request.header("x-trace").unwrap(), "7");
        uploader.cancel("enough");
    }
}

#[wasm_bindgen_test]
async fn a_function_is_asked_for_the_headers_of_each_request() {
    let world = World::new();
    let asked = Rc::new(Cell::new(0));
    let upload = upload().headers_from(move || {
        asked.set(asked.get() + 1);
        let token = format!("token {}", asked.get());
        async move { Ok(vec![("Authorization".to_owned(), token)]) }
    });
    let uploader = upload.start().unwrap();
    let first = world.request(1).await;
    assert_eq!(first.header("authorization").unwrap(), "token 1");
    first.fail();
    let second = world.request(2).await;
    assert_eq!(second.header("authorization").unwrap(), "token 2");
    second.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
}

#[wasm_bindgen_test]
async fn a_function_for_headers_that_cannot_for_now_is_asked_again() {
    let world = World::new();
    let asked = Rc::new(Cell::new(0));
    let (told, tell) = super::world::record();
    let upload = upload().headers_from(move || {
        let is_first = asked.replace(asked.get() + 1) == 0;
        async move {
            let sleepy = Err(Error::Postponed("the token server sleeps".to_owned()));
            if is_first { sleepy } else { Ok(Vec::new()) }
        }
    });
    let upload = upload.on_progress(move |now| tell(now.last_error.clone()));
    let uploader = upload.start().unwrap();
    world.request(1).await.succeed();
    assert_eq!(uploader.finished().await, Outcome::Finished);
    let lost = told.borrow().iter().flatten().next().cloned().unwrap();
    assert_eq!((lost.kind, lost.message.as_str()), ("unavailable", "the token server sleeps"));
}

#[wasm_bindgen_test]
async fn a_function_for_headers_that_refuses_ends_the_upload_in_its_words() {
    let world = World::new();
    let refused = || async { Err(Error::Refused("quota exceeded".to_owned())) };
    let uploader = upload().headers_from(refused).start().unwrap();
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it was refused") };
    assert_eq!((error.kind(), error.to_string()), ("rejected", "quota exceeded".to_owned()));
    assert_eq!(world.requests().len(), 0);
}

#[wasm_bindgen_test]
async fn a_header_that_no_request_can_have_is_a_misuse_at_once() {
    for (name, value) in [("X-Name", "文件"), ("X Name", "7"), ("X-Name", "a\nb")] {
        let world = World::new();
        let uploader = upload().header(name, value).start().unwrap();
        let Outcome::Failed(error) = uploader.finished().await else { panic!("it was sent") };
        assert_eq!(error.kind(), "misuse");
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(world.requests().len(), 0);
    }
}

#[wasm_bindgen_test]
async fn the_content_type_of_a_form_is_not_for_the_page_to_choose() {
    let world = World::new();
    let uploader = upload().header("content-TYPE", "text/plain").start().unwrap();
    let request = world.request(1).await;
    assert_eq!(request.header("content-type"), None, "the browser says it, with the border");
    uploader.cancel("enough");
    let world = World::new();
    let upload = upload().header("content-TYPE", "text/plain").option("method", "octet");
    let uploader = upload.start().unwrap();
    assert_eq!(world.request(1).await.header("content-type").unwrap(), "text/plain");
    uploader.cancel("enough");
}

#[wasm_bindgen_test]
async fn user_and_password_of_an_address_become_a_header() {
    let world = World::new();
    let uploader = upload().endpoint("https://me:p%40ss@server.test/up").start().unwrap();
    let request = world.request(1).await;
    assert!(request.address().starts_with("https://server.test/up?"), "{}", request.address());
    assert_eq!(request.header("authorization").unwrap(), "Basic bWU6cEBzcw==");
    uploader.cancel("enough");
}

#[wasm_bindgen_test]
async fn what_is_no_header_is_refused_instead_of_left_out() {
    let function = Function::new_no_args("return 'token'");
    for (headers, found) in [
        (object([("X-Token", function.into())]).into(), "as 'X-Token', found "),
        (Array::of1(&"x-a".into()).into(), "found x-a"),
        (JsValue::from(Date::new(&0.into())), "as 'headers', found "),
    ] {
        let _world = World::new();
        let uploader = upload().option("headers", give(&headers)).start().unwrap();
        let Outcome::Failed(error) = uploader.finished().await else { panic!("it was left out") };
        assert!(error.kind() == "misuse" && error.to_string().contains(found), "{error}");
    }
}

/// A function that returns this.
fn give(value: &JsValue) -> Function {
    Function::new_with_args("value", "return () => value")
        .call1(&JsValue::NULL, value)
        .unwrap()
        .into()
}

#[wasm_bindgen_test]
async fn a_fresh_token_goes_on_after_a_refusal_with_what_was_confirmed() {
    let world = World::new();
    let token = Rc::new(Cell::new("old"));
    let given = Rc::clone(&token);
    let upload = upload().chunk_size(3).option("simultaneous", 1).headers_from(move || {
        let token = given.get().to_owned();
        async move { Ok(vec![("X-Token".to_owned(), token)]) }
    });
    let uploader = upload.option("force_chunk_size", true).start().unwrap();
    world.request(1).await.succeed();
    world.request(2).await.answer_with(&Answer { status: 401, ..Answer::default() });
    let Outcome::Failed(error) = uploader.finished().await else { panic!("it goes on") };
    assert_eq!(error.kind(), "rejected");
    token.set("new");
    uploader.start().unwrap();
    let again = world.request(3).await;
    assert_eq!(again.header("x-token").unwrap(), "new");
    assert_eq!(again.param("resumableChunkNumber").unwrap(), "2", "nothing is sent twice");
    again.succeed();
    until_it(&uploader, "the end", |now| now.finished).await;
    assert_eq!(uploader.finished().await, Outcome::Finished, "another run, another end");
}
