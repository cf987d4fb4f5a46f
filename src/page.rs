//! The page, or the worker, that this runs in, and what it hands over for one upload.

use std::future::Future;

#[cfg(feature = "npm")]
use incoming_protocol::Error;
#[cfg(feature = "_requests")]
use js_sys::Array;
use js_sys::{Date, Function, Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
#[cfg(any(feature = "npm", feature = "_requests"))]
use web_sys::AbortSignal;
use web_sys::{Blob, EventTarget};

#[cfg(feature = "_requests")]
use crate::listener::Listener;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;

    #[wasm_bindgen(js_namespace = Reflect, js_name = get, catch)]
    fn get_as(target: &JsValue, name: &str, receiver: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = Reflect, js_name = set, catch)]
    fn set_as(target: &JsValue, name: &str, value: &JsValue) -> Result<bool, JsValue>;

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_random(bytes: &mut [u8]);

    #[wasm_bindgen(js_name = reportError)]
    pub(crate) fn report_error(thrown: &JsValue);

    /// What belongs to one upload and is the page's. At rest only the page holds it, so that an
    /// uploader that it has dropped is collected with everything that it refers to.
    #[derive(Clone)]
    pub type Page;

    /// The object that the page sees.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn uploader(this: &Page) -> EventTarget;

    /// The file.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn file(this: &Page) -> Blob;

    /// The function for the upload id, if it is one.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn upload_id(this: &Page) -> JsValue;

    /// The options, a copy that nobody changes.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn options(this: &Page) -> JsValue;

    /// Settles the promise `done`: with nothing when the file was delivered, otherwise with the error.
    #[wasm_bindgen(method)]
    pub(crate) fn settle(this: &Page, error: &JsValue);

    /// Makes another promise `done`, because an upload that failed begins again.
    #[wasm_bindgen(method)]
    pub(crate) fn begin_run(this: &Page);

    /// An `UploadError` of this kind, code and message.
    #[wasm_bindgen(method)]
    pub(crate) fn error(this: &Page, kind: &str, code: u32, message: &str) -> JsValue;

    /// Loads what hashes.
    #[wasm_bindgen(method)]
    pub(crate) fn load_digests(this: &Page) -> Promise;

    /// Loads what keeps uploads for other pages.
    #[wasm_bindgen(method)]
    pub(crate) fn load_checkpoints(this: &Page) -> Promise;
}

impl Page {
    /// An option, or undefined.
    pub(crate) fn option(&self, name: &str) -> JsValue {
        member(&self.options(), name)
    }

    /// An `UploadError` that says this.
    #[cfg(feature = "npm")]
    pub(crate) fn error_of(&self, error: &Error) -> JsValue {
        self.error(error.kind(), error.code(), &error.words())
    }

    /// The option `signal`, if there is one.
    #[cfg(feature = "npm")]
    pub(crate) fn signal(&self) -> Option<AbortSignal> {
        let signal = self.option("signal");
        signal.is_object().then(|| signal.unchecked_into())
    }
}

/// A member of any value; undefined where there is none.
pub(crate) fn member(value: &JsValue, name: &str) -> JsValue {
    // What is no object has none, and throws.
    get_as(value, name, value).unwrap_or_default()
}

/// A member of any value, if it is a string.
pub(crate) fn text_member(value: &JsValue, name: &str) -> Option<String> {
    member(value, name).as_string()
}

/// Sets a member of an object that nobody has frozen.
pub(crate) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = set_as(object, name, value);
}

/// True for `undefined` and `null`.
pub(crate) fn is_nothing(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// Goes on with this while other things happen. Not generic in what is spawned, because every kind of
/// task would be downloaded.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(
        Box::into_pin(Box::new(task) as Box<dyn Future<Output = ()>>),
    );
}

/// Milliseconds since some moment in the past, on a clock that nobody sets.
pub(crate) fn now_ms() -> f64 {
    performance_now()
}

/// Milliseconds since 1970, on a clock that goes on while the machine sleeps.
pub(crate) fn wall_clock_ms() -> f64 {
    Date::now()
}

/// What random numbers begin with. Nobody guesses it: names of uploads are made of it.
pub(crate) fn seed() -> u64 {
    let mut bytes = [0; 8];
    fill_with_random(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// The window, or the worker.
pub(crate) fn global() -> Object {
    js_sys::global()
}

/// True if there is a function, or a class, of this name.
pub(crate) fn is_function_here(name: &str) -> bool {
    member(&global(), name).is_function()
}

/// True if the browser believes that it has no network.
pub(crate) fn is_offline() -> bool {
    member(&member(&global(), "navigator"), "onLine").as_bool() == Some(false)
}

/// True if a value is an object that a class of this name made, in whatever window: the getter of one
/// of its properties looks for what only such objects have.
pub(crate) fn is_branded(value: &JsValue, class: &str, property: &str) -> bool {
    let prototype = member(&member(&global(), class), "prototype");
    prototype.is_object() && value.is_object() && get_as(&prototype, property, value).is_ok()
}

/// Calls a function of the page, which may return a promise: what it throws is the error, now or
/// later.
pub(crate) fn call(function: &JsValue, argument: &JsValue) -> JsFuture {
    JsFuture::from(called(function, argument))
}

/// The same as long as nothing is aborted: what never returns keeps nothing alive after that.
#[cfg(feature = "_requests")]
pub(crate) async fn call_until(
    signal: &AbortSignal,
    function: &JsValue,
    argument: &JsValue,
) -> Result<JsValue, JsValue> {
    let mut listener = None;
    let aborted = Promise::new(&mut |_, reject| {
        let reject = move |_| drop(reject.call0(&JsValue::UNDEFINED));
        if signal.aborted() {
            reject(JsValue::UNDEFINED);
        }
        listener = Some(Listener::new(signal, "abort", reject));
    });
    let first = Promise::race(&Array::of2(&called(function, argument), &aborted));
    let ended = JsFuture::from(first).await;
    drop(listener);
    ended
}

fn called(function: &JsValue, argument: &JsValue) -> Promise {
    let function: &Function = function.unchecked_ref();
    match function.call1(&JsValue::UNDEFINED, argument) {
        Ok(returned) => Promise::resolve(&returned),
        Err(thrown) => Promise::reject(&thrown),
    }
}
