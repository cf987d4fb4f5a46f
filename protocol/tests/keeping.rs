//! What is kept of an upload for another page, and when others may go on with it.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::resuming::*;
use common::{KIB, actions, job, json, now};
use incoming_protocol::incoming::wire::FromServer;
use incoming_protocol::{Action, Error, Event, Outcome, Protocol, Upload, Wake};

#[test]
fn a_page_that_has_not_begun_holds_up_no_other_one() {
    let stops: [fn(&mut Upload) -> Vec<Action>; 3] = [
        |upload| actions(upload.pause()),
        |upload| actions(upload.cancel("no")),
        |upload| now(upload, Event::NotNamed(Error::Postponed("no network".into()))),
    ];
    for stop in stops {
        let mut upload = asking();
        let stopped = stop(&mut upload);
        let let_go = position(&stopped, &Action::LetGo);
        assert!(let_go < position(&stopped, &Action::HangUp));
    }
    let mut upload = asking();
    upload.pause();
    assert!(actions(upload.start()).contains(&Action::Hold), "it is held once more");
}

#[test]
fn a_page_that_has_begun_lets_go_of_nothing_before_the_end_of_the_run() {
    let mut upload = connected();
    now(&mut upload, terms(7));
    assert!(!actions(upload.pause()).contains(&Action::LetGo));
    upload.start();
    now(&mut upload, lost());
    let again = now(&mut upload, Event::FileIntact);
    assert!(!again.contains(&Action::LetGo));
    let ended = actions(upload.cancel("no"));
    assert!(!ended.contains(&Action::LetGo), "the server is told first");
}

#[test]
fn a_cancellation_during_the_search_tells_no_server_and_forgets_what_is_kept() {
    let before: [fn(&mut Upload); 4] = [
        |_| {},
        |upload| drop(upload.pause()),
        |upload| drop(now(upload, Event::Identified(None))),
        |upload| {
            now(upload, Event::Identified(None));
            now(upload, Event::Occupied);
        },
    ];
    for before in before {
        let mut upload = upload();
        upload.start();
        before(&mut upload);
        assert!(upload.view().can_cancel);
        let ended = actions(upload.cancel("no"));
        assert!(ended.contains(&Action::HangUp) && !connects(&ended));
        assert!(ended.contains(&Action::Forget) && !ended.contains(&Action::LetGo));
        assert!(ended.contains(&Action::Settle(Outcome::Cancelled("no".into()))));
        assert!(upload.view().cancelled && upload.view().error.is_none());
    }
}

#[test]
fn an_upload_that_never_began_has_nothing_to_forget() {
    assert!(!actions(upload().cancel("no")).contains(&Action::Forget));
}

#[test]
fn a_cancellation_while_another_page_goes_on_under_the_same_ticket_does_not_cancel_that() {
    let before: [fn(&mut Upload); 2] = [|_| {}, |upload| drop(upload.pause())];
    for before in before {
        let mut upload = connected();
        now(&mut upload, terms(0));
        now(&mut upload, refusal("no"));
        upload.start();
        now(&mut upload, Event::Occupied);
        before(&mut upload);
        let ended = actions(upload.cancel("no"));
        assert!(ended.contains(&Action::HangUp) && !connects(&ended));
        assert!(ended.contains(&Action::Settle(Outcome::Cancelled("no".into()))));
    }
}

#[test]
fn an_upload_whose_storage_does_not_work_goes_on_as_it_is() {
    let mut upload = asking();
    now(&mut upload, named("fresh"));
    now(&mut upload, Event::Kept(false));
    now(&mut upload, Event::Connected);
    now(&mut upload, terms(0));
    now(&mut upload, acknowledged(64 * KIB));
    now(&mut upload, refusal("no"));
    now(&mut upload, Event::Kept(false));
    upload.start();
    now(&mut upload, Event::Held);
    assert!(connects(&now(&mut upload, Event::Recalled(None))));
    assert_eq!(upload.confirmed().0, 64 * KIB);
}

#[test]
fn what_is_kept_is_data_of_a_few_bytes() {
    let kept = connected().checkpoint().unwrap();
    assert_eq!(kept, json(r#"["earlier",1,1,0,0,0]"#));
}

#[test]
fn a_new_upload_is_kept_as_soon_as_it_begins() {
    let mut upload = asking();
    let begun = now(&mut upload, named("fresh"));
    assert_eq!(keeps(&begun), Some(&kept("fresh", 0)));
    assert!(begun.contains(&SAVE));
    assert!(!upload.view().resumable, "nobody has said that it is kept");
    assert_eq!(now(&mut upload, Event::Kept(true)), [TOLD]);
    assert!(upload.view().resumable);
}

#[test]
fn what_is_new_is_kept_once_a_second() {
    let mut upload = begun();
    assert_eq!(now(&mut upload, Event::Woke(Wake::Save)), [SAVE], "nothing is new");
    assert!(keeps(&now(&mut upload, acknowledged(64 * KIB))).is_none(), "in a moment");
    let saves = now(&mut upload, Event::Woke(Wake::Save));
    assert_eq!(saves, [SAVE, Action::Keep(kept("fresh", 64 * KIB))]);
}

#[test]
fn what_is_new_is_kept_when_the_page_is_hidden_and_in_a_pause() {
    let mut upload = begun();
    assert_eq!(now(&mut upload, Event::Hidden), []);
    now(&mut upload, acknowledged(64 * KIB));
    assert_eq!(now(&mut upload, Event::Hidden), [Action::Keep(kept("fresh", 64 * KIB))]);
    now(&mut upload, acknowledged(64 * KIB));
    assert!(actions(upload.pause()).contains(&SAVE), "a hang-up forgets all timers");
    let saves = now(&mut upload, Event::Woke(Wake::Save));
    assert_eq!(saves, [SAVE, Action::Keep(kept("fresh", 128 * KIB))]);
}

#[test]
fn it_is_looked_after_in_every_wait_of_an_upload_that_has_begun() {
    let mut upload = begun();
    assert!(now(&mut upload, lost()).contains(&SAVE));
    now(&mut upload, Event::FileIntact);
    assert_eq!(now(&mut upload, Event::Woke(Wake::Save)), [SAVE]);
    assert!(now(&mut upload, Event::Woke(Wake::Retry)).contains(&SAVE));
}

#[test]
fn nothing_is_kept_of_an_upload_that_nobody_resumes() {
    let mut upload = upload_with(false, false);
    upload.start();
    assert_eq!(now(&mut upload, Event::Hidden), []);
    assert_eq!(now(&mut upload, Event::Woke(Wake::Save)), []);
}

#[test]
fn what_could_not_be_kept_is_tried_again() {
    let mut upload = asking();
    now(&mut upload, named("fresh"));
    for _ in 0..3 {
        now(&mut upload, Event::Kept(false));
        assert!(!upload.view().resumable);
        let saves = now(&mut upload, Event::Woke(Wake::Save));
        assert_eq!(keeps(&saves), Some(&kept("fresh", 0)));
    }
    now(&mut upload, Event::Kept(true));
    assert!(upload.view().resumable);
    assert_eq!(now(&mut upload, Event::Woke(Wake::Save)), [SAVE]);
}

#[test]
fn what_could_not_be_replaced_is_still_there_and_not_taken_for_that_of_another_page() {
    let mut upload = begun();
    now(&mut upload, acknowledged(64 * KIB));
    now(&mut upload, refusal("no"));
    now(&mut upload, Event::Kept(false));
    assert!(upload.view().resumable, "from a little earlier on");
    upload.start();
    now(&mut upload, Event::Held);
    now(&mut upload, Event::Recalled(Some(kept("fresh", 0))));
    assert_eq!(upload.confirmed().0, 64 * KIB);
}

#[test]
fn what_an_earlier_page_has_left_stays_until_the_server_has_confirmed_as_much() {
    let mut upload = held(upload());
    let earlier = Event::Recalled(Some(kept("earlier", 128 * KIB)));
    assert!(keeps(&now(&mut upload, earlier)).is_none());
    assert!(upload.view().resumable, "what is there is enough");
    now(&mut upload, Event::Connected);
    now(&mut upload, terms(0));
    now(&mut upload, acknowledged(64 * KIB));
    assert_eq!(now(&mut upload, Event::Woke(Wake::Save)), [SAVE]);
    now(&mut upload, acknowledged(64 * KIB));
    let saves = now(&mut upload, Event::Woke(Wake::Save));
    assert_eq!(keeps(&saves), Some(&kept("earlier", 128 * KIB)));
}

#[test]
fn nothing_is_left_behind_by_an_upload_that_finished() {
    let mut upload = connected();
    now(&mut upload, terms(1000 * KIB));
    let ended = now(&mut upload, Event::Received(FromServer::AllDone(None).to_json()));
    let expected = [Action::Forget, Action::LetGo, Action::HangUp];
    assert_eq!(ended[..3], expected);
    assert!(!upload.view().resumable);
    for late in [Event::Kept(true), Event::Hidden, Event::Woke(Wake::Save), named("late")] {
        assert_eq!(now(&mut upload, late), []);
    }
}

#[test]
fn nothing_is_left_behind_by_an_upload_that_was_cancelled() {
    let mut upload = connected();
    now(&mut upload, terms(7));
    upload.cancel("no");
    let told = now(&mut upload, Event::Received(FromServer::CancelAck.to_json()));
    assert_eq!(told[..3], [Action::Forget, Action::LetGo, Action::HangUp]);
    assert!(!upload.view().resumable);
}

#[test]
fn what_a_server_has_lost_since_is_not_kept_for_long() {
    let mut upload = held(upload());
    now(&mut upload, Event::Recalled(Some(kept("earlier", 64 * KIB))));
    now(&mut upload, Event::Connected);
    now(&mut upload, terms(64 * KIB));
    now(&mut upload, Event::Woke(Wake::Save));
    now(&mut upload, lost());
    now(&mut upload, Event::FileIntact);
    now(&mut upload, Event::Woke(Wake::Retry));
    now(&mut upload, Event::Connected);
    now(&mut upload, terms(0));
    let saves = now(&mut upload, Event::Woke(Wake::Save));
    assert_eq!(keeps(&saves), Some(&kept("earlier", 0)));
}

#[test]
fn nothing_is_kept_nor_forgotten_while_the_file_has_no_name_on_the_server() {
    let mut job = job(10);
    (job.ticket, job.options.resume) = (None, true);
    let mut upload = held(Upload::new(Protocol::Robusto, job, 7).unwrap());
    let begun = now(&mut upload, Event::Recalled(None));
    assert!(begun.contains(&SAVE) && begun.contains(&Action::Digest(0..10)));
    assert!(keeps(&begun).is_none() && !begun.contains(&Action::Forget));
    now(&mut upload, Event::Digested(0..10, common::md5_of(&(0..10))));
    let saves = now(&mut upload, Event::Woke(Wake::Save));
    let md5 = common::md5_of(&(0..10));
    assert_eq!(keeps(&saves).unwrap().checkpoint.id, md5.as_str());
}
