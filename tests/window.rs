//! The Rust API in a window, without any server: what would leave the page goes to the test.

#![cfg(all(target_arch = "wasm32", not(feature = "npm")))]
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

mod api;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
