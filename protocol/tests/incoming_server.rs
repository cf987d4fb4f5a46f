//! Each arm of the server's session of Incoming!!, one event at a time.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::json;
use incoming_protocol::incoming::server::{Action, Event, Fault, Refusal, Session, Terms};
use incoming_protocol::incoming::wire::{FromClient, FromServer};
use incoming_protocol::{Md5, Verification};

fn text(message: &FromClient) -> Event {
    Event::Text(Some(message.to_json()))
}

fn request(size: u64) -> Event {
    text(&FromClient::UploadRequest { id: "i".into(), size, name: "n".into(), verify: None })
}

fn fresh() -> Session {
    Session::new(Terms { chunk_size_kb: 512, send_ahead: 4 })
}

fn opening() -> Session {
    let mut session = fresh();
    session.handle(request(10));
    session
}

fn opened(stored: u64) -> Session {
    let mut session = opening();
    session.handle(Event::Opened { stored });
    session
}

fn receiving() -> Session {
    let mut session = opened(4);
    session.handle(text(&FromClient::Ack(true)));
    session
}

fn handing_over() -> Session {
    let mut session = opened(10);
    session.handle(text(&FromClient::Ack(true)));
    session.handle(Event::Completed);
    session
}

fn failure(words: &str) -> Vec<Action> {
    vec![Action::Send(FromServer::Error(words.to_owned())), Action::Close]
}

#[test]
fn a_request_opens_the_upload() {
    let open = Action::Open { id: "i".into(), size: 10, name: "n".into() };
    assert_eq!(fresh().handle(request(10)), [open]);
}

#[test]
fn anything_but_a_request_is_refused_at_first() {
    for odd in [
        Event::Text(None),
        Event::Text(Some(json("[]"))),
        text(&FromClient::Ack(true)),
        Event::Binary(5),
        Event::TimedOut,
    ] {
        assert_eq!(fresh().handle(odd), failure("Couldn't read upload request"));
    }
}

#[test]
fn an_upload_that_exists_gets_terms_and_its_position() {
    let terms =
        FromServer::UploadConfig { chunk_size_kb: 512, position: 4, send_ahead: 4, verify: None };
    assert_eq!(opening().handle(Event::Opened { stored: 4 }), [Action::Send(terms)]);
}

#[test]
fn each_refusal_has_its_words() {
    for (refusal, words) in [
        (Refusal::Unknown, "Unknown upload id - maybe upload timed out?"),
        (Refusal::SizeChanged, "File size has changed"),
        (Refusal::TooLarge, "File probably too large"),
        (Refusal::Over, "upload already finished or cancelled"),
        (Refusal::Unavailable, "Couldn't send upload config"),
        (Refusal::Full, "Could not create file! file system full?"),
    ] {
        assert_eq!(opening().handle(Event::Refused(refusal)), failure(words));
    }
}

#[test]
fn hands_are_shaken_until_the_terms_are_accepted() {
    assert!(fresh().is_shaking_hands() && opened(4).is_shaking_hands());
    assert!(!opening().is_shaking_hands() && !receiving().is_shaking_hands());
}

#[test]
fn accepted_terms_let_chunks_come() {
    let mut session = opened(4);
    assert_eq!(session.handle(text(&FromClient::Ack(true))), []);
    assert_eq!(session.handle(Event::Binary(3)), [Action::Append]);
    assert_eq!(session.handle(Event::Stored), [Action::Send(FromServer::ChunkAck(3))]);
}

#[test]
fn refused_terms_end_the_connection() {
    assert_eq!(opened(4).handle(text(&FromClient::Ack(false))), failure("you nack-ed"));
}

#[test]
fn anything_but_an_answer_to_the_terms_is_refused() {
    for odd in [Event::Binary(1), Event::Text(None), text(&FromClient::Pause), Event::TimedOut] {
        assert_eq!(opened(4).handle(odd), failure("Didn't receive ack"));
    }
}

#[test]
fn an_upload_may_be_cancelled_instead_of_accepting_the_terms() {
    let cancel = opened(4).handle(text(&FromClient::Cancel("no".into())));
    assert_eq!(cancel, [Action::Cancel { reason: "no".into() }]);
    let error = opened(4).handle(text(&FromClient::Error("no".into())));
    assert_eq!(error, [Action::Cancel { reason: "error from frontend: no".into() }]);
    assert_eq!(opened(4).handle(Event::CancelledElsewhere), failure("upload cancelled"));
}

#[test]
fn the_last_chunk_is_confirmed_when_the_file_is_durable_and_not_before() {
    let mut session = receiving();
    session.handle(Event::Binary(6));
    assert_eq!(session.handle(Event::Stored), [Action::Complete]);
    assert!(session.is_handing_over());
    let done = session.handle(Event::Completed);
    assert_eq!(done, [Action::Send(FromServer::ChunkAck(6)), Action::HandOver]);
}

#[test]
fn a_whole_file_is_made_durable_again_and_handed_over() {
    let mut session = opened(10);
    assert_eq!(session.handle(text(&FromClient::Ack(true))), [Action::Complete]);
    assert_eq!(session.handle(Event::Completed), [Action::HandOver]);
}

#[test]
fn an_empty_chunk_is_confirmed_as_empty() {
    let mut session = receiving();
    session.handle(Event::Binary(0));
    assert_eq!(session.handle(Event::Stored), [Action::Send(FromServer::ChunkAck(0))]);
}

#[test]
fn more_bytes_than_declared_end_the_upload_and_the_backend_hears_of_it() {
    let words = "Error while consuming file chunk: File would get larger than declared";
    let mut expected = failure(words);
    expected.push(Action::Cancel { reason: words.into() });
    assert_eq!(receiving().handle(Event::Binary(7)), expected);
}

#[test]
fn each_fault_has_its_words_and_leaves_the_upload_alone() {
    for (fault, detail) in [
        (Fault::Create, "Could not create file! file system full?"),
        (Fault::Reopen, "Could not re-open file! Is it gone?"),
        (Fault::Write, "Could not write to file! file system full?"),
        (Fault::Cancelled, "upload is in no state for this. might be cancelled."),
    ] {
        let mut session = receiving();
        session.handle(Event::Binary(1));
        let words = format!("Error while consuming file chunk: {detail}");
        assert_eq!(session.handle(Event::Failed(fault)), failure(&words));
    }
}

#[test]
fn a_file_that_cannot_be_made_durable_is_not_confirmed() {
    let mut session = receiving();
    session.handle(Event::Binary(6));
    session.handle(Event::Stored);
    let words = "Error while consuming file chunk: Could not write to file! file system full?";
    assert_eq!(session.handle(Event::Failed(Fault::Write)), failure(words));
}

#[test]
fn a_pause_is_noted_without_an_answer_and_chunks_may_still_come() {
    let mut session = receiving();
    assert_eq!(session.handle(text(&FromClient::Pause)), [Action::Pause]);
    assert_eq!(session.handle(Event::Binary(1)), [Action::Append]);
}

#[test]
fn a_cancellation_is_confirmed_when_the_backend_has_been_told() {
    let mut session = receiving();
    let cancel = session.handle(text(&FromClient::Cancel("no".into())));
    assert_eq!(cancel, [Action::Cancel { reason: "no".into() }]);
    assert_eq!(session.handle(Event::Binary(1)), [], "what was on its way is too late");
    let confirmed = session.handle(Event::CancelTold);
    assert_eq!(confirmed, [Action::Send(FromServer::CancelAck), Action::Close]);
}

#[test]
fn an_error_of_the_client_cancels_without_an_answer() {
    let mut session = receiving();
    let cancel = session.handle(text(&FromClient::Error("no".into())));
    assert_eq!(cancel, [Action::Cancel { reason: "error from frontend: no".into() }]);
    assert_eq!(session.handle(Event::CancelTold), [Action::Close]);
}

#[test]
fn texts_that_do_not_belong_between_chunks_are_refused() {
    let words = "Expected file chunk or text but got sth else";
    assert_eq!(receiving().handle(text(&FromClient::Ack(true))), failure(words));
    assert_eq!(receiving().handle(Event::Text(Some(json("{}")))), failure(words));
    assert_eq!(receiving().handle(Event::Text(None)), failure("Did not understand text message"));
}

#[test]
fn silence_between_chunks_ends_the_connection() {
    assert_eq!(receiving().handle(Event::TimedOut), failure("Receive of file chunk failed"));
}

#[test]
fn whoever_is_taken_over_is_told() {
    let words = "Another websocket connection already deals with this upload";
    for mut session in [opened(4), receiving(), handing_over()] {
        assert_eq!(session.handle(Event::TakenOver), failure(words));
        assert_eq!(session.handle(Event::Binary(1)), [], "and is not heard any more");
    }
}

#[test]
fn an_upload_that_is_cancelled_elsewhere_says_so() {
    let words =
        "Error while consuming file chunk: upload is in no state for this. might be cancelled.";
    assert_eq!(receiving().handle(Event::CancelledElsewhere), failure(words));
    assert_eq!(handing_over().handle(Event::CancelledElsewhere), failure("upload cancelled"));
}

#[test]
fn the_end_is_told_when_the_backend_has_the_file() {
    let end = [Action::Send(FromServer::AllDone(None)), Action::Close];
    assert_eq!(handing_over().handle(Event::HandedOver), end);
}

#[test]
fn a_failed_handover_says_why_and_not_where() {
    let failed = Event::HandoverFailed("no".into());
    let words = "uploader couldn't hand file over to the application: no";
    assert_eq!(handing_over().handle(failed), failure(words));
}

#[test]
fn what_a_client_says_while_it_waits_is_swallowed() {
    let mut session = handing_over();
    for swallowed in [
        text(&FromClient::Ack(true)),
        text(&FromClient::Cancel("no".into())),
        Event::Text(None),
        Event::Binary(1),
        Event::TimedOut,
    ] {
        assert_eq!(session.handle(swallowed), []);
    }
    assert!(session.is_handing_over());
}

#[test]
fn answers_that_were_not_asked_for_change_nothing() {
    assert_eq!(opening().handle(Event::Stored), []);
    assert_eq!(receiving().handle(Event::Stored), []);
    let mut session = receiving();
    session.handle(Event::Binary(1));
    assert_eq!(session.handle(Event::Completed), []);
    session.handle(Event::Stored);
    assert_eq!(session.handle(Event::HandedOver), []);
}

fn md5(digit: char) -> Md5 {
    Md5::parse(&digit.to_string().repeat(32)).unwrap()
}

/// A session with an upload of 10 bytes of which so many are stored.
fn verifying(verify: Verification, stored: u64) -> Session {
    let mut session = fresh();
    let (id, name, verify) = ("i".into(), "n".into(), Some(verify));
    session.handle(text(&FromClient::UploadRequest { id, size: 10, name, verify }));
    let terms = session.handle(Event::Opened { stored });
    let Action::Send(FromServer::UploadConfig { verify: agreed, .. }) = &terms[0] else {
        panic!("terms")
    };
    assert_eq!(*agreed, verify, "it is confirmed");
    session.handle(text(&FromClient::Ack(true)));
    session
}

fn announce(session: &mut Session, position: u64) {
    assert_eq!(session.handle(text(&FromClient::ChunkSum { position, md5: md5('a') })), []);
}

#[test]
fn a_chunk_is_compared_before_it_is_stored() {
    let mut session = verifying(Verification::Chunks, 0);
    announce(&mut session, 0);
    assert_eq!(session.handle(Event::Binary(4)), [Action::Check(md5('a'))]);
    assert_eq!(session.handle(Event::Checked(true)), [Action::Append]);
    assert_eq!(session.handle(Event::Stored), [Action::Send(FromServer::ChunkAck(4))]);
}

#[test]
fn a_damaged_chunk_is_named_and_what_follows_it_is_dropped_until_it_comes_again() {
    let mut session = verifying(Verification::Chunks, 0);
    announce(&mut session, 0);
    session.handle(Event::Binary(4));
    let damaged = FromServer::ChunkDamaged { position: 0, size: 4 };
    assert_eq!(session.handle(Event::Checked(false)), [Action::Send(damaged)]);
    announce(&mut session, 4);
    assert_eq!(session.handle(Event::Binary(4)), []);
    announce(&mut session, 0);
    assert_eq!(session.handle(Event::Binary(4)), [Action::Check(md5('a'))]);
}

#[test]
fn a_chunk_without_a_sum_and_a_sum_that_was_not_agreed_on_are_refused() {
    let unexpected = || failure("Expected file chunk or text but got sth else");
    assert_eq!(verifying(Verification::Chunks, 0).handle(Event::Binary(4)), unexpected());
    let sum = text(&FromClient::ChunkSum { position: 4, md5: md5('a') });
    assert_eq!(receiving().handle(sum), unexpected());
}

#[test]
fn a_chunk_that_is_too_long_is_refused_also_with_a_sum() {
    let mut session = verifying(Verification::Chunks, 4);
    announce(&mut session, 4);
    let refused = session.handle(Event::Binary(7));
    assert!(matches!(refused.last(), Some(Action::Cancel { .. })), "{refused:?}");
}

#[test]
fn a_file_is_compared_before_the_backend_gets_it() {
    let mut session = verifying(Verification::File, 4);
    session.handle(Event::Binary(6));
    session.handle(Event::Stored);
    assert_eq!(session.handle(Event::Completed), [Action::Send(FromServer::ChunkAck(6))]);
    assert!(session.is_handing_over() && session.is_unverified());
    assert_eq!(session.handle(text(&FromClient::Ack(true))), [], "the client shows it is there");
    assert_eq!(session.handle(Event::TimedOut), []);
    assert_eq!(session.handle(text(&FromClient::FileSum(md5('a')))), [Action::Sum]);
    assert_eq!(session.handle(Event::Summed(Some(md5('a')))), [Action::HandOver]);
    assert!(!session.is_unverified());
    let done = FromServer::AllDone(Some(md5('a')));
    assert_eq!(session.handle(Event::HandedOver), [Action::Send(done), Action::Close]);
}

#[test]
fn a_sum_that_comes_while_the_file_is_made_durable_is_not_forgotten() {
    let mut session = verifying(Verification::File, 10);
    assert_eq!(session.handle(text(&FromClient::FileSum(md5('a')))), []);
    assert_eq!(session.handle(Event::Completed), [Action::Sum]);
}

#[test]
fn a_damaged_file_is_dropped_and_the_client_hears_of_it() {
    let mut session = verifying(Verification::File, 10);
    session.handle(Event::Completed);
    session.handle(text(&FromClient::FileSum(md5('a'))));
    let damaged = Action::Send(FromServer::FileDamaged);
    let expected = [Action::Empty, damaged, Action::Close];
    assert_eq!(session.handle(Event::Summed(Some(md5('b')))), expected);
}

#[test]
fn a_file_that_nobody_can_sum_any_more_is_not_said_to_be_compared() {
    let mut session = verifying(Verification::File, 10);
    session.handle(Event::Completed);
    session.handle(text(&FromClient::FileSum(md5('a'))));
    assert_eq!(session.handle(Event::Summed(None)), [Action::HandOver]);
    let done = Action::Send(FromServer::AllDone(None));
    assert_eq!(session.handle(Event::HandedOver), [done, Action::Close]);
}

#[test]
fn a_file_that_waits_for_its_sum_may_be_cancelled_or_unreadable() {
    let mut cancelled = verifying(Verification::File, 10);
    cancelled.handle(Event::Completed);
    assert_eq!(cancelled.handle(Event::CancelledElsewhere), failure("upload cancelled"));
    let mut unreadable = verifying(Verification::File, 10);
    unreadable.handle(Event::Completed);
    unreadable.handle(text(&FromClient::FileSum(md5('a'))));
    let failed = unreadable.handle(Event::Failed(Fault::Reopen));
    assert!(matches!(failed[0], Action::Send(FromServer::Error(_))), "{failed:?}");
}
