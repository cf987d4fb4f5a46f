//! What servers refuse: which refusals end an upload, in which words, and what they leave of it.

#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init, missing_docs, reason = "tests")]

mod common;

use common::requests::ranges;
use common::{job, json, md5_of};
use incoming_protocol::http::{RequestId, Response};
use incoming_protocol::incoming::wire::FromServer;
use incoming_protocol::robusto::wire::Answer;
use incoming_protocol::{
    Action, Error, Event, Job, Json, Link, Machine, Protocol, RawOptions, Stage,
};

const ONE: &str = r#"{"simultaneous":1}"#;
const CHUNKED: &str = r#"{"chunking":true}"#;
/// Those in which chunks are requests.
const HTTP: [(Protocol, &str); 4] = [
    (Protocol::Resumable, ONE),
    (Protocol::Flow, ONE),
    (Protocol::FineUploader, CHUNKED),
    (Protocol::Robusto, ONE),
];
const BOTH: [Protocol; 2] = [Protocol::Resumable, Protocol::Flow];

type Client = Box<dyn Machine>;

fn job_of(own: &str) -> Job {
    let Json::Object(own) = json(own) else { panic!("an object") };
    let mut job = job(300);
    job.options.chunk_size = Some(100);
    job.options.own = RawOptions::new(own);
    job
}

fn started(protocol: Protocol, job: Job) -> Client {
    let mut client = protocol.client(job, 7).unwrap();
    client.start();
    client
}

fn respond(client: &mut Client, id: u32, response: Response) -> Result<Vec<Action>, Error> {
    client.handle(Event::Responded(RequestId(id), response))
}

fn status(client: &mut Client, id: u32, status: u16) -> Result<Vec<Action>, Error> {
    respond(client, id, Response { status, ..Response::default() })
}

fn succeed(client: &mut Client, id: u32, list: &str) -> Vec<Action> {
    let text = format!(r#"{{"success":true,"status":"partial","value":"{list}"}}"#);
    let response = Response { status: 200, json: Some(json(&text)), ..Response::default() };
    respond(client, id, response).unwrap()
}

/// A client that waits for an answer to its second chunk, which is request 2; the first is confirmed.
fn in_the_middle(protocol: Protocol, own: &str) -> Client {
    let mut client = started(protocol, job_of(own));
    client.handle(Event::Digested(0..300, md5_of(&(0..300)))).unwrap();
    succeed(&mut client, 1, "0");
    assert_eq!(client.progress().acknowledged, 100, "{protocol:?}");
    client
}

/// What is sent after a refusal, which is request 2.
fn sent_again(protocol: Protocol, code: u16) -> std::ops::Range<u64> {
    let mut client = in_the_middle(protocol, ONE);
    assert_eq!(status(&mut client, 2, code).unwrap_err().kind(), "rejected", "{code}");
    client.hung_up();
    ranges(client.start()).remove(0)
}

#[test]
fn a_refusal_of_who_asks_or_what_is_sent_leaves_what_was_confirmed() {
    for protocol in BOTH {
        for code in [400, 401, 403, 409, 413, 415, 422] {
            assert_eq!(sent_again(protocol, code), 100..200, "{protocol:?} {code}");
        }
    }
}

#[test]
fn a_refusal_of_a_server_that_may_have_lost_it_forgets_what_was_confirmed() {
    for protocol in BOTH {
        for code in [404, 410, 500, 501] {
            assert_eq!(sent_again(protocol, code), 0..100, "{protocol:?} {code}");
        }
    }
}

#[test]
fn an_upload_goes_on_where_it_was_when_somebody_has_signed_in_again() {
    for (protocol, own) in HTTP {
        let mut client = in_the_middle(protocol, own);
        assert_eq!(status(&mut client, 2, 401).unwrap_err().kind(), "rejected", "{protocol:?}");
        client.hung_up();
        let kept = client.checkpoint().unwrap();
        let again = client.start();
        let sent = if protocol == Protocol::Robusto {
            ranges(succeed(&mut client, 3, "0"))
        } else {
            ranges(again)
        };
        assert_eq!(sent, [100..200], "{protocol:?}");
        assert_eq!(kept.borders(), [0, 1], "and another page does");
    }
}

#[test]
fn incoming_goes_on_where_it_was_after_a_refusal() {
    let mut client = started(Protocol::Incoming, job(300_000));
    let tell = |client: &mut Client, message: FromServer| {
        client.handle(Event::Received(message.to_json()))
    };
    let terms = |position| FromServer::UploadConfig {
        chunk_size_kb: 64,
        position,
        send_ahead: 1,
        verify: None,
    };
    client.handle(Event::Connected).unwrap();
    client.handle(Event::Measured(Link::default())).unwrap();
    tell(&mut client, terms(0)).unwrap();
    let sent = client.progress().sent;
    tell(&mut client, FromServer::ChunkAck(sent)).unwrap();
    let refusal = tell(&mut client, FromServer::Error("quota exceeded".into())).unwrap_err();
    assert_eq!(refusal, Error::Rejected("quota exceeded".into()));
    client.hung_up();
    assert_eq!(client.progress().acknowledged, sent);
    client.start();
    client.handle(Event::Connected).unwrap();
    let next = tell(&mut client, terms(sent)).unwrap();
    let begins =
        |action: &Action| matches!(action, Action::SendRange(range) if range.start == sent);
    assert!(next.iter().any(begins), "{next:?}");
}

#[test]
fn every_refusal_by_status_is_final_in_every_protocol_and_says_why() {
    for (protocol, own) in HTTP {
        for code in [400, 401, 402, 403, 404, 405, 410, 411, 413, 414, 415, 422, 431, 451] {
            let mut client = in_the_middle(protocol, own);
            let error = status(&mut client, 2, code).unwrap_err();
            assert_eq!(error.kind(), "rejected", "{protocol:?} {code}");
            assert!(error.to_string().contains(&code.to_string()), "{error}");
        }
    }
}

#[test]
fn what_may_pass_is_tried_again_in_every_protocol() {
    for (protocol, own) in HTTP {
        for code in [408, 425, 429, 502, 503, 504] {
            let mut client = in_the_middle(protocol, own);
            assert_eq!(status(&mut client, 2, code).unwrap_err().kind(), "unavailable", "{code}");
            assert_eq!(client.progress().acknowledged, 100);
        }
    }
}

#[test]
fn a_page_of_html_is_not_shown() {
    let html = "<html><head><title>413 Request Entity Too Large</title>";
    for (protocol, own) in HTTP {
        let mut client = in_the_middle(protocol, own);
        let response = Response { status: 413, text: html.into(), ..Response::default() };
        let words = respond(&mut client, 2, response).unwrap_err().to_string();
        assert!(
            words.ends_with("413: too large for the server or a proxy in front of it"),
            "{words}"
        );
    }
}

#[test]
fn refusals_are_tried_again_if_the_page_wants_it() {
    for (protocol, own) in HTTP {
        let mut job = job_of(own);
        job.options.answers.retries_refusals = true;
        let mut client = started(protocol, job);
        client.handle(Event::Digested(0..300, md5_of(&(0..300)))).unwrap();
        succeed(&mut client, 1, "0");
        let error = status(&mut client, 2, 422).unwrap_err();
        assert_eq!(error, Error::Unavailable("status 422".into()), "{protocol:?}");
        assert_eq!(client.progress().acknowledged, 100);
    }
}

#[test]
fn what_is_useless_to_try_again_is_not_even_if_the_page_wants_it() {
    let lenient = |protocol, own| {
        let mut job = job_of(own);
        job.options.answers.retries_refusals = true;
        started(protocol, job)
    };
    for (protocol, code) in [(Protocol::Resumable, 415), (Protocol::Flow, 413)] {
        let mut client = lenient(protocol, "{}");
        assert_eq!(status(&mut client, 1, code).unwrap_err().kind(), "rejected", "{protocol:?}");
    }
    let said = |text: &str| Response { status: 200, json: Some(json(text)), ..Response::default() };
    for (text, kind) in [
        (r#"{"error":"File is empty."}"#, "unavailable"),
        (r#"{"error":"no","preventRetry":true}"#, "rejected"),
    ] {
        let mut client = lenient(Protocol::FineUploader, CHUNKED);
        assert_eq!(respond(&mut client, 1, said(text)).unwrap_err().kind(), kind);
    }
}

#[test]
fn what_the_page_lists_as_permanent_is_all_that_is() {
    for protocol in BOTH {
        for (code, kind) in [(418, "rejected"), (413, "unavailable"), (400, "unavailable")] {
            let own = r#"{"permanent_errors":[418],"simultaneous":1}"#;
            let mut client = in_the_middle(protocol, own);
            assert_eq!(status(&mut client, 2, code).unwrap_err().kind(), kind, "{code}");
        }
        let mut client = in_the_middle(protocol, r#"{"permanent_errors":[],"simultaneous":1}"#);
        assert_eq!(status(&mut client, 2, 403).unwrap_err().kind(), "unavailable");
    }
}

#[test]
fn a_question_whether_a_chunk_is_there_refuses_nothing_by_other_statuses_than_before() {
    let own = r#"{"test_chunks":true,"simultaneous":1}"#;
    for (protocol, code) in
        [(Protocol::Resumable, 404), (Protocol::Resumable, 400), (Protocol::Flow, 400)]
    {
        let mut client = started(protocol, job_of(own));
        assert_eq!(ranges(status(&mut client, 1, code).unwrap()), [0..100], "it is not there");
    }
    let mut client = started(Protocol::Flow, job_of(own));
    assert_eq!(status(&mut client, 1, 404).unwrap_err().kind(), "rejected");
}

#[test]
fn a_refusal_in_the_words_of_mr_robusto_stays_one() {
    let mut client = in_the_middle(Protocol::Robusto, ONE);
    let refusal = Some(Answer::Error("no more room").to_json());
    let response = Response { status: 200, json: refusal, ..Response::default() };
    let error = respond(&mut client, 2, response).unwrap_err();
    assert_eq!(error, Error::Rejected("no more room".into()));
    assert_eq!(client.progress().stage, Stage::Transferring);
}
