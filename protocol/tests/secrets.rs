//! The secret of an upload: how our server tells whose it is.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]
#![allow(clippy::single_range_in_vec_init, reason = "a list of ranges that has one")]

mod common;

use common::headers::{marked, of_file, with};
use common::requests::{ranges, requests};
use common::{job, json};
use incoming_protocol::http::{Request, RequestId, Response, SECRET};
use incoming_protocol::{
    Action, Checkpoint, Event, Json, Machine, Md5, Protocol, RawOptions, Verification,
};

const PROTOCOLS: [(Protocol, &str); 3] = [
    (Protocol::Resumable, "{}"),
    (Protocol::Flow, "{}"),
    (Protocol::FineUploader, r#"{"chunking":true}"#),
];

fn client(protocol: Protocol, own: &str) -> Box<dyn Machine> {
    let Json::Object(own) = json(own) else { panic!("an object") };
    let mut job = job(450);
    job.options.chunk_size = Some(100);
    job.options.verify = Some(Verification::File);
    job.options.own = RawOptions::new(own);
    protocol.client(job, 7).unwrap()
}

fn success() -> Response {
    let json = Some(json(r#"{"success":true}"#));
    Response { status: 200, json, ..Response::default() }
}

/// The request that follows an answer to the only one.
fn after(client: &mut dyn Machine, id: u32, response: Response) -> Vec<Action> {
    client.handle(Event::Responded(RequestId(id), response)).unwrap()
}

fn secrets(requests: &[Request]) -> Vec<Option<&str>> {
    requests.iter().map(|request| request.header(SECRET)).collect()
}

fn with_secret(response: Response) -> Response {
    with(marked(response), SECRET, "hush")
}

#[test]
fn what_our_server_says_when_an_upload_begins_is_shown_with_all_that_follows() {
    for (protocol, own) in PROTOCOLS {
        let mut client = client(protocol, own);
        let begun = requests(client.start());
        assert!(begun.iter().all(|it| it.header(SECRET).is_none() && it.wants.contains(&SECRET)));
        let next = requests(after(&mut *client, 1, with_secret(success())));
        assert_eq!(secrets(&next), [Some("hush")], "{protocol:?}");
    }
}

#[test]
fn nobody_elses_secret_is_kept_and_other_servers_never_hear_of_one() {
    for (protocol, own) in PROTOCOLS {
        let mut client = client(protocol, own);
        client.start();
        let next = after(&mut *client, 1, with(success(), SECRET, "hush"));
        assert_eq!(secrets(&requests(next)), [None], "{protocol:?}");
    }
}

#[test]
fn a_page_that_goes_on_has_the_secret_of_the_earlier_one() {
    for (protocol, own) in PROTOCOLS {
        let mut earlier = client(protocol, own);
        earlier.start();
        after(&mut *earlier, 1, with_secret(success()));
        let kept = Checkpoint::from_json(&earlier.checkpoint().unwrap().to_json()).unwrap();
        assert_eq!(Some(&kept), earlier.checkpoint().as_ref());
        let mut later = client(protocol, own);
        later.recall(kept);
        let sent = requests(later.start());
        assert!(secrets(&sent).iter().all(|it| *it == Some("hush")), "{protocol:?}");
    }
}

#[test]
fn a_damaged_file_is_replaced_without_a_question_that_would_find_it() {
    let mut client = client(Protocol::Resumable, r#"{"test_chunks":true,"simultaneous":1}"#);
    client.start();
    let wrong = Md5::parse(&"f".repeat(32)).unwrap();
    let mut last = Vec::new();
    for id in 1..=4 {
        last = after(&mut *client, id, of_file(with_secret(success()), &wrong));
    }
    assert!(last.is_empty(), "the server has everything, as it says");
    client.hung_up();
    client.start_over();
    assert_eq!(ranges(client.start()), [0..100], "it is sent and not asked for");
}
