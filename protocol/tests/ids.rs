//! Under which id an upload begins, and when the caller is asked for one.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::resuming::*;
use common::{KIB, actions, job, now};
use incoming_protocol::http::{RequestId, Response};
use incoming_protocol::{Action, Error, Event, Protocol, Upload, Wake};

#[test]
fn an_upload_that_only_needs_an_id_asks_for_nothing_else() {
    let mut upload = upload_with(false, true);
    assert_eq!(actions(upload.start()), [Action::AskId, TOLD]);
    let begun = now(&mut upload, named("fresh"));
    assert!(connects(&begun) && keeps(&begun).is_none() && !begun.contains(&SAVE));
    assert_eq!(id_of(&upload).as_deref(), Some("fresh"));
}

#[test]
fn nobody_is_asked_for_an_id_where_something_was_found() {
    let mut upload = held(upload_with(true, true));
    assert!(connects(&now(&mut upload, found("earlier"))));
    assert_eq!(id_of(&upload).as_deref(), Some("earlier"));
}

#[test]
fn where_nothing_was_found_an_upload_begins_under_its_own_ticket() {
    let mut upload = held(upload());
    assert!(connects(&now(&mut upload, Event::Recalled(None))));
    assert_eq!(id_of(&upload), job(7).ticket);
}

#[test]
fn who_has_no_id_is_told_so_by_the_protocol() {
    for id in [None, Some(String::new())] {
        let mut upload = upload_with(false, true);
        upload.start();
        now(&mut upload, Event::Named(id));
        now(&mut upload, Event::Connected);
        assert_eq!(upload.view().error.unwrap().kind(), "misuse");
    }
}

/// An upload over this protocol without an id of its own.
fn identified(protocol: Protocol, asks_id: bool) -> Upload {
    let mut job = job(1000 * KIB);
    (job.ticket, job.options.resume, job.options.asks_id) = (None, true, asks_id);
    job.options.chunk_size = Some(64 * KIB);
    let mut upload = Upload::new(protocol, job, 7).unwrap();
    upload.start();
    now(&mut upload, Event::Identified(Some("told apart".into())));
    now(&mut upload, Event::Held);
    now(&mut upload, Event::Recalled(None));
    upload
}

#[test]
fn files_that_a_protocol_takes_for_one_begin_under_an_identifier_that_tells_them_apart() {
    for (protocol, is_taken) in
        [(Protocol::Resumable, true), (Protocol::Flow, true), (Protocol::FineUploader, false)]
    {
        let upload = identified(protocol, false);
        assert_eq!(id_of(&upload).as_deref() == Some("told apart"), is_taken, "{protocol:?}");
    }
}

#[test]
fn what_the_caller_says_counts_more_than_an_identifier() {
    for (answer, id) in [(Some("mine"), "mine"), (Some(""), "told apart"), (None, "told apart")] {
        let mut upload = identified(Protocol::Resumable, true);
        assert_eq!(id_of(&upload), None, "it is not known");
        now(&mut upload, Event::Named(answer.map(str::to_owned)));
        assert_eq!(id_of(&upload).as_deref(), Some(id));
    }
}

#[test]
fn a_caller_that_refuses_an_id_for_good_ends_the_upload_in_its_own_words() {
    let error = Error::Rejected("quota exceeded".into());
    for (why, kind) in
        [(error, "rejected"), (Error::Misuse("expected a string, found number".into()), "misuse")]
    {
        let mut upload = asking();
        let ended = now(&mut upload, Event::NotNamed(why));
        assert!(ended.contains(&Action::LetGo) && !ended.contains(&Action::Forget));
        assert_eq!(upload.view().error.unwrap().kind(), kind);
        upload.start();
        now(&mut upload, Event::Held);
        let again = now(&mut upload, Event::Recalled(None));
        assert!(again.contains(&Action::AskId), "and may be asked again");
    }
}

#[test]
fn a_function_for_the_id_that_fails_is_asked_again_as_often_as_the_rule_says() {
    let mut job = job(1000 * KIB);
    (job.options.asks_id, job.options.retry.attempts) = (true, Some(12));
    let mut upload = Upload::new(Protocol::Incoming, job, 7).unwrap();
    upload.start();
    for _ in 0..12 {
        now(&mut upload, Event::NotNamed(Error::Postponed("no network".into())));
        let last_error = upload.view().last_error.unwrap().to_string();
        let words = "the function for the upload id failed: no network";
        assert!(last_error.contains(words), "{last_error}");
        now(&mut upload, Event::FileIntact);
        assert!(now(&mut upload, Event::Woke(Wake::Retry)).contains(&Action::AskId));
    }
    now(&mut upload, Event::NotNamed(Error::Postponed("no network".into())));
    now(&mut upload, Event::FileIntact);
    assert_eq!(upload.view().error.unwrap().kind(), "unavailable");
}

#[test]
fn an_id_may_come_in_a_pause_or_after_it_and_is_asked_for_once() {
    for resume in [true, false] {
        for comes_in_the_pause in [true, false] {
            let mut upload = if resume { asking() } else { upload_with(false, true) };
            upload.start();
            upload.pause();
            if comes_in_the_pause {
                assert_eq!(now(&mut upload, named("late")), []);
            }
            let mut again = actions(upload.start());
            if resume {
                again = now(&mut upload, Event::Held);
                again.extend(now(&mut upload, Event::Recalled(None)));
            }
            if !comes_in_the_pause {
                assert!(!connects(&again));
                again.extend(now(&mut upload, named("late")));
            }
            assert!(connects(&again) && !again.contains(&Action::AskId));
            assert_eq!(id_of(&upload).as_deref(), Some("late"));
            assert_eq!(now(&mut upload, named("unasked")), []);
        }
    }
}

#[test]
fn a_function_that_fails_in_a_pause_is_asked_again_after_it() {
    for event in [
        Event::NotNamed(Error::Postponed("no network".into())),
        Event::NotNamed(Error::Rejected("no".into())),
        Event::NotNamed(Error::Misuse("no".into())),
    ] {
        let mut upload = upload_with(false, true);
        upload.start();
        upload.pause();
        assert_eq!(now(&mut upload, event), []);
        assert!(actions(upload.start()).contains(&Action::AskId));
    }
}

#[test]
fn an_id_that_comes_when_another_page_has_left_something_changes_nothing() {
    let mut upload = asking();
    upload.pause();
    upload.start();
    now(&mut upload, Event::Held);
    now(&mut upload, found("earlier"));
    assert_eq!(now(&mut upload, named("late")), []);
    assert_eq!(id_of(&upload).as_deref(), Some("earlier"));
}

#[test]
fn a_ticket_that_the_server_does_not_know_any_more_starts_the_upload_over() {
    let mut upload = connected_with(upload_with(true, true));
    let again = now(&mut upload, refusal(UNKNOWN));
    let forgets = position(&again, &Action::Forget);
    assert!(forgets < position(&again, &Action::AskId) && again.contains(&Action::HangUp));
    assert!(again.contains(&SAVE) && !again.contains(&Action::LetGo), "others go on waiting");
    assert_eq!((id_of(&upload), upload.view().error), (None, None));
    assert!(!upload.view().resumable);
    let begun = now(&mut upload, named("fresh"));
    assert!(connects(&begun) && keeps(&begun).unwrap().checkpoint.id == "fresh");
    now(&mut upload, Event::Connected);
    let sends = now(&mut upload, terms(0));
    assert!(sends.contains(&Action::SendRange(0..64 * KIB)));
}

#[test]
fn a_ticket_of_the_page_takes_the_place_of_one_that_the_server_has_forgotten() {
    let mut upload = connected();
    assert!(connects(&now(&mut upload, refusal(UNKNOWN))));
    assert_eq!(id_of(&upload), job(7).ticket);
    now(&mut upload, Event::Connected);
    now(&mut upload, refusal(UNKNOWN));
    assert_eq!(upload.view().error.unwrap().kind(), "rejected", "there is no other one");
}

#[test]
fn a_ticket_that_was_known_to_the_server_is_asked_for_again_when_it_is_lost() {
    for resume in [true, false] {
        let mut upload = if resume { begun() } else { upload_with(false, true) };
        if !resume {
            upload.start();
            now(&mut upload, named("fresh"));
            now(&mut upload, Event::Connected);
            now(&mut upload, terms(0));
        }
        let again = now(&mut upload, refusal(UNKNOWN));
        assert!(again.contains(&Action::AskId), "{again:?}");
        assert_eq!(again.contains(&Action::Forget), resume);
        assert!(connects(&now(&mut upload, named("another"))));
        assert_eq!(id_of(&upload).as_deref(), Some("another"));
    }
}

#[test]
fn an_upload_that_has_ended_without_this_page_begins_anew_only_when_it_is_started_again() {
    for words in [OVER, "upload cancelled"] {
        let mut upload = upload_with(false, true);
        upload.start();
        now(&mut upload, named("fresh"));
        now(&mut upload, Event::Connected);
        now(&mut upload, terms(0));
        let ended = now(&mut upload, refusal(words));
        assert!(!ended.contains(&Action::AskId), "the file may have arrived");
        assert_eq!(upload.view().error.unwrap().kind(), "rejected");
        upload.start();
        now(&mut upload, Event::Connected);
        assert!(now(&mut upload, refusal(OVER)).contains(&Action::AskId));
    }
}

#[test]
fn what_an_earlier_page_has_left_of_an_upload_that_is_over_gives_way_to_a_new_one() {
    let mut upload = connected_with(upload_with(true, true));
    let again = now(&mut upload, refusal(OVER));
    assert!(again.contains(&Action::Forget) && again.contains(&Action::AskId));
}

#[test]
fn a_fresh_ticket_that_the_server_does_not_know_is_an_error() {
    let mut upload = asking();
    now(&mut upload, named("fresh"));
    now(&mut upload, Event::Connected);
    let ended = now(&mut upload, refusal(UNKNOWN));
    assert!(ended.contains(&Action::Forget) && ended.contains(&Action::LetGo));
    assert_eq!(upload.view().error.unwrap().kind(), "rejected");
    assert_eq!(upload.checkpoint(), None);
}

#[test]
fn a_server_that_forgets_every_ticket_is_given_up() {
    let mut upload = upload_with(false, true);
    upload.start();
    for _ in 0..6 {
        now(&mut upload, named("fresh"));
        now(&mut upload, Event::Connected);
        now(&mut upload, terms(0));
        assert_eq!(upload.view().error, None);
        now(&mut upload, refusal(UNKNOWN));
    }
    assert_eq!(upload.view().error.unwrap().kind(), "rejected");
}

#[test]
fn an_upload_that_failed_keeps_its_id() {
    let mut upload = begun();
    now(&mut upload, refusal("no"));
    upload.start();
    now(&mut upload, Event::Held);
    let again = now(&mut upload, Event::Recalled(None));
    assert!(connects(&again) && !again.contains(&Action::AskId));
    assert_eq!(id_of(&upload).as_deref(), Some("fresh"));
    let mut upload = upload_with(false, true);
    upload.start();
    now(&mut upload, named("fresh"));
    now(&mut upload, Event::Connected);
    now(&mut upload, refusal("no"));
    assert!(connects(&actions(upload.start())), "also where nothing is resumed");
}

/// An upload that resumes fails by this, and is started again where nothing is kept any more.
fn restarted(mut upload: Upload, words: &str) -> (Upload, Vec<Action>) {
    now(&mut upload, refusal(words));
    upload.start();
    now(&mut upload, Event::Held);
    let again = now(&mut upload, Event::Recalled(None));
    (upload, again)
}

fn is_unknown(upload: &mut Upload) -> Vec<Action> {
    now(upload, Event::Connected);
    now(upload, refusal(UNKNOWN))
}

#[test]
fn where_nothing_is_kept_any_more_an_upload_begins_under_its_own_ticket() {
    let (upload, again) = restarted(connected(), "no");
    assert!(connects(&again));
    assert_eq!(id_of(&upload), job(7).ticket);
}

#[test]
fn a_server_that_has_forgotten_an_upload_that_failed_leads_to_another_id() {
    let (mut upload, _) = restarted(begun(), "no");
    assert!(is_unknown(&mut upload).contains(&Action::AskId));
}

#[test]
fn an_id_that_the_server_has_never_known_is_not_taken_for_one_that_it_has_forgotten() {
    let (mut upload, again) = restarted(connected_with(upload_with(true, true)), "no");
    assert!(again.contains(&Action::AskId));
    now(&mut upload, named("fresh"));
    is_unknown(&mut upload);
    assert_eq!(upload.view().error.unwrap().kind(), "rejected", "only the earlier one was known");
    let mut upload = asking();
    now(&mut upload, named("fresh"));
    now(&mut upload, Event::Connected);
    let (mut upload, _) = restarted(upload, "File size has changed");
    is_unknown(&mut upload);
    assert_eq!(upload.view().error.unwrap().kind(), "rejected");
}

#[test]
fn another_id_that_the_server_does_not_know_either_is_an_error() {
    let mut upload = begun();
    now(&mut upload, refusal(UNKNOWN));
    now(&mut upload, named("another"));
    is_unknown(&mut upload);
    assert_eq!(upload.view().error.unwrap().kind(), "rejected");
}

#[test]
fn a_ticket_that_nobody_can_ask_for_again_is_an_error_when_it_is_lost() {
    let mut upload = held(upload());
    now(&mut upload, Event::Recalled(None));
    now(&mut upload, Event::Connected);
    now(&mut upload, terms(0));
    now(&mut upload, refusal(UNKNOWN));
    assert_eq!(upload.view().error.unwrap().kind(), "rejected");
}

#[test]
fn a_server_that_forgets_and_goes_on_is_asked_for_ever() {
    let mut upload = begun();
    for _ in 0..10 {
        now(&mut upload, acknowledged(64 * KIB));
        now(&mut upload, refusal(UNKNOWN));
        now(&mut upload, named("another"));
        now(&mut upload, Event::Connected);
        now(&mut upload, terms(0));
    }
    assert_eq!(upload.view().error, None);
}

#[test]
fn a_pause_after_a_ticket_was_lost_leads_back_to_the_question_for_another_one() {
    let mut upload = begun();
    now(&mut upload, refusal(UNKNOWN));
    assert!(!actions(upload.pause()).contains(&Action::LetGo), "this page has begun");
    assert_eq!(
        actions(upload.start()),
        [TOLD],
        "what was left is of no use, and who is asked knows"
    );
    assert!(connects(&now(&mut upload, named("another"))));
}

#[test]
fn a_refusal_of_another_id_lets_other_pages_go_on() {
    let mut upload = begun();
    now(&mut upload, refusal(UNKNOWN));
    let ended = now(&mut upload, Event::NotNamed(Error::Rejected("quota exceeded".into())));
    assert!(ended.contains(&Action::LetGo) && keeps(&ended).is_none());
    assert_eq!(actions(upload.start())[0], Action::Hold);
}

#[test]
fn a_function_that_is_late_is_not_taken_for_one_that_ends_the_attempt() {
    let mut upload = asking();
    upload.pause();
    upload.start();
    now(&mut upload, Event::Held);
    now(&mut upload, found("earlier"));
    assert_eq!(now(&mut upload, Event::NotNamed(Error::Postponed("no network".into()))), []);
    assert_eq!(now(&mut upload, Event::NotNamed(Error::Rejected("no".into()))), []);
    let ended = now(&mut upload, Event::Failed(Error::Refused("no token".into())));
    assert!(ended.contains(&Action::HangUp), "a request was refused");
}

#[test]
fn a_function_that_refuses_while_another_page_sends_the_file_is_asked_again_when_it_is_needed() {
    let mut upload = asking();
    upload.pause();
    upload.start();
    now(&mut upload, Event::Occupied);
    assert_eq!(now(&mut upload, Event::NotNamed(Error::Rejected("no".into()))), []);
    now(&mut upload, Event::Held);
    assert!(now(&mut upload, Event::Recalled(None)).contains(&Action::AskId));
}

#[test]
fn an_upload_that_nobody_resumes_and_that_failed_goes_on_with_what_was_confirmed() {
    for asks_id in [true, false] {
        let mut job = job(300);
        (job.options.asks_id, job.options.chunk_size) = (asks_id, Some(150));
        let mut upload = Upload::new(Protocol::Resumable, job, 7).unwrap();
        upload.start();
        now(&mut upload, named("fresh"));
        now(&mut upload, answered(1, 200));
        now(&mut upload, answered(2, 403));
        assert!(upload.view().error.is_some());
        upload.start();
        assert_eq!((upload.view().error, upload.confirmed().0), (None, 150));
    }
}

fn answered(id: u32, status: u16) -> Event {
    Event::Responded(RequestId(id), Response { status, ..Response::default() })
}
