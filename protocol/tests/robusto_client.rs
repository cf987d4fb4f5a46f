//! Each arm of the client of Mr. Robusto, one event at a time, and what its files cost.

#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init, missing_docs, reason = "tests")]

mod common;

use common::link::Weather;
use common::requests::{pairs, ranges, requests};
use common::robusto::Server;
use common::world::{Deed, World};
use common::{KIB, job, job_for, json, md5_of};
use incoming_protocol::http::{Body, MediaType, RequestId, Response};
use incoming_protocol::pieces::Layout;
use incoming_protocol::robusto::client::Client;
use incoming_protocol::robusto::wire::{Answer, MISMATCH};
use incoming_protocol::{
    Action, Checkpoint, Error, Event, Json, Kept, Machine, Protocol, RawOptions, Stage, Upload,
    Verification, Wake,
};

fn client_with(size: u64, own: &str) -> Result<Client, Error> {
    let Json::Object(own) = json(own) else { panic!("an object") };
    let mut job = job(size);
    job.endpoint = "http://test/".into();
    job.options.chunk_size = Some(100);
    job.options.own = RawOptions::new(own);
    Client::new(job)
}

/// A client that has hashed its file and asked the server, with request 1.
fn asking(size: u64) -> Client {
    let mut client = client_with(size, "{}").unwrap();
    client.start();
    client.handle(Event::Digested(0..size, md5_of(&(0..size)))).unwrap();
    client
}

/// A client whose file is new; its chunks are requests from 2 on.
fn sending(size: u64) -> Client {
    let mut client = asking(size);
    answer(&mut client, 1, Answer::New).unwrap();
    client
}

fn again(client: &mut Client) -> Vec<Action> {
    client.hung_up();
    client.start()
}

fn answer(client: &mut Client, id: u32, answer: Answer<'_>) -> Result<Vec<Action>, Error> {
    let text = "words".into();
    let response =
        Response { status: 200, text, json: Some(answer.to_json()), ..Response::default() };
    client.handle(Event::Responded(RequestId(id), response))
}

fn status(client: &mut Client, id: u32, status: u16) -> Result<Vec<Action>, Error> {
    let response = Response { status, text: "words".into(), ..Response::default() };
    client.handle(Event::Responded(RequestId(id), response))
}

fn lose(client: &mut Client, id: u32) -> Result<Vec<Action>, Error> {
    client.handle(Event::RequestLost(RequestId(id), "gone".into()))
}

#[test]
fn the_file_is_hashed_before_anything_else() {
    let mut client = client_with(250, "{}").unwrap();
    assert_eq!(client.start(), [Action::Digest(0..250)]);
    assert_eq!(client.progress().stage, Stage::Hashing);
    let other = Event::Digested(0..100, md5_of(&(0..100)));
    assert_eq!(client.handle(other), Ok(vec![]), "of the whole file");
}

#[test]
fn what_is_known_is_not_hashed_again() {
    let mut client = asking(250);
    assert_eq!(requests(again(&mut client)).remove(0).method, "GET");
}

#[test]
fn a_digest_that_comes_in_a_pause_is_kept_and_nothing_is_sent() {
    let mut client = client_with(250, "{}").unwrap();
    client.start();
    assert_eq!(client.pause(), [Action::HangUp]);
    client.hung_up();
    assert_eq!(client.handle(Event::Digested(0..250, md5_of(&(0..250)))), Ok(vec![]));
    assert_eq!(requests(client.start()).len(), 1);
}

#[test]
fn a_question_and_a_chunk_name_the_file_in_the_query() {
    let mut client = asking(250);
    let question = requests(again(&mut client)).remove(0);
    let query = ["md5=000000000000000000000000000000fa", "name=blåbær ü 文件.bin", "()"];
    assert_eq!(pairs(&question.query.fields), query);
    assert_eq!((question.url.as_str(), question.body), ("http://test/", Body::Empty));
    let chunk = requests(answer(&mut client, 2, Answer::New).unwrap()).remove(1);
    assert_eq!(
        (chunk.method.as_str(), pairs(&chunk.query.fields)),
        ("POST", query.map(str::to_owned).into())
    );
    assert!(!chunk.query.plus, "everybody reads %20");
    let Body::Multipart { fields, part } = chunk.body else { panic!("multipart") };
    assert_eq!(pairs(&fields), ["chunk=1", "chunks=3"]);
    assert_eq!(
        (part.name.as_str(), part.range, part.media_type),
        ("file", 100..200, MediaType::OCTETS)
    );
}

#[test]
fn a_file_that_the_server_has_is_not_sent() {
    let mut client = asking(250);
    assert_eq!(answer(&mut client, 1, Answer::Complete("/x")), Ok(vec![]));
    assert_eq!((client.progress().stage, client.progress().acknowledged), (Stage::Done, 250));
}

#[test]
fn what_the_server_lists_is_not_sent_in_whatever_order_and_nonsense_is_ignored() {
    let mut client = asking(1000);
    let list = "7, 0,2,10,-1,99999999999999999999,4294967296,x,,";
    let next = answer(&mut client, 1, Answer::Partial(list)).unwrap();
    assert_eq!(ranges(next), [100..200, 300..400, 400..500]);
    assert_eq!(client.progress().acknowledged, 300);
}

#[test]
fn several_chunks_travel_at_once_and_an_answer_makes_room_for_the_next() {
    let mut client = client_with(1000, r#"{"simultaneous":2}"#).unwrap();
    client.start();
    client.handle(Event::Digested(0..1000, md5_of(&(0..1000)))).unwrap();
    let first = answer(&mut client, 1, Answer::New).unwrap();
    assert_eq!(ranges(first), [0..100, 100..200]);
    let next = answer(&mut client, 3, Answer::Partial("1,5")).unwrap();
    assert_eq!(ranges(next), [200..300]);
    assert_eq!(client.progress().acknowledged, 200, "somebody else has sent 5");
}

#[test]
fn an_empty_file_is_chunk_0_of_1() {
    let mut client = asking(0);
    let chunk = requests(answer(&mut client, 1, Answer::New).unwrap()).remove(0);
    let Body::Multipart { fields, part } = chunk.body else { panic!("multipart") };
    assert_eq!((pairs(&fields), part.range), (vec!["chunk=0".into(), "chunks=1".into()], 0..0));
    answer(&mut client, 2, Answer::Complete("/x")).unwrap();
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn complete_ends_it_whatever_is_still_on_its_way() {
    let mut client = sending(1000);
    assert_eq!(answer(&mut client, 3, Answer::Complete("/x")), Ok(vec![]));
    assert_eq!((client.progress().stage, client.progress().acknowledged), (Stage::Done, 1000));
}

#[test]
fn the_first_answer_to_a_question_says_what_the_server_lost() {
    let mut client = sending(1000);
    answer(&mut client, 2, Answer::Partial("0")).unwrap();
    again(&mut client);
    answer(&mut client, 5, Answer::Partial("3")).unwrap();
    assert_eq!(client.progress().acknowledged, 100);
}

#[test]
fn new_is_doubted_by_one_chunk_when_something_was_confirmed() {
    let mut client = sending(250);
    answer(&mut client, 2, Answer::Partial("0")).unwrap();
    again(&mut client);
    let probe = answer(&mut client, 5, Answer::New).unwrap();
    assert_eq!(ranges(probe), [0..100]);
    assert_eq!(client.progress().acknowledged, 100, "not yet forgotten");
    answer(&mut client, 6, Answer::Complete("/x")).unwrap();
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn a_server_that_has_forgotten_everything_gets_everything_again() {
    let mut client = sending(250);
    answer(&mut client, 2, Answer::Partial("0")).unwrap();
    again(&mut client);
    answer(&mut client, 5, Answer::New).unwrap();
    let rest = answer(&mut client, 6, Answer::Partial("0")).unwrap();
    assert_eq!(ranges(rest), [100..200, 200..250]);
}

#[test]
fn chunks_of_another_size_that_the_server_gave_up_are_sent_in_the_end() {
    let mut client = asking(350);
    let next = answer(&mut client, 1, Answer::Partial("0,1,7")).unwrap();
    assert_eq!(ranges(next), [200..300, 300..350]);
    answer(&mut client, 2, Answer::Partial("2")).unwrap();
    let probe = answer(&mut client, 3, Answer::Partial("2,3")).unwrap();
    assert_eq!(ranges(probe), [0..100]);
    let rest = answer(&mut client, 4, Answer::Partial("0,2,3")).unwrap();
    assert_eq!(ranges(rest), [100..200]);
}

#[test]
fn all_chunks_without_a_file_are_asked_about_with_one_chunk_and_not_for_ever() {
    let mut client = asking(250);
    let mut next = answer(&mut client, 1, Answer::Partial("0,1,2"));
    for id in 2..7 {
        assert_eq!(ranges(next.unwrap()), [0..100]);
        next = answer(&mut client, id, Answer::Partial("0,1,2"));
    }
    assert_eq!(ranges(next.unwrap()), [0..100]);
    let error = answer(&mut client, 7, Answer::Partial("0,1,2")).unwrap_err();
    assert_eq!(error.kind(), "misbehaved");
}

#[test]
fn a_chunk_that_is_not_kept_is_sent_again_and_not_for_ever() {
    let mut client = client_with(50, "{}").unwrap();
    client.start();
    client.handle(Event::Digested(0..50, md5_of(&(0..50)))).unwrap();
    let mut kinds = Vec::new();
    for attempt in 0..6 {
        answer(&mut client, 2 * attempt + 1, Answer::New).unwrap();
        let error = answer(&mut client, 2 * attempt + 2, Answer::New).unwrap_err();
        kinds.push(error.kind());
        again(&mut client);
    }
    assert_eq!(
        kinds,
        ["unavailable", "unavailable", "unavailable", "unavailable", "unavailable", "misbehaved"]
    );
}

#[test]
fn bytes_that_were_never_confirmed_before_earn_the_doubts_back() {
    let mut client = client_with(1000, r#"{"simultaneous":1}"#).unwrap();
    client.start();
    client.handle(Event::Digested(0..1000, md5_of(&(0..1000)))).unwrap();
    let mut list = String::from("0");
    let mut id = 1;
    for number in 1..9 {
        answer(&mut client, id, Answer::Partial(&list)).unwrap();
        let error = answer(&mut client, id + 1, Answer::Partial(&list)).unwrap_err();
        assert_eq!(error.kind(), "unavailable", "chunk {number} was not kept");
        again(&mut client);
        list = format!("{list},{number}");
        id += 2;
    }
}

#[test]
fn each_word_of_an_error_has_its_consequence() {
    for (words, kind) in [
        ("Could not save file chunk", "unavailable"),
        ("Could not create uploads directory", "unavailable"),
        ("Invalid file upload parameters", "rejected"),
        ("Invalid parameters, expecting md5 and name", "rejected"),
        ("anything else", "rejected"),
        (MISMATCH, "checksum_mismatch"),
    ] {
        let mut client = sending(50);
        let error = answer(&mut client, 2, Answer::Error(words)).unwrap_err();
        assert_eq!(error.kind(), kind, "{words}");
    }
    let refusal = answer(&mut asking(50), 1, Answer::Error("the words"));
    assert_eq!(refusal, Err(Error::Rejected("the words".into())));
}

#[test]
fn a_file_that_arrived_damaged_is_sent_again_whole_a_few_times() {
    let mut client = sending(150);
    let mut id = 2;
    for _ in 0..5 {
        answer(&mut client, id, Answer::Partial("0")).unwrap();
        let error = answer(&mut client, id + 1, Answer::Error(MISMATCH)).unwrap_err();
        assert_eq!(error, Error::ChecksumMismatch(0..150));
        assert_eq!(client.progress().acknowledged, 0);
        again(&mut client);
        let next = answer(&mut client, id + 2, Answer::New).unwrap();
        assert_eq!(ranges(next), [0..100], "one after the other now");
        id += 3;
    }
    let error = answer(&mut client, id, Answer::Error(MISMATCH)).unwrap_err();
    assert_eq!(error, Error::Rejected(MISMATCH.into()));
}

#[test]
fn a_damaged_file_that_the_server_keeps_is_not_taken_for_this_one() {
    for (size, asked) in [(150, 4), (1000, 6)] {
        let mut client = sending(size);
        answer(&mut client, 2, Answer::Partial("0")).unwrap();
        let _ = answer(&mut client, 3, Answer::Error(MISMATCH));
        again(&mut client);
        let sent = answer(&mut client, asked, Answer::New).unwrap();
        assert_eq!(ranges(sent), [0..100], "one at a time, to see when it is called complete");
        let error = answer(&mut client, asked + 1, Answer::Complete("/x")).unwrap_err();
        assert_eq!(error.kind(), "misbehaved");
    }
}

#[test]
fn each_status_has_its_consequence() {
    for (code, kind) in [
        (400, "rejected"),
        (404, "rejected"),
        (413, "rejected"),
        (408, "unavailable"),
        (425, "unavailable"),
        (429, "unavailable"),
        (500, "unavailable"),
        (503, "unavailable"),
        (302, "unavailable"),
        (200, "misbehaved"),
    ] {
        assert_eq!(status(&mut asking(50), 1, code).unwrap_err().kind(), kind, "{code}");
        assert_eq!(status(&mut sending(50), 2, code).unwrap_err().kind(), kind, "{code}");
    }
}

#[test]
fn a_lost_question_is_a_loss() {
    assert_eq!(lose(&mut asking(50), 1).unwrap_err(), Error::Lost("gone".into()));
    let mut client = asking(50);
    answer(&mut client, 1, Answer::Partial("0")).unwrap();
    assert_eq!(lose(&mut client, 2).unwrap_err().kind(), "lost", "also one with a chunk");
}

#[test]
fn what_is_on_its_way_when_a_chunk_fails_may_still_arrive() {
    let mut client = sending(1000);
    assert_eq!(status(&mut client, 2, 503), Ok(vec![]), "the others are waited for");
    assert_eq!(answer(&mut client, 3, Answer::Partial("1")), Ok(vec![]));
    assert_eq!(lose(&mut client, 4).unwrap_err().kind(), "lost");
    assert_eq!(client.progress().acknowledged, 100);
}

#[test]
fn a_pause_aborts_and_asks_before_it_goes_on() {
    let mut client = sending(1000);
    assert_eq!(client.pause(), [Action::HangUp]);
    client.hung_up();
    assert_eq!(answer(&mut client, 2, Answer::Partial("0")), Ok(vec![]), "too late");
    client.start();
    let next = answer(&mut client, 5, Answer::Partial("0")).unwrap();
    assert_eq!(ranges(next), [100..200, 200..300, 300..400]);
}

#[test]
fn bytes_are_sent_while_they_leave() {
    let mut client = sending(250);
    client.handle(Event::Loaded(RequestId(3), 70)).unwrap();
    assert_eq!((client.progress().sent, client.progress().acknowledged), (70, 0));
}

#[test]
fn a_cancellation_aborts_and_tells_nobody() {
    let mut client = sending(1000);
    assert_eq!(client.cancel("no"), [Action::HangUp]);
    client.hung_up();
    assert_eq!(client.progress().stage, Stage::Cancelled);
}

#[test]
fn chunks_are_those_of_the_original_unless_somebody_chooses() {
    let mut client = Client::new(job(40 * KIB)).unwrap();
    client.start();
    client.handle(Event::Digested(0..40 * KIB, md5_of(&(0..40 * KIB)))).unwrap();
    let sent = ranges(answer(&mut client, 1, Answer::New).unwrap());
    assert_eq!(sent, [0..16 * KIB, 16 * KIB..32 * KIB, 32 * KIB..40 * KIB]);
}

#[test]
fn options_that_are_wrong_are_named() {
    for (own, expected) in [
        (r#"{"simultaneous":0}"#, "at least 1 as simultaneous"),
        (r#"{"test_chunks":true}"#, "unknown option test_chunks"),
    ] {
        let words = client_with(5, own).unwrap_err().to_string();
        assert!(words.contains(expected), "{words}");
    }
}

const HOUR_MS: u64 = 3_600_000;
const SIZE: u64 = 2000 * KIB;

fn world(server: Server) -> World {
    let job = job_for(Protocol::Robusto, SIZE);
    let mut world = World::new(Protocol::Robusto, job, Box::new(server), Weather::FINE);
    world.start();
    world
}

fn bytes_sent(world: &World) -> u64 {
    world.sent.iter().map(|range| range.end - range.start).sum()
}

#[test]
fn a_file_that_a_truthful_server_has_costs_no_byte() {
    let mut world = world(Server::truthful().with_the_file(SIZE));
    world.run(HOUR_MS);
    assert!(world.upload.view().finished);
    assert_eq!((world.upload.view().bytes_acked, bytes_sent(&world)), (SIZE, 0));
}

#[test]
fn a_file_that_the_original_has_costs_what_is_on_its_way() {
    let mut world = world(Server::original().with_the_file(SIZE));
    world.run(HOUR_MS);
    assert!(world.upload.view().finished);
    assert_eq!(bytes_sent(&world), 3 * 64 * KIB);
}

#[test]
fn a_lost_end_costs_the_original_one_chunk_and_a_truthful_server_none() {
    for (server, price) in [(Server::original(), 64 * KIB), (Server::truthful(), 0)] {
        let mut world = world(server);
        while world.server.deliveries() == 0 {
            world.run_until(world.now_ms + 1);
        }
        world.at(world.now_ms, Deed::Cut);
        world.run(HOUR_MS);
        assert!(world.upload.view().finished);
        assert_eq!(world.server.deliveries(), 1);
        let last = 3 * 64 * KIB;
        assert!(bytes_sent(&world) <= SIZE + price + last, "{}", bytes_sent(&world));
    }
}

#[test]
fn chunks_cannot_be_verified() {
    let mut job = common::job(5);
    job.options.verify = Some(Verification::Chunks);
    let words = Client::new(job).unwrap_err().to_string();
    assert!(words.contains("'file'") && words.contains("verify"), "{words}");
}

#[test]
fn a_file_that_the_server_calls_complete_is_verified() {
    for verify in [None, Some(Verification::File)] {
        let mut job = common::job(5);
        job.options.verify = verify;
        let mut upload = Upload::new(Protocol::Robusto, job, 7).unwrap();
        upload.start();
        let asked = common::now(&mut upload, Event::Digested(0..5, common::md5_of(&(0..5))));
        let request = asked.iter().find_map(|action| match action {
            Action::Request(request) => Some(request.id),
            _ => None,
        });
        let json = Some(common::json(r#"{"status":"complete","value":""}"#));
        let response = Response { status: 200, json, ..Response::default() };
        common::now(&mut upload, Event::Responded(request.unwrap(), response));
        assert_eq!((upload.view().finished, upload.view().verified), (true, verify));
    }
}

#[test]
fn a_file_that_the_server_has_under_another_md5_is_not_verified() {
    for is_early in [true, false] {
        let mut job = common::job(5);
        job.options.verify = Some(Verification::File);
        job.options.resume = true;
        let mut upload = Upload::new(Protocol::Robusto, job, 7).unwrap();
        common::hold(&mut upload);
        let layout = Layout { size: 5, chunk_size: 5, large_last: false };
        let checkpoint = Checkpoint::new(md5_of(&(0..4)).as_str(), layout, &[0, 1]);
        let left = Kept { checkpoint, bytes_acked: 5 };
        for event in [Event::Identified(None), Event::Held, Event::Recalled(Some(left))] {
            common::now(&mut upload, event);
        }
        let ours = Event::Digested(0..5, md5_of(&(0..5)));
        let json = Some(Answer::Complete("").to_json());
        let response = Response { status: 200, json, ..Response::default() };
        let complete = Event::Responded(RequestId(1), response);
        for event in if is_early { [ours, complete] } else { [complete, ours] } {
            common::now(&mut upload, event);
        }
        assert_eq!((upload.view().finished, upload.view().verified), (false, None), "{is_early}");
        common::now(&mut upload, Event::FileIntact);
        let again = common::now(&mut upload, Event::Woke(Wake::Retry));
        assert!(again.contains(&Action::Digest(0..5)), "{again:?}");
    }
}
