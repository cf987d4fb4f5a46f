//! Names and addresses that are unusual, as servers get them.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::requests::{pairs, requests};
use common::{job, json, md5_of, now};
use incoming_protocol::http::{Body, Field, Request, RequestId, Response};
use incoming_protocol::{Action, Event, Job, Json, Protocol, RawOptions, Upload, resumable};

const HTTP: [Protocol; 4] =
    [Protocol::Resumable, Protocol::Flow, Protocol::FineUploader, Protocol::Robusto];

fn job_of(own: &str) -> Job {
    let Json::Object(own) = json(own) else { panic!("an object") };
    let mut job = job(50);
    job.ticket = None;
    job.options.own = RawOptions::new(own);
    job
}

fn first(protocol: Protocol, job: Job) -> Request {
    let mut client = protocol.client(job, 7).unwrap();
    let started = client.start();
    let hashed = client.handle(Event::Digested(0..50, md5_of(&(0..50)))).unwrap();
    let request = |action| match action {
        Action::Request(request) => Some(request),
        _ => None,
    };
    started.into_iter().chain(hashed).find_map(request).unwrap()
}

/// What is told, wherever it is told.
fn told(request: &Request) -> Vec<String> {
    let mut told = pairs(&request.query.fields);
    if let Body::Multipart { fields, .. } = &request.body {
        told.extend(pairs(fields));
    }
    told
}

#[test]
fn the_fragment_of_an_endpoint_is_dropped() {
    for protocol in HTTP {
        let mut job = job_of("{}");
        job.endpoint = "http://test/up?token=1#top".into();
        assert_eq!(first(protocol, job).url, "http://test/up?token=1", "{protocol:?}");
    }
    for protocol in [Protocol::Incoming, Protocol::Galileo] {
        let mut job = job(50);
        job.endpoint = "ws://test/up?token=1#top".into();
        let started = protocol.client(job, 7).unwrap().start();
        assert_eq!(started, [Action::Connect("ws://test/up?token=1".into())], "{protocol:?}");
    }
}

#[test]
fn a_question_keeps_its_parameters_behind_those_of_the_endpoint() {
    for protocol in [Protocol::Resumable, Protocol::Flow] {
        let mut job = job_of(r#"{"test_chunks":true}"#);
        job.endpoint = "http://test/up?token=1".into();
        let question = first(protocol, job);
        assert_eq!((question.method.as_str(), question.query.fields.len() > 7), ("GET", true));
        assert_eq!(question.address("n=1"), "http://test/up?token=1&n=1");
    }
}

fn removal(own: &str) -> Request {
    let mut job = job_of(own);
    job.ticket = Some("u-1".into());
    job.endpoint = "http://test/x?token=1#top".into();
    let mut upload = Upload::new(Protocol::FineUploader, job, 7).unwrap();
    upload.start();
    let json = Some(json(r#"{"success":true}"#));
    let response = Response { status: 200, json, ..Response::default() };
    now(&mut upload, Event::Responded(RequestId(1), response));
    let asked = upload.remove().unwrap().into_iter().map(|step| step.action);
    requests(asked.filter(|action| matches!(action, Action::Request(_))).collect()).remove(0)
}

#[test]
fn what_is_removed_is_named_in_the_path_and_the_query_stays() {
    assert_eq!(removal("{}").url, "http://test/x/u-1?token=1");
    let own = r#"{"delete_endpoint":"/files?key=a/b#x"}"#;
    assert_eq!(removal(own).url, "/files/u-1?key=a/b");
    assert_eq!(removal(r#"{"delete_method":"POST"}"#).url, "http://test/x?token=1");
}

#[test]
fn a_success_endpoint_keeps_its_query() {
    let own = r#"{"chunking":true,"mandatory":true,"success_endpoint":"/done?token=1#x"}"#;
    let mut client = Protocol::FineUploader.client(job_of(own), 7).unwrap();
    client.start();
    let json = Some(json(r#"{"success":true}"#));
    let response = Response { status: 200, json, ..Response::default() };
    let end = client.handle(Event::Responded(RequestId(1), response)).unwrap();
    assert_eq!(requests(end).remove(0).url, "/done?token=1");
}

#[test]
fn control_characters_break_no_part_and_stay_in_the_parameters() {
    let name = "a\u{1}b\r\nc\u{7f}.txt";
    for (protocol, parameter) in [
        (Protocol::Resumable, "resumableFilename"),
        (Protocol::Flow, "flowFilename"),
        (Protocol::FineUploader, "qqfilename"),
    ] {
        let mut job = job_of("{}");
        job.name = name.into();
        let request = first(protocol, job);
        assert!(told(&request).contains(&format!("{parameter}={name}")), "{protocol:?}");
        let Body::Multipart { part, .. } = request.body else { panic!("multipart") };
        assert_eq!(part.filename.as_deref(), Some("a_b__c_.txt"), "{protocol:?}");
    }
}

#[test]
fn a_file_without_a_name_is_a_file_all_the_same() {
    for protocol in [Protocol::Resumable, Protocol::Flow, Protocol::FineUploader] {
        let mut job = job_of("{}");
        job.name = String::new();
        let Body::Multipart { part, .. } = first(protocol, job).body else { panic!("multipart") };
        assert_eq!(part.filename.as_deref(), Some("file"), "{protocol:?}");
    }
}

#[test]
fn mr_robusto_gets_a_name_for_a_file_that_has_none() {
    for name in ["", " ", "\t\r\n", "\u{3000}\u{a0}"] {
        let mut job = job_of("{}");
        job.name = name.into();
        assert!(told(&first(Protocol::Robusto, job)).contains(&"name=file".to_owned()), "{name:?}");
    }
    let mut job = job_of("{}");
    job.name = " 文件".into();
    assert!(told(&first(Protocol::Robusto, job)).contains(&"name= 文件".to_owned()));
}

/// Of somebody who looks for what an earlier page has sent.
fn identifier_of(protocol: Protocol, path: &str) -> String {
    let mut job = job_of("{}");
    job.options.resume = true;
    job.relative_path = path.into();
    identifier_in(&first(protocol, job))
}

fn identifier_in(request: &Request) -> String {
    let told = told(request);
    let prefixes = ["resumableIdentifier=", "flowIdentifier="];
    let value = |pair: &String| {
        prefixes.iter().find_map(|prefix| pair.strip_prefix(prefix)).map(str::to_owned)
    };
    told.iter().find_map(value).unwrap()
}

#[test]
fn a_very_long_path_makes_an_identifier_that_servers_take() {
    for protocol in [Protocol::Resumable, Protocol::Flow] {
        let (path, other) = ("folder/".repeat(200), "folder/".repeat(200) + "é");
        let identifier = identifier_of(protocol, &path);
        assert!(identifier.len() <= 200, "{identifier}");
        assert!(identifier.starts_with("50-folderfolder"), "{identifier}");
        assert_eq!(identifier, identifier_of(protocol, &path), "always the same");
        assert_ne!(identifier, identifier_of(protocol, &other), "and another for another path");
        let job = Job { relative_path: path, ..job_of("{}") };
        let request = first(protocol, job);
        let find = |name: &str| {
            let fields = match &request.body {
                Body::Multipart { fields, .. } => fields,
                _ => &request.query.fields,
            };
            fields.iter().find_map(|field| match field {
                Field::Pair(other, value) if other == name => Some(value.as_str()),
                _ => None,
            })
        };
        assert!(resumable::server::Chunk::read(find).is_ok(), "our server takes it");
    }
}

#[test]
fn an_identifier_that_is_not_too_long_is_that_of_the_originals() {
    let path = "x".repeat(197);
    assert_eq!(identifier_of(Protocol::Resumable, &path), format!("50-{path}"));
    assert_eq!(identifier_of(Protocol::Flow, "pics/my file.png"), "50-picsmyfilepng");
}

#[test]
fn without_a_ticket_every_upload_of_fine_uploader_has_a_uuid_of_its_own() {
    let uuid = |seed| {
        let mut client = Protocol::FineUploader.client(job_of("{}"), seed).unwrap();
        told(&requests(client.start()).remove(0)).remove(1)
    };
    assert_eq!(uuid(7).len(), "qquuid=".len() + 36);
    assert_ne!(uuid(7), uuid(8));
}

#[test]
fn who_begins_anew_has_an_identifier_that_nobody_guesses() {
    for protocol in [Protocol::Resumable, Protocol::Flow] {
        let identifier = |seed| {
            let machine = protocol.client(job_of("{}"), seed);
            identifier_in(&requests(machine.unwrap().start()).remove(0))
        };
        assert_eq!(identifier(7), identifier(7), "in every chunk of an upload");
        assert_ne!(identifier(7), identifier(8));
        let servers_take = |c: char| c.is_ascii_alphanumeric() || c == '-';
        assert!(identifier(7).len() == 36 && identifier(7).chars().all(servers_take));
        let testing = first(protocol, job_of(r#"{"test_chunks":true}"#));
        assert!(identifier_in(&testing).starts_with("50-"), "it finds what was sent before");
    }
}
