//! What a page sees of an uploader, in a real browser and without any server: `js/face.js` on top of
//! `src/js.rs`.

#![cfg(all(target_arch = "wasm32", feature = "npm"))]
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

#[path = "api/world.rs"]
#[allow(dead_code, reason = "the tests of the Rust API need more of it")]
mod world;

use incoming_uploader::{Driver, Page};
use js_sys::{Array, Error, Function, Object, Promise, Reflect, TypeError};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{AbortController, Blob, EventTarget};

use world::{World, file, object, turn, until};

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/js/face.js")]
extern "C" {
    fn face(driver: &JsValue, digest: &Function, checkpoints: &Function) -> JsValue;
}

/// The class `Driver`, as JavaScript sees it.
fn class() -> JsValue {
    let members = [
        ("uploader", JsValue::from(Object::new())),
        ("file", file("a", "").into()),
        ("upload_id", "ticket".into()),
    ];
    let page: Page = object(members).unchecked_into();
    member(&Driver::new(&page).unwrap().into(), "constructor")
}

/// What the package offers.
fn incoming() -> JsValue {
    Reflect::set(&js_sys::global(), &"__VERSION__".into(), &"1.2.3".into()).unwrap();
    let none = Function::new_no_args("throw new Error('there is none')");
    face(&class(), &none, &none)
}

fn constructor() -> Function {
    member(&incoming(), "Uploader").unchecked_into()
}

struct Upload(EventTarget);

fn try_upload(id: &JsValue, file: &JsValue, options: &JsValue) -> Result<Upload, JsValue> {
    let made = Reflect::construct(&constructor(), &Array::of3(id, file, options))?;
    Ok(Upload(made.unchecked_into()))
}

fn upload(options: &[(&str, JsValue)]) -> Upload {
    let options = object(options.iter().cloned());
    try_upload(&"ticket".into(), &file("blåbær.bin", "hello"), &options).ok().unwrap()
}

/// An upload that waits long for its second attempt.
fn patient() -> Upload {
    let retry = object([("delays", Array::of1(&3_600_000.into()).into())]);
    upload(&[("retry", retry.into())])
}

impl Upload {
    fn get(&self, name: &str) -> JsValue {
        let value = Reflect::get(&self.0, &name.into()).unwrap();
        assert!(!value.is_undefined(), "{name} is undefined");
        value
    }

    fn text(&self, name: &str) -> String {
        self.get(name).as_string().unwrap()
    }

    fn set(&self, name: &str, value: &JsValue) {
        Reflect::set(&self.0, &name.into(), value).unwrap();
    }

    fn call(&self, name: &str, given: &JsValue) -> Result<JsValue, JsValue> {
        self.get(name).unchecked_into::<Function>().call1(&self.0, given)
    }

    fn start(&self) {
        assert_eq!(self.call("start", &JsValue::UNDEFINED).unwrap(), JsValue::from(&self.0));
    }

    async fn until(&self, what: &str, word: &str) {
        until(what, || self.text("state") == word).await;
    }

    /// How the promise `done` was settled.
    async fn done(&self) -> Result<JsValue, Error> {
        let done = JsFuture::from(self.get("done").unchecked_into::<Promise>()).await;
        done.map_err(JsCast::unchecked_into)
    }
}

fn member(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap()
}

fn message(error: JsValue) -> String {
    assert!(error.is_instance_of::<TypeError>());
    error.unchecked_into::<Error>().message().into()
}

/// A server that is not there.
async fn nobody(world: &World, count: usize) {
    world.socket(count).await.end(1006, "");
}

#[wasm_bindgen_test]
fn everything_can_be_read_before_the_first_byte() {
    let upload = upload(&[]);
    for (name, expected) in [
        ("filename", "blåbær.bin".into()),
        ("bytes_total", 5.into()),
        ("bytes_tx", 0.into()),
        ("bytes_acked", 0.into()),
        ("bytes_ahead", 0.into()),
        ("frac_complete", 0.into()),
        ("chunks_tx_now", 0.into()),
        ("chunks_acked_now", 0.into()),
        ("chunks_ahead", 0.into()),
        ("chunks_damaged", 0.into()),
        ("hashing", false.into()),
        ("frac_hashed", 0.into()),
        ("md5", JsValue::NULL),
        ("verified", JsValue::NULL),
        ("speed", 0.into()),
        ("eta", JsValue::NULL),
        ("state", "ready".into()),
        ("state_msg", "not yet started".into()),
        ("last_error", JsValue::NULL),
        ("cancel_msg", JsValue::NULL),
        ("error_code", JsValue::NULL),
        ("error_kind", JsValue::NULL),
        ("error_msg", JsValue::NULL),
        ("resumable", false.into()),
        ("connected", false.into()),
        ("finished", false.into()),
        ("paused", false.into()),
        ("can_pause", false.into()),
        ("cancelling", false.into()),
        ("cancelled", false.into()),
        ("can_cancel", true.into()),
        ("can_remove", false.into()),
        ("removed", false.into()),
    ] {
        assert_eq!(upload.get(name), expected, "{name}");
        assert_eq!(member(&upload.call("snapshot", &JsValue::NULL).unwrap(), name), expected);
    }
}

#[wasm_bindgen_test]
fn an_option_that_is_unknown_or_wrong_is_named() {
    let retry = |name, value: JsValue| JsValue::from(object([(name, value)]));
    for (name, value, expected) in [
        ("chunksize", 5.into(), "unknown option chunksize"),
        ("onProgress", Function::new_no_args("").into(), "did you mean onprogress?"),
        ("chunk_size", Function::new_no_args("").into(), "a whole number as chunk_size"),
        ("protocol", "pigeon".into(), "protocol"),
        ("chunk_size", 0.into(), "chunk_size"),
        ("chunk_size", 1.5.into(), "chunk_size"),
        ("chunk_size", "4 MB".into(), "chunk_size"),
        ("stall_timeout_ms", (-1).into(), "stall_timeout_ms"),
        ("onprogress", "alert(1)".into(), "a function as onprogress"),
        ("signal", true.into(), "an AbortSignal as signal"),
        ("retry", 5.into(), "an object as retry"),
        ("retry", retry("forever", true.into()), "retry.forever"),
        ("retry", retry("attempts", "many".into()), "retry.attempts"),
        ("retry", retry("delays", 5.into()), "retry.delays"),
        ("retry", retry("delays", Function::new_no_args("").into()), "an array as retry.delays"),
        ("retry", retry("delays", Array::of1(&"soon".into()).into()), "retry.delays"),
    ] {
        let refused = try_upload(&"ticket".into(), &file("a", ""), &object([(name, value)]));
        let words = message(refused.err().unwrap());
        assert!(words.starts_with("incoming.Uploader: ") && words.contains(expected), "{words}");
    }
}

#[wasm_bindgen_test]
fn what_is_no_file_and_no_ticket_is_refused() {
    for odd in [JsValue::NULL, "file.bin".into(), Object::new().into()] {
        let refused = try_upload(&"ticket".into(), &odd, &JsValue::UNDEFINED);
        let words = message(refused.err().unwrap());
        assert!(words.contains("a File or a Blob"), "{words}");
    }
    for odd in ["".into(), 5.into(), JsValue::UNDEFINED, JsValue::NULL] {
        let refused = try_upload(&odd, &file("a", ""), &JsValue::NULL);
        assert!(message(refused.err().unwrap()).contains("the upload id"));
    }
}

#[wasm_bindgen_test]
fn all_good_options_are_taken() {
    let delays = Array::of2(&0.into(), &500.into()).into();
    let retry = object([("attempts", f64::INFINITY.into()), ("delays", delays)]);
    upload(&[
        ("protocol", "incoming".into()),
        ("chunk_size", 1_000_000.into()),
        ("retry", retry.into()),
        ("stall_timeout_ms", 5000.into()),
        ("onprogress", Function::new_no_args("").into()),
        ("onerror", JsValue::NULL),
    ]);
}

#[wasm_bindgen_test]
fn a_blob_without_a_name_can_be_uploaded_too() {
    let blob = Blob::new_with_str_sequence(&Array::of1(&"hello".into())).unwrap();
    let upload = try_upload(&"ticket".into(), &blob, &JsValue::UNDEFINED).ok().unwrap();
    assert_eq!(upload.get("filename"), JsValue::from("blob"));
    assert_eq!(upload.get("bytes_total"), JsValue::from(5));
}

#[wasm_bindgen_test]
fn pause_takes_three_words_and_no_other() {
    let upload = upload(&[]);
    for word in ["pause", "unpause", "toggle"] {
        assert!(upload.call("pause", &word.into()).is_ok());
    }
    for odd in ["stop".into(), JsValue::UNDEFINED, true.into()] {
        let words = message(upload.call("pause", &odd).unwrap_err());
        assert!(words.contains("'pause', 'unpause' or 'toggle'"), "{words}");
    }
    assert_eq!(upload.text("state_msg"), "not yet started", "there was nothing to pause");
}

#[wasm_bindgen_test]
async fn a_server_that_is_not_there_is_tried_again() {
    let world = World::new();
    let upload = patient();
    upload.start();
    nobody(&world, 1).await;
    until("a retry", || upload.text("state_msg").contains("trying again within")).await;
    assert_eq!(upload.text("state"), "retrying");
    assert_eq!(upload.get("error_code"), JsValue::NULL, "not an error yet");
    let lost = upload.get("last_error");
    assert_eq!(member(&lost, "name"), JsValue::from("UploadError"));
    assert_eq!(member(&lost, "kind"), JsValue::from("lost"));
    assert_eq!(upload.get("last_error"), lost, "the same object for the same error");
    assert_eq!(upload.get("can_pause"), JsValue::TRUE);
    upload.call("pause", &"pause".into()).unwrap();
    assert_eq!(upload.get("paused"), JsValue::TRUE);
    for _ in 0..10 {
        turn().await;
    }
    assert_eq!((upload.text("state_msg").as_str(), world.sockets()), ("paused", 1));
    upload.call("cancel", &"enough".into()).unwrap();
    for count in 2..=3 {
        nobody(&world, count).await;
    }
    upload.until("the cancellation", "cancelled").await;
}

#[wasm_bindgen_test]
async fn attempts_run_out_and_the_error_says_why() {
    let world = World::new();
    let retry = object([("attempts", 1.into()), ("delays", Array::of1(&0.into()).into())]);
    let upload = upload(&[("retry", retry.into())]);
    upload.start();
    for count in 1..=2 {
        nobody(&world, count).await;
    }
    let error = upload.done().await.unwrap_err();
    assert_eq!(upload.get("error_code"), JsValue::from(2));
    assert_eq!(upload.get("error_kind"), JsValue::from("lost"));
    assert_eq!(member(&error, "name"), JsValue::from("UploadError"));
    assert_eq!(member(&error, "kind"), JsValue::from("lost"));
    assert_eq!(member(&error, "code"), JsValue::from(2));
    assert_eq!(JsValue::from(error.message()), upload.get("error_msg"));
}

#[wasm_bindgen_test]
async fn an_upload_that_failed_begins_another_run_with_another_promise() {
    let world = World::new();
    let retry = JsValue::from(object([("attempts", 0.into())]));
    let upload = upload(&[("retry", retry)]);
    let first = upload.get("done");
    upload.start();
    assert_eq!(upload.get("done"), first, "one promise for each run");
    nobody(&world, 1).await;
    upload.done().await.unwrap_err();
    upload.start();
    assert_ne!(upload.get("done"), first);
    assert_eq!(upload.get("error_kind"), JsValue::NULL);
    nobody(&world, 2).await;
    upload.done().await.unwrap_err();
}

#[wasm_bindgen_test]
async fn an_upload_that_never_began_is_cancelled_at_once() {
    let upload = upload(&[]);
    upload.call("cancel", &"no".into()).unwrap();
    assert_eq!(upload.get("cancelled"), JsValue::TRUE);
    assert_eq!(upload.get("cancel_msg"), JsValue::from("no"));
    assert_eq!(upload.get("error_code"), JsValue::NULL);
    let error = upload.done().await.unwrap_err();
    assert_eq!(member(&error, "kind"), JsValue::from("cancelled"));
    assert_eq!(member(&error, "code"), JsValue::from(9));
    assert_eq!(String::from(error.message()), "no");
    let words = message(upload.call("start", &JsValue::UNDEFINED).unwrap_err());
    assert!(words.contains("a cancelled upload does not begin again"), "{words}");
    assert_eq!(upload.get("cancelled"), JsValue::TRUE, "and stays cancelled");
}

#[wasm_bindgen_test]
async fn a_callback_that_throws_does_not_end_the_upload() {
    let world = World::new();
    let upload = patient();
    let script = "if (!this.tried) { this.tried = true; throw new Error('expected by a test') }";
    let thrower = Function::new_no_args(script);
    // The test runner counts reported errors as failures.
    let silence = Function::new_with_args("event", "event.preventDefault()");
    let global: EventTarget = js_sys::global().unchecked_into();
    global.add_event_listener_with_callback("error", &silence).unwrap();
    upload.set("onprogress", &thrower);
    upload.start();
    nobody(&world, 1).await;
    upload.until("a retry", "retrying").await;
    assert_eq!(upload.get("tried"), JsValue::TRUE);
    global.remove_event_listener_with_callback("error", &silence).unwrap();
    upload.call("pause", &"pause".into()).unwrap();
}

#[wasm_bindgen_test]
async fn whoever_listens_is_told_with_the_uploader_as_target_until_it_ends_that() {
    let world = World::new();
    let upload = patient();
    let heard = Array::new();
    let hear =
        Function::new_with_args("event", "this.push(event.type, event.target)").bind0(&heard);
    for kind in ["progress", "finished", "cancelled", "error"] {
        upload.0.add_event_listener_with_callback(kind, &hear).unwrap();
    }
    let subscribed = Array::new();
    let note = Function::new_no_args("this.push(1)").bind0(&subscribed);
    let end = upload.call("subscribe", &note).unwrap();
    upload.start();
    world.socket(1).await;
    let told = subscribed.length();
    assert!(told > 0);
    end.unchecked_into::<Function>().call0(&JsValue::UNDEFINED).unwrap();
    nobody(&world, 1).await;
    upload.until("a retry", "retrying").await;
    assert_eq!(subscribed.length(), told);
    upload.call("cancel", &"enough".into()).unwrap();
    for count in 2..=3 {
        nobody(&world, count).await;
    }
    upload.until("the cancellation", "cancelled").await;
    let target = JsValue::from(&upload.0);
    assert_eq!(heard.get(0), JsValue::from("progress"));
    assert!(heard.includes(&"cancelled".into(), 0) && !heard.includes(&"finished".into(), 0));
    assert!(heard.iter().skip(1).step_by(2).all(|heard| heard == target));
}

#[wasm_bindgen_test]
fn a_snapshot_is_frozen_and_the_same_until_something_changes() {
    let upload = upload(&[]);
    let snapshot = || upload.call("snapshot", &JsValue::UNDEFINED).unwrap();
    let before = snapshot();
    assert!(Object::is_frozen(before.unchecked_ref::<Object>()));
    assert_eq!(snapshot(), before);
    upload.call("pause", &"pause".into()).unwrap();
    assert_eq!(snapshot(), before, "there was nothing to pause");
    upload.call("cancel", &"no".into()).unwrap();
    assert_ne!(snapshot(), before);
    assert_eq!(member(&before, "state"), JsValue::from("ready"));
    assert_eq!(member(&snapshot(), "state"), JsValue::from("cancelled"));
}

#[wasm_bindgen_test]
fn an_uploader_is_made_without_new_as_well() {
    let arguments = Array::of2(&"ticket".into(), &file("a", ""));
    let made = Reflect::apply(&constructor(), &JsValue::UNDEFINED, &arguments).unwrap();
    assert!(made.is_instance_of::<EventTarget>());
    assert_eq!(member(&made, "state"), JsValue::from("ready"));
}

#[wasm_bindgen_test]
fn a_signal_cancels_with_its_reason_before_and_after_the_beginning() {
    for aborts_first in [true, false] {
        let controller = AbortController::new().unwrap();
        if aborts_first {
            controller.abort_with_reason(&"the page was left".into());
        }
        let upload = upload(&[("signal", controller.signal().into())]);
        controller.abort_with_reason(&"the page was left".into());
        assert_eq!(upload.text("state"), "cancelled");
        assert_eq!(upload.text("cancel_msg"), "the page was left");
    }
}

#[wasm_bindgen_test]
fn what_is_no_host_is_refused() {
    let set: Function = member(&incoming(), "set_server_hostname").unchecked_into();
    for odd in ["server.test/path".into(), "a b".into(), 5.into(), true.into()] {
        let words = message(set.call1(&JsValue::UNDEFINED, &odd).unwrap_err());
        assert!(words.starts_with("incoming.set_server_hostname: expected a host"), "{words}");
    }
    for host in ["server.test:4000".into(), JsValue::NULL, JsValue::UNDEFINED] {
        set.call1(&JsValue::UNDEFINED, &host).unwrap();
    }
}

#[wasm_bindgen_test]
fn what_is_kept_and_cannot_be_used_any_more_is_nothing() {
    for text in ["", "{", "5", "{}", r#"{"checkpoint":null}"#] {
        assert_eq!(Driver::read_kept(text), JsValue::NULL, "{text}");
    }
}
