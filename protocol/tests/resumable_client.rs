//! Each arm of the client of Resumable.js and flow.js, one event at a time.

#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init, missing_docs, reason = "tests")]

mod common;

use std::ops::Range;

use common::headers::{arrived, damaged_file, digest, of_file, wants_file_digest};
use common::requests::{pairs, ranges, requests};
use common::{job, json};
use incoming_protocol::http::{Body, MediaType, RequestId, Response};
use incoming_protocol::resumable::client::Client;
use incoming_protocol::resumable::dialect::Dialect;
use incoming_protocol::{
    Action, Error, Event, Json, Machine, Md5, RawOptions, Stage, Verification,
};

fn client_of(dialect: Dialect, size: u64, own: &str) -> Result<Client, Error> {
    let Json::Object(own) = json(own) else { panic!("an object") };
    let mut job = job(size);
    job.ticket = None;
    job.endpoint = "http://test/".into();
    job.name = "my file.png".into();
    job.relative_path = "pics/my file.png".into();
    job.media_type = "image/png".into();
    job.options.chunk_size = Some(100);
    job.options.own = RawOptions::new(own);
    // Under the identifier of the originals.
    job.options.resume = true;
    Client::new(dialect, job, 7)
}

fn client(size: u64, own: &str) -> Client {
    client_of(Dialect::Resumable, size, own).unwrap()
}

fn answer(client: &mut Client, id: u32, status: u16) -> Result<Vec<Action>, Error> {
    let response = Response { status, text: "words".into(), json: None, ..Response::default() };
    client.handle(Event::Responded(RequestId(id), response))
}

#[test]
fn a_chunk_says_everything_in_the_query_and_once_more_before_the_bytes() {
    let request = requests(client(250, "{}").start()).remove(1);
    let expected = [
        "resumableChunkNumber=2",
        "resumableChunkSize=100",
        "resumableCurrentChunkSize=150",
        "resumableTotalSize=250",
        "resumableType=image/png",
        "resumableIdentifier=250-picsmyfilepng",
        "resumableFilename=my file.png",
        "resumableRelativePath=pics/my file.png",
        "resumableTotalChunks=2",
        "()",
    ];
    assert_eq!(pairs(&request.query.fields), expected);
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "http://test/"));
    let Body::Multipart { fields, part } = request.body else { panic!("multipart") };
    assert_eq!(pairs(&fields), expected);
    assert_eq!((part.name.as_str(), part.filename.as_deref()), ("file", Some("my file.png")));
    assert_eq!((part.range, part.media_type), (100..250, MediaType::OCTETS));
}

#[test]
fn flow_says_it_in_the_body_only_after_the_pages_own() {
    let mut client = client_of(Dialect::Flow, 250, "{}").unwrap();
    let request = requests(client.start()).remove(0);
    assert_eq!(request.query.fields, []);
    let Body::Multipart { fields, part } = request.body else { panic!("multipart") };
    let expected = [
        "()",
        "flowChunkNumber=1",
        "flowChunkSize=100",
        "flowCurrentChunkSize=100",
        "flowTotalSize=250",
        "flowIdentifier=250-picsmyfilepng",
        "flowFilename=my file.png",
        "flowRelativePath=pics/my file.png",
        "flowTotalChunks=2",
    ];
    assert_eq!(pairs(&fields), expected);
    assert_eq!(part.media_type, MediaType::OfFile);
}

#[test]
fn octets_travel_bare_and_say_everything_in_the_query() {
    for dialect in [Dialect::Resumable, Dialect::Flow] {
        let own = r#"{"method":"octet","upload_method":"PUT"}"#;
        let request = requests(client_of(dialect, 250, own).unwrap().start()).remove(0);
        assert!(request.query.fields.len() >= 9);
        assert_eq!(request.method, "PUT");
        assert!(matches!(request.body, Body::Bytes { range, .. } if range == (0..100)));
    }
}

#[test]
fn parameters_can_be_renamed_left_out_and_put_into_a_namespace() {
    let own = r#"{"parameter_namespace":"up-","file_parameter_name":"blob",
        "parameter_names":{"chunk_number":"n","type":false,"relative_path":""}}"#;
    let request = requests(client(50, own).start()).remove(0);
    let fields = pairs(&request.query.fields);
    assert_eq!(fields[0], "up-n=1");
    assert_eq!(fields.len(), 8, "two are left out");
    assert_eq!(fields.last().map(String::as_str), Some("(up-)"));
    assert!(matches!(request.body, Body::Multipart { part, .. } if part.name == "up-blob"));
}

#[test]
fn the_ticket_is_the_identifier_if_there_is_one() {
    let mut job = job(5);
    job.ticket = Some("mine".into());
    let mut client = Client::new(Dialect::Resumable, job, 7).unwrap();
    let request = requests(client.start()).remove(0);
    assert!(pairs(&request.query.fields).contains(&"resumableIdentifier=mine".to_owned()));
}

#[test]
fn the_last_chunk_takes_what_is_left_over_unless_it_is_forced() {
    assert_eq!(ranges(client(250, "{}").start()), [0..100, 100..250]);
    let forced = client(250, r#"{"force_chunk_size":true}"#).start();
    assert_eq!(ranges(forced), [0..100, 100..200, 200..250]);
}

#[test]
fn several_chunks_travel_at_once_and_an_answer_makes_room_for_the_next() {
    let mut client = client(1000, r#"{"simultaneous":2}"#);
    assert_eq!(ranges(client.start()), [0..100, 100..200]);
    assert_eq!(ranges(answer(&mut client, 2, 201).unwrap()), [200..300]);
    assert_eq!(client.progress().acknowledged, 100);
}

#[test]
fn an_empty_file_is_one_empty_chunk() {
    let mut client = client(0, "{}");
    assert_eq!(ranges(client.start()), [0..0]);
    answer(&mut client, 1, 200).unwrap();
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn each_dialect_has_its_own_success_and_its_own_end() {
    for (dialect, status, outcome) in [
        (Dialect::Resumable, 202, "unavailable"),
        (Dialect::Resumable, 204, "unavailable"),
        (Dialect::Resumable, 500, "rejected"),
        (Dialect::Resumable, 413, "rejected"),
        (Dialect::Resumable, 429, "unavailable"),
        (Dialect::Resumable, 502, "unavailable"),
        (Dialect::Flow, 202, "done"),
        (Dialect::Flow, 413, "rejected"),
        (Dialect::Flow, 400, "rejected"),
        (Dialect::Flow, 408, "unavailable"),
        (Dialect::Flow, 425, "unavailable"),
    ] {
        let mut client = client_of(dialect, 50, "{}").unwrap();
        client.start();
        let answered = answer(&mut client, 1, status);
        let found = answered.map_or_else(|error| error.kind(), |_| "done");
        assert_eq!(found, outcome, "{dialect:?} {status}");
    }
}

#[test]
fn statuses_can_be_chosen() {
    let mut client = client(50, r#"{"success_statuses":[204],"permanent_errors":[418]}"#);
    client.start();
    assert_eq!(answer(&mut client, 1, 418).unwrap_err().kind(), "rejected");
    client.hung_up();
    client.start();
    answer(&mut client, 2, 204).unwrap();
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn a_refusal_says_the_status_and_the_servers_words() {
    let mut client = client(50, "{}");
    client.start();
    let error = answer(&mut client, 1, 415).unwrap_err();
    assert_eq!(error, Error::Rejected("415: words".into()));
}

#[test]
fn what_is_on_its_way_when_a_chunk_fails_may_still_arrive() {
    let mut client = client(1000, "{}");
    client.start();
    assert_eq!(answer(&mut client, 1, 503), Ok(vec![]), "the others are waited for");
    assert_eq!(answer(&mut client, 2, 200), Ok(vec![]), "and nothing new begins");
    let lost = client.handle(Event::RequestLost(RequestId(3), "gone".into()));
    assert_eq!(lost.unwrap_err().kind(), "lost");
    client.hung_up();
    assert_eq!(ranges(client.start()), [0..100, 200..300, 300..400], "2 is there");
}

#[test]
fn a_function_of_the_page_that_fails_leaves_the_other_requests_alone() {
    let mut client = client(1000, "{}");
    client.start();
    let failed = Error::Postponed("the function for headers failed: no token".into());
    assert_eq!(client.handle(Event::RequestFailed(RequestId(1), failed.clone())), Ok(vec![]));
    assert_eq!(answer(&mut client, 2, 200), Ok(vec![]));
    assert_eq!(answer(&mut client, 3, 200), Err(failed), "in its words");
    client.hung_up();
    assert_eq!(ranges(client.start()), [0..100, 300..400, 400..500]);
}

#[test]
fn a_status_that_may_pass_is_permanent_if_the_page_says_so() {
    for (own, kind) in [("{}", "unavailable"), (r#"{"permanent_errors":[503]}"#, "rejected")] {
        let mut client = client(50, own);
        client.start();
        assert_eq!(answer(&mut client, 1, 503).unwrap_err().kind(), kind);
    }
}

#[test]
fn a_server_that_is_too_busy_for_questions_gets_no_chunks_either() {
    for status in [429, 503] {
        let mut client = client(500, r#"{"test_chunks":true,"simultaneous":1}"#);
        client.start();
        let error = answer(&mut client, 1, status).unwrap_err();
        assert_eq!(error, Error::Unavailable(format!("{status}: words")));
        client.hung_up();
        assert_eq!(requests(client.start()).len(), 1);
    }
}

#[test]
fn a_chunk_that_is_missing_is_not_sent_after_another_request_failed() {
    let mut client = client(500, r#"{"test_chunks":true}"#);
    client.start();
    assert_eq!(client.handle(Event::RequestLost(RequestId(2), "gone".into())), Ok(vec![]));
    assert_eq!(answer(&mut client, 1, 204), Ok(vec![]), "it is not sent now");
    assert_eq!(answer(&mut client, 3, 204).unwrap_err().kind(), "lost");
}

#[test]
fn bytes_are_sent_while_they_leave() {
    let mut client = client(250, "{}");
    client.start();
    client.handle(Event::Loaded(RequestId(2), 70)).unwrap();
    assert_eq!((client.progress().sent, client.progress().acknowledged), (70, 0));
    client.handle(Event::Loaded(RequestId(9), 70)).unwrap();
    assert_eq!(client.progress().sent, 70, "nobody knows that request");
}

#[test]
fn a_pause_aborts_and_goes_on_without_what_is_confirmed() {
    let mut client = client(1000, "{}");
    client.start();
    answer(&mut client, 1, 200).unwrap();
    assert_eq!(client.pause(), [Action::HangUp]);
    client.hung_up();
    assert_eq!(answer(&mut client, 2, 200), Ok(vec![]), "too late");
    assert_eq!(ranges(client.start()), [100..200, 200..300, 300..400]);
}

#[test]
fn chunks_that_are_there_are_not_sent() {
    let mut client = client(1000, r#"{"test_chunks":true,"simultaneous":1}"#);
    let test = requests(client.start()).remove(0);
    assert_eq!((test.method.as_str(), &test.body), ("GET", &Body::Empty));
    assert_eq!(pairs(&test.query.fields)[0], "()", "the pages own come first here");
    let next = requests(answer(&mut client, 1, 200).unwrap()).remove(0);
    assert_eq!(next.body, Body::Empty, "the next is asked about");
    assert_eq!(ranges(answer(&mut client, 2, 404).unwrap()), [100..200]);
    assert_eq!(client.progress().acknowledged, 100);
    let next = requests(answer(&mut client, 3, 200).unwrap()).remove(0);
    assert_eq!(next.body, Body::Empty, "and so is every other one where some are there");
}

#[test]
fn a_file_that_was_never_begun_is_not_asked_about_chunk_by_chunk() {
    let mut client = client(1000, r#"{"test_chunks":true,"simultaneous":2}"#);
    assert_eq!(requests(client.start()).len(), 2);
    assert_eq!(ranges(answer(&mut client, 1, 204).unwrap()), [0..100]);
    assert_eq!(ranges(answer(&mut client, 2, 204).unwrap()), [100..200]);
    answer(&mut client, 3, 200).unwrap();
    let next = answer(&mut client, 4, 200).unwrap();
    assert!(requests(next).iter().all(|request| request.body.range().is_some()));
}

#[test]
fn after_a_refusal_for_good_everything_is_sent_again() {
    let mut client = client(300, r#"{"simultaneous":1}"#);
    assert_eq!(ranges(client.start()), [0..100]);
    assert_eq!(ranges(answer(&mut client, 1, 200).unwrap()), [100..200]);
    assert_eq!(answer(&mut client, 2, 500).unwrap_err().kind(), "rejected");
    client.hung_up();
    assert_eq!(ranges(client.start()), [0..100], "the server may have lost what it had");
}

#[test]
fn a_permanent_status_ends_a_question_of_flow_only() {
    let own = r#"{"test_chunks":true}"#;
    let mut flow = client_of(Dialect::Flow, 50, own).unwrap();
    flow.start();
    assert_eq!(answer(&mut flow, 1, 404).unwrap_err().kind(), "rejected");
    let mut resumable = client(50, own);
    resumable.start();
    assert_eq!(ranges(answer(&mut resumable, 1, 404).unwrap()), [0..50]);
}

#[test]
fn a_cancellation_aborts_and_tells_nobody() {
    let mut client = client(1000, "{}");
    client.start();
    assert_eq!(client.cancel("no"), [Action::HangUp]);
    client.hung_up();
    assert_eq!(client.progress().stage, Stage::Cancelled);
}

#[test]
fn options_that_are_wrong_are_named() {
    for (own, expected) in [
        (r#"{"method":"smoke"}"#, "'multipart' or 'octet' as method"),
        (r#"{"simultaneous":0}"#, "simultaneous"),
        (r#"{"test_chunks":"yes"}"#, "true or false as test_chunks"),
        (r#"{"success_statuses":200}"#, "an array as success_statuses"),
        (r#"{"permanent_errors":["no"]}"#, "statuses as permanent_errors"),
        (r#"{"parameter_names":{"type":5}}"#, "parameter_names.type"),
        (r#"{"parameter_names":{"colour":"red"}}"#, "unknown option parameter_names.colour"),
        (r#"{"forceChunkSize":true}"#, "unknown option forceChunkSize"),
    ] {
        let words = client_of(Dialect::Resumable, 5, own).unwrap_err().to_string();
        assert!(words.contains(expected), "{words}");
    }
}

fn md5(digit: char) -> Md5 {
    Md5::parse(&digit.to_string().repeat(32)).unwrap()
}

fn verifying(size: u64, own: &str, verify: Verification) -> Client {
    let Json::Object(own) = json(own) else { panic!("an object") };
    let mut job = job(size);
    job.options.chunk_size = Some(100);
    job.options.own = RawOptions::new(own);
    job.options.verify = Some(verify);
    Client::new(Dialect::Resumable, job, 7).unwrap()
}

fn hash(client: &mut Client, range: Range<u64>, digit: char) -> Vec<Action> {
    client.handle(Event::Digested(range, md5(digit))).unwrap()
}

fn answer_with(client: &mut Client, id: u32, response: Response) -> Result<Vec<Action>, Error> {
    client.handle(Event::Responded(RequestId(id), Response { status: 200, ..response }))
}

#[test]
fn chunks_are_hashed_ahead_and_sent_in_order_with_their_digests() {
    let mut client = verifying(1000, r#"{"simultaneous":2}"#, Verification::Chunks);
    let ahead = [0..100, 100..200, 200..300, 300..400].map(Action::Digest);
    assert_eq!(client.start(), ahead);
    assert_eq!(hash(&mut client, 100..200, 'b'), [], "the first is first");
    let sent = hash(&mut client, 0..100, 'a');
    let digests: Vec<_> = requests(sent[..2].to_vec()).iter().map(digest).collect();
    assert_eq!(digests, [Some(md5('a')), Some(md5('b'))]);
    assert!(sent.ends_with(&[400..500, 500..600].map(Action::Digest)), "and further ahead");
}

#[test]
fn a_chunk_that_arrived_as_it_was_sent_is_proven() {
    let mut client = verifying(50, "{}", Verification::Chunks);
    client.start();
    hash(&mut client, 0..50, 'a');
    let same = arrived(Response::default(), &md5('a'));
    answer_with(&mut client, 1, same).unwrap();
    assert_eq!(client.progress().stage, Stage::Done);
    assert!(client.progress().is_proven);
}

#[test]
fn a_damaged_chunk_is_hashed_and_sent_again_when_the_others_are_through() {
    let mut client = verifying(200, "{}", Verification::Chunks);
    client.start();
    hash(&mut client, 0..100, 'a');
    hash(&mut client, 100..200, 'b');
    let other = arrived(Response::default(), &md5('c'));
    assert_eq!(answer_with(&mut client, 1, other), Ok(vec![]), "the other is waited for");
    let same = arrived(Response::default(), &md5('b'));
    let error = answer_with(&mut client, 2, same).unwrap_err();
    assert_eq!(error, Error::ChecksumMismatch(0..100));
    client.hung_up();
    assert_eq!(client.start(), [Action::Digest(0..100)]);
    assert_eq!((client.progress().chunks_damaged, client.progress().acknowledged), (1, 100));
}

#[test]
fn a_server_that_refuses_a_damaged_chunk_and_one_that_takes_it_are_the_same() {
    for status in [200, 422, 400] {
        let mut client = verifying(50, "{}", Verification::Chunks);
        client.start();
        hash(&mut client, 0..50, 'a');
        let response = arrived(Response { status, ..Response::default() }, &md5('b'));
        let answered = client.handle(Event::Responded(RequestId(1), response));
        assert_eq!(answered, Err(Error::ChecksumMismatch(0..50)), "{status}");
    }
}

#[test]
fn a_success_without_a_digest_is_no_proof() {
    let mut client = verifying(50, "{}", Verification::Chunks);
    client.start();
    hash(&mut client, 0..50, 'a');
    assert_eq!(answer(&mut client, 1, 200).unwrap_err().kind(), "unsupported");
}

#[test]
fn chunks_that_were_there_are_neither_hashed_nor_proven() {
    let own = r#"{"test_chunks":true,"simultaneous":1}"#;
    let mut client = verifying(200, own, Verification::Chunks);
    assert!(requests(client.start())[0].body.range().is_none(), "it is asked about first");
    let next = answer(&mut client, 1, 200).unwrap();
    assert!(digest(&requests(next)[0]).is_none());
    assert_eq!(answer(&mut client, 2, 204), Ok(vec![Action::Digest(100..200)]));
    assert_eq!(ranges(hash(&mut client, 100..200, 'b')), [100..200]);
    let same = arrived(Response::default(), &md5('b'));
    answer_with(&mut client, 3, same).unwrap();
    assert_eq!(client.progress().stage, Stage::Done);
    assert!(!client.progress().is_proven);
}

#[test]
fn what_is_known_of_a_chunk_outlives_a_loss_and_what_was_asked_does_not() {
    let mut client = verifying(200, r#"{"simultaneous":1}"#, Verification::Chunks);
    client.start();
    hash(&mut client, 0..100, 'a');
    client.hung_up();
    let again = client.start();
    assert!(matches!(&again[0], Action::Request(request) if digest(request) == Some(md5('a'))));
    assert_eq!(again[1], Action::Digest(100..200));
}

#[test]
fn nothing_is_sent_because_of_a_digest_during_a_pause() {
    let mut client = verifying(200, "{}", Verification::Chunks);
    client.start();
    client.hung_up();
    assert_eq!(hash(&mut client, 0..100, 'a'), []);
}

#[test]
fn every_request_asks_for_the_digest_of_the_file_and_any_answer_may_have_it() {
    let own = r#"{"test_chunks":true,"simultaneous":1}"#;
    let mut client = verifying(150, own, Verification::File);
    let test = requests(client.start()).remove(0);
    assert!(wants_file_digest(&test) && digest(&test).is_none());
    let send = requests(answer(&mut client, 1, 204).unwrap()).remove(0);
    assert!(wants_file_digest(&send) && digest(&send).is_none() && damaged_file(&send).is_none());
    assert_eq!(client.file_digest(), None);
    let told = of_file(Response::default(), &md5('f'));
    answer_with(&mut client, 2, told).unwrap();
    assert_eq!(client.file_digest(), Some(&md5('f')));
}

#[test]
fn a_file_that_is_sent_again_says_which_one_it_replaces() {
    let mut client = verifying(50, "{}", Verification::File);
    client.start();
    let told = of_file(Response::default(), &md5('f'));
    answer_with(&mut client, 1, told).unwrap();
    client.start_over();
    client.hung_up();
    assert_eq!((client.file_digest(), client.progress().acknowledged), (None, 0));
    let again = requests(client.start()).remove(0);
    assert_eq!((again.body.range(), damaged_file(&again)), (Some(&(0..50)), Some(md5('f'))));
}
