//! The policy that all protocols share, one event at a time.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::time::Duration;

use common::headers::of_file;
use common::{KIB, actions, job, now};
use incoming_protocol::http::{RequestId, Response};
use incoming_protocol::incoming::wire::FromServer;
use incoming_protocol::{
    Action, Error, Event, Link, Md5, Notice, Options, Outcome, Protocol, Retry, Upload,
    Verification, Wake,
};

const STALL: Duration = Duration::from_secs(20);

fn upload(size: u64) -> Upload {
    Upload::new(Protocol::Incoming, job(size), 7).unwrap()
}

fn lost() -> Event {
    Event::Disconnected { code: 1006, reason: String::new() }
}

fn told(message: FromServer) -> Event {
    Event::Received(message.to_json())
}

fn terms(position: u64) -> Event {
    told(FromServer::UploadConfig { chunk_size_kb: 64, position, send_ahead: 4, verify: None })
}

fn transferring(size: u64) -> Upload {
    let mut upload = upload(size);
    upload.start();
    now(&mut upload, Event::Connected);
    now(&mut upload, terms(0));
    assert!(upload.view().can_pause);
    upload
}

fn waiting() -> Upload {
    let mut upload = transferring(1000 * KIB);
    now(&mut upload, lost());
    now(&mut upload, Event::FileIntact);
    upload
}

fn waits(actions: &[Action], wake: Wake) -> bool {
    actions.iter().any(|action| matches!(action, Action::Wait(other, _) if *other == wake))
}

fn connects(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::Connect(_)))
}

#[test]
fn a_start_connects_and_watches() {
    let started = actions(upload(10).start());
    let expected = [
        Action::Connect("ws://test/".into()),
        Action::Wait(Wake::Stall, STALL),
        Action::Notify(Notice::Progress),
    ];
    assert_eq!(started, expected);
}

#[test]
fn a_second_start_changes_nothing() {
    let mut upload = transferring(1000 * KIB);
    assert_eq!(upload.start(), []);
}

#[test]
fn what_belongs_to_an_attempt_that_is_over_is_not_obeyed() {
    let mut upload = transferring(1000 * KIB);
    let old = upload.attempt();
    upload.pause();
    upload.start();
    let before = upload.view();
    for late in [
        Event::Connected,
        told(FromServer::ChunkAck(64 * KIB)),
        told(FromServer::Error("late".into())),
        told(FromServer::AllDone(None)),
        lost(),
        Event::Garbled,
        Event::Woke(Wake::Stall),
        Event::Woke(Wake::Retry),
        Event::FileUnreadable("late".into()),
        Event::Measured(Link { waiting: 5, bytes_per_second: Some(1), is_offline: true }),
    ] {
        assert_eq!(upload.handle(old, late.clone()), [], "{late:?}");
    }
    assert_eq!(upload.view(), before);
}

#[test]
fn a_step_names_the_attempt_that_it_belongs_to() {
    let mut upload = waiting();
    let old = upload.attempt();
    let steps = upload.start();
    let hang_up = steps.iter().find(|step| step.action == Action::HangUp).unwrap();
    let connect = steps.iter().find(|step| matches!(step.action, Action::Connect(_))).unwrap();
    assert_eq!(hang_up.attempt, old);
    assert!(connect.attempt > old);
    assert_eq!(connect.attempt, upload.attempt());
}

#[test]
fn a_loss_checks_the_file_and_then_waits() {
    let mut upload = transferring(1000 * KIB);
    let checks = now(&mut upload, lost());
    assert_eq!(checks[..2], [Action::HangUp, Action::CheckFile]);
    let waits_now = now(&mut upload, Event::FileIntact);
    assert!(waits(&waits_now, Wake::Retry));
    assert!(upload.view().state_msg.contains("trying again"));
    assert!(upload.view().error.is_none(), "a loss is not an error while there is hope");
}

#[test]
fn a_file_that_is_gone_is_not_a_network_error() {
    let mut upload = transferring(1000 * KIB);
    now(&mut upload, lost());
    let failed = now(&mut upload, Event::FileUnreadable("NotReadableError".into()));
    assert!(failed.contains(&Action::Notify(Notice::Failed)));
    assert_eq!(upload.view().error.unwrap().kind(), "file_changed");
}

#[test]
fn a_file_is_not_needed_any_more_once_the_server_has_it() {
    let mut upload = transferring(10);
    now(&mut upload, told(FromServer::ChunkAck(10)));
    let after = now(&mut upload, lost());
    assert!(waits(&after, Wake::Retry) && !after.contains(&Action::CheckFile));
}

#[test]
fn the_wait_ends_by_time_by_the_network_and_by_the_person() {
    assert!(connects(&now(&mut waiting(), Event::Woke(Wake::Retry))));
    assert!(connects(&now(&mut waiting(), Event::CameOnline)));
    assert!(connects(&actions(waiting().start())));
}

#[test]
fn the_network_coming_back_disturbs_nobody_who_does_not_wait() {
    assert_eq!(now(&mut upload(10), Event::CameOnline), []);
    let mut paused = transferring(1000 * KIB);
    paused.pause();
    assert_eq!(now(&mut paused, Event::CameOnline), []);
}

#[test]
fn a_connection_that_the_network_left_behind_is_found_out_soon() {
    let mut upload = transferring(1000 * KIB);
    let hurry = Action::Wait(Wake::Stall, Duration::from_secs(10));
    assert_eq!(now(&mut upload, Event::CameOnline), [hurry]);
    let silent = now(&mut upload, Event::Woke(Wake::Stall));
    assert_eq!(silent[..2], [Action::HangUp, Action::CheckFile]);
}

#[test]
fn attempts_run_out_and_a_start_begins_anew() {
    let retry = Retry { delays: vec![], attempts: Some(1) };
    let mut job = job(1000 * KIB);
    job.options = Options { retry, ..Options::default() };
    let mut upload = Upload::new(Protocol::Incoming, job, 7).unwrap();
    upload.start();
    for _ in 0..2 {
        now(&mut upload, lost());
        now(&mut upload, Event::FileIntact);
        now(&mut upload, Event::Woke(Wake::Retry));
    }
    assert_eq!(upload.view().error.unwrap().kind(), "lost");
    let again = actions(upload.start());
    assert!(connects(&again));
    assert!(!again.contains(&Action::Notify(Notice::Failed)), "an error is told once");
    assert!(upload.view().error.is_none());
    now(&mut upload, lost());
    assert!(waits(&now(&mut upload, Event::FileIntact), Wake::Retry), "with all its attempts");
}

#[test]
fn a_refusal_ends_at_once_with_the_servers_words() {
    let mut upload = transferring(1000 * KIB);
    let ended = now(&mut upload, told(FromServer::Error("quota exceeded".into())));
    let error = Error::Rejected("quota exceeded".into());
    let expected = [
        Action::HangUp,
        Action::Settle(Outcome::Failed(error)),
        Action::Notify(Notice::Progress),
        Action::Notify(Notice::Failed),
    ];
    assert_eq!(ended, expected);
    assert!(upload.view().error.unwrap().to_string().contains("quota exceeded"));
    let hashed = now(&mut upload, Event::Hashed(5));
    assert_eq!(hashed, [Action::Notify(Notice::Progress)], "the end is told once");
}

#[test]
fn an_address_that_the_browser_refuses_is_the_callers_mistake() {
    let mut upload = upload(10);
    upload.start();
    now(&mut upload, Event::Refused("insecure".into()));
    assert_eq!(upload.view().error.unwrap().kind(), "misuse");
}

#[test]
fn silence_is_a_loss_only_if_nothing_moved() {
    let mut upload = transferring(1000 * KIB);
    assert!(waits(&now(&mut upload, Event::Woke(Wake::Stall)), Wake::Stall), "terms had come");
    let silent = now(&mut upload, Event::Woke(Wake::Stall));
    assert_eq!(silent[..2], [Action::HangUp, Action::CheckFile]);
}

/// Lets the stall timeout go by until the connection is given up; returns how often that was.
fn silences(upload: &mut Upload) -> u32 {
    let gives_up = |actions: &[Action]| actions.contains(&Action::HangUp);
    let silences = (1..100).find(|_| gives_up(&now(upload, Event::Woke(Wake::Stall))));
    silences.unwrap()
}

fn reconnect(upload: &mut Upload) {
    now(upload, Event::FileIntact);
    now(upload, Event::Woke(Wake::Retry));
    now(upload, Event::Connected);
    now(upload, terms(0));
    now(upload, Event::Woke(Wake::Stall));
}

fn after_three_silences() -> Upload {
    let mut upload = transferring(1000 * KIB);
    now(&mut upload, Event::Woke(Wake::Stall));
    for _ in 0..3 {
        silences(&mut upload);
        reconnect(&mut upload);
    }
    upload
}

#[test]
fn each_silence_in_vain_lets_the_next_one_last_twice_as_long() {
    let mut upload = transferring(1000 * KIB);
    now(&mut upload, Event::Woke(Wake::Stall));
    let mut borne = Vec::new();
    for _ in 0..7 {
        borne.push(silences(&mut upload));
        reconnect(&mut upload);
    }
    assert_eq!(borne, [1, 2, 4, 8, 16, 32, 32]);
}

#[test]
fn patience_ends_when_bytes_are_confirmed_without_a_long_silence() {
    let mut upload = after_three_silences();
    now(&mut upload, told(FromServer::ChunkAck(16 * KIB)));
    now(&mut upload, Event::Woke(Wake::Stall));
    assert_eq!(silences(&mut upload), 1);
}

#[test]
fn patience_lasts_while_a_server_needs_it() {
    let mut upload = transferring(1000 * KIB);
    now(&mut upload, Event::Woke(Wake::Stall));
    silences(&mut upload);
    reconnect(&mut upload);
    now(&mut upload, Event::Woke(Wake::Stall));
    now(&mut upload, told(FromServer::ChunkAck(64 * KIB)));
    now(&mut upload, Event::Woke(Wake::Stall));
    assert_eq!(silences(&mut upload), 2);
}

#[test]
fn patience_with_one_network_is_no_patience_with_the_next() {
    let mut upload = after_three_silences();
    now(&mut upload, Event::CameOnline);
    assert_eq!(silences(&mut upload), 1);
}

#[test]
fn bytes_that_leave_the_browser_are_movement() {
    let mut upload = transferring(1000 * KIB);
    let link = |waiting| Event::Measured(Link { waiting, ..Link::default() });
    now(&mut upload, link(100_000));
    now(&mut upload, Event::Woke(Wake::Stall));
    now(&mut upload, link(99_999));
    assert!(waits(&now(&mut upload, Event::Woke(Wake::Stall)), Wake::Stall));
}

#[test]
fn a_backend_may_take_as_long_as_it_likes() {
    let mut upload = transferring(10);
    now(&mut upload, told(FromServer::ChunkAck(10)));
    for _ in 0..100 {
        assert!(waits(&now(&mut upload, Event::Woke(Wake::Stall)), Wake::Stall));
    }
}

#[test]
fn a_cancellation_is_confirmed_or_given_up_after_a_while() {
    let mut upload = transferring(1000 * KIB);
    let steps = actions(upload.cancel("no"));
    assert!(steps.contains(&Action::Wait(Wake::Stall, Duration::from_secs(60))));
    assert!(upload.view().cancelling && !upload.view().can_cancel && !upload.view().can_pause);
    let given_up = now(&mut upload, Event::Woke(Wake::Stall));
    assert!(given_up.contains(&Action::Notify(Notice::Cancelled)));
    assert_eq!(upload.view().state_msg, "cancelled (the server does not know it yet): no");
    assert_eq!(upload.view().error.unwrap().kind(), "timed_out");
}

#[test]
fn a_cancellation_that_was_lost_is_told_once_more() {
    let mut upload = transferring(1000 * KIB);
    upload.cancel("no");
    assert!(connects(&now(&mut upload, lost())));
    assert!(upload.view().cancelling);
    now(&mut upload, lost());
    assert!(upload.view().cancelled && upload.view().error.is_some());
}

#[test]
fn nothing_moves_an_upload_that_is_over() {
    let mut finished = transferring(10);
    now(&mut finished, told(FromServer::ChunkAck(10)));
    now(&mut finished, told(FromServer::AllDone(None)));
    let mut cancelled = upload(10);
    cancelled.cancel("no");
    for mut upload in [finished, cancelled] {
        assert!(upload.is_over());
        assert_eq!(upload.start(), []);
        assert_eq!(upload.pause(), []);
        assert_eq!(upload.cancel("again"), []);
        assert_eq!(now(&mut upload, Event::CameOnline), []);
    }
}

#[test]
fn an_upload_that_never_began_cannot_be_paused_but_cancelled() {
    let mut upload = upload(10);
    assert_eq!(upload.pause(), []);
    let cancelled = actions(upload.cancel("no"));
    let expected = [
        Action::Settle(Outcome::Cancelled("no".into())),
        Action::Notify(Notice::Progress),
        Action::Notify(Notice::Cancelled),
    ];
    assert_eq!(cancelled, expected, "nobody has to be told");
    assert_eq!(upload.view().state_msg, "cancelled: no");
}

#[test]
fn bytes_that_wait_in_the_browser_are_not_told_as_sent() {
    let mut upload = transferring(100 * KIB);
    assert_eq!(upload.view().bytes_tx, 0);
    let link = Link { waiting: 40 * KIB, ..Link::default() };
    let steps = now(&mut upload, Event::Measured(link));
    assert!(steps.contains(&Action::Notify(Notice::Progress)));
    assert_eq!(upload.view().bytes_tx, 60 * KIB);
    assert_eq!(upload.view().bytes_ahead(), 60 * KIB);
}

fn md5() -> Md5 {
    Md5::parse("d41d8cd98f00b204e9800998ecf8427e").unwrap()
}

#[test]
fn the_fingerprint_of_the_file_is_shown_while_and_after_it_is_worked_out() {
    let mut upload = transferring(100);
    assert_eq!((upload.view().hashing, upload.view().md5), (false, None));
    now(&mut upload, Event::Hashed(25));
    assert_eq!((upload.view().hashing, upload.view().frac_hashed), (true, 0.25));
    now(&mut upload, Event::Digested(0..100, md5()));
    assert_eq!((upload.view().hashing, upload.view().frac_hashed), (false, 1.0));
    assert_eq!(upload.view().md5, Some(md5()));
}

#[test]
fn the_fingerprint_of_a_part_is_not_that_of_the_file() {
    let mut upload = transferring(100);
    now(&mut upload, Event::Digested(0..50, md5()));
    assert_eq!(upload.view().md5, None);
}

#[test]
fn a_fingerprint_that_is_ready_during_a_loss_is_not_forgotten() {
    let mut upload = waiting();
    now(&mut upload, Event::Digested(0..1000 * KIB, md5()));
    assert_eq!(upload.view().md5, Some(md5()));
}

#[test]
fn what_hashes_may_be_late_but_is_not_waited_for_for_ever() {
    let mut upload = transferring(100);
    let failed = || Event::NotDigested("status 404".into());
    for _ in 0..9 {
        now(&mut upload, failed());
        assert_eq!(upload.view().error, None);
        reconnect(&mut upload);
    }
    now(&mut upload, Event::Hashed(1));
    now(&mut upload, failed());
    assert_eq!(upload.view().error, None, "it had come after all");
    for _ in 0..9 {
        reconnect(&mut upload);
        now(&mut upload, failed());
    }
    let error = upload.view().error.unwrap();
    assert_eq!(error.kind(), "unsupported");
    assert!(error.to_string().contains("status 404"), "{error}");
}

#[test]
fn a_file_that_cannot_be_hashed_is_an_error_of_its_own() {
    let mut upload = transferring(100);
    now(&mut upload, Event::FileUnreadable("NotReadableError".into()));
    let error = upload.view().error;
    assert_eq!(error, Some(Error::FileChanged("NotReadableError".into())));
}

/// An upload of 10 bytes that is to be compared as a whole, with all of it acknowledged.
fn with_server() -> Upload {
    let mut job = job(10);
    job.options.verify = Some(Verification::File);
    let mut upload = Upload::new(Protocol::Incoming, job, 7).unwrap();
    assert!(actions(upload.start()).contains(&Action::Digest(0..10)), "alongside");
    now(&mut upload, Event::Connected);
    let verify = Some(Verification::File);
    let terms = FromServer::UploadConfig { chunk_size_kb: 64, position: 10, send_ahead: 4, verify };
    now(&mut upload, told(terms));
    upload
}

#[test]
fn a_server_that_is_done_first_is_waited_with_not_for() {
    let mut upload = with_server();
    let done = now(&mut upload, told(FromServer::AllDone(Some(md5()))));
    assert_eq!(done[0], Action::HangUp, "nothing more is to be heard from it");
    let view = upload.view();
    assert!(!view.finished && view.error.is_none() && !view.can_pause && !view.can_cancel);
    assert!(view.state_msg.contains("comparing"));
    assert_eq!(now(&mut upload, Event::Woke(Wake::Stall)), []);
    assert!(upload.start().is_empty() && upload.pause().is_empty());
    now(&mut upload, Event::Digested(0..10, md5()));
    assert_eq!(upload.view().verified, Some(Verification::File));
}

#[test]
fn a_file_that_cannot_be_read_for_the_comparison_is_not_verified() {
    let mut upload = with_server();
    now(&mut upload, told(FromServer::AllDone(Some(md5()))));
    now(&mut upload, Event::FileUnreadable("gone".into()));
    assert_eq!(upload.view().error, Some(Error::FileChanged("gone".into())));
}

#[test]
fn a_server_that_does_not_say_what_it_has_is_an_error_after_the_fact() {
    let mut upload = with_server();
    now(&mut upload, told(FromServer::AllDone(None)));
    assert_eq!(upload.view().error.map(|error| error.kind()), Some("unsupported"));
}

#[test]
fn a_file_that_is_hashed_does_not_make_a_dead_connection_look_alive() {
    let mut upload = transferring(1000 * KIB);
    now(&mut upload, Event::Woke(Wake::Stall));
    now(&mut upload, Event::Hashed(5));
    let silent = now(&mut upload, Event::Woke(Wake::Stall));
    assert_eq!(silent[..2], [Action::HangUp, Action::CheckFile]);
}

#[test]
fn what_is_hashed_after_the_end_is_nobodys_business() {
    let mut upload = upload(10);
    upload.cancel("no");
    assert_eq!(now(&mut upload, Event::Hashed(5)), []);
    assert_eq!(now(&mut upload, Event::Digested(0..10, md5())), []);
}

#[test]
fn a_file_that_could_not_be_hashed_in_the_end_is_hashed_again_and_not_sent() {
    let mut job = job(10);
    job.options.verify = Some(Verification::File);
    let mut upload = Upload::new(Protocol::Resumable, job, 7).unwrap();
    upload.start();
    let answer = of_file(Response { status: 200, ..Response::default() }, &md5());
    now(&mut upload, Event::Responded(RequestId(1), answer));
    now(&mut upload, Event::NotDigested("no worker".into()));
    let again = now(&mut upload, Event::Woke(Wake::Retry));
    assert!(again.contains(&Action::Digest(0..10)));
    assert!(!again.iter().any(|action| matches!(action, Action::Request(_))));
    now(&mut upload, Event::Digested(0..10, md5()));
    assert_eq!(upload.view().verified, Some(Verification::File));
}
