//! A network whose other end is the test, and a clock that can be turned.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

#[wasm_bindgen(module = "/tests/fakes/world.js")]
extern "C" {
    #[wasm_bindgen(js_name = takeOverSockets)]
    fn take_over_sockets();
    #[wasm_bindgen(js_name = refuseSockets)]
    pub fn refuse_sockets(words: &str);
    #[wasm_bindgen(js_name = openedSockets)]
    fn opened_sockets() -> Vec<FakeSocket>;

    #[derive(Clone)]
    pub type FakeSocket;
    #[wasm_bindgen(method)]
    pub fn accept(this: &FakeSocket);
    #[wasm_bindgen(method)]
    pub fn say(this: &FakeSocket, data: &JsValue);
    #[wasm_bindgen(method)]
    pub fn end(this: &FakeSocket, code: u16, reason: &str);
    #[wasm_bindgen(method, getter)]
    pub fn url(this: &FakeSocket) -> String;
    #[wasm_bindgen(method, getter)]
    fn sent(this: &FakeSocket) -> Array;
    #[wasm_bindgen(method, getter, js_name = readyState)]
    fn ready_state(this: &FakeSocket) -> u32;
    #[wasm_bindgen(method, setter, js_name = bufferedAmount)]
    pub fn set_buffered_amount(this: &FakeSocket, bytes: f64);
}

#[wasm_bindgen(module = "/tests/fakes/world.js")]
extern "C" {
    #[wasm_bindgen(js_name = takeOverRequests)]
    fn take_over_requests();
    #[wasm_bindgen(js_name = sentRequests)]
    fn sent_requests() -> Vec<FakeRequest>;

    #[derive(Clone)]
    pub type FakeRequest;
    /// `xhr` or `fetch`.
    #[wasm_bindgen(method, getter)]
    pub fn how(this: &FakeRequest) -> String;
    #[wasm_bindgen(method, getter)]
    fn request(this: &FakeRequest) -> JsValue;
    #[wasm_bindgen(method, getter, js_name = isAborted)]
    pub fn is_aborted(this: &FakeRequest) -> bool;
    #[wasm_bindgen(method)]
    pub fn header(this: &FakeRequest, name: &str) -> Option<String>;
    #[wasm_bindgen(method)]
    fn form(this: &FakeRequest) -> Promise;
    #[wasm_bindgen(method)]
    fn text(this: &FakeRequest) -> Promise;
    /// So many bytes have left.
    #[wasm_bindgen(method)]
    pub fn load(this: &FakeRequest, bytes: f64);
    #[wasm_bindgen(method)]
    fn answer(this: &FakeRequest, answer: &JsValue);
    #[wasm_bindgen(method)]
    pub fn fail(this: &FakeRequest);
}

#[wasm_bindgen(module = "/tests/fakes/world.js")]
extern "C" {
    pub fn hurry(factor: f64);
    #[wasm_bindgen(js_name = sleepFor)]
    pub fn sleep_for(ms: f64);
    #[wasm_bindgen(js_name = calmDown)]
    fn calm_down();
    fn soon() -> Promise;
}

/// How often something is looked at before it counts as not coming: ten seconds in all.
const LOOKS: u32 = 1000;

impl FakeSocket {
    pub fn is_closed(&self) -> bool {
        self.ready_state() == 3
    }

    /// What was sent over it so far, bytes as `<their text>`.
    pub async fn said(&self) -> Vec<String> {
        let mut said = Vec::new();
        for message in self.sent() {
            said.push(match message.as_string() {
                Some(text) => text,
                None => format!("<{}>", text_of(message.unchecked_ref()).await),
            });
        }
        said
    }

    /// Waits until so many messages were sent; returns the last of them.
    pub async fn message(&self, count: u32) -> String {
        until("a message", || self.sent().length() >= count).await;
        self.said().await.swap_remove(count as usize - 1)
    }
}

impl FakeRequest {
    fn member(&self, name: &str) -> String {
        let value = Reflect::get(&self.request(), &name.into()).unwrap();
        value.as_string().unwrap()
    }

    pub fn method(&self) -> String {
        self.member("method")
    }

    /// The whole address.
    pub fn address(&self) -> String {
        self.member("url")
    }

    pub fn credentials(&self) -> String {
        self.member("credentials")
    }

    pub fn cache(&self) -> String {
        self.member("cache")
    }

    /// A parameter of the address.
    pub fn param(&self, name: &str) -> Option<String> {
        web_sys::Url::new(&self.address()).unwrap().search_params().get(name)
    }

    /// The fields of the form in order; of a file its name, its type and its bytes.
    pub async fn fields(&self) -> Vec<(String, String)> {
        let fields = Array::from(&JsFuture::from(self.form()).await.unwrap());
        let text = |field: &JsValue, i| Array::from(field).get(i).as_string().unwrap();
        fields.iter().map(|field| (text(&field, 0), text(&field, 1))).collect()
    }

    /// A field of the form.
    pub async fn field(&self, name: &str) -> Option<String> {
        self.fields().await.into_iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The body that is no form.
    pub async fn body(&self) -> String {
        JsFuture::from(self.text()).await.unwrap().as_string().unwrap()
    }

    pub fn answer_with(&self, answer: &Answer<'_>) {
        let headers = object(answer.headers.iter().map(|(name, value)| (*name, (*value).into())));
        let mut members = vec![
            ("status", answer.status.into()),
            ("text", answer.text.into()),
            ("headers", headers.into()),
        ];
        if !answer.url.is_empty() {
            members.push(("url", answer.url.into()));
        }
        self.answer(&object(members));
    }

    pub fn succeed(&self) {
        self.answer_with(&Answer { status: 200, ..Answer::default() });
    }
}

#[derive(Default)]
pub struct Answer<'a> {
    pub status: u16,
    pub text: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    /// Where it comes from, if not from where it was asked.
    pub url: &'a str,
}

/// Whatever wants to leave is here, and time passes as it does unless `hurry` was called.
pub struct World;

impl World {
    pub fn new() -> World {
        calm_down();
        let world = World;
        world.forget();
        world
    }

    /// What was opened and sent so far does not count.
    pub fn forget(&self) {
        take_over_sockets();
        take_over_requests();
    }

    /// Waits until so many sockets were opened; returns the last of them.
    pub async fn socket(&self, count: usize) -> FakeSocket {
        until("a socket", || opened_sockets().len() >= count).await;
        opened_sockets().swap_remove(count - 1)
    }

    pub fn sockets(&self) -> usize {
        opened_sockets().len()
    }

    /// Waits until so many requests were sent; returns the last of them.
    pub async fn request(&self, count: usize) -> FakeRequest {
        until("a request", || sent_requests().len() >= count).await;
        sent_requests().swap_remove(count - 1)
    }

    pub fn requests(&self) -> Vec<FakeRequest> {
        sent_requests()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        calm_down();
    }
}

/// Lets everything happen that is due.
pub async fn turn() {
    JsFuture::from(soon()).await.unwrap();
}

pub async fn until(what: &str, happened: impl Fn() -> bool) {
    for _ in 0..LOOKS {
        if happened() {
            return;
        }
        turn().await;
    }
    panic!("{what} did not come");
}

pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, JsValue)>) -> Object {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &name.into(), &value).unwrap();
    }
    object
}

pub fn file(name: &str, text: &str) -> File {
    let bytes = Uint8Array::from(text.as_bytes());
    File::new_with_u8_array_sequence(&Array::of1(&bytes), name).unwrap()
}

pub async fn text_of(blob: &Blob) -> String {
    JsFuture::from(blob.text()).await.unwrap().as_string().unwrap()
}

/// What was told in order, and what tells it.
pub fn record<T: 'static>() -> (Rc<RefCell<Vec<T>>>, impl Fn(T)) {
    let told = Rc::new(RefCell::new(Vec::new()));
    let telling = Rc::clone(&told);
    (told, move |what| telling.borrow_mut().push(what))
}
