//! Waits between attempts, one event at a time: what ends them, and what they cost.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::time::Duration;

use common::headers::asking;
use common::{actions, job, md5_of, now};
use incoming_protocol::http::{RequestId, Response};
use incoming_protocol::incoming::wire::{FromClient, FromServer};
use incoming_protocol::{Action, Attempt, Error, Event, Link, Protocol, Retry, Upload, Wake};

const SECOND: Duration = Duration::from_secs(1);
/// How often a network that is said to be away is tried anyway.
const TRIED_ANYWAY: Duration = Duration::from_secs(30);

/// An upload over HTTP that has begun and waits a second between attempts.
fn begun(attempts: Option<u32>) -> Upload {
    let mut job = job(10);
    job.options.retry = Retry { delays: vec![SECOND], attempts };
    let mut upload = Upload::new(Protocol::Resumable, job, 7).unwrap();
    upload.start();
    upload
}

fn tell_network(upload: &mut Upload, is_offline: bool) {
    now(upload, Event::Measured(Link { is_offline, ..Link::default() }));
}

/// The request of this attempt, counted from 1, gets no answer.
fn lose(upload: &mut Upload, attempt: u32) -> Vec<Action> {
    now(upload, Event::RequestLost(RequestId(attempt), "cut".into()));
    now(upload, Event::FileIntact)
}

/// The request of this attempt is answered, with the wish to be left alone for so long.
fn refuse(upload: &mut Upload, attempt: u32, status: u16, retry_after: Duration) -> Vec<Action> {
    let response = asking(Response { status, ..Response::default() }, retry_after);
    now(upload, Event::Responded(RequestId(attempt), response));
    now(upload, Event::FileIntact)
}

fn offline(attempts: Option<u32>) -> Upload {
    let mut upload = begun(attempts);
    tell_network(&mut upload, true);
    lose(&mut upload, 1);
    upload
}

fn wait_of(actions: &[Action]) -> Option<Duration> {
    actions.iter().find_map(|action| match action {
        Action::Wait(Wake::Retry, delay) => Some(*delay),
        _ => None,
    })
}

fn sends(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::Request(_)))
}

fn woken(upload: &mut Upload) -> Vec<Action> {
    now(upload, Event::Woke(Wake::Retry))
}

#[test]
fn a_server_that_says_when_to_come_back_is_obeyed() {
    for (status, words) in
        [(429, "429: too many requests"), (503, "503: the server is busy or down")]
    {
        let mut upload = begun(None);
        let wait = wait_of(&refuse(&mut upload, 1, status, 100 * SECOND)).unwrap();
        assert!(wait >= 100 * SECOND && wait <= 125 * SECOND, "{wait:?}");
        let expected = format!("{words}, trying again within 1");
        assert!(upload.view().state_msg.starts_with(&expected), "{expected}");
        assert!(sends(&woken(&mut upload)));
    }
}

/// An upload of this protocol with its first request, which has number 1, on its way.
fn begun_over(protocol: Protocol) -> Upload {
    let mut upload = Upload::new(protocol, job(10), 7).unwrap();
    upload.start();
    now(&mut upload, Event::Digested(0..10, md5_of(&(0..10))));
    upload
}

#[test]
fn it_is_obeyed_in_every_protocol_over_http() {
    let over_http =
        [Protocol::Resumable, Protocol::Flow, Protocol::FineUploader, Protocol::Robusto];
    for protocol in over_http {
        for status in [408, 429, 502, 503, 504] {
            let mut upload = begun_over(protocol);
            let wait = wait_of(&refuse(&mut upload, 1, status, 100 * SECOND));
            assert!(wait.unwrap() >= 100 * SECOND, "{protocol:?} {status}");
        }
    }
}

#[test]
fn it_is_obeyed_however_the_attempt_ends() {
    let ends = [
        Event::RequestLost(RequestId(2), "cut".into()),
        Event::Responded(RequestId(2), Response { status: 502, ..Response::default() }),
        Event::Responded(RequestId(2), Response { status: 200, ..Response::default() }),
        Event::Woke(Wake::Stall),
    ];
    for end in ends {
        let mut job = job(300);
        job.options.chunk_size = Some(150);
        let mut upload = Upload::new(Protocol::Resumable, job, 7).unwrap();
        upload.start();
        refuse(&mut upload, 1, 503, 100 * SECOND);
        now(&mut upload, Event::Woke(Wake::Stall));
        now(&mut upload, end.clone());
        let wait = wait_of(&now(&mut upload, Event::FileIntact));
        assert!(wait.unwrap() >= 100 * SECOND, "{end:?}");
    }
}

#[test]
fn a_server_that_is_busy_and_does_not_say_for_how_long_gets_the_usual_wait() {
    let mut upload = begun(None);
    let wait = wait_of(&refuse(&mut upload, 1, 503, Duration::ZERO)).unwrap();
    assert!(wait <= SECOND, "{wait:?}");
}

#[test]
fn a_network_that_comes_back_does_not_shorten_the_wait_that_the_server_asked_for() {
    let mut asked = begun(None);
    refuse(&mut asked, 1, 503, 100 * SECOND);
    assert_eq!(now(&mut asked, Event::CameOnline), []);
    let mut unasked = begun(None);
    refuse(&mut unasked, 1, 503, Duration::ZERO);
    assert!(sends(&now(&mut unasked, Event::CameOnline)));
}

#[test]
fn a_refusal_of_a_busy_server_costs_an_attempt() {
    let mut upload = begun(Some(1));
    refuse(&mut upload, 1, 503, SECOND);
    woken(&mut upload);
    refuse(&mut upload, 2, 503, SECOND);
    let error = upload.view().error.unwrap();
    assert_eq!(error, Error::Unavailable("503: the server is busy or down".into()));
    assert!(error.to_string().contains("503: the server is busy"), "with its words");
}

#[test]
fn a_permanent_refusal_is_not_waited_for_whatever_it_says() {
    let mut upload = begun(None);
    refuse(&mut upload, 1, 403, 100 * SECOND);
    assert_eq!(upload.view().error.unwrap().kind(), "rejected");
}

#[test]
fn without_a_network_nothing_is_tried_until_it_is_there() {
    let mut upload = begun(None);
    lose(&mut upload, 1);
    tell_network(&mut upload, true);
    let due = woken(&mut upload);
    assert!(!sends(&due));
    assert_eq!(wait_of(&due), Some(TRIED_ANYWAY));
    assert!(upload.view().state_msg.contains("no network"), "{}", upload.view().state_msg);
    tell_network(&mut upload, false);
    assert!(sends(&now(&mut upload, Event::CameOnline)));
}

#[test]
fn a_browser_that_is_wrong_about_the_network_does_not_stop_an_upload() {
    let mut upload = offline(None);
    assert!(sends(&woken(&mut upload)), "after a while it is tried anyway");
    lose(&mut upload, 2);
    assert!(sends(&woken(&mut upload)));
    let answer = Response { status: 200, ..Response::default() };
    now(&mut upload, Event::Responded(RequestId(3), answer));
    assert!(upload.view().finished);
}

#[test]
fn being_offline_costs_no_attempt() {
    let mut upload = offline(Some(1));
    for attempt in 2..50 {
        assert!(sends(&woken(&mut upload)));
        assert_eq!(wait_of(&lose(&mut upload, attempt)), Some(TRIED_ANYWAY));
    }
    tell_network(&mut upload, false);
    assert!(sends(&now(&mut upload, Event::CameOnline)));
    assert!(wait_of(&lose(&mut upload, 50)).unwrap() <= SECOND, "this costs the only one");
    woken(&mut upload);
    lose(&mut upload, 51);
    assert_eq!(upload.view().error.unwrap().kind(), "lost");
}

#[test]
fn a_machine_that_wakes_up_without_a_network_goes_on_waiting_for_it() {
    let mut upload = offline(None);
    let woke_up = now(&mut upload, Event::CameOnline);
    assert!(!sends(&woke_up));
    assert_eq!(wait_of(&woke_up), Some(TRIED_ANYWAY));
}

#[test]
fn an_answer_proves_a_network_whatever_the_browser_believes() {
    let mut upload = begun(None);
    tell_network(&mut upload, true);
    let wait = wait_of(&refuse(&mut upload, 1, 503, 100 * SECOND)).unwrap();
    assert!(wait >= 100 * SECOND);
    assert!(upload.view().state_msg.starts_with("503: the server is busy or down, "));
}

/// Uploads in each kind of wait.
fn waiting() -> [Upload; 4] {
    let mut lost = begun(None);
    lose(&mut lost, 1);
    let mut busy = begun(None);
    refuse(&mut busy, 1, 503, 100 * SECOND);
    let mut checking = begun(None);
    now(&mut checking, Event::RequestLost(RequestId(1), "cut".into()));
    [lost, busy, checking, offline(None)]
}

#[test]
fn a_pause_in_a_wait_is_obeyed() {
    for mut upload in waiting() {
        assert!(upload.view().can_pause);
        let old = upload.attempt();
        assert_eq!(actions(upload.pause())[0], Action::HangUp);
        assert!(upload.view().paused);
        for late in [Event::Woke(Wake::Retry), Event::CameOnline, Event::FileIntact] {
            assert_eq!(upload.handle(old, late.clone()), []);
            assert_eq!(now(&mut upload, late), []);
        }
        assert!(sends(&actions(upload.start())), "a person need not wait");
    }
}

#[test]
fn a_cancellation_in_a_wait_is_obeyed() {
    for mut upload in waiting() {
        let old = upload.attempt();
        assert!(actions(upload.cancel("no")).contains(&Action::HangUp));
        assert!(upload.view().cancelled);
        assert_eq!(upload.handle(old, Event::Woke(Wake::Retry)), []);
    }
}

#[test]
fn a_person_need_not_wait() {
    for mut upload in waiting() {
        assert!(sends(&actions(upload.start())));
    }
}

#[test]
fn a_connection_that_slept_is_found_out_soon_and_never_at_once() {
    let mut upload = begun(None);
    let hurry = Action::Wait(Wake::Stall, 10 * SECOND);
    assert_eq!(now(&mut upload, Event::CameOnline), [hurry]);
}

#[test]
fn an_upload_tells_its_driver_what_it_is_about() {
    let mut upload = begun(None);
    assert_eq!((upload.size(), upload.confirmed()), (10, (0, false)));
    let attempt = upload.attempt();
    assert_eq!(Attempt::of_number(attempt.number()), attempt);
    lose(&mut upload, 1);
    woken(&mut upload);
    assert_eq!(upload.attempt().number(), attempt.number() + 2, "two hang-ups later");
    now(
        &mut upload,
        Event::Responded(RequestId(2), Response { status: 200, ..Response::default() }),
    );
    assert_eq!(upload.confirmed().0, 10);
    assert!(upload.is_over() && upload.is_closed(), "nothing can be asked any more");
}

#[test]
fn what_is_confirmed_in_this_connection_is_said_of_this_connection() {
    let mut job = job(300);
    job.options.chunk_size = Some(150);
    let mut upload = Upload::new(Protocol::Resumable, job, 7).unwrap();
    upload.start();
    now(
        &mut upload,
        Event::Responded(RequestId(1), Response { status: 200, ..Response::default() }),
    );
    assert_eq!(upload.confirmed(), (150, true));
    upload.pause();
    assert_eq!(upload.confirmed(), (150, false));
}

#[test]
fn a_file_that_can_be_removed_is_not_let_go_before_it_is() {
    let mut upload = begun_over(Protocol::FineUploader);
    assert!(!upload.is_closed());
    let json = Some(common::json(r#"{"success":true}"#));
    let done = Response { status: 200, json, ..Response::default() };
    now(&mut upload, Event::Responded(RequestId(1), done.clone()));
    assert!(upload.is_over() && !upload.is_closed());
    upload.remove().unwrap();
    now(&mut upload, Event::Responded(RequestId(2), done));
    assert!(upload.is_closed());
}

#[test]
fn a_pause_is_told_to_a_server_that_can_hear_it() {
    let mut upload = Upload::new(Protocol::Incoming, job(1_000_000), 7).unwrap();
    upload.start();
    now(&mut upload, Event::Connected);
    let (verify, position) = (None, 0);
    let terms = FromServer::UploadConfig { chunk_size_kb: 64, position, send_ahead: 4, verify };
    now(&mut upload, Event::Received(terms.to_json()));
    let paused = actions(upload.pause());
    assert_eq!(paused[..2], [Action::Send(FromClient::Pause.to_json()), Action::HangUp]);
}
