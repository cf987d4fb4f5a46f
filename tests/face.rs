//! What a page sees of an uploader, in a real browser and without any server.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use incoming_uploader::{Driver, Host};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Blob, File};

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

fn file(bytes: &[u8], name: &str) -> File {
    File::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes)), name).unwrap()
}

fn options(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), value).unwrap();
    }
    object.into()
}

struct Page {
    uploader: Object,
    driver: Rc<Driver>,
    outcome: Rc<RefCell<Option<Vec<JsValue>>>>,
}

/// What a host tells the driver, which is made after it.
type Told = Rc<RefCell<Option<Rc<Driver>>>>;

/// A host in whose world nobody listens, and every file can be read.
fn host(settle: &JsValue, told: &Told) -> Host {
    let soon = |told: &Told, tell: fn(&Driver, u32)| {
        let told = Rc::clone(told);
        Closure::<dyn FnMut(u32)>::new(move |attempt| {
            let driver = told.borrow().clone();
            let tell = move || driver.iter().for_each(|driver| tell(driver, attempt));
            Timeout::new(0, tell).forget();
        })
        .into_js_value()
    };
    let connect = soon(told, |driver, attempt| driver.closed(attempt, 1006, String::new()));
    let check = soon(told, |driver, attempt| driver.learned(attempt, 4, String::new()));
    let waiting = Rc::clone(told);
    let wait = Closure::<dyn FnMut(u32, u8, u32)>::new(move |attempt, number, milliseconds| {
        let driver = waiting.borrow().clone();
        let wake = move || driver.iter().for_each(|driver| driver.woke(attempt, number));
        Timeout::new(milliseconds, wake).forget();
    });
    let endpoint = Function::new_no_args("return 'ws://nobody/'");
    let nothing = Function::new_no_args("return 0");
    options(&[
        ("settle", settle.clone()),
        ("endpoint", endpoint.into()),
        ("connect", connect),
        ("check", check),
        ("wait", wait.into_js_value()),
        ("waiting", nothing.clone().into()),
        ("hang_up", nothing.clone().into()),
        ("let_go", nothing.into()),
    ])
    .unchecked_into()
}

fn try_page(file: &JsValue, options: &JsValue) -> Result<Page, JsValue> {
    let uploader = Object::new();
    let outcome = Rc::new(RefCell::new(None));
    let settled = Rc::clone(&outcome);
    let settle = Closure::<dyn FnMut(Array)>::new(move |outcome: Array| {
        *settled.borrow_mut() = Some(outcome.to_vec());
    });
    let told = Told::default();
    let host = host(&settle.into_js_value(), &told);
    let driver = Driver::new(uploader.clone(), &"ticket".into(), file, options, host)?;
    let driver = Rc::new(driver);
    *told.borrow_mut() = Some(Rc::clone(&driver));
    Ok(Page { uploader, driver, outcome })
}

fn page(members: &[(&str, JsValue)]) -> Page {
    try_page(&file(b"hello", "blåbær.bin"), &options(members)).ok().unwrap()
}

impl Page {
    fn get(&self, name: &str) -> JsValue {
        let value = Reflect::get(&self.uploader, &name.into()).unwrap();
        assert!(!value.is_undefined(), "{name} is undefined");
        value
    }

    fn state(&self) -> String {
        self.get("state_msg").as_string().unwrap()
    }

    async fn until(&self, what: &str, check: impl Fn(&Page) -> bool) {
        for _ in 0..400 {
            if check(self) {
                return;
            }
            sleep(10).await;
        }
        panic!("{what} did not happen; the state is: {}", self.state());
    }
}

async fn sleep(milliseconds: u32) {
    let promise = Promise::new(&mut |resolve, _| {
        let wake = move || drop(resolve.call0(&JsValue::NULL));
        Timeout::new(milliseconds, wake).forget();
    });
    JsFuture::from(promise).await.unwrap();
}

fn message(error: JsValue) -> String {
    assert!(error.is_instance_of::<js_sys::TypeError>());
    error.unchecked_into::<js_sys::Error>().message().into()
}

#[wasm_bindgen_test]
fn everything_can_be_read_before_the_first_byte() {
    let page = page(&[]);
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
        ("state_msg", "not yet started".into()),
        ("cancel_msg", JsValue::NULL),
        ("error_code", JsValue::NULL),
        ("error_kind", JsValue::NULL),
        ("error_msg", JsValue::NULL),
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
        assert_eq!(page.get(name), expected, "{name}");
    }
}

#[wasm_bindgen_test]
fn an_option_that_is_unknown_or_wrong_is_named() {
    let retry = |name, value| options(&[(name, value)]);
    for (name, value, expected) in [
        ("chunksize", 5.into(), "unknown option chunksize"),
        ("protocol", "pigeon".into(), "protocol"),
        ("chunk_size", 0.into(), "chunk_size"),
        ("chunk_size", 1.5.into(), "chunk_size"),
        ("chunk_size", "4 MB".into(), "chunk_size"),
        ("stall_timeout_ms", (-1).into(), "stall_timeout_ms"),
        ("onprogress", "alert(1)".into(), "a function as onprogress"),
        ("retry", 5.into(), "an object as retry"),
        ("retry", retry("forever", true.into()), "retry.forever"),
        ("retry", retry("attempts", "many".into()), "retry.attempts"),
        ("retry", retry("delays", 5.into()), "retry.delays"),
        ("retry", retry("delays", Array::of1(&"soon".into()).into()), "retry.delays"),
    ] {
        let refused = try_page(&file(b"", "a"), &options(&[(name, value)]));
        let words = message(refused.err().unwrap());
        assert!(words.contains(expected), "{words}");
    }
}

#[wasm_bindgen_test]
fn what_is_no_file_and_no_ticket_is_refused() {
    for odd in [JsValue::NULL, "file.bin".into(), Object::new().into()] {
        let words = message(try_page(&odd, &JsValue::UNDEFINED).err().unwrap());
        assert!(words.contains("a File or a Blob"), "{words}");
    }
    for odd in [JsValue::UNDEFINED, "".into(), 5.into()] {
        let (uploader, host) = (Object::new(), host(&JsValue::NULL, &Told::default()));
        let refused = Driver::new(uploader, &odd, &file(b"", "a"), &JsValue::NULL, host);
        assert!(message(refused.err().unwrap()).contains("the upload id"));
    }
}

#[wasm_bindgen_test]
fn all_good_options_are_taken() {
    let retry = options(&[
        ("attempts", f64::INFINITY.into()),
        ("delays", Array::of2(&0.into(), &500.into()).into()),
    ]);
    page(&[
        ("protocol", "incoming".into()),
        ("chunk_size", 1_000_000.into()),
        ("retry", retry),
        ("stall_timeout_ms", 5000.into()),
        ("onprogress", Function::new_no_args("").into()),
        ("onerror", JsValue::NULL),
    ]);
}

#[wasm_bindgen_test]
fn a_blob_without_a_name_can_be_uploaded_too() {
    let blob = Blob::new_with_str_sequence(&Array::of1(&"hello".into())).unwrap();
    let page = try_page(&blob, &JsValue::UNDEFINED).ok().unwrap();
    assert_eq!(page.get("filename"), JsValue::from("blob"));
    assert_eq!(page.get("bytes_total"), JsValue::from(5));
}

#[wasm_bindgen_test]
fn pause_takes_three_words_and_no_other() {
    let page = page(&[]);
    for word in ["pause", "unpause", "toggle"] {
        assert!(page.driver.pause(&word.into()).is_ok());
    }
    for odd in ["stop".into(), JsValue::UNDEFINED, true.into()] {
        let words = message(page.driver.pause(&odd).unwrap_err());
        assert!(words.contains("'pause', 'unpause' or 'toggle'"), "{words}");
    }
    assert_eq!(page.state(), "not yet started", "there was nothing to pause");
}

#[wasm_bindgen_test]
async fn a_server_that_is_not_there_is_tried_again() {
    let page = page(&[]);
    page.driver.start();
    page.until("a retry", |page| page.state().contains("trying again")).await;
    assert_eq!(page.get("error_code"), JsValue::NULL, "not an error yet");
    assert_eq!(page.get("can_pause"), JsValue::TRUE);
    page.driver.pause(&"pause".into()).unwrap();
    assert_eq!(page.get("paused"), JsValue::TRUE);
    sleep(1200).await;
    assert_eq!(page.state(), "paused");
    page.driver.cancel(&"enough".into());
    page.until("the cancellation", |page| page.get("cancelled").is_truthy()).await;
}

#[wasm_bindgen_test]
async fn attempts_run_out_and_the_error_says_why() {
    let retry = options(&[("attempts", 1.into()), ("delays", Array::of1(&0.into()).into())]);
    let page = page(&[("retry", retry)]);
    page.driver.start();
    page.until("the error", |page| !page.get("error_code").is_null()).await;
    assert_eq!(page.get("error_code"), JsValue::from(2));
    assert_eq!(page.get("error_kind"), JsValue::from("lost"));
    let outcome = page.outcome.borrow().clone().unwrap();
    assert_eq!(outcome[..2], ["lost".into(), JsValue::from(2)]);
    assert_eq!(outcome[2], page.get("error_msg"));
}

#[wasm_bindgen_test]
fn an_upload_that_never_began_is_cancelled_at_once() {
    let page = page(&[]);
    page.driver.cancel(&"no".into());
    assert_eq!(page.get("cancelled"), JsValue::TRUE);
    assert_eq!(page.get("cancel_msg"), JsValue::from("no"));
    assert_eq!(page.get("error_code"), JsValue::NULL);
    let outcome = page.outcome.borrow().clone().unwrap();
    assert_eq!(outcome, ["cancelled".into(), JsValue::from(9), "no".into()]);
    page.driver.start();
    assert_eq!(page.get("cancelled"), JsValue::TRUE, "and stays cancelled");
}

#[wasm_bindgen_test]
async fn a_callback_that_throws_does_not_end_the_upload() {
    let page = page(&[]);
    let script = "if (!this.tried) { this.tried = true; throw new Error('expected by a test') }";
    let thrower = Function::new_no_args(script);
    // The test runner counts reported errors as failures.
    let silence = Function::new_with_args("event", "event.preventDefault()");
    let global: web_sys::EventTarget = js_sys::global().unchecked_into();
    global.add_event_listener_with_callback("error", &silence).unwrap();
    Reflect::set(&page.uploader, &"onprogress".into(), &thrower).unwrap();
    page.driver.start();
    page.until("a retry", |page| page.state().contains("trying again")).await;
    global.remove_event_listener_with_callback("error", &silence).unwrap();
    page.driver.cancel(&"done".into());
}
