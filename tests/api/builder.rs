//! What may be chosen, and what is refused at once.

use incoming_uploader::{Builder, Error, Protocol, Uploader, Verification, set_server_hostname};
use js_sys::{Array, Function, Object};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::world::{World, file, object};

fn upload() -> Builder {
    Uploader::builder(file("a.bin", "hello")).ticket("ticket")
}

fn words(refused: Builder) -> String {
    match refused.build() {
        Err(Error::Misuse(words)) => words,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it was taken"),
    }
}

#[wasm_bindgen_test]
fn an_option_that_is_unknown_or_wrong_is_named() {
    let retry = |name, value: JsValue| JsValue::from(object([(name, value)]));
    for (name, value, expected) in [
        ("chunksize", 5.into(), "unknown option chunksize; did you mean chunk_size? known are: "),
        ("protocol", "pigeon".into(), "expected one of: incoming, galileo, "),
        ("onprogress", Function::new_no_args("").into(), "unknown option onprogress; "),
        ("signal", Object::new().into(), "unknown option signal; "),
        ("endpoint", "mailto:me".into(), "expected a URL that begins with ws:, wss:, "),
        ("endpoint", "wss://a b/up".into(), "expected a URL that begins with ws:, wss:, "),
        ("chunk_size", 0.into(), "expected a whole number, at least 1 as chunk_size"),
        ("chunk_size", "4 MB".into(), "expected a whole number as chunk_size"),
        ("stall_timeout_ms", (-1).into(), "stall_timeout_ms"),
        ("retry", 5.into(), "expected an object as retry"),
        ("retry", retry("forever", true.into()), "unknown option retry.forever"),
        ("retry", retry("delays", Array::of1(&"soon".into()).into()), "retry.delays"),
    ] {
        let words = words(upload().option(name, value));
        assert!(words.starts_with(expected) || words.contains(expected), "{words}");
        assert!(!words.contains("incoming.Uploader"), "that is how JavaScript calls it: {words}");
    }
}

#[wasm_bindgen_test]
fn an_address_that_is_the_page_itself_is_none() {
    for url in ["", "  ", "#up"] {
        let refused = upload().protocol(Protocol::Resumable).endpoint(url);
        assert!(words(refused).starts_with("expected a URL that begins with"), "{url:?}");
    }
}

#[wasm_bindgen_test]
fn headers_are_only_for_requests() {
    let refused = words(upload().header("X-Token", "7"));
    assert_eq!(refused, "headers is only for protocols over HTTP: a WebSocket takes no such thing");
}

#[wasm_bindgen_test]
fn a_socket_takes_no_user_and_no_password() {
    let refused = words(upload().endpoint("wss://me:secret@server.test/"));
    assert!(refused.contains("without user and password"), "{refused}");
}

#[wasm_bindgen_test]
fn every_good_option_is_taken() {
    for protocol in Protocol::ALL {
        let upload = upload().protocol(*protocol).chunk_size(1_000_000).attempts(3);
        let upload = upload.delays(&[]).stall_timeout(std::time::Duration::from_secs(5));
        upload.verify(Verification::File).parts_url("/parts").build().unwrap();
    }
}

#[wasm_bindgen_test]
async fn what_hashes_has_to_be_somewhere() {
    let _world = World::new();
    let uploader = upload().verify(Verification::File).start().unwrap();
    let incoming_uploader::Outcome::Failed(error) = uploader.finished().await else {
        panic!("it goes on");
    };
    assert_eq!(error.kind(), "misuse");
    assert_eq!(error.to_string(), "digest.js is needed: say by parts_url where it is");
}

#[wasm_bindgen_test]
async fn the_server_is_on_the_host_that_was_set_or_on_the_page_s_own() {
    let world = World::new();
    let own = js_sys::Reflect::get(&js_sys::global(), &"location".into()).unwrap();
    let own = js_sys::Reflect::get(&own, &"host".into()).unwrap().as_string().unwrap();
    for (count, host) in [(1, Some("server.test:4000")), (2, None)] {
        set_server_hostname(host).unwrap();
        let uploader = upload().start().unwrap();
        let url = world.socket(count).await.url();
        let expected = format!("ws://{}/incoming", host.unwrap_or(&own));
        assert!(url.starts_with(&expected), "{url}");
        uploader.cancel("enough");
    }
}

#[wasm_bindgen_test]
fn what_is_no_host_is_refused() {
    for host in
        ["server.test/path", "http://server.test", "a b", " a", "a\tb", "::1", "me@server.test"]
    {
        let Err(Error::Misuse(words)) = set_server_hostname(Some(host)) else { panic!("{host}") };
        assert!(words.starts_with("expected a host such as 'example.org'"), "{words}");
    }
    for host in [Some("[::1]:4000"), Some("server.test"), None] {
        set_server_hostname(host).unwrap();
    }
}

#[wasm_bindgen_test]
fn a_method_that_carries_no_file_is_refused() {
    for method in ["GET", "head"] {
        let refused = upload().protocol(Protocol::Resumable).option("upload_method", method);
        assert!(words(refused).starts_with("expected a method whose requests have a body"));
    }
}

#[wasm_bindgen_test]
fn an_address_may_be_an_object() {
    let url = |url: &str| JsValue::from(web_sys::Url::new(url).unwrap());
    upload().option("endpoint", url("wss://server.test/up")).build().unwrap();
    let upload = || upload().protocol(Protocol::FineUploader);
    upload().option("success_endpoint", url("https://server.test/done")).build().unwrap();
    let refused = words(upload().option("delete_endpoint", url("mailto:me")));
    assert_eq!(refused, "expected a URL that begins with http: or https: as delete_endpoint");
}
