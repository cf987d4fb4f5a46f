//! Servers that have lost what they had confirmed, and whose word for it did not arrive.

#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init, missing_docs, reason = "tests")]

mod common;

use common::requests::{ranges, requests};
use common::{job, json};
use incoming_protocol::http::{CONTINUES, RequestId, Response};
use incoming_protocol::{Action, Error, Event, Json, Machine, Protocol, RawOptions, Stage};

const PROTOCOLS: [Protocol; 3] = [Protocol::Resumable, Protocol::Flow, Protocol::FineUploader];

type Client = Box<dyn Machine>;

fn client(protocol: Protocol, size: u64, simultaneous: u32) -> Client {
    let own = match protocol {
        Protocol::FineUploader => json(r#"{"chunking":true}"#),
        _ => json(&format!(r#"{{"simultaneous":{simultaneous}}}"#)),
    };
    let Json::Object(own) = own else { panic!("an object") };
    let mut job = job(size);
    job.options.chunk_size = Some(100);
    job.options.own = RawOptions::new(own);
    protocol.client(job, 7).unwrap()
}

/// The server has a chunk, and says whether it has all.
fn say(client: &mut Client, id: u32, is_complete: bool) -> Result<Vec<Action>, Error> {
    let json = Some(json(&format!(r#"{{"success":true,"has_all_chunks":{is_complete}}}"#)));
    let response = Response { status: 200, json, ..Response::default() };
    client.handle(Event::Responded(RequestId(id), response))
}

#[test]
fn a_server_that_has_not_all_that_it_confirmed_gets_everything_again() {
    for protocol in PROTOCOLS {
        let mut client = client(protocol, 200, 1);
        client.start();
        say(&mut client, 1, false).unwrap();
        let error = say(&mut client, 2, false).unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("lost chunks"), "{error}");
        client.hung_up();
        assert_eq!(ranges(client.start()), [0..100]);
        say(&mut client, 3, false).unwrap();
        assert_eq!(say(&mut client, 4, true), Ok(vec![]));
        assert_eq!(client.progress().stage, Stage::Done);
    }
}

#[test]
fn a_client_that_goes_on_says_so_to_servers_that_understand_it() {
    let mut client = client(Protocol::Resumable, 300, 1);
    let said = (CONTINUES, "?1".to_owned());
    let continues = |actions| requests(actions)[0].headers.contains(&said);
    assert!(!continues(client.start()), "nobody knows whose server it is");
    assert!(continues(say(&mut client, 1, false).unwrap()));
    say(&mut client, 2, false).unwrap();
    say(&mut client, 3, false).unwrap_err();
    client.hung_up();
    assert!(!continues(client.start()), "nothing is confirmed");
}

#[test]
fn answers_may_overtake_the_one_that_says_that_all_is_there() {
    let mut client = client(Protocol::Resumable, 300, 3);
    client.start();
    say(&mut client, 2, true).unwrap();
    say(&mut client, 1, false).unwrap();
    say(&mut client, 3, false).unwrap();
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn a_server_that_says_nothing_of_it_is_believed() {
    let mut client = client(Protocol::Resumable, 200, 1);
    client.start();
    for (id, words) in [(1, r#"{"has_all_chunks":"no"}"#), (2, r#"{"has_all_chunks":null}"#)] {
        let json = Some(json(words));
        let response = Response { status: 200, json, ..Response::default() };
        client.handle(Event::Responded(RequestId(id), response)).unwrap();
    }
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn a_server_that_stops_saying_it_gets_everything_once_more_and_is_believed() {
    let mut client = client(Protocol::Resumable, 100, 1);
    client.start();
    say(&mut client, 1, false).unwrap_err();
    client.hung_up();
    client.start();
    let response = Response { status: 200, ..Response::default() };
    client.handle(Event::Responded(RequestId(2), response)).unwrap();
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn a_server_that_loses_chunks_again_and_again_is_given_up() {
    for protocol in PROTOCOLS {
        let mut client = client(protocol, 200, 1);
        let mut errors = Vec::new();
        for round in 0..6 {
            client.start();
            say(&mut client, 2 * round + 1, false).unwrap();
            errors.push(say(&mut client, 2 * round + 2, false).unwrap_err());
            client.hung_up();
        }
        assert!(errors[..5].iter().all(Error::is_transient), "{errors:?}");
        assert_eq!(errors[5].kind(), "rejected");
    }
}
