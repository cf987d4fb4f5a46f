//! A file that was delivered is removed again.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::{actions, job, json, now};
use incoming_protocol::http::{Body, Field, Request, RequestId, Response};
use incoming_protocol::{Action, Error, Event, Json, Notice, Protocol, RawOptions, Upload, Wake};

const OK: &str = r#"{"success":true}"#;

fn upload(own: &str) -> Upload {
    let Json::Object(own) = json(own) else { panic!("an object") };
    let mut job = job(10);
    job.ticket = Some("u-1".into());
    job.endpoint = "http://test/up".into();
    job.options.own = RawOptions::new(own);
    Upload::new(Protocol::FineUploader, job, 7).unwrap()
}

fn answered(id: u32, status: u16, text: &str) -> Event {
    let json = serde_json::from_str(text).ok();
    Event::Responded(
        RequestId(id),
        Response { status, text: text.into(), json, ..Response::default() },
    )
}

fn delivered(own: &str, text: &str) -> Upload {
    let mut upload = upload(own);
    upload.start();
    now(&mut upload, answered(1, 200, text));
    assert!(upload.view().finished && upload.view().can_remove);
    upload
}

fn remove(upload: &mut Upload) -> Request {
    let mut asked = actions(upload.remove().unwrap());
    assert!(matches!(asked[1], Action::Wait(Wake::Stall, _)));
    assert!(!upload.view().can_remove && !upload.view().removed);
    let Action::Request(request) = asked.remove(0) else { panic!("a request") };
    request
}

fn pairs(fields: &[Field]) -> Vec<String> {
    let pair = |field: &Field| match field {
        Field::Pair(name, value) => format!("{name}={value}"),
        Field::Extra(prefix) => format!("({prefix})"),
    };
    fields.iter().map(pair).collect()
}

#[test]
fn it_is_removed_by_its_uuid() {
    let mut upload = delivered("{}", OK);
    let request = remove(&mut upload);
    assert_eq!((&*request.method, &*request.url), ("DELETE", "http://test/up/u-1"));
    assert_eq!((request.headers.len(), request.body), (3, Body::Empty));
    assert_eq!(pairs(&request.query.fields), ["()"]);
    let told = now(&mut upload, answered(2, 202, r#"{"success":false}"#));
    assert_eq!(told, [Action::HangUp, Action::Notify(Notice::Progress)]);
    let view = upload.view();
    assert!(view.removed && view.finished && !view.can_remove && view.error.is_none());
    assert_eq!(view.state_msg, "removed from the server");
}

#[test]
fn it_may_be_asked_by_a_form() {
    let own = r#"{"delete_method":"POST","delete_endpoint":"/del"}"#;
    for status in [200, 201, 202, 203, 204] {
        let mut upload = delivered(own, OK);
        let request = remove(&mut upload);
        assert_eq!((&*request.method, &*request.url), ("POST", "/del"));
        let Body::Form(fields) = request.body else { panic!("a form") };
        assert_eq!(pairs(&fields), ["()", "qquuid=u-1", "_method=DELETE"]);
        now(&mut upload, answered(2, status, ""));
        assert!(upload.view().removed);
    }
}

#[test]
fn a_file_that_the_server_renamed_is_removed_by_its_new_name() {
    let mut upload = delivered("{}", r#"{"success":true,"newUuid":"n/1"}"#);
    assert_eq!(remove(&mut upload).url, "http://test/up/n%2f1");
}

#[test]
fn what_fails_is_told_and_can_be_asked_for_again() {
    let mut upload = delivered("{}", OK);
    let failures = [
        (answered(2, 404, ""), "rejected"),
        (answered(3, 203, r#"{"reset":true}"#), "unavailable"),
        (answered(4, 500, r#"{"error":"busy"}"#), "unavailable"),
        (Event::RequestLost(RequestId(5), "cut".into()), "lost"),
        (Event::Woke(Wake::Stall), "timed_out"),
        (Event::Failed(Error::Refused("no token".into())), "rejected"),
    ];
    for (event, kind) in failures {
        remove(&mut upload);
        let told = now(&mut upload, event);
        assert_eq!(told.last(), Some(&Action::Notify(Notice::Failed)));
        let view = upload.view();
        assert_eq!(view.error.unwrap().kind(), kind);
        assert!(view.finished && view.can_remove && !view.removed);
        assert_eq!(view.bytes_acked, 10, "the file is there all the same");
    }
    remove(&mut upload);
    now(&mut upload, answered(8, 204, ""));
    assert!(upload.view().removed && upload.view().error.is_none());
}

#[test]
fn it_is_asked_for_once() {
    let mut upload = delivered("{}", OK);
    remove(&mut upload);
    assert_eq!(upload.remove(), Ok(vec![]));
    now(&mut upload, answered(2, 200, ""));
    assert_eq!(upload.remove(), Ok(vec![]));
}

#[test]
fn late_answers_to_the_upload_change_nothing() {
    let mut upload = delivered("{}", OK);
    remove(&mut upload);
    assert_eq!(now(&mut upload, answered(1, 200, OK)), []);
    assert!(!upload.view().removed);
}

#[test]
fn only_what_is_finished_can_be_removed() {
    let mut upload = upload("{}");
    upload.start();
    assert!(!upload.view().can_remove);
    assert_eq!(upload.remove().unwrap_err().kind(), "misuse");
}

#[test]
fn not_every_protocol_can() {
    let mut upload = Upload::new(Protocol::Galileo, job(1), 7).unwrap();
    assert_eq!(upload.remove().unwrap_err().kind(), "unsupported");
}
