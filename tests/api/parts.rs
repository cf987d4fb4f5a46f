//! What hashes and what keeps, as the test wants it.

use js_sys::Function;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/tests/fakes/digest.js")]
extern "C" {
    /// Nothing was hashed yet; what is asked for waits for the test if it wants so.
    #[wasm_bindgen(js_name = takeOverDigests)]
    pub fn take_over_digests(waits: bool);
    #[wasm_bindgen(js_name = refuseDigests)]
    pub fn refuse_digests(words: &str);
    #[wasm_bindgen(js_name = begunJobs)]
    pub fn begun_jobs() -> Vec<FakeJob>;
    #[wasm_bindgen(js_name = partsUrl)]
    pub fn parts_url() -> String;

    #[derive(Clone)]
    pub type FakeJob;
    #[wasm_bindgen(method, getter)]
    pub fn range(this: &FakeJob) -> String;
    #[wasm_bindgen(method, getter, js_name = isCancelled)]
    pub fn is_cancelled(this: &FakeJob) -> bool;
    #[wasm_bindgen(method, getter)]
    fn progress(this: &FakeJob) -> Function;
    #[wasm_bindgen(method)]
    pub fn finish(this: &FakeJob);
    #[wasm_bindgen(method)]
    pub fn fail(this: &FakeJob, error: &JsValue);
}

/// Of everything that is hashed here.
pub const MD5: &str = "5d41402abc4b2a76b9719d911017c592";

impl FakeJob {
    /// So many bytes are hashed.
    pub fn hashed(&self, bytes: u32) {
        self.progress().call1(&JsValue::UNDEFINED, &bytes.into()).unwrap();
    }
}
