//! Clients that go on with chunks of an earlier page, one event at a time.

#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init, missing_docs, reason = "tests")]

mod common;

use std::ops::Range;

use common::{job, json, md5_of};
use incoming_protocol::http::{Body, Field, Request, RequestId, Response};
use incoming_protocol::pieces::Layout;
use incoming_protocol::robusto::wire::{Answer, MISMATCH};
use incoming_protocol::{
    Action, Checkpoint, Error, Event, Json, Machine, Protocol, RawOptions, Stage,
};

const ONE: &str = r#"{"simultaneous":1}"#;
const TWO: &str = r#"{"simultaneous":2}"#;
const CHUNKED: &str = r#"{"chunking":true}"#;
const CONCURRENT: &str = r#"{"concurrent":true,"success_endpoint":"/done"}"#;

type Client = Box<dyn Machine>;

fn client(protocol: Protocol, size: u64, own: &str) -> Client {
    let Json::Object(own) = json(own) else { panic!("an object") };
    let mut job = job(size);
    job.ticket = Some("mine".into());
    job.options.chunk_size = Some(100);
    job.options.own = RawOptions::new(own);
    protocol.client(job, 7).unwrap()
}

/// What an earlier page has left: an id, the size of chunks, and which are confirmed.
fn left(id: &str, chunk_size: u64, borders: &[u64]) -> Checkpoint {
    Checkpoint::new(id, Layout { size: 0, chunk_size, large_last: true }, borders)
}

fn recalled(protocol: Protocol, size: u64, own: &str, checkpoint: Checkpoint) -> Client {
    let mut client = client(protocol, size, own);
    client.recall(checkpoint);
    client
}

fn requests(actions: Vec<Action>) -> Vec<Request> {
    let request = |action| match action {
        Action::Request(request) => Some(request),
        Action::Wait(..) => None,
        other => panic!("expected a request, found {other:?}"),
    };
    actions.into_iter().filter_map(request).collect()
}

fn ranges(actions: Vec<Action>) -> Vec<Range<u64>> {
    requests(actions).iter().map(|request| request.body.range().unwrap().clone()).collect()
}

fn is_question(request: &Request) -> bool {
    request.body == Body::Empty
}

fn only_asks(actions: Vec<Action>) -> bool {
    let asked = requests(actions);
    !asked.is_empty() && asked.iter().all(is_question)
}

/// Whether a request says this, wherever it does.
fn says(request: &Request, name: &str, value: &str) -> bool {
    let mut fields = request.query.fields.clone();
    if let Body::Multipart { fields: more, .. } = &request.body {
        fields.extend(more.iter().cloned());
    }
    fields.contains(&Field::Pair(name.into(), value.into()))
}

fn status(client: &mut Client, id: u32, status: u16) -> Result<Vec<Action>, Error> {
    respond(client, id, Response { status, ..Response::default() })
}

fn succeed(client: &mut Client, id: u32) -> Vec<Action> {
    let json = Some(json(r#"{"success":true}"#));
    respond(client, id, Response { status: 200, json, ..Response::default() }).unwrap()
}

fn answer(client: &mut Client, id: u32, answer: Answer<'_>) -> Result<Vec<Action>, Error> {
    let json = Some(answer.to_json());
    respond(client, id, Response { status: 200, json, ..Response::default() })
}

fn respond(client: &mut Client, id: u32, response: Response) -> Result<Vec<Action>, Error> {
    client.handle(Event::Responded(RequestId(id), response))
}

#[test]
fn resumable_asks_for_what_an_earlier_page_has_sent_and_sends_nothing_of_it() {
    for (protocol, name) in
        [(Protocol::Resumable, "resumableIdentifier"), (Protocol::Flow, "flowIdentifier")]
    {
        let mut client = recalled(protocol, 1000, TWO, left("earlier", 100, &[0, 4]));
        let asked = requests(client.start());
        assert!(asked.len() == 2 && asked.iter().all(is_question), "several at a time");
        assert!(says(&asked[0], name, "earlier"));
        for id in 1..=3 {
            assert!(only_asks(status(&mut client, id, 200).unwrap()));
        }
        assert_eq!(client.progress().acknowledged, 300);
        assert!(!client.progress().is_proven);
        let sent = ranges(status(&mut client, 4, 204).unwrap());
        assert_eq!(sent, [300..400], "the server has lost this one");
    }
}

#[test]
fn resumable_asks_also_if_no_earlier_page_has_begun_when_the_page_wants_it() {
    let own = r#"{"test_chunks":true,"simultaneous":1}"#;
    let unbegun = Checkpoint::new("mine", Layout { size: 0, chunk_size: 0, large_last: true }, &[]);
    let mut client = recalled(Protocol::Resumable, 300, own, unbegun);
    assert!(only_asks(client.start()));
}

#[test]
fn resumable_finds_chunks_that_were_confirmed_after_the_last_note() {
    let mut client = recalled(Protocol::Resumable, 1000, TWO, left("earlier", 100, &[0, 1]));
    client.start();
    succeed(&mut client, 1);
    succeed(&mut client, 2);
    assert_eq!(client.progress().acknowledged, 200);
    assert_eq!(ranges(status(&mut client, 3, 204).unwrap()), [200..300], "this one is not there");
    assert_eq!(ranges(status(&mut client, 4, 204).unwrap()), [300..400], "nor this one");
    succeed(&mut client, 5);
    let next = requests(succeed(&mut client, 6));
    assert!(!next.iter().any(is_question), "no later one was begun");
}

#[test]
fn resumable_sends_everything_to_a_server_that_has_lost_everything() {
    let mut client = recalled(Protocol::Resumable, 300, ONE, left("earlier", 100, &[0, 2]));
    client.start();
    for (id, range) in [(1, 0..100), (3, 100..200), (5, 200..300)] {
        assert_eq!(ranges(status(&mut client, id, 404).unwrap()), [range]);
        succeed(&mut client, id + 1);
    }
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn resumable_cuts_the_file_as_the_earlier_page_did() {
    let own = r#"{"force_chunk_size":true}"#;
    let mut client = recalled(Protocol::Resumable, 250, own, left("earlier", 60, &[]));
    let asked = requests(client.start()).remove(0);
    assert!(says(&asked, "resumableChunkSize", "60") && says(&asked, "resumableTotalChunks", "4"));
}

#[test]
fn resumable_asks_again_what_was_not_answered() {
    for answered in [0, 429, 503] {
        let mut client = recalled(Protocol::Resumable, 1000, ONE, left("earlier", 100, &[0, 4]));
        client.start();
        let outcome = match answered {
            0 => client.handle(Event::RequestLost(RequestId(1), "gone".into())),
            answered => status(&mut client, 1, answered),
        };
        assert!(outcome.unwrap_err().is_transient(), "{answered}");
        client.hung_up();
        assert!(only_asks(client.start()), "{answered}");
    }
    let mut client = recalled(Protocol::Resumable, 1000, TWO, left("earlier", 100, &[0, 4]));
    client.start();
    status(&mut client, 2, 204).unwrap();
    client.hung_up();
    let asked = requests(client.start());
    assert!(is_question(&asked[0]), "the answer to the first one never came");
}

#[test]
fn resumable_keeps_its_identifier_and_which_chunks_are_confirmed() {
    let mut client = client(Protocol::Resumable, 1000, "{}");
    client.start();
    succeed(&mut client, 1);
    succeed(&mut client, 3);
    assert_eq!(client.checkpoint(), Some(left("mine", 100, &[0, 1, 2, 3])));
}

#[test]
fn an_id_that_comes_late_begins_a_new_upload() {
    for (protocol, name) in [
        (Protocol::Resumable, "resumableIdentifier"),
        (Protocol::Flow, "flowIdentifier"),
        (Protocol::FineUploader, "qquuid"),
    ] {
        let mut client = recalled(protocol, 250, "{}", left("earlier", 100, &[0, 2]));
        client.recall(left("late", 0, &[]));
        let sent = requests(client.start()).remove(0);
        assert!(says(&sent, name, "late") && !says(&sent, "qqresume", "true"));
        assert_eq!(sent.body.range(), Some(&(0..100)));
    }
}

#[test]
fn fine_uploader_sends_nothing_again_that_an_earlier_page_has_sent() {
    let mut first = client(Protocol::FineUploader, 450, CONCURRENT);
    first.start();
    succeed(&mut first, 1);
    succeed(&mut first, 3);
    let kept = Checkpoint::from_json(&first.checkpoint().unwrap().to_json()).unwrap();
    let mut client = recalled(Protocol::FineUploader, 450, CONCURRENT, kept);
    assert_eq!(client.progress().acknowledged, 200);
    assert_eq!(client.progress().chunks_acknowledged, 0, "not in this connection");
    assert!(!client.progress().is_proven, "nobody has compared it here");
    let sent = client.start();
    assert!(requests(sent.clone()).iter().all(|request| says(request, "qqresume", "true")));
    assert_eq!(ranges(sent), [100..200, 300..400, 400..450]);
}

#[test]
fn fine_uploader_goes_on_under_the_uuid_and_with_the_chunks_of_the_earlier_page() {
    let earlier = left("u-0", 60, &[0, 2]);
    let mut client = recalled(Protocol::FineUploader, 300, CHUNKED, earlier);
    let sent = requests(client.start()).remove(0);
    assert_eq!(sent.body.range(), Some(&(120..180)));
    assert!(says(&sent, "qquuid", "u-0"));
}

#[test]
fn fine_uploader_has_the_end_confirmed_by_the_last_chunk_or_at_the_success_endpoint() {
    let all = left("u-0", 100, &[0, 3]);
    let mut client = recalled(Protocol::FineUploader, 300, CHUNKED, all.clone());
    assert_eq!(ranges(client.start()), [200..300]);
    let mut client = recalled(Protocol::FineUploader, 300, CONCURRENT, all);
    let sent = requests(client.start()).remove(0);
    assert_eq!((sent.url.as_str(), sent.body.range()), ("/done", None));
}

#[test]
fn fine_uploader_keeps_chunks_only() {
    let whole = r#"{"chunking":false}"#;
    assert_eq!(client(Protocol::FineUploader, 250, whole).checkpoint(), None);
    assert_eq!(client(Protocol::FineUploader, 50, CHUNKED).checkpoint(), None);
    let mut uncut = recalled(Protocol::FineUploader, 250, whole, left("u-0", 100, &[0, 1]));
    assert_eq!(ranges(uncut.start()), [0..250], "it is not cut any more");
    let resuming = |own: &str| {
        let Json::Object(own) = json(own) else { panic!("an object") };
        let mut job = job(5_000_000);
        job.options.own = RawOptions::new(own);
        job.options.resume = true;
        Protocol::FineUploader.client(job, 7)
    };
    assert!(resuming("{}").unwrap().checkpoint().is_some(), "who resumes wants chunks");
    let words = resuming(whole).err().unwrap().to_string();
    assert!(words.contains("only chunks can be resumed"), "{words}");
}

/// The MD5 of a file of this size.
fn md5(size: u64) -> String {
    md5_of(&(0..size)).as_str().into()
}

fn robusto(chunk_size: u64) -> Client {
    recalled(Protocol::Robusto, 250, "{}", left(&md5(250), chunk_size, &[0, 1]))
}

#[test]
fn mr_robusto_need_not_hash_what_an_earlier_page_has_hashed() {
    let mut client = robusto(60);
    assert_eq!(requests(client.start()).remove(0).method, "GET");
    let sent = ranges(answer(&mut client, 1, Answer::Partial("0,1")).unwrap());
    assert_eq!(sent, [120..180, 180..250], "in chunks of the size of that page");
    assert_eq!(client.progress().acknowledged, 120);
}

#[test]
fn mr_robusto_sends_one_chunk_to_a_server_that_seems_to_know_nothing() {
    let mut client = robusto(100);
    client.start();
    assert_eq!(ranges(answer(&mut client, 1, Answer::New).unwrap()), [0..100]);
    assert_eq!(ranges(answer(&mut client, 2, Answer::Partial("0")).unwrap()), [100..250]);
}

#[test]
fn mr_robusto_keeps_the_md5_once_it_is_known() {
    let mut client = client(Protocol::Robusto, 250, "{}");
    client.start();
    assert_eq!(client.checkpoint(), None);
    client.handle(Event::Digested(0..250, md5_of(&(0..250)))).unwrap();
    let kept = client.checkpoint().unwrap();
    assert_eq!(
        kept,
        Checkpoint::new(&md5(250), Layout { size: 0, chunk_size: 100, large_last: false }, &[])
    );
}

#[test]
fn mr_robusto_takes_no_id_of_the_page_for_an_md5() {
    let mut client = recalled(Protocol::Robusto, 250, "{}", left(&md5(250), 0, &[]));
    assert_eq!(client.start(), [Action::Digest(0..250)]);
}

#[test]
fn mr_robusto_hashes_again_when_the_md5_of_an_earlier_page_turns_out_wrong() {
    let mut client = robusto(100);
    client.start();
    answer(&mut client, 1, Answer::Partial("0")).unwrap();
    let error = answer(&mut client, 2, Answer::Error(MISMATCH)).unwrap_err();
    assert_eq!(error.kind(), "checksum_mismatch");
    client.hung_up();
    assert_eq!(client.start(), [Action::Digest(0..250)]);
}

#[test]
fn mr_robusto_begins_anew_when_the_file_is_not_the_one_that_an_earlier_page_has_hashed() {
    let mut client = robusto(100);
    client.start();
    answer(&mut client, 1, Answer::Partial("0")).unwrap();
    let error = client.handle(Event::Digested(0..250, md5_of(&(0..7)))).unwrap_err();
    assert_eq!(error, Error::ChecksumMismatch(0..250));
    client.hung_up();
    assert_eq!((client.progress().acknowledged, client.checkpoint()), (0, None));
    assert_eq!(client.start(), [Action::Digest(0..250)]);
    client.handle(Event::Digested(0..250, md5_of(&(0..7)))).unwrap();
    assert_eq!(client.checkpoint().unwrap().id, md5_of(&(0..7)).as_str());
}

#[test]
fn mr_robusto_says_under_which_md5_the_server_has_the_file_whatever_it_is_here() {
    let mut client = robusto(100);
    client.start();
    answer(&mut client, 1, Answer::Complete("/x")).unwrap();
    client.handle(Event::Digested(0..250, md5_of(&(0..7)))).unwrap();
    assert_eq!(client.file_digest(), Some(&md5_of(&(0..250))));
    client.start_over();
    client.hung_up();
    assert_eq!(client.start(), [Action::Digest(0..250)], "the right one this time");
}

#[test]
fn what_is_damaged_costs_neither_time_nor_memory() {
    const SIZE: u64 = 1 << 29;
    for (chunk_size, borders) in [(1, [0, 1]), (100, [1 << 52, 1 << 53]), (1 << 53, [0, 1 << 53])] {
        for (protocol, own) in [
            (Protocol::Resumable, "{}"),
            (Protocol::FineUploader, CHUNKED),
            (Protocol::Robusto, "{}"),
        ] {
            let checkpoint = left(&md5(250), chunk_size, &borders);
            let mut client = recalled(protocol, SIZE, own, checkpoint);
            assert!(!client.start().is_empty());
            assert!(client.progress().acknowledged <= SIZE);
        }
    }
}
