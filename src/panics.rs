//! What a panic says, on the console of builds for developers. In others it is a trap: nobody would read
//! the words, and everybody would download them.

use std::panic;

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(words: &str);
}

#[wasm_bindgen(start)]
fn show() {
    panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}
