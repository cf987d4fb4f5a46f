//! What an earlier page has left is found out first, one event at a time.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::{KIB, actions, job, json, now};
use incoming_protocol::http::RequestId;
use incoming_protocol::incoming::wire::FromServer;
use incoming_protocol::pieces::Layout;
use incoming_protocol::{Action, Checkpoint, Event, Notice, Outcome, Protocol, Upload, Wake};

const UNKNOWN: &str = "Unknown upload id - maybe upload timed out?";

fn upload() -> Upload {
    let mut job = job(1000 * KIB);
    job.options.resume = true;
    Upload::new(Protocol::Incoming, job, 7).unwrap()
}

fn started() -> Upload {
    let mut upload = upload();
    upload.start();
    upload
}

const CUT: Layout = Layout { size: 0, chunk_size: 1, large_last: false };
const UNCUT: Layout = Layout { chunk_size: 0, ..CUT };

/// A new upload begins under this id.
fn named(id: &str) -> Event {
    Event::Recalled(Some(Checkpoint::new(id, UNCUT, &[]).to_json()))
}

fn found(id: &str) -> Event {
    Event::Recalled(Some(Checkpoint::new(id, CUT, &[0, 7]).to_json()))
}

/// An upload that goes on with the ticket `earlier`.
fn connected() -> Upload {
    let mut upload = started();
    now(&mut upload, found("earlier"));
    now(&mut upload, Event::Connected);
    upload
}

fn refusal(words: &str) -> Event {
    Event::Received(FromServer::Error(words.to_owned()).to_json())
}

fn terms(position: u64) -> Event {
    let conf =
        FromServer::UploadConfig { chunk_size_kb: 64, position, send_ahead: 4, verify: None };
    Event::Received(conf.to_json())
}

fn connects(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::Connect(_)))
}

fn recalls(actions: &[Action]) -> bool {
    actions.contains(&Action::Recall)
}

fn id_of(upload: &Upload) -> Option<String> {
    let kept = upload.checkpoint()?;
    Checkpoint::from_json(&kept).map(|checkpoint| checkpoint.id)
}

#[test]
fn nothing_else_is_done_before_it_is_known() {
    let mut upload = upload();
    let begun = actions(upload.start());
    assert_eq!(begun, [Action::Recall, Action::Notify(Notice::Progress)]);
    assert_eq!(upload.view().state_msg, "looking for what is there from before");
    assert_eq!(upload.start(), [], "once");
    for event in [Event::CameOnline, Event::Connected, Event::Woke(Wake::Stall)] {
        assert_eq!(now(&mut upload, event), []);
    }
    assert!(connects(&now(&mut upload, found("earlier"))));
}

#[test]
fn an_upload_that_need_not_be_resumed_asks_nobody() {
    let mut upload = Upload::new(Protocol::Incoming, job(7), 7).unwrap();
    let begun = actions(upload.start());
    assert!(connects(&begun) && !recalls(&begun));
}

#[test]
fn what_was_found_is_kept_on() {
    assert_eq!(id_of(&connected()).as_deref(), Some("earlier"));
}

#[test]
fn where_nothing_was_found_the_upload_begins_as_if_nobody_had_asked() {
    let mut upload = started();
    assert!(connects(&now(&mut upload, Event::Recalled(None))));
    assert_eq!(id_of(&upload), job(7).ticket);
}

#[test]
fn what_is_damaged_is_as_good_as_nothing() {
    let mut upload = started();
    let damaged = Event::Recalled(Some(json(r#"["earlier",2]"#)));
    assert!(connects(&now(&mut upload, damaged)));
    assert_eq!(id_of(&upload), job(7).ticket);
}

#[test]
fn an_id_may_come_late() {
    let mut upload = started();
    assert!(connects(&now(&mut upload, named("late"))));
    assert_eq!(id_of(&upload).as_deref(), Some("late"));
}

#[test]
fn a_caller_without_an_id_is_told_so() {
    let mut upload = started();
    let ended = now(&mut upload, Event::Refused("there is no id".into()));
    assert!(matches!(&ended[1], Action::Settle(Outcome::Failed(error)) if error.code() == 1));
    assert_eq!(upload.view().error.unwrap().to_string(), "there is no id");
    assert!(recalls(&actions(upload.start())), "and may try again");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_at_once() {
    let mut upload = started();
    now(&mut upload, Event::FileUnreadable("gone".into()));
    assert_eq!(upload.view().error.unwrap().kind(), "file_changed");
}

#[test]
fn what_cannot_be_loaded_is_tried_again_later() {
    let mut upload = started();
    now(&mut upload, Event::NotDigested("no network".into()));
    now(&mut upload, Event::FileIntact);
    assert!(upload.view().state_msg.starts_with("lost the connection"));
    assert!(recalls(&now(&mut upload, Event::Woke(Wake::Retry))));
}

#[test]
fn an_id_that_nobody_could_be_asked_for_is_asked_for_again_as_often_as_the_rule_says() {
    let mut job = job(1000 * KIB);
    job.options.resume = true;
    job.options.retry.attempts = Some(12);
    let mut upload = Upload::new(Protocol::Incoming, job, 7).unwrap();
    upload.start();
    for _ in 0..12 {
        now(&mut upload, Event::RequestLost(RequestId(0), "no network".into()));
        now(&mut upload, Event::FileIntact);
        assert!(recalls(&now(&mut upload, Event::Woke(Wake::Retry))));
    }
    now(&mut upload, Event::RequestLost(RequestId(0), "no network".into()));
    now(&mut upload, Event::FileIntact);
    assert_eq!(upload.view().error.unwrap().kind(), "lost");
}

#[test]
fn a_pause_ends_the_search_and_its_end_begins_it_anew() {
    let mut upload = started();
    assert!(upload.view().can_pause);
    let old = upload.attempt();
    assert!(actions(upload.pause()).contains(&Action::HangUp));
    assert!(upload.view().paused);
    assert_eq!(upload.handle(old, found("earlier")), []);
    assert!(recalls(&actions(upload.start())));
    assert!(connects(&now(&mut upload, found("earlier"))));
}

#[test]
fn a_cancellation_during_the_search_tells_nobody() {
    let cancel: [fn(&mut Upload); 2] = [
        |_| {},
        |upload| {
            upload.pause();
        },
    ];
    for before in cancel {
        let mut upload = started();
        before(&mut upload);
        assert!(upload.view().can_cancel);
        let ended = actions(upload.cancel("no"));
        assert!(ended.contains(&Action::HangUp) && !connects(&ended));
        assert!(ended.contains(&Action::Settle(Outcome::Cancelled("no".into()))));
        assert!(upload.view().cancelled && upload.view().error.is_none());
    }
}

#[test]
fn a_cancellation_while_another_page_goes_on_under_the_same_ticket_does_not_cancel_that() {
    let pause: fn(&mut Upload) = |upload| {
        upload.pause();
    };
    let lose: fn(&mut Upload) = |upload| {
        now(upload, Event::NotDigested("no network".into()));
        now(upload, Event::FileIntact);
    };
    for before in [|_: &mut Upload| {}, pause, lose] {
        let mut upload = connected();
        now(&mut upload, terms(0));
        now(&mut upload, refusal("no"));
        upload.start();
        now(&mut upload, Event::Occupied);
        before(&mut upload);
        let ended = actions(upload.cancel("no"));
        assert!(ended.contains(&Action::HangUp) && !connects(&ended));
        assert!(ended.contains(&Action::Settle(Outcome::Cancelled("no".into()))));
    }
}

#[test]
fn who_waits_for_another_page_says_so() {
    let mut upload = started();
    assert_eq!(now(&mut upload, Event::Occupied), [Action::Notify(Notice::Progress)]);
    assert_eq!(upload.view().state_msg, "waiting: another page is sending this file");
    assert!(upload.view().can_pause && upload.view().can_cancel);
    now(&mut upload, found("earlier"));
    assert_eq!(upload.view().state_msg, "connecting to the server");
}

#[test]
fn a_ticket_that_the_server_does_not_know_any_more_starts_the_upload_over() {
    let mut upload = connected();
    let again = now(&mut upload, refusal(UNKNOWN));
    assert!(again.contains(&Action::HangUp) && recalls(&again));
    assert_eq!((id_of(&upload), upload.view().error), (None, None));
    assert!(connects(&now(&mut upload, named("fresh"))));
    now(&mut upload, Event::Connected);
    let sends = now(&mut upload, terms(0));
    assert!(sends.contains(&Action::SendRange(0..64 * KIB)));
}

#[test]
fn a_fresh_ticket_that_the_server_does_not_know_is_an_error() {
    let mut upload = started();
    now(&mut upload, named("fresh"));
    now(&mut upload, Event::Connected);
    now(&mut upload, refusal(UNKNOWN));
    assert_eq!(upload.view().error.unwrap().kind(), "rejected");
    assert_eq!(upload.checkpoint(), None);
}

#[test]
fn whatever_else_the_server_refuses_stays_refused_and_is_kept() {
    let mut upload = connected();
    now(&mut upload, refusal("File size has changed"));
    assert_eq!(upload.view().error.unwrap().kind(), "rejected");
    assert_eq!(id_of(&upload).as_deref(), Some("earlier"));
}

#[test]
fn an_upload_that_is_started_again_after_an_error_asks_whether_another_page_went_on() {
    let mut upload = connected();
    now(&mut upload, terms(0));
    now(&mut upload, refusal("no"));
    assert!(recalls(&actions(upload.start())));
    assert_eq!(id_of(&upload).as_deref(), Some("earlier"));
    assert!(connects(&now(&mut upload, Event::Recalled(None))));
    assert_eq!(id_of(&upload).as_deref(), Some("earlier"), "nobody did");
}

#[test]
fn a_loss_is_no_reason_to_ask_again() {
    let mut upload = connected();
    now(&mut upload, Event::Disconnected { code: 1006, reason: String::new() });
    now(&mut upload, Event::FileIntact);
    let again = now(&mut upload, Event::Woke(Wake::Retry));
    assert!(connects(&again) && !recalls(&again));
}

#[test]
fn what_is_kept_is_data_of_a_few_bytes() {
    let kept = connected().checkpoint().unwrap();
    assert_eq!(kept, json(r#"["earlier",1,1,0,0,0]"#));
}
