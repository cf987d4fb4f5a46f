//! What a page sees of an attempt that was lost, and what many in a row mean.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::time::Duration;

use common::headers::asking;
use common::{KIB, actions, job, json, now};
use incoming_protocol::http::{Request, RequestId, Response};
use incoming_protocol::incoming::wire::FromServer;
use incoming_protocol::{
    Action, Error, Event, Json, Link, Protocol, RawOptions, Retry, State, Upload, Wake,
};

const MIB: u64 = 1024 * KIB;
const HINT: &str = "a server or proxy that does not know this page's origin may refuse it";

fn begun(protocol: Protocol) -> Upload {
    let mut upload = Upload::new(protocol, job(1000 * KIB), 7).unwrap();
    upload.start();
    upload
}

fn lost() -> Event {
    Event::Disconnected { code: 1006, reason: String::new() }
}

/// The attempt is lost, and the next one begins.
fn again(upload: &mut Upload, event: Event) -> Vec<Action> {
    now(upload, event);
    now(upload, Event::FileIntact);
    now(upload, Event::Woke(Wake::Retry))
}

fn told(message: FromServer) -> Event {
    Event::Received(message.to_json())
}

fn terms() -> Event {
    told(FromServer::UploadConfig { chunk_size_kb: 64, position: 0, send_ahead: 4, verify: None })
}

fn transferring() -> Upload {
    let mut upload = begun(Protocol::Incoming);
    now(&mut upload, Event::Connected);
    now(&mut upload, terms());
    upload
}

fn last_words(upload: &Upload) -> String {
    upload.view().last_error.map_or_else(String::new, |error| error.to_string())
}

#[test]
fn a_loss_is_shown_while_there_is_hope_and_forgotten_after_progress() {
    let mut upload = transferring();
    assert_eq!(upload.view().last_error, None);
    now(&mut upload, lost());
    let view = upload.view();
    assert_eq!((view.state, view.error), (State::Retrying, None));
    assert_eq!(view.last_error.map(|error| error.kind()), Some("lost"));
    assert_eq!(view.state_msg, "lost the connection: it closed with code 1006");
    now(&mut upload, Event::FileIntact);
    let words = "lost the connection: it closed with code 1006, trying again within 1 s";
    assert_eq!(upload.view().state_msg, words);
    now(&mut upload, Event::Woke(Wake::Retry));
    now(&mut upload, Event::Connected);
    now(&mut upload, terms());
    assert_eq!(upload.view().last_error.map(|error| error.kind()), Some("lost"), "no progress");
    now(&mut upload, told(FromServer::ChunkAck(64 * KIB)));
    assert_eq!(upload.view().last_error, None);
}

#[test]
fn a_loss_is_forgotten_at_a_new_start_and_at_the_end() {
    let ends: [fn(&mut Upload); 3] = [
        |upload| drop(upload.start()),
        |upload| {
            upload.cancel("no");
            now(upload, Event::Woke(Wake::Stall));
        },
        |upload| drop(now(upload, Event::FileUnreadable("gone".into()))),
    ];
    for end in ends {
        let mut upload = transferring();
        now(&mut upload, lost());
        end(&mut upload);
        assert_eq!(upload.view().last_error, None);
    }
}

#[test]
fn a_server_that_is_busy_is_shown_in_its_own_words() {
    let mut upload = begun(Protocol::Resumable);
    let response = Response { status: 503, text: "back at noon".into(), ..Response::default() };
    now(&mut upload, Event::Responded(RequestId(1), response));
    now(&mut upload, Event::FileIntact);
    assert!(upload.view().state_msg.starts_with("503: back at noon, trying again within"));
    assert!(last_words(&upload).contains("back at noon"));
}

#[test]
fn a_silence_is_a_loss_in_words_of_its_own() {
    let mut upload = begun(Protocol::Incoming);
    now(&mut upload, Event::Woke(Wake::Stall));
    now(&mut upload, Event::FileIntact);
    let words =
        "lost the connection: the server was silent for 20 seconds, trying again within 1 s";
    assert_eq!(upload.view().state_msg, words);
}

#[test]
fn no_network_is_waited_for() {
    let mut upload = begun(Protocol::Incoming);
    now(&mut upload, Event::Measured(Link { is_offline: true, ..Link::default() }));
    now(&mut upload, lost());
    now(&mut upload, Event::FileIntact);
    let view = upload.view();
    assert_eq!(view.state, State::Waiting);
    assert_eq!(view.state_msg, "there is no network, trying again within 31 s");
}

#[test]
fn one_word_says_what_is_going_on() {
    let mut upload = Upload::new(Protocol::Incoming, job(1000 * KIB), 7).unwrap();
    assert_eq!(upload.view().state, State::Ready);
    upload.start();
    assert_eq!(upload.view().state, State::Connecting);
    now(&mut upload, Event::Connected);
    assert_eq!(upload.view().state, State::Connecting);
    now(&mut upload, terms());
    assert_eq!(upload.view().state, State::Uploading);
    upload.pause();
    assert_eq!(upload.view().state, State::Paused);
    upload.cancel("no");
    assert_eq!(upload.view().state, State::Cancelling);
    now(&mut upload, Event::Woke(Wake::Stall));
    assert_eq!(upload.view().state, State::Cancelled);
    let mut upload = Upload::new(Protocol::Incoming, job(10), 7).unwrap();
    upload.start();
    now(&mut upload, Event::Connected);
    now(&mut upload, terms());
    now(&mut upload, told(FromServer::ChunkAck(10)));
    assert_eq!(upload.view().state, State::HandingOver);
    now(&mut upload, told(FromServer::AllDone(None)));
    assert_eq!(upload.view().state, State::Finished);
    let mut upload = transferring();
    now(&mut upload, told(FromServer::Error("no".into())));
    assert_eq!(upload.view().state, State::Failed);
    assert_eq!(begun(Protocol::Robusto).view().state, State::Hashing);
}

#[test]
fn a_new_start_after_the_end_is_a_mistake_in_words() {
    let mut cancelled = begun(Protocol::Resumable);
    assert_eq!(cancelled.can_start(), Ok(()));
    cancelled.cancel("no");
    let mut finished = Upload::new(Protocol::Resumable, job(10), 7).unwrap();
    finished.start();
    let stored = Response { status: 200, ..Response::default() };
    now(&mut finished, Event::Responded(RequestId(1), stored));
    for (upload, word) in [(cancelled, "cancelled"), (finished, "finished")] {
        let error = upload.can_start().unwrap_err();
        assert!(error.kind() == "misuse" && error.to_string().contains(word), "{error}");
    }
}

#[test]
fn what_the_pages_own_functions_refuse_ends_an_attempt_as_the_error_says() {
    let mut upload = begun(Protocol::Resumable);
    let ended = now(&mut upload, Event::Failed(Error::Rejected("quota exceeded".into())));
    assert_eq!(ended[0], Action::HangUp);
    assert_eq!(upload.view().error, Some(Error::Rejected("quota exceeded".into())));
    let mut upload = begun(Protocol::Resumable);
    let failed = Event::Failed(Error::Lost("no token".into()));
    assert!(!again(&mut upload, failed).is_empty() && last_words(&upload).contains("no token"));
    let mut cancelled = transferring();
    cancelled.cancel("no");
    now(&mut cancelled, Event::Failed(Error::Misuse("a header".into())));
    assert!(cancelled.view().cancelled && cancelled.view().error.is_some());
}

#[test]
fn everything_that_has_left_the_browser_is_waited_for() {
    const WAITING: &str = "everything is sent, waiting for the server";
    let mut upload = Upload::new(Protocol::Resumable, job(10), 7).unwrap();
    upload.start();
    assert_eq!(upload.view().state_msg, "sending the file");
    now(&mut upload, Event::Loaded(RequestId(1), 9));
    assert_eq!(upload.view().state_msg, "sending the file");
    now(&mut upload, Event::Loaded(RequestId(1), 10));
    assert_eq!((upload.view().state, &*upload.view().state_msg), (State::Uploading, WAITING));
    let mut upload = Upload::new(Protocol::Incoming, job(10), 7).unwrap();
    upload.start();
    now(&mut upload, Event::Connected);
    now(&mut upload, terms());
    assert_eq!(upload.view().state_msg, "sending the file", "it is in the browser's queue");
    now(&mut upload, Event::Measured(Link::default()));
    assert_eq!(upload.view().state_msg, WAITING);
}

#[test]
fn a_pause_that_costs_what_was_sent_says_so() {
    let mut upload = begun(Protocol::Galileo);
    now(&mut upload, Event::Connected);
    upload.pause();
    assert_eq!(upload.view().state_msg, "paused", "its connection waits with it");
    now(&mut upload, lost());
    let view = upload.view();
    assert_eq!(view.state_msg, "paused; the connection is gone, so that it will start over");
    assert_eq!(view.last_error.map(|error| error.kind()), Some("lost"));
    let mut other = transferring();
    other.pause();
    assert_eq!(other.view().state_msg, "paused");
}

#[test]
fn a_server_that_takes_everything_and_then_fails_is_given_up_after_the_attempts_and_not_asked_for_ever()
 {
    for protocol in [Protocol::Incoming, Protocol::Galileo] {
        let mut job = job(64 * KIB);
        job.options.retry.attempts = Some(3);
        let mut upload = Upload::new(protocol, job, 7).unwrap();
        upload.start();
        for _ in 0..4 {
            assert_eq!(upload.view().error, None, "{protocol:?}");
            now(&mut upload, Event::Connected);
            for message in whole_file(protocol) {
                now(&mut upload, Event::Received(message));
            }
            assert_eq!(upload.view().bytes_acked, 64 * KIB, "{protocol:?}");
            again(&mut upload, lost());
        }
        assert_eq!(upload.view().error.unwrap().kind(), "lost", "{protocol:?}");
    }
}

/// What a server says that takes a file of 64 KiB.
fn whole_file(protocol: Protocol) -> Vec<Json> {
    match protocol {
        Protocol::Incoming => vec![
            FromServer::UploadConfig {
                chunk_size_kb: 64,
                position: 0,
                send_ahead: 4,
                verify: None,
            }
            .to_json(),
            FromServer::ChunkAck(64 * KIB).to_json(),
        ],
        _ => vec![json(r#"{"ready":true,"chunksize":65536}"#), json(r#"{"ready":true}"#)],
    }
}

#[test]
fn a_server_without_room_is_not_available_and_no_connection_is_lost() {
    let mut upload = begun(Protocol::Incoming);
    now(&mut upload, Event::Connected);
    let reason = "there are too many open uploads".to_owned();
    now(&mut upload, Event::Disconnected { code: 1013, reason });
    assert_eq!(upload.view().last_error.unwrap().kind(), "unavailable");
}

#[test]
fn more_chunks_or_requests_than_anybody_can_keep_are_refused_at_once() {
    for protocol in [Protocol::Resumable, Protocol::FineUploader, Protocol::Robusto] {
        let refused = |chunk_size, own: &str| {
            let Json::Object(own) = json(own) else { panic!("an object") };
            let mut job = job(8 << 30);
            job.options.chunk_size = Some(chunk_size);
            job.options.own = RawOptions::new(own);
            Upload::new(protocol, job, 7).err().unwrap().to_string()
        };
        let own = if protocol == Protocol::FineUploader { r#"{"chunking":true}"# } else { "{}" };
        assert!(refused(16, own).contains("at most 10000000 chunks, found one that makes"));
        let own = r#"{"simultaneous":1001}"#;
        assert!(refused(MIB, own).contains("at most 1000 as simultaneous"), "{protocol:?}");
    }
}

#[test]
fn a_websocket_that_does_not_open_three_times_in_a_row_hints_at_a_refusal() {
    for protocol in [Protocol::Incoming, Protocol::Galileo] {
        let mut upload = begun(protocol);
        for _ in 0..2 {
            again(&mut upload, lost());
            assert!(!last_words(&upload).contains(HINT));
        }
        for _ in 0..2 {
            now(&mut upload, lost());
            assert!(last_words(&upload).ends_with(HINT), "{}", last_words(&upload));
            assert!(upload.view().state_msg.contains(HINT));
            now(&mut upload, Event::FileIntact);
            let tries = now(&mut upload, Event::Woke(Wake::Retry));
            assert!(tries.iter().any(|action| matches!(action, Action::Connect(_))));
        }
        now(&mut upload, Event::NotDigested("no worker".into()));
        assert!(!last_words(&upload).contains(HINT), "something else is the matter");
        now(&mut upload, Event::FileIntact);
        now(&mut upload, Event::Woke(Wake::Retry));
        for _ in 0..5 {
            now(&mut upload, Event::Connected);
            again(&mut upload, lost());
            assert!(!last_words(&upload).contains(HINT), "it had opened");
        }
        again(&mut upload, lost());
        assert!(!last_words(&upload).contains(HINT), "once is nothing");
    }
}

#[test]
fn a_websocket_that_does_not_open_without_a_network_is_not_refused() {
    let mut upload = begun(Protocol::Incoming);
    now(&mut upload, Event::Measured(Link { is_offline: true, ..Link::default() }));
    for _ in 0..5 {
        again(&mut upload, lost());
    }
    assert!(!last_words(&upload).contains(HINT));
}

#[test]
fn requests_that_get_no_answer_three_times_in_a_row_hint_at_a_refusal_unless_one_got_one() {
    for is_answered in [false, true] {
        let (mut upload, mut asked) = requesting(MIB, None);
        if is_answered {
            let first = asked.remove(0);
            asked.extend(requests(now(&mut upload, Event::Responded(first.id, status(200)))));
        }
        for _ in 0..3 {
            assert!(!upload.view().last_error.is_some_and(|it| it.words().contains(HINT)));
            for request in std::mem::take(&mut asked) {
                now(&mut upload, Event::RequestLost(request.id, "there was no answer".into()));
            }
            now(&mut upload, Event::FileIntact);
            asked = requests(now(&mut upload, Event::Woke(Wake::Retry)));
        }
        assert_eq!(last_words(&upload).ends_with(HINT), !is_answered);
    }
}

fn requests(actions: Vec<Action>) -> Vec<Request> {
    let request = |action| match action {
        Action::Request(request) => Some(request),
        _ => None,
    };
    actions.into_iter().filter_map(request).collect()
}

/// An upload in requests of so many bytes, three at a time.
fn requesting(chunk_size: u64, attempts: Option<u32>) -> (Upload, Vec<Request>) {
    let delays = vec![Duration::from_millis(200)];
    requesting_by(chunk_size, Retry { delays, attempts })
}

fn requesting_by(chunk_size: u64, rule: Retry) -> (Upload, Vec<Request>) {
    let mut job = job(10 * chunk_size);
    job.options.chunk_size = Some(chunk_size);
    job.options.retry = rule;
    let mut upload = Upload::new(Protocol::Resumable, job, 7).unwrap();
    let requests = requests(actions(upload.start()));
    (upload, requests)
}

/// Answers all requests; returns those that follow.
fn answer(upload: &mut Upload, asked: Vec<Request>, response: &Response) -> Vec<Request> {
    let mut follow = Vec::new();
    for request in asked {
        follow.extend(now(upload, Event::Responded(request.id, response.clone())));
    }
    now(upload, Event::FileIntact);
    follow.extend(now(upload, Event::Woke(Wake::Retry)));
    requests(follow)
}

fn status(status: u16) -> Response {
    Response { status, ..Response::default() }
}

#[test]
fn a_large_request_with_the_same_answer_five_times_in_a_row_is_refused() {
    let (mut upload, mut asked) = requesting(64 * MIB, None);
    for _ in 0..4 {
        asked = answer(&mut upload, asked, &status(502));
        assert_eq!(upload.view().error, None);
    }
    answer(&mut upload, asked, &status(502));
    let words = "status 502 five times in a row for a request of 64 MiB: a server or a proxy in \
                 front of it refuses requests of this size";
    assert_eq!(upload.view().error, Some(Error::Rejected(words.into())));
    let mut asked = requests(actions(upload.start()));
    for _ in 0..4 {
        asked = answer(&mut upload, asked, &status(502));
    }
    assert_eq!(upload.view().error, None, "a new start begins to count anew");
}

#[test]
fn a_server_behind_a_proxy_has_about_a_minute_to_come_back_before_its_answer_is_taken_for_a_refusal()
 {
    let (mut upload, mut asked) = requesting_by(64 * MIB, Retry::default());
    let mut waited = Duration::ZERO;
    for _ in 0..4 {
        let mut follow = Vec::new();
        for request in asked {
            follow.extend(now(&mut upload, Event::Responded(request.id, status(502))));
        }
        follow.extend(now(&mut upload, Event::FileIntact));
        for action in follow {
            if let Action::Wait(Wake::Retry, delay) = action {
                waited += delay;
            }
        }
        asked = requests(now(&mut upload, Event::Woke(Wake::Retry)));
    }
    assert!(waited >= Duration::from_secs(4 + 8 + 16 + 30), "{waited:?}");
    assert_eq!(upload.view().error, None);
}

fn is_given_up<const N: usize>(
    chunk_size: u64,
    attempts: Option<u32>,
    answers: [Response; N],
) -> bool {
    let (mut upload, mut asked) = requesting(chunk_size, attempts);
    for response in answers {
        asked = answer(&mut upload, asked, &response);
    }
    upload.view().error.is_some()
}

#[test]
fn what_may_pass_is_not_given_up() {
    let same = || [502; 5].map(status);
    assert!(is_given_up(17 * MIB, None, same()));
    assert!(!is_given_up(16 * MIB, None, same()), "small enough for anybody");
    assert!(!is_given_up(17 * MIB, Some(u32::MAX), same()), "the page has said how often");
    assert!(!is_given_up(17 * MIB, None, [502, 502, 504, 502, 502].map(status)));
    assert!(!is_given_up(17 * MIB, None, [429; 5].map(status)));
    let asks = || asking(status(503), Duration::from_secs(1));
    assert!(!is_given_up(17 * MIB, None, [asks(), asks(), asks(), asks(), asks()]));
    let progress = [502, 502, 502, 502, 200, 502, 502, 502, 502].map(status);
    assert!(!is_given_up(17 * MIB, None, progress), "something was confirmed");
}
