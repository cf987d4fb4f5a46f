//! Each arm of the server's session of GalileoSend, one event at a time.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::json;
use incoming_protocol::Md5;
use incoming_protocol::galileo::server::{Action, Event, Session};
use incoming_protocol::galileo::wire::{FromServer, Hash};

fn text(text: &str) -> Event {
    Event::Text(Some(json(text)))
}

fn ready() -> Action {
    Action::Send(FromServer::ready(1000))
}

fn fatal(words: &str) -> Action {
    Action::Send(FromServer::error(words.to_owned(), true))
}

fn fresh() -> Session {
    Session::new(1000)
}

fn receiving() -> Session {
    let mut session = fresh();
    session.handle(text(r#"{"name":"a","size":10}"#));
    session.handle(Event::Stored);
    session
}

fn holding(bytes: u64) -> Session {
    let mut session = receiving();
    session.handle(Event::Binary(bytes));
    session.handle(Event::Stored);
    session
}

#[test]
fn a_description_makes_room_and_asks_for_the_first_chunk() {
    let mut session = fresh();
    let create = Action::Create { name: "a".into(), size: Some(10) };
    assert_eq!(session.handle(text(r#"{"name":"a","size":10}"#)), [create]);
    assert_eq!(session.handle(Event::Stored), [ready()]);
}

#[test]
fn a_nameless_file_is_unknown() {
    let create = Action::Create { name: "unknown".into(), size: None };
    assert_eq!(fresh().handle(text("{}")), [create]);
}

#[test]
fn senseless_sizes_and_wrong_orders_are_fatal_and_leave_nothing() {
    let size = "Expected a whole number of bytes as size.";
    let order = "Expected name and size before any bytes.";
    let end = "Expected name and size before finished.";
    for (event, words) in [
        (text(r#"{"name":"a","size":-1}"#), size),
        (Event::Binary(5), order),
        (text(r#"{"finished":true}"#), end),
    ] {
        assert_eq!(fresh().handle(event), [fatal(words), Action::Close]);
    }
}

#[test]
fn a_chunk_is_stored_before_the_next_is_asked_for() {
    let mut session = receiving();
    assert_eq!(session.handle(Event::Binary(4)), [Action::Append]);
    assert_eq!(session.handle(Event::Stored), [ready()]);
}

#[test]
fn an_empty_chunk_is_a_chunk() {
    let mut session = receiving();
    assert_eq!(session.handle(Event::Binary(0)), [Action::Append]);
    assert_eq!(session.handle(Event::Stored), [ready()]);
}

#[test]
fn the_end_is_told_when_the_file_is_durable() {
    let mut session = holding(10);
    assert_eq!(session.handle(text(r#"{"finished":true}"#)), [Action::Finish(None)]);
    assert_eq!(session.handle(Event::Finished), [Action::Send(FromServer::close(None))]);
    assert_eq!(session.handle(Event::Binary(1)), [], "and nothing after it");
}

#[test]
fn a_hash_is_passed_on_to_be_checked() {
    let hash = Hash { kind: "sha1".into(), value: "da39".into() };
    let finished = text(r#"{"finished":true,"hash":{"type":"sha1","value":"da39"}}"#);
    assert_eq!(holding(10).handle(finished), [Action::Finish(Some(hash))]);
}

#[test]
fn a_wrong_size_is_fatal_in_the_words_of_the_original() {
    let words = "Expected: 10 bytes. Got: 4 bytes.";
    let expected = [fatal(words), Action::Discard, Action::Close];
    assert_eq!(holding(4).handle(text(r#"{"finished":true}"#)), expected);
    let words = "Expected: 10 bytes. Got: 11 bytes.";
    let expected = [fatal(words), Action::Discard, Action::Close];
    assert_eq!(holding(4).handle(Event::Binary(7)), expected);
}

#[test]
fn a_file_of_no_declared_size_may_have_any() {
    let mut session = fresh();
    session.handle(text(r#"{"name":"a"}"#));
    session.handle(Event::Stored);
    assert_eq!(session.handle(Event::Binary(1 << 40)), [Action::Append]);
    session.handle(Event::Stored);
    assert_eq!(session.handle(text(r#"{"finished":1}"#)), [Action::Finish(None)]);
}

#[test]
fn the_first_description_stands() {
    let mut session = receiving();
    assert_eq!(session.handle(text(r#"{"name":"b","size":99}"#)), [ready()]);
    session.handle(Event::Binary(10));
    session.handle(Event::Stored);
    assert_eq!(session.handle(text(r#"{"finished":true}"#)), [Action::Finish(None)]);
}

#[test]
fn text_that_is_not_json_is_an_error_that_is_not_fatal() {
    for mut session in [fresh(), receiving()] {
        let error = Action::Send(FromServer::error("Expected JSON.".to_owned(), false));
        assert_eq!(session.handle(Event::Text(None)), [error]);
    }
}

#[test]
fn what_cannot_be_stored_is_fatal_and_leaves_nothing() {
    let mut session = receiving();
    session.handle(Event::Binary(4));
    let failed = session.handle(Event::Failed("The disk is full.".into()));
    assert_eq!(failed, [fatal("The disk is full."), Action::Discard, Action::Close]);
}

#[test]
fn silence_is_a_loss_and_leaves_nothing() {
    assert_eq!(fresh().handle(Event::TimedOut), [Action::Close]);
    assert_eq!(receiving().handle(Event::TimedOut), [Action::Discard, Action::Close]);
}

#[test]
fn an_md5_that_was_compared_is_said_at_the_end() {
    for (kind, said) in [("md5", true), ("MD5", true), ("sha1", false)] {
        let mut session = holding(10);
        let value = "5d41402abc4b2a76b9719d911017c592";
        let hash = format!(r#"{{"finished":true,"hash":{{"type":"{kind}","value":"{value}"}}}}"#);
        session.handle(text(&hash));
        let md5 = Md5::parse(value).filter(|_| said);
        assert_eq!(session.handle(Event::Finished), [Action::Send(FromServer::close(md5))]);
    }
}

#[test]
fn another_digest_is_fatal_and_says_that_the_file_is_damaged() {
    let mut session = holding(10);
    session.handle(text(r#"{"finished":true,"hash":{"type":"md5","value":"x"}}"#));
    let damaged = FromServer { damaged: true, ..FromServer::error("other".into(), true) };
    let expected = [Action::Send(damaged), Action::Discard, Action::Close];
    assert_eq!(session.handle(Event::Damaged("other".into())), expected);
}
