//! Each arm of the client of Fine Uploader, one event at a time.

#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init, missing_docs, reason = "tests")]

mod common;

use std::time::Duration;

use common::requests::{pairs, ranges, requests};
use common::{job, json};
use incoming_protocol::fineuploader::Client;
use incoming_protocol::http::{Body, MediaType, RequestId, Response};
use incoming_protocol::pieces::Layout;
use incoming_protocol::{Action, Checkpoint, Error, Event, Json, Machine, RawOptions, Stage, Wake};

const OK: &str = r#"{"success":true}"#;
const RESET: &str = r#"{"success":false,"error":"gone","reset":true}"#;
const CHUNKED: &str = r#"{"chunking":true}"#;
const CONCURRENT: &str = r#"{"chunking":true,"concurrent":true,"success_endpoint":"/done"}"#;

fn make(size: u64, own: &str) -> Result<Client, Error> {
    let Json::Object(mut own) = json(own) else { panic!("an object") };
    if !own.iter().any(|(name, _)| name == "chunking") {
        own.push(("chunking".into(), Json::Bool(false)));
    }
    let mut job = job(size);
    job.ticket = Some("u-1".into());
    job.endpoint = "http://test/up".into();
    job.name = "my file.png".into();
    job.media_type = "image/png".into();
    job.options.chunk_size = Some(100);
    job.options.own = RawOptions::new(own);
    Client::new(job, 7)
}

fn client(size: u64, own: &str) -> Client {
    make(size, own).unwrap()
}

fn started(size: u64, own: &str) -> Client {
    let mut client = client(size, own);
    client.start();
    client
}

/// What is told of one upload request, wherever it is told.
fn told(actions: Vec<Action>) -> Vec<String> {
    let request = requests(actions).remove(0);
    match request.body {
        Body::Multipart { fields, .. } => pairs(&fields),
        _ => pairs(&request.query.fields),
    }
}

fn answer(client: &mut Client, id: u32, status: u16, text: &str) -> Result<Vec<Action>, Error> {
    let json = serde_json::from_str(text).ok();
    let response = Response { status, text: text.into(), json, ..Response::default() };
    client.handle(Event::Responded(RequestId(id), response))
}

fn accept(client: &mut Client, id: u32) -> Vec<Action> {
    answer(client, id, 200, OK).unwrap()
}

fn unavailable(words: &str) -> Error {
    Error::Unavailable(words.into())
}

fn kind(outcome: Result<Vec<Action>, Error>) -> &'static str {
    outcome.map_or_else(|error| error.kind(), |_| "ok")
}

/// A client that goes on with the upload `u-1`, of which these chunks are confirmed.
fn recalled(size: u64, own: &str, borders: &[u64]) -> Client {
    let mut client = client(size, own);
    let layout = Layout { size, chunk_size: 100, large_last: false };
    client.recall(Checkpoint::new("u-1", layout, borders));
    client
}

fn restart(client: &mut Client) -> Vec<Action> {
    client.hung_up();
    client.start()
}

#[test]
fn a_file_is_one_form_with_the_pages_own_first_and_the_bytes_last() {
    let request = requests(client(250, "{}").start()).remove(0);
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "http://test/up"));
    assert!(request.query.fields.is_empty() && request.query.plus);
    let headers: Vec<_> = request.headers.iter().map(|(n, v)| format!("{n}: {v}")).collect();
    let expected =
        ["Accept: application/json", "X-Requested-With: XMLHttpRequest", "Cache-Control: no-cache"];
    assert_eq!(headers, expected);
    let Body::Multipart { fields, part } = request.body else { panic!("multipart") };
    let expected = ["()", "qquuid=u-1", "qqfilename=my file.png", "qqtotalfilesize=250"];
    assert_eq!(pairs(&fields), expected);
    assert_eq!((part.name.as_str(), part.filename.as_deref()), ("qqfile", Some("my file.png")));
    assert_eq!((part.range, part.media_type), (0..250, MediaType::OfFile));
}

#[test]
fn a_chunk_is_a_nameless_blob_and_says_which_one_it_is() {
    let mut client = started(250, CHUNKED);
    accept(&mut client, 1);
    let request = requests(accept(&mut client, 2)).remove(0);
    let Body::Multipart { fields, part } = request.body else { panic!("multipart") };
    let expected = [
        "()",
        "qqpartindex=2",
        "qqpartbyteoffset=200",
        "qqchunksize=50",
        "qqtotalparts=3",
        "qqtotalfilesize=250",
        "qqfilename=my file.png",
        "qquuid=u-1",
    ];
    assert_eq!(pairs(&fields), expected);
    assert_eq!((part.filename.as_deref(), part.media_type), (Some("blob"), MediaType::OCTETS));
    assert_eq!(part.range, 200..250);
}

#[test]
fn parameters_may_be_in_the_query() {
    let request = requests(client(10, r#"{"params_in_body":false}"#).start()).remove(0);
    let expected = ["()", "qquuid=u-1", "qqfilename=my file.png", "qqtotalfilesize=10"];
    assert_eq!(pairs(&request.query.fields), expected);
    assert!(matches!(request.body, Body::Multipart { fields, .. } if fields.is_empty()));
}

#[test]
fn bare_bytes_have_their_type_in_a_header_and_their_name_in_the_query() {
    let bare = r#"{"params_in_body":false,"force_multipart":false}"#;
    let request = requests(client(10, bare).start()).remove(0);
    let expected = ["()", "qquuid=u-1", "qqfilename=my file.png", "qqfile=my file.png"];
    assert_eq!(pairs(&request.query.fields), expected);
    assert_eq!(request.body, Body::Bytes { range: 0..10, media_type: MediaType::OCTETS });
    assert_eq!(request.headers.last(), Some(&("X-Mime-Type", "image/png".to_owned())));
}

#[test]
fn parameters_in_the_body_need_a_form() {
    let request = requests(client(10, r#"{"force_multipart":false}"#).start()).remove(0);
    assert!(matches!(request.body, Body::Multipart { .. }));
}

#[test]
fn bare_chunks_tell_the_size_of_the_file_too() {
    let bare = r#"{"chunking":true,"params_in_body":false,"force_multipart":false}"#;
    let told = told(client(250, bare).start());
    assert!(told.contains(&"qqtotalfilesize=250".to_owned()), "{told:?}");
    assert_eq!(told.last().unwrap(), "qqfile=my file.png");
}

#[test]
fn parameters_have_the_names_that_the_page_gives_them() {
    let names = r#"{"chunking":true,"input_name":"f","uuid_name":"u","filename_param":"n",
        "total_file_size_name":"t","param_names":{"part_index":"a",
        "part_byte_offset":"b","chunk_size":"c","total_parts":"d","resuming":"r"}}"#;
    let request = requests(recalled(250, names, &[]).start()).remove(0);
    let Body::Multipart { fields, part } = request.body else { panic!("multipart") };
    let expected =
        ["()", "a=0", "b=0", "c=100", "d=3", "t=250", "n=my file.png", "r=true", "u=u-1"];
    assert_eq!(pairs(&fields), expected);
    assert_eq!(part.name, "f");
}

#[test]
fn a_file_of_one_chunk_is_no_chunk_unless_it_has_to_be() {
    for size in [0, 1, 100] {
        let told = told(client(size, CHUNKED).start());
        assert_eq!(told[1], "qquuid=u-1", "{size}");
    }
    let mandatory = r#"{"chunking":true,"mandatory":true}"#;
    for size in [0, 1, 100] {
        let told = told(client(size, mandatory).start());
        assert_eq!((&*told[1], &*told[4]), ("qqpartindex=0", "qqtotalparts=1"), "{size}");
    }
}

#[test]
fn a_chunk_size_is_a_wish_for_chunks() {
    let first = |chunk_size, own| {
        let mut job = job(3_000_000);
        let Json::Object(own) = json(own) else { panic!("an object") };
        (job.options.chunk_size, job.options.own) = (chunk_size, RawOptions::new(own));
        ranges(Client::new(job, 7).unwrap().start()).remove(0)
    };
    assert_eq!(first(None, "{}"), 0..3_000_000);
    assert_eq!(first(Some(100), "{}"), 0..100);
    assert_eq!(first(Some(100), r#"{"chunking":false}"#), 0..3_000_000);
    assert_eq!(first(None, CHUNKED), 0..2_000_000);
}

#[test]
fn options_that_are_wrong_are_named() {
    for (own, expected) in [
        (r#"{"chunks":true}"#, "unknown option chunks"),
        (r#"{"chunking":"yes"}"#, "true or false as chunking"),
        (r#"{"simultaneous":0}"#, "at least 1 as simultaneous"),
        (r#"{"delete_method":"PUT"}"#, "'DELETE' or 'POST' as delete_method"),
        (r#"{"param_names":{"uuid":"x"}}"#, "unknown option param_names.uuid"),
        (r#"{"success_endpoint":5}"#, "a string as success_endpoint"),
    ] {
        let words = make(1, own).expect_err(own).to_string();
        assert!(words.contains(expected), "{words}");
    }
}

#[test]
fn chunks_go_one_after_the_other() {
    let mut client = client(250, CHUNKED);
    assert_eq!(ranges(client.start()), [0..100]);
    assert_eq!(ranges(accept(&mut client, 1)), [100..200]);
    assert_eq!(ranges(accept(&mut client, 2)), [200..250]);
    assert_eq!(accept(&mut client, 3), []);
    assert_eq!(client.progress().stage, Stage::Done);
    assert_eq!(client.progress().acknowledged, 250);
}

#[test]
fn several_chunks_go_at_a_time_and_the_end_is_told() {
    let mut client = client(450, CONCURRENT);
    assert_eq!(ranges(client.start()), [0..100, 100..200, 200..300]);
    assert_eq!(ranges(accept(&mut client, 3)), [300..400]);
    assert_eq!(ranges(accept(&mut client, 1)), [400..450]);
    assert_eq!(accept(&mut client, 5), []);
    assert_eq!(accept(&mut client, 2), []);
    let mut last = accept(&mut client, 4);
    assert_eq!(last.pop(), Some(Action::Wait(Wake::KeepAlive, Duration::from_secs(120))));
    let request = requests(last).remove(0);
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "/done"));
    assert_eq!(request.headers, [("Accept", "application/json".to_owned())]);
    let Body::Form(fields) = request.body else { panic!("a form") };
    let expected =
        ["()", "qquuid=u-1", "qqfilename=my file.png", "qqtotalfilesize=450", "qqtotalparts=5"];
    assert_eq!(pairs(&fields), expected);
    assert_eq!(client.progress().stage, Stage::HandingOver);
    assert_eq!(answer(&mut client, 6, 204, ""), Ok(vec![]));
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn without_a_success_endpoint_the_last_chunk_waits_for_the_others() {
    let mut client = client(250, r#"{"chunking":true,"simultaneous":5}"#);
    assert_eq!(ranges(client.start()), [0..100, 100..200]);
    assert_eq!(accept(&mut client, 2), []);
    assert_eq!(ranges(accept(&mut client, 1)), [200..250]);
}

#[test]
fn a_file_in_one_request_needs_no_success_endpoint() {
    let mut client = started(50, CONCURRENT);
    assert_eq!(accept(&mut client, 1), []);
    assert_eq!(client.progress().stage, Stage::Done);
}

fn finishing() -> Client {
    let mut client = started(150, CONCURRENT);
    accept(&mut client, 1);
    accept(&mut client, 2);
    client
}

#[test]
fn what_the_success_endpoint_says_does_not_matter() {
    for (status, text) in [(200, r#"{"success":false}"#), (201, "null"), (204, "")] {
        let mut client = finishing();
        assert_eq!(answer(&mut client, 3, status, text), Ok(vec![]));
        assert_eq!(client.progress().stage, Stage::Done);
    }
}

#[test]
fn a_success_endpoint_that_fails_is_asked_again_and_nothing_is_sent_again() {
    let mut client = finishing();
    let failure = answer(&mut client, 3, 500, r#"{"error":"x"}"#);
    assert_eq!(failure, Err(unavailable("x")));
    let again = requests(restart(&mut client));
    assert_eq!((again.len(), again[0].url.as_str()), (1, "/done"));
    let lost = client.handle(Event::RequestLost(RequestId(4), "no line".into()));
    assert_eq!(lost, Err(Error::Lost("no line".into())));
    restart(&mut client);
    let silence = client.handle(Event::Woke(Wake::KeepAlive));
    assert_eq!(silence, Err(Error::TimedOut(Duration::from_secs(120))));
}

#[test]
fn a_success_endpoint_may_ask_for_everything_again() {
    let mut client = finishing();
    assert_eq!(kind(answer(&mut client, 3, 500, RESET)), "unavailable");
    assert_eq!(ranges(restart(&mut client)), [0..100, 100..150]);
}

#[test]
fn what_succeeds_says_so_by_status_and_body() {
    for (status, text) in [
        (200, OK),
        (201, OK),
        (202, OK),
        (203, OK),
        (204, OK),
        (200, r#"{"success":"yes"}"#),
        (200, r#"{"success":1}"#),
        (200, r#"{"success":{}}"#),
        (200, r#"{"success":true,"error":"ignored","preventRetry":true}"#),
    ] {
        let mut client = started(10, "{}");
        assert_eq!(answer(&mut client, 1, status, text), Ok(vec![]), "{status} {text}");
        assert_eq!(client.progress().stage, Stage::Done);
    }
}

#[test]
fn what_fails_is_tried_again() {
    for (status, text, words) in [
        (204, "", "status 204"),
        (200, "OK", "200: OK"),
        (200, "<h1>portal</h1>", "200: a page instead of an answer"),
        (200, "null", "200: null"),
        (200, "[]", "200: []"),
        (200, r#"{"success":0}"#, r#"200: {"success":0}"#),
        (200, r#"{"success":""}"#, r#"200: {"success":""}"#),
        (206, OK, r#"206: {"success":true}"#),
        (302, "", "status 302"),
        (500, OK, r#"500: {"success":true}"#),
        (500, r#"{"error":"full"}"#, "full"),
        (503, r#"{"error":"busy","preventRetry":false}"#, "busy"),
        (408, "", "status 408"),
        (409, "", "status 409"),
        (425, "", "status 425"),
        (429, "", "429: too many requests"),
    ] {
        let mut client = started(10, "{}");
        let outcome = answer(&mut client, 1, status, text);
        assert_eq!(outcome, Err(unavailable(words)), "{status} {text}");
    }
}

#[test]
fn what_can_never_succeed_is_not_tried_again() {
    for (status, text, words) in [
        (200, r#"{"error":"File is empty."}"#, "File is empty."),
        (202, r#"{"success":false,"error":"too large"}"#, "too large"),
        (200, r#"{"error":"no","preventRetry":true}"#, "no"),
        (200, r#"{"error":"no","preventRetry":"true"}"#, "no"),
        (500, r#"{"error":"no","preventRetry":1}"#, "no"),
        (400, r#"{"error":"lies"}"#, "lies"),
        (401, "", "401 unauthorized: not signed in, or no longer"),
        (403, "go away", "403: go away"),
        (413, "", "413: too large for the server or a proxy in front of it"),
    ] {
        let mut client = started(10, "{}");
        let outcome = answer(&mut client, 1, status, text);
        assert_eq!(outcome, Err(Error::Rejected(words.into())), "{status} {text}");
    }
}

#[test]
fn success_need_not_be_said_if_the_page_thinks_so() {
    let lenient = r#"{"require_success_json":false}"#;
    for (status, text, expected) in [
        (204, "", "ok"),
        (200, "OK", "ok"),
        (200, "null", "ok"),
        (200, r#"{"success":false}"#, "ok"),
        (200, RESET, "unavailable"),
        (500, "", "unavailable"),
    ] {
        let mut client = started(10, lenient);
        assert_eq!(kind(answer(&mut client, 1, status, text)), expected, "{status} {text}");
    }
}

#[test]
fn a_reset_sends_everything_again_under_the_same_uuid() {
    let mut client = recalled(250, CHUNKED, &[0, 1]);
    client.start();
    assert_eq!(answer(&mut client, 1, 200, RESET), Err(unavailable("gone")));
    assert_eq!(client.progress().acknowledged, 0);
    let again = told(restart(&mut client));
    assert_eq!((&*again[1], again.last().unwrap().as_str()), ("qqpartindex=0", "qquuid=u-1"));
    assert!(!again.contains(&"qqresume=true".to_owned()));
}

#[test]
fn a_reset_counts_even_with_success() {
    let mut client = started(250, CHUNKED);
    let both = r#"{"success":true,"reset":true}"#;
    assert_eq!(kind(answer(&mut client, 1, 200, both)), "unavailable");
}

#[test]
fn a_reset_waits_for_nothing_that_is_on_its_way() {
    let mut client = started(450, CONCURRENT);
    assert_eq!(kind(answer(&mut client, 2, 404, RESET)), "unavailable");
    assert_eq!(ranges(restart(&mut client)), [0..100, 100..200, 200..300]);
}

#[test]
fn nobody_sends_everything_again_for_ever() {
    let mut client = started(250, CHUNKED);
    for id in 1..=5 {
        assert_eq!(kind(answer(&mut client, id, 200, RESET)), "unavailable");
        restart(&mut client);
    }
    assert_eq!(kind(answer(&mut client, 6, 200, RESET)), "rejected");
}

#[test]
fn bytes_that_were_never_confirmed_before_earn_the_resets_back() {
    let mut client = started(1050, CHUNKED);
    let mut id = 0;
    for chunks in 0..11 {
        for _ in 0..chunks {
            id += 1;
            accept(&mut client, id);
        }
        id += 1;
        assert_eq!(kind(answer(&mut client, id, 200, RESET)), "unavailable", "{chunks}");
        restart(&mut client);
    }
}

#[test]
fn a_resumed_upload_says_so_until_something_succeeds() {
    let resumes = |told: &[String]| told.contains(&"qqresume=true".to_owned());
    let mut client = recalled(350, CHUNKED, &[0, 1]);
    assert!(resumes(&told(client.start())));
    assert_eq!(kind(answer(&mut client, 1, 503, "")), "unavailable");
    assert!(resumes(&told(restart(&mut client))));
    assert!(!resumes(&told(accept(&mut client, 2))));
}

#[test]
fn after_a_failure_what_is_on_its_way_may_arrive() {
    let mut client = started(450, CONCURRENT);
    assert_eq!(answer(&mut client, 2, 503, ""), Ok(vec![]));
    assert_eq!(accept(&mut client, 1), []);
    assert_eq!(
        answer(&mut client, 3, 200, OK),
        Err(unavailable("503: the server is busy or down"))
    );
    assert_eq!(ranges(restart(&mut client)), [100..200, 300..400, 400..450]);
}

#[test]
fn a_lost_request_is_a_failure_like_any_other() {
    let mut client = started(450, CONCURRENT);
    let lost = |id| Event::RequestLost(RequestId(id), "cut".into());
    assert_eq!(client.handle(lost(1)), Ok(vec![]));
    assert_eq!(client.handle(lost(2)), Ok(vec![]));
    assert_eq!(client.handle(lost(3)), Err(Error::Lost("cut".into())));
}

#[test]
fn a_pause_aborts_and_goes_on_with_what_is_missing() {
    let mut client = started(250, CHUNKED);
    accept(&mut client, 1);
    assert_eq!(client.pause(), [Action::HangUp]);
    let again = restart(&mut client);
    assert_eq!(ranges(again), [100..200]);
    assert_eq!(accept(&mut client, 2), [], "an answer to what was aborted");
}

#[test]
fn a_cancellation_only_hangs_up() {
    let mut client = started(250, CHUNKED);
    assert_eq!(client.cancel("no"), [Action::HangUp]);
    client.hung_up();
    assert_eq!(client.progress().stage, Stage::Cancelled);
}

#[test]
fn bytes_that_leave_are_seen() {
    let mut client = started(250, CHUNKED);
    assert_eq!(client.handle(Event::Loaded(RequestId(1), 60)), Ok(vec![]));
    assert_eq!(client.progress().sent, 60);
}

#[test]
fn only_chunks_go_on_where_they_were() {
    assert!(client(250, CHUNKED).resumes());
    assert!(!client(250, "{}").resumes());
}

#[test]
fn chunks_are_not_renamed() {
    let mut client = started(250, CHUNKED);
    let next = answer(&mut client, 1, 200, r#"{"success":true,"newUuid":"n"}"#).unwrap();
    assert_eq!(told(next).last().unwrap(), "qquuid=u-1");
}
