//! Each arm of the client of GalileoSend, one event at a time.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::{job, json};
use incoming_protocol::galileo::Client;
use incoming_protocol::{
    Action, Error, Event, Json, Machine, Md5, RawOptions, Stage, Verification, Wake,
};

fn told(text: &str) -> Event {
    Event::Received(json(text))
}

fn send(text: &str) -> Action {
    Action::Send(json(text))
}

fn with_options(size: u64, own: &str) -> Result<Client, Error> {
    let Json::Object(own) = json(own) else { panic!("an object") };
    let mut job = job(size);
    job.options.own = RawOptions::new(own);
    Client::new(job)
}

fn connected(size: u64) -> Client {
    let mut client = Client::new(job(size)).unwrap();
    client.start();
    client.handle(Event::Connected).unwrap();
    client
}

fn ready(client: &mut Client) -> Vec<Action> {
    client.handle(told(r#"{"ready":true}"#)).unwrap()
}

#[test]
fn there_is_nothing_to_resume() {
    let mut job = job(7);
    job.options.resume = true;
    let words = Client::new(job).unwrap_err().to_string();
    assert!(words.contains("begins with the first byte") && words.contains("resume"), "{words}");
    assert_eq!(connected(7).checkpoint(), None);
}

#[test]
fn the_first_signal_describes_the_file() {
    let mut client = Client::new(job(7)).unwrap();
    assert_eq!(client.start(), [Action::Connect("ws://test/".into())]);
    let described = send(r#"{"name":"blåbær ü 文件.bin","size":7}"#);
    assert_eq!(client.handle(Event::Connected), Ok(vec![described]));
}

#[test]
fn a_server_that_names_no_size_gets_what_the_original_takes() {
    assert_eq!(ready(&mut connected(300_000)), [Action::SendRange(0..262_144)]);
}

#[test]
fn the_size_of_the_server_counts_for_the_next_chunk_only() {
    let mut client = connected(1_000_000);
    let first = client.handle(told(r#"{"ready":true,"chunksize":1000}"#));
    assert_eq!(first, Ok(vec![Action::SendRange(0..1000)]));
    assert_eq!(ready(&mut client), [Action::SendRange(1000..263_144)]);
}

#[test]
fn the_caller_may_want_smaller_chunks() {
    let mut job = job(1_000_000);
    job.options.chunk_size = Some(500);
    let mut client = Client::new(job).unwrap();
    client.start();
    client.handle(Event::Connected).unwrap();
    let first = client.handle(told(r#"{"ready":true,"chunksize":1000}"#));
    assert_eq!(first, Ok(vec![Action::SendRange(0..500)]));
    assert_eq!(ready(&mut client), [Action::SendRange(500..1000)]);
}

#[test]
fn one_chunk_travels_at_a_time_and_ready_confirms_it() {
    let mut client = connected(500_000);
    ready(&mut client);
    assert_eq!(client.progress().acknowledged, 0);
    ready(&mut client);
    assert_eq!(client.progress().acknowledged, 262_144);
    assert_eq!(client.progress().chunks_sent, 2);
}

#[test]
fn after_the_last_chunk_it_says_finished_and_waits_for_the_close() {
    let mut client = connected(5);
    assert_eq!(ready(&mut client), [Action::SendRange(0..5)]);
    assert_eq!(ready(&mut client)[0], send(r#"{"finished":true}"#));
    assert_eq!(client.progress().stage, Stage::HandingOver);
    assert_eq!(client.handle(told(r#"{"close":true}"#)), Ok(vec![]));
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn an_empty_file_is_one_empty_chunk() {
    let mut client = connected(0);
    assert_eq!(ready(&mut client), [Action::SendRange(0..0)]);
    assert_eq!(ready(&mut client)[0], send(r#"{"finished":true}"#));
}

#[test]
fn a_hash_of_the_caller_travels_with_finished() {
    let mut client =
        with_options(5, r#"{"hash":{"type":"md5","value":"5d41402abc4b2a76b9719d911017c592"}}"#)
            .unwrap();
    client.start();
    client.handle(Event::Connected).unwrap();
    ready(&mut client);
    let finished =
        r#"{"finished":true,"hash":{"type":"md5","value":"5d41402abc4b2a76b9719d911017c592"}}"#;
    assert_eq!(ready(&mut client)[0], send(finished));
}

#[test]
fn options_that_are_wrong_are_named() {
    for (own, expected) in [
        (r#"{"hash":5}"#, "an object as hash"),
        (r#"{"hash":{"type":"md5"}}"#, "a string as hash.value"),
        (r#"{"hash":{"type":"md5","value":"x","salt":1}}"#, "unknown option hash.salt"),
        (r#"{"test_chunks":true}"#, "unknown option test_chunks"),
    ] {
        let words = with_options(5, own).unwrap_err().to_string();
        assert!(words.contains(expected), "{words}");
    }
}

#[test]
fn a_close_right_after_the_last_chunk_is_success_too() {
    let mut client = connected(5);
    ready(&mut client);
    client.handle(told(r#"{"close":true}"#)).unwrap();
    assert_eq!(client.progress().stage, Stage::Done);
    assert_eq!(client.progress().acknowledged, 5);
}

#[test]
fn a_close_before_that_is_a_refusal() {
    let mut client = connected(300_000);
    ready(&mut client);
    assert_eq!(client.handle(told(r#"{"close":true}"#)).unwrap_err().kind(), "rejected");
}

#[test]
fn errors_are_collected_and_a_fatal_one_ends() {
    let mut client = connected(300_000);
    assert_eq!(client.handle(told(r#"{"error":"disk nearly full"}"#)), Ok(vec![]));
    assert_eq!(ready(&mut client), [Action::SendRange(0..262_144)], "it is not fatal");
    let fatal = client.handle(told(r#"{"error":"disk full","fatal":true}"#)).unwrap_err();
    assert_eq!(fatal, Error::Rejected("disk nearly full; disk full".into()));
}

#[test]
fn a_lost_connection_is_a_loss_unless_the_server_complained() {
    let lost = || Event::Disconnected { code: 1006, reason: String::new() };
    assert_eq!(connected(5).handle(lost()).unwrap_err().kind(), "lost");
    let mut client = connected(5);
    client.handle(told(r#"{"error":"no"}"#)).unwrap();
    assert_eq!(client.handle(lost()).unwrap_err(), Error::Rejected("no".into()));
}

#[test]
fn what_says_nothing_changes_nothing() {
    for text in [r#"{"ready":false}"#, "{}", "[]", "7", r#"{"hello":"world"}"#] {
        assert_eq!(connected(5).handle(told(text)), Ok(vec![]), "{text}");
    }
    assert_eq!(connected(5).handle(Event::Garbled).unwrap_err().kind(), "misbehaved");
}

#[test]
fn a_pause_holds_the_next_chunk_back_and_keeps_the_connection() {
    let mut client = connected(500_000);
    ready(&mut client);
    assert_eq!(client.pause(), []);
    assert_eq!(ready(&mut client), []);
    assert_eq!(client.progress().acknowledged, 262_144, "what arrived counts");
    assert_eq!(client.start(), [Action::SendRange(262_144..500_000)]);
}

#[test]
fn a_pause_that_ends_before_the_server_is_ready_waits_for_it() {
    let mut client = connected(500_000);
    ready(&mut client);
    client.pause();
    assert_eq!(client.start(), []);
    assert_eq!(ready(&mut client), [Action::SendRange(262_144..500_000)]);
}

#[test]
fn a_pause_whose_connection_was_lost_begins_again() {
    let mut client = connected(500_000);
    ready(&mut client);
    client.pause();
    client.hung_up();
    assert_eq!(client.start(), [Action::Connect("ws://test/".into())]);
    assert_eq!(client.progress().acknowledged, 0);
    assert!(!client.resumes());
}

#[test]
fn a_cancellation_hangs_up() {
    let mut client = connected(5);
    assert_eq!(client.cancel("no"), [Action::HangUp]);
    client.hung_up();
    assert_eq!(client.progress().stage, Stage::Cancelled);
}

#[test]
fn a_server_that_never_closes_is_given_up() {
    let mut client = connected(5);
    ready(&mut client);
    let waits = ready(&mut client);
    assert!(matches!(waits[1], Action::Wait(Wake::KeepAlive, _)));
    assert_eq!(client.handle(Event::Woke(Wake::KeepAlive)).unwrap_err().kind(), "timed_out");
}

fn verifying(size: u64, own: &str, verify: Verification) -> Result<Client, Error> {
    let Json::Object(own) = json(own) else { panic!("an object") };
    let mut job = job(size);
    job.options.own = RawOptions::new(own);
    job.options.verify = Some(verify);
    Client::new(job)
}

fn everything_sent() -> Client {
    let mut client = verifying(5, "{}", Verification::File).unwrap();
    client.start();
    client.handle(Event::Connected).unwrap();
    ready(&mut client);
    client
}

fn md5() -> Md5 {
    Md5::parse("5d41402abc4b2a76b9719d911017c592").unwrap()
}

#[test]
fn chunks_cannot_be_verified_and_the_error_says_what_can() {
    let words = verifying(5, "{}", Verification::Chunks).unwrap_err().to_string();
    assert!(words.contains("'file'") && words.contains("verify"), "{words}");
    let both = verifying(5, r#"{"hash":{"type":"md5","value":"x"}}"#, Verification::File);
    assert!(both.unwrap_err().to_string().contains("as hash"));
}

#[test]
fn the_hash_of_the_file_is_waited_for_and_travels_with_finished() {
    let finished =
        r#"{"finished":true,"hash":{"type":"md5","value":"5d41402abc4b2a76b9719d911017c592"}}"#;
    let mut late = everything_sent();
    assert_eq!(ready(&mut late), []);
    assert_eq!(late.progress().stage, Stage::HandingOver);
    assert_eq!(late.handle(Event::Digested(0..5, md5())).unwrap()[0], send(finished));
    let mut early = everything_sent();
    assert_eq!(early.handle(Event::Digested(0..5, md5())), Ok(vec![]));
    assert_eq!(ready(&mut early)[0], send(finished));
}

#[test]
fn only_the_first_digest_of_the_whole_file_is_its_hash() {
    let other = Md5::parse("d41d8cd98f00b204e9800998ecf8427e").unwrap();
    let mut client = everything_sent();
    for (range, md5) in [(0..3, other.clone()), (0..5, md5()), (0..5, other)] {
        assert_eq!(client.handle(Event::Digested(range, md5)), Ok(vec![]));
    }
    let Action::Send(finished) = ready(&mut client).remove(0) else { panic!("a signal") };
    let hash = finished.member("hash").and_then(|hash| hash.member("value"));
    assert_eq!(hash.and_then(Json::text), Some(md5().as_str()));
}

#[test]
fn a_file_that_turned_out_to_be_another_is_sent_from_its_first_byte() {
    let mut client = everything_sent();
    client.handle(told(r#"{"close":true}"#)).unwrap();
    client.start_over();
    client.hung_up();
    assert_eq!(client.start(), [Action::Connect("ws://test/".into())]);
    client.handle(Event::Connected).unwrap();
    assert_eq!(ready(&mut client), [Action::SendRange(0..5)]);
}

#[test]
fn the_close_says_what_was_compared() {
    for (close, said) in [
        (r#"{"close":true}"#, None),
        (r#"{"close":true,"md5":"5d41402abc4b2a76b9719d911017c592"}"#, Some(md5())),
    ] {
        let mut client = everything_sent();
        client.handle(told(close)).unwrap();
        assert_eq!((client.progress().stage, client.file_digest()), (Stage::Done, said.as_ref()));
    }
}

#[test]
fn a_damaged_file_is_no_refusal() {
    let mut client = everything_sent();
    let damaged = told(r#"{"error":"another hash","fatal":true,"damaged":true}"#);
    assert_eq!(client.handle(damaged), Err(Error::ChecksumMismatch(0..5)));
}
