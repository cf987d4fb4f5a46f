//! Each arm of the client of Incoming!!, one event at a time.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::time::Duration;

use common::{KIB, job, json};
use incoming_protocol::incoming::Client;
use incoming_protocol::incoming::wire::FromServer;
use incoming_protocol::pieces::Layout;
use incoming_protocol::{
    Action, Checkpoint, Error, Event, Json, Link, Machine, Md5, Options, Stage, Verification, Wake,
};

const ACK: &str = r#"{"MsgType":"MsgAck","MsgData":{"Ack":true}}"#;

fn message(message: &FromServer) -> Event {
    Event::Received(message.to_json())
}

fn terms(chunk_size_kb: u32, position: u64, send_ahead: u32) -> Event {
    message(&FromServer::UploadConfig { chunk_size_kb, position, send_ahead, verify: None })
}

fn refusal(words: &str) -> Event {
    message(&FromServer::Error(words.to_owned()))
}

fn send(text: &str) -> Action {
    Action::Send(json(text))
}

fn connected(size: u64) -> Client {
    let mut client = Client::new(job(size)).unwrap();
    client.start();
    client.handle(Event::Connected).unwrap();
    client
}

fn transferring(size: u64) -> Client {
    let mut client = connected(size);
    client.handle(terms(64, 0, 4)).unwrap();
    client
}

fn handing_over() -> Client {
    let mut client = transferring(10);
    client.handle(message(&FromServer::ChunkAck(10))).unwrap();
    client
}

#[test]
fn it_begins_with_a_connection() {
    assert_eq!(Client::new(job(1)).unwrap().start(), [Action::Connect("ws://test/".into())]);
}

#[test]
fn the_first_message_asks_with_ticket_size_and_name() {
    let mut client = Client::new(job(7)).unwrap();
    client.start();
    let asked = r#"{"MsgType":"MsgUploadReq","MsgData":{"Id":"e1bbf3ad-a123-411c-a798-0ef5db1e4092","LengthBytes":7,"Name":"blåbær ü 文件.bin"}}"#;
    assert_eq!(client.handle(Event::Connected), Ok(vec![send(asked)]));
}

fn left(ticket: &str) -> Checkpoint {
    let layout = Layout { size: 0, chunk_size: 1, large_last: false };
    Checkpoint::new(ticket, layout, &[0, 5])
}

fn asks_with(client: &mut Client) -> String {
    client.start();
    let actions = client.handle(Event::Connected).unwrap();
    let [Action::Send(message)] = &actions[..] else { panic!("{actions:?}") };
    let data = message.member("MsgData").unwrap();
    data.member("Id").and_then(Json::text).unwrap().to_owned()
}

#[test]
fn what_is_kept_is_the_ticket_and_the_server_says_where_to_go_on() {
    let kept = Client::new(job(7)).unwrap().checkpoint().unwrap();
    assert_eq!(
        (kept.id.as_str(), kept.borders()),
        (job(7).ticket.as_deref().unwrap(), &[0, 0][..])
    );
    let mut again = Client::new(job(100 * KIB)).unwrap();
    again.recall(left("earlier"));
    assert_eq!(asks_with(&mut again), "earlier");
    let accepted = again.handle(terms(64, 99 * KIB, 4)).unwrap();
    assert_eq!(accepted[1..], [Action::SendRange(99 * KIB..100 * KIB)]);
    assert!(!again.progress().is_proven);
}

#[test]
fn a_ticket_may_come_late_but_has_to_come() {
    let late = |change: fn(&mut Options)| {
        let mut job = job(7);
        job.ticket = None;
        change(&mut job.options);
        Client::new(job)
    };
    assert_eq!(late(|_| {}).unwrap_err().kind(), "misuse");
    let wants: [fn(&mut Options); 2] = [|o| o.resume = true, |o| o.asks_id = true];
    for change in wants {
        let mut client = late(change).unwrap();
        assert_eq!(client.checkpoint(), None);
        client.start();
        let error = client.handle(Event::Connected).unwrap_err();
        assert!(error.to_string().contains("expected the upload id"), "{error}");
        client.hung_up();
        client.recall(left("late"));
        assert_eq!(asks_with(&mut client), "late");
    }
}

#[test]
fn a_ticket_that_the_server_does_not_know_is_not_kept() {
    for words in [
        "Unknown upload id - maybe upload timed out?",
        "upload already finished or cancelled",
        "upload cancelled",
    ] {
        let mut client = connected(7);
        client.handle(refusal(words)).unwrap_err();
        assert_eq!(client.checkpoint(), None, "{words}");
    }
    let mut client = connected(7);
    client.handle(refusal("Receive of file chunk failed")).unwrap_err();
    assert!(client.checkpoint().is_some());
}

#[test]
fn terms_are_accepted_and_the_window_is_filled() {
    let accepted = connected(1000 * KIB).handle(terms(64, 0, 2));
    let chunks = [0..64 * KIB, 64 * KIB..128 * KIB].map(Action::SendRange);
    assert_eq!(accepted, Ok([vec![send(ACK)], chunks.into()].concat()));
}

#[test]
fn it_goes_on_from_the_position_of_the_server() {
    let accepted = connected(100 * KIB).handle(terms(64, 99 * KIB, 4)).unwrap();
    assert_eq!(accepted[1..], [Action::SendRange(99 * KIB..100 * KIB)]);
}

#[test]
fn a_file_that_is_all_there_waits_for_the_end_at_once() {
    for size in [0, 5] {
        let mut client = connected(size);
        let accepted = client.handle(terms(64, size, 4)).unwrap();
        let waits = Action::Wait(Wake::KeepAlive, Duration::from_secs(25));
        assert_eq!(accepted, [send(ACK), waits]);
        assert_eq!(client.progress().stage, Stage::HandingOver);
    }
}

#[test]
fn a_position_outside_of_the_file_is_misbehaviour() {
    let error = connected(5).handle(terms(64, 6, 4)).unwrap_err();
    assert_eq!(error.kind(), "misbehaved");
    assert!(error.to_string().contains("6 of 5 bytes"), "{error}");
}

#[test]
fn a_confirmed_chunk_makes_room_for_the_next() {
    let mut client = transferring(1000 * KIB);
    let next = client.handle(message(&FromServer::ChunkAck(64 * KIB)));
    assert_eq!(next, Ok(vec![Action::SendRange(256 * KIB..320 * KIB)]));
    assert_eq!(client.progress().acknowledged, 64 * KIB);
    assert_eq!(client.progress().chunks_acknowledged, 1);
}

#[test]
fn a_confirmation_of_more_than_was_sent_is_misbehaviour() {
    let error = transferring(10).handle(message(&FromServer::ChunkAck(11))).unwrap_err();
    assert_eq!(error.kind(), "misbehaved");
}

#[test]
fn the_last_confirmation_begins_the_wait_for_the_backend() {
    assert_eq!(handing_over().progress().stage, Stage::HandingOver);
}

#[test]
fn all_done_is_the_end() {
    let mut client = handing_over();
    assert_eq!(client.handle(message(&FromServer::AllDone(None))), Ok(vec![]));
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn it_shows_that_it_is_there_while_the_backend_takes_its_time() {
    let shown = handing_over().handle(Event::Woke(Wake::KeepAlive)).unwrap();
    assert_eq!(shown[0], send(ACK));
    assert!(matches!(shown[1], Action::Wait(Wake::KeepAlive, _)), "and again");
    assert_eq!(transferring(10).handle(Event::Woke(Wake::KeepAlive)), Ok(vec![]));
}

#[test]
fn news_of_the_link_send_what_had_to_wait() {
    let mut client = connected(100_000 * KIB);
    client.handle(terms(4096, 0, 8)).unwrap();
    let fast = Link { bytes_per_second: Some(1_000_000_000), ..Link::default() };
    let sent = client.handle(Event::Measured(fast)).unwrap();
    assert_eq!(sent[0], Action::SendRange(1024 * KIB..5120 * KIB));
}

#[test]
fn messages_out_of_turn_are_misbehaviour() {
    let out_of_turn = [
        (connected(10), FromServer::ChunkAck(1)),
        (connected(10), FromServer::AllDone(None)),
        (connected(10), FromServer::CancelAck),
        (transferring(10), FromServer::AllDone(None)),
        (transferring(10), FromServer::CancelAck),
        (handing_over(), FromServer::ChunkAck(1)),
    ];
    for (mut client, early) in out_of_turn {
        let error = client.handle(message(&early)).unwrap_err();
        assert_eq!(error.kind(), "misbehaved", "{early:?}");
    }
    let twice = transferring(10).handle(terms(64, 0, 4)).unwrap_err();
    assert_eq!(twice.kind(), "misbehaved");
}

#[test]
fn what_is_no_message_is_misbehaviour() {
    for garbage in [Event::Garbled, Event::Received(Json::Null), Event::Received(json("{}"))] {
        assert_eq!(transferring(10).handle(garbage).unwrap_err().kind(), "misbehaved");
    }
}

#[test]
fn the_servers_words_reach_the_person() {
    let words = "Unknown upload id - maybe upload timed out?";
    assert_eq!(connected(1).handle(refusal(words)), Err(Error::Rejected(words.into())));
}

#[test]
fn what_the_server_says_when_it_lost_us_is_a_loss() {
    for words in [
        "Receive of file chunk failed",
        "Couldn't read upload request",
        "Couldn't send upload config",
        "Didn't receive ack",
    ] {
        assert_eq!(transferring(10).handle(refusal(words)), Err(Error::Lost(words.into())));
    }
}

#[test]
fn a_server_that_has_not_noticed_our_loss_is_asked_again_but_another_client_is_not_fought() {
    let busy = "Another websocket connection already deals with this upload";
    assert_eq!(connected(10).handle(refusal(busy)).unwrap_err().kind(), "lost");
    let mut client = transferring(10);
    let ends = [(); 4].map(|()| client.handle(refusal(busy)).unwrap_err().kind());
    assert_eq!(ends, ["lost", "lost", "lost", "rejected"]);
}

#[test]
fn a_server_that_cancels_is_a_refusal() {
    let cancel = message(&FromServer::Cancel("maintenance".into()));
    assert_eq!(transferring(10).handle(cancel), Err(Error::Rejected("maintenance".into())));
}

#[test]
fn a_closed_connection_is_a_loss_and_says_how_it_closed() {
    let closed = Event::Disconnected { code: 1001, reason: "going away".into() };
    let error = transferring(10).handle(closed).unwrap_err();
    assert_eq!(error, Error::Lost("it closed with code 1001: going away".into()));
}

#[test]
fn a_message_that_was_too_big_is_tried_again_in_smaller_pieces() {
    let mut client = connected(1000 * KIB);
    client.handle(terms(512, 0, 4)).unwrap();
    let too_big = || Event::Disconnected { code: 1009, reason: String::new() };
    assert_eq!(client.handle(too_big()).unwrap_err().kind(), "lost");
    client.hung_up();
    client.start();
    client.handle(Event::Connected).unwrap();
    let again = client.handle(terms(512, 0, 4)).unwrap();
    assert_eq!(again[1], Action::SendRange(0..240 * KIB), "too big, and nothing got through");
    let endless = (0..5).map(|_| client.handle(too_big()).unwrap_err().kind()).last();
    assert_eq!(endless, Some("rejected"));
}

#[test]
fn a_pause_is_announced_while_chunks_travel_and_only_then() {
    let pause = send(r#"{"MsgType":"MsgPause","MsgData":{"Pause":true}}"#);
    assert_eq!(transferring(10).pause(), [pause, Action::HangUp]);
    assert_eq!(connected(10).pause(), [Action::HangUp]);
}

#[test]
fn a_cancellation_is_told_and_nothing_more_is_sent() {
    let mut client = transferring(1000 * KIB);
    let told = send(r#"{"MsgType":"MsgCancel","MsgData":{"Reason":"no"}}"#);
    assert_eq!(client.cancel("no"), [told]);
    assert_eq!(client.handle(message(&FromServer::ChunkAck(64 * KIB))), Ok(vec![]));
    assert_eq!(client.handle(message(&FromServer::CancelAck)), Ok(vec![]));
    assert_eq!(client.progress().stage, Stage::Cancelled);
}

#[test]
fn a_cancellation_before_the_terms_is_told_right_after_them() {
    let mut client = connected(1000 * KIB);
    assert_eq!(client.cancel("no"), []);
    let told = r#"{"MsgType":"MsgCancel","MsgData":{"Reason":"no"}}"#;
    assert_eq!(client.handle(terms(64, 0, 4)), Ok(vec![send(ACK), send(told)]));
}

#[test]
fn a_cancellation_without_a_connection_makes_one() {
    let mut client = Client::new(job(10)).unwrap();
    assert_eq!(client.cancel("no"), [Action::Connect("ws://test/".into())]);
}

#[test]
fn a_cancelled_upload_that_the_server_no_longer_knows_is_cancelled() {
    for words in [
        "Unknown upload id - maybe upload timed out?",
        "upload already finished or cancelled",
        "upload cancelled",
        "Error while consuming file chunk: upload is in no state for this. might be cancelled.",
    ] {
        let mut client = transferring(10);
        client.cancel("no");
        assert_eq!(client.handle(refusal(words)), Ok(vec![]), "{words}");
        assert_eq!(client.progress().stage, Stage::Cancelled);
    }
}

#[test]
fn a_cancellation_that_comes_too_late_is_forgotten() {
    let mut client = connected(10);
    client.cancel("no");
    client.handle(terms(64, 10, 4)).unwrap();
    assert_eq!(client.progress().stage, Stage::HandingOver);
    assert_eq!(client.handle(message(&FromServer::AllDone(None))), Ok(vec![]));
}

#[test]
fn after_a_hang_up_only_what_is_confirmed_counts_as_sent() {
    let mut client = transferring(1000 * KIB);
    client.handle(message(&FromServer::ChunkAck(64 * KIB))).unwrap();
    client.hung_up();
    let progress = client.progress();
    assert_eq!((progress.acknowledged, progress.sent), (64 * KIB, 64 * KIB));
    assert_eq!((progress.chunks_sent, progress.chunks_acknowledged), (0, 0));
    assert_eq!(progress.stage, Stage::Idle);
}

fn md5() -> Md5 {
    Md5::parse("d41d8cd98f00b204e9800998ecf8427e").unwrap()
}

fn verifying(size: u64, verify: Verification) -> Client {
    let mut job = job(size);
    job.options.verify = Some(verify);
    let mut client = Client::new(job).unwrap();
    client.start();
    client.handle(Event::Connected).unwrap();
    client
}

fn agreed(position: u64, verify: Verification) -> Event {
    let verify = Some(verify);
    message(&FromServer::UploadConfig { chunk_size_kb: 64, position, send_ahead: 4, verify })
}

#[test]
fn verification_is_asked_for_and_a_server_that_does_not_confirm_it_is_unsupported() {
    for verify in [Verification::File, Verification::Chunks] {
        let mut job = job(7);
        job.options.verify = Some(verify);
        let mut client = Client::new(job).unwrap();
        client.start();
        let Action::Send(asked) = client.handle(Event::Connected).unwrap().remove(0) else {
            panic!("a message")
        };
        let data = asked.member("MsgData").unwrap();
        assert_eq!(data.member("Verify"), Some(&Json::from(verify.name())));
        assert_eq!(client.handle(terms(64, 0, 4)).unwrap_err().kind(), "unsupported");
    }
}

#[test]
fn each_chunk_is_announced_with_its_sum_in_order() {
    let mut client = verifying(100 * KIB, Verification::Chunks);
    let hashes = client.handle(agreed(0, Verification::Chunks)).unwrap();
    let (first, second) = (0..64 * KIB, 64 * KIB..100 * KIB);
    assert_eq!(hashes[1..], [first.clone(), second.clone()].map(Action::Digest));
    assert_eq!(client.progress().sent, 0);
    assert_eq!(client.handle(Event::Digested(second.clone(), md5())), Ok(vec![]));
    let sum = |position: u64| {
        let text = format!(
            r#"{{"MsgType":"MsgChunkSum","MsgData":{{"FilePos":{position},"Md5":"{}"}}}}"#,
            md5().as_str()
        );
        send(&text)
    };
    let sent = client.handle(Event::Digested(first.clone(), md5())).unwrap();
    let (first, second) = (Action::SendRange(first), Action::SendRange(second));
    assert_eq!(sent, [sum(0), first, sum(64 * KIB), second]);
    assert_eq!(client.progress().sent, 100 * KIB);
}

#[test]
fn a_damaged_chunk_ends_the_attempt_and_the_next_goes_on_there() {
    let mut client = verifying(100 * KIB, Verification::Chunks);
    client.handle(agreed(0, Verification::Chunks)).unwrap();
    client.handle(Event::Digested(0..64 * KIB, md5())).unwrap();
    let damaged = FromServer::ChunkDamaged { position: 0, size: 64 * KIB };
    let error = client.handle(message(&damaged)).unwrap_err();
    assert_eq!(error, Error::ChecksumMismatch(0..64 * KIB));
    assert_eq!(client.progress().chunks_damaged, 1);
}

#[test]
fn bytes_that_were_not_sent_from_here_are_not_proven() {
    let mut client = verifying(100 * KIB, Verification::Chunks);
    client.handle(agreed(64 * KIB, Verification::Chunks)).unwrap();
    assert!(!client.progress().is_proven);
    let mut client = verifying(100 * KIB, Verification::Chunks);
    client.handle(agreed(0, Verification::Chunks)).unwrap();
    client.handle(Event::Digested(0..64 * KIB, md5())).unwrap();
    client.hung_up();
    client.start();
    client.handle(Event::Connected).unwrap();
    client.handle(agreed(64 * KIB, Verification::Chunks)).unwrap();
    assert!(client.progress().is_proven, "its confirmation was lost, but the server compared it");
}

#[test]
fn nothing_is_sent_because_of_a_sum_when_the_upload_is_cancelled() {
    let mut client = verifying(10, Verification::Chunks);
    client.handle(agreed(0, Verification::Chunks)).unwrap();
    client.cancel("no");
    assert_eq!(client.handle(Event::Digested(0..10, md5())), Ok(vec![]));
}

fn file_sum() -> Action {
    send(r#"{"MsgType":"MsgFileSum","MsgData":{"Md5":"d41d8cd98f00b204e9800998ecf8427e"}}"#)
}

#[test]
fn the_sum_of_the_file_is_told_when_it_is_known_and_everything_is_there() {
    let mut early = verifying(10, Verification::File);
    early.handle(agreed(0, Verification::File)).unwrap();
    assert_eq!(early.handle(Event::Digested(0..10, md5())), Ok(vec![]));
    assert_eq!(early.handle(message(&FromServer::ChunkAck(10))).unwrap()[0], file_sum());
    let mut late = verifying(10, Verification::File);
    late.handle(agreed(10, Verification::File)).unwrap();
    assert_eq!(late.handle(Event::Digested(0..10, md5())), Ok(vec![file_sum()]));
}

#[test]
fn the_end_says_the_sum_of_the_server() {
    let mut client = verifying(10, Verification::File);
    client.handle(agreed(10, Verification::File)).unwrap();
    client.handle(message(&FromServer::AllDone(Some(md5())))).unwrap();
    assert_eq!((client.progress().stage, client.file_digest()), (Stage::Done, Some(&md5())));
}

#[test]
fn a_damaged_file_is_sent_again_from_the_first_byte() {
    let mut client = verifying(10, Verification::File);
    client.handle(agreed(10, Verification::File)).unwrap();
    let error = client.handle(message(&FromServer::FileDamaged)).unwrap_err();
    assert_eq!(error, Error::ChecksumMismatch(0..10));
    assert_eq!((client.progress().stage, client.progress().acknowledged), (Stage::Idle, 0));
}
