//! A page that uploads a file with [`incoming_uploader`], in plain web-sys.
//!
//! Frameworks need less: what [`Page::show`] writes into elements is a signal in Leptos or Dioxus and a
//! state in Yew, set from `on_progress` by a [`Snapshot`] that is plain data.

mod page;
mod ticket;

use std::cell::RefCell;
use std::rc::Rc;

use incoming_uploader::{Error, Outcome, Protocol, Snapshot, Uploader, Verification};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use page::Page;

/// Where `digest.js` and `checkpoints.js` of the npm package are.
const PARTS: &str = "/pkg/";

/// The upload of this page, if a file was chosen.
type Chosen = Rc<RefCell<Option<Uploader>>>;

/// Runs when the page has loaded the wasm.
///
/// # Errors
/// If an element is missing.
#[wasm_bindgen(start)]
pub fn main() -> Result<(), JsValue> {
    let page = Page::find()?;
    let chosen = Chosen::default();
    let (shown, uploads) = (page.clone(), Rc::clone(&chosen));
    page.on_file(move |file, protocol| choose(&shown, &uploads, file, &protocol));
    let uploads = Rc::clone(&chosen);
    page.on_pause(move || if_chosen(&uploads, pause_or_go_on));
    page.on_cancel(move || if_chosen(&chosen, |uploader| uploader.cancel("nobody needs it")));
    Ok(())
}

/// Uploads the file that was chosen.
fn choose(page: &Page, chosen: &Chosen, file: File, protocol: &str) {
    match upload(page, file, protocol) {
        Ok(uploader) => {
            let (page, end) = (page.clone(), uploader.finished());
            spawn_local(async move { page.say(&words(&end.await)) });
            *chosen.borrow_mut() = Some(uploader);
        }
        Err(error) => page.say(&error.to_string()),
    }
}

fn upload(page: &Page, file: File, protocol: &str) -> Result<Uploader, Error> {
    let protocol = Protocol::chosen(protocol)?;
    let page = page.clone();
    let mut upload = Uploader::builder(file)
        .protocol(protocol)
        .verify(Verification::Chunks)
        .resume(true)
        .parts_url(PARTS)
        .on_progress(move |now: &Snapshot| page.show(now));
    if protocol == Protocol::Incoming {
        upload = upload.ticket_from(ticket::of_this_server);
    } else {
        upload = upload.chunk_size(1024 * 1024);
    }
    upload.start()
}

fn if_chosen(chosen: &Chosen, act: fn(&Uploader)) {
    // Cloned, because whoever is told of the change may choose another file.
    let uploader = chosen.borrow().clone();
    if let Some(uploader) = uploader {
        act(&uploader);
    }
}

fn pause_or_go_on(uploader: &Uploader) {
    if uploader.snapshot().paused {
        // Only what is over refuses, and that cannot be paused.
        let _ = uploader.start();
    } else {
        uploader.pause();
    }
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Finished => "delivered".to_owned(),
        Outcome::Cancelled(reason) => format!("cancelled: {reason}"),
        Outcome::Failed(error) => format!("failed: {error}"),
    }
}
