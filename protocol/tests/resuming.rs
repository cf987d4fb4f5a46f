//! What is found out before an upload begins, one event at a time.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::resuming::*;
use common::{KIB, actions, job, now};
use incoming_protocol::incoming::wire::FromServer;
use incoming_protocol::{Action, Event, Protocol, State, Upload, Wake};

#[test]
fn one_thing_after_the_other_is_found_out_before_anything_else_is_done() {
    let mut upload = upload_with(true, true);
    assert_eq!(actions(upload.start()), [Action::Identify, TOLD]);
    let view = upload.view();
    assert_eq!(
        (view.state, &*view.state_msg),
        (State::Waiting, "looking for what is there from before")
    );
    assert_eq!(upload.start(), [], "once");
    for event in [Event::CameOnline, Event::Connected, Event::Woke(Wake::Stall), Event::Held] {
        assert_eq!(now(&mut upload, event), []);
    }
    assert_eq!(now(&mut upload, Event::Identified(None)), [Action::Hold]);
    assert_eq!(now(&mut upload, found("too early")), []);
    assert_eq!(now(&mut upload, Event::Held), [Action::Recall]);
    assert_eq!(now(&mut upload, named("unasked")), []);
    assert_eq!(now(&mut upload, Event::Recalled(None)), [Action::AskId, TOLD]);
    assert_eq!(upload.view().state_msg, "asking for an upload id");
    assert!(connects(&now(&mut upload, named("fresh"))));
    assert_eq!(id_of(&upload).as_deref(), Some("fresh"));
}

#[test]
fn an_upload_that_need_not_be_resumed_asks_nobody() {
    let begun = actions(upload_with(false, false).start());
    assert!(connects(&begun) && !begun.contains(&Action::Identify) && !begun.contains(&SAVE));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_at_once() {
    let mut upload = upload();
    upload.start();
    now(&mut upload, Event::FileUnreadable("gone".into()));
    assert_eq!(upload.view().error.unwrap().kind(), "file_changed");
}

/// What finds out which file it is cannot be loaded, and it is tried again.
fn fail_to_identify(upload: &mut Upload) -> Vec<Action> {
    now(upload, Event::NotDigested("no network".into()));
    now(upload, Event::FileIntact);
    now(upload, Event::Woke(Wake::Retry))
}

#[test]
fn what_cannot_be_loaded_is_tried_again_and_then_done_without() {
    let mut upload = upload();
    upload.start();
    now(&mut upload, Event::NotDigested("no network".into()));
    now(&mut upload, Event::FileIntact);
    assert!(upload.view().state_msg.starts_with("lost the connection: no network"));
    assert!(now(&mut upload, Event::Woke(Wake::Retry)).contains(&Action::Identify));
    assert!(fail_to_identify(&mut upload).contains(&Action::Identify));
    let begun = now(&mut upload, Event::NotDigested("no network".into()));
    assert!(connects(&begun) && !begun.contains(&SAVE) && keeps(&begun).is_none());
    assert!(!upload.view().resumable);
    let mut ended = actions(upload.cancel("no"));
    ended.extend(now(&mut upload, Event::Woke(Wake::Stall)));
    assert!(upload.view().cancelled && !ended.contains(&Action::Forget), "of which file?");
}

#[test]
fn who_does_without_still_asks_for_an_id() {
    let mut upload = upload_with(true, true);
    upload.start();
    fail_to_identify(&mut upload);
    fail_to_identify(&mut upload);
    let asks = now(&mut upload, Event::NotDigested("no network".into()));
    assert_eq!(asks, [Action::AskId, TOLD]);
    assert!(connects(&now(&mut upload, named("fresh"))));
}

#[test]
fn a_pause_ends_the_search_and_its_end_begins_it_anew() {
    let mut upload = upload();
    upload.start();
    assert!(upload.view().can_pause);
    let old = upload.attempt();
    assert_eq!(actions(upload.pause()), [Action::HangUp, TOLD], "nothing is held");
    assert_eq!((upload.view().paused, upload.view().state), (true, State::Paused));
    assert_eq!(upload.handle(old, Event::Identified(None)), []);
    assert!(actions(upload.start()).contains(&Action::Identify));
    now(&mut upload, Event::Identified(None));
    upload.pause();
    assert!(actions(upload.start()).contains(&Action::Hold), "the file is known");
}

#[test]
fn who_waits_for_another_page_says_so() {
    let mut upload = upload();
    identify(&mut upload);
    assert_eq!(now(&mut upload, Event::Occupied), [TOLD]);
    let view = upload.view();
    assert_eq!(
        (view.state, &*view.state_msg),
        (State::Waiting, "waiting: another page is sending this file")
    );
    assert!(view.can_pause && view.can_cancel);
    now(&mut upload, Event::Held);
    now(&mut upload, found("earlier"));
    assert_eq!(upload.view().state_msg, "connecting to the server");
}

#[test]
fn whatever_else_the_server_refuses_stays_refused_and_is_kept() {
    let mut upload = connected();
    let ended = now(&mut upload, refusal("File size has changed"));
    assert!(!ended.contains(&Action::Forget) && ended.contains(&Action::LetGo));
    assert_eq!(upload.view().error.unwrap().kind(), "rejected");
    assert_eq!(id_of(&upload).as_deref(), Some("earlier"));
    assert!(upload.view().resumable);
}

#[test]
fn an_upload_that_is_started_again_after_an_error_asks_whether_another_page_went_on() {
    let mut upload = begun();
    now(&mut upload, acknowledged(64 * KIB));
    let ended = now(&mut upload, refusal("no"));
    let left = keeps(&ended).unwrap().clone();
    assert_eq!((&*left.checkpoint.id, left.bytes_acked), ("fresh", 64 * KIB));
    now(&mut upload, Event::Kept(true));
    assert_eq!(actions(upload.start())[0], Action::Hold);
    now(&mut upload, Event::Held);
    assert!(connects(&now(&mut upload, Event::Recalled(Some(left)))), "nobody did");
    assert_eq!((id_of(&upload).as_deref(), upload.confirmed().0), (Some("fresh"), 64 * KIB));
}

#[test]
fn what_another_page_has_got_to_since_an_error_counts() {
    let mut upload = begun();
    now(&mut upload, refusal("no"));
    upload.start();
    now(&mut upload, Event::Held);
    assert!(connects(&now(&mut upload, found("another"))));
    assert_eq!(id_of(&upload).as_deref(), Some("another"));
}

#[test]
fn a_loss_is_no_reason_to_ask_again() {
    let mut upload = connected();
    now(&mut upload, lost());
    now(&mut upload, Event::FileIntact);
    let again = now(&mut upload, Event::Woke(Wake::Retry));
    assert!(connects(&again) && !again.contains(&Action::Recall));
}

#[test]
fn a_fingerprint_that_is_ready_while_it_is_asked_who_went_on_is_not_missed() {
    let mut job = job(10);
    job.options.resume = true;
    job.options.verify = Some(incoming_protocol::Verification::File);
    let mut upload = held(Upload::new(Protocol::Incoming, job, 7).unwrap());
    now(&mut upload, Event::Recalled(None));
    now(&mut upload, Event::Connected);
    now(&mut upload, refusal("no"));
    now(&mut upload, Event::Digested(0..10, common::md5_of(&(0..10))));
    upload.start();
    now(&mut upload, Event::Held);
    now(&mut upload, Event::Recalled(None));
    now(&mut upload, Event::Connected);
    let verify = Some(incoming_protocol::Verification::File);
    let terms = FromServer::UploadConfig { chunk_size_kb: 64, position: 10, send_ahead: 4, verify };
    let agreed = now(&mut upload, Event::Received(terms.to_json()));
    let says = |action: &Action| matches!(action, Action::Send(json) if json.member("MsgType") == Some(&"MsgFileSum".into()));
    assert!(agreed.iter().any(says), "{agreed:?}");
}
