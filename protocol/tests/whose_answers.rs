//! Answers of success that prove nothing, in every protocol whose chunks are requests.

#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init, missing_docs, reason = "tests")]

mod common;

use common::headers::{marked, redirected};
use common::link::Weather;
use common::requests::{ranges, requests};
use common::world::World;
use common::{KIB, Server, job, job_for, json, md5_of, now, server};
use incoming_protocol::http::{Request, RequestId, Response};
use incoming_protocol::{
    Action, Checkpoint, Error, Event, Job, Json, Machine, Protocol, RawOptions, Stage, Upload,
};

const ASKED: &str = "http://test/up";
const LOGIN: &str = "http://test/login";
const LENIENT: &str = r#"{"chunking":true,"require_success_json":false}"#;
const STRICT: &str = r#"{"chunking":true}"#;

type Client = Box<dyn Machine>;

/// Those in which a status is all that says that a chunk is stored.
const BY_STATUS: [(Protocol, &str); 3] =
    [(Protocol::Resumable, "{}"), (Protocol::Flow, "{}"), (Protocol::FineUploader, LENIENT)];

fn job_of(size: u64, own: &str) -> Job {
    let Json::Object(mut own) = json(own) else { panic!("an object") };
    own.push(("simultaneous".into(), Json::from(1_u32)));
    let mut job = job(size);
    job.endpoint = ASKED.into();
    job.options.chunk_size = Some(100);
    job.options.own = RawOptions::new(own);
    job
}

/// A client that sends a file of three chunks, one after the other; the first is request 1.
fn sending(protocol: Protocol, own: &str) -> Client {
    let mut client = protocol.client(job_of(300, own), 7).unwrap();
    client.start();
    client
}

/// A success of whatever protocol.
fn success(chunk: u32) -> Response {
    let list = ["0", "0,1", "0,1,2"][chunk as usize];
    let text = format!(r#"{{"success":true,"status":"partial","value":"{list}"}}"#);
    Response {
        status: 200,
        json: Some(json(&text)),
        asked: ASKED.into(),
        url: ASKED.into(),
        ..Response::default()
    }
}

fn login(status: u16) -> Response {
    let text = "<html>Sign in".to_owned();
    redirected(Response { status, text, ..Response::default() }, ASKED, LOGIN)
}

fn respond(client: &mut Client, id: u32, response: Response) -> Result<Vec<Action>, Error> {
    client.handle(Event::Responded(RequestId(id), response))
}

fn first(actions: Vec<Action>) -> Request {
    requests(actions).remove(0)
}

#[test]
fn a_chunk_that_a_login_page_has_answered_is_not_stored() {
    for (protocol, own) in BY_STATUS {
        let mut client = sending(protocol, own);
        respond(&mut client, 1, success(0)).unwrap();
        let error = respond(&mut client, 2, login(200)).unwrap_err();
        assert_eq!(error.kind(), "rejected", "{protocol:?}");
        let words = error.to_string();
        for part in [ASKED, LOGIN, "sign in again", "redirects: 'follow'"] {
            assert!(words.contains(part), "{words}");
        }
        assert_eq!(client.progress().acknowledged, 100, "what was confirmed stays");
        client.hung_up();
        assert_eq!(ranges(client.start()), [100..200], "and is not sent again");
    }
}

#[test]
fn addresses_are_named_without_their_parameters() {
    let mut client = sending(Protocol::Resumable, "{}");
    let response = redirected(
        success(0),
        "http://test/up?resumableChunkNumber=1",
        "http://test/login?next=up",
    );
    let words = respond(&mut client, 1, response).unwrap_err().to_string();
    assert!(words.contains("http://test/up was redirected to http://test/login; "), "{words}");
}

#[test]
fn from_http_to_https_is_no_redirect() {
    for (protocol, own) in BY_STATUS {
        let mut client = sending(protocol, own);
        let response = redirected(success(0), ASKED, "https://test/up");
        assert!(respond(&mut client, 1, response).is_ok(), "{protocol:?}");
        assert_eq!(client.progress().acknowledged, 100);
    }
}

#[test]
fn a_redirect_counts_if_our_server_has_answered_or_the_page_wants_it() {
    for (protocol, own) in BY_STATUS {
        let mut client = sending(protocol, own);
        let response = marked(redirected(success(0), ASKED, "http://other/up"));
        assert!(respond(&mut client, 1, response).is_ok(), "{protocol:?}");

        let mut job = job_of(300, own);
        job.options.answers.follows_redirects = true;
        let mut client = protocol.client(job, 7).unwrap();
        client.start();
        let response = redirected(success(0), ASKED, "http://other/up");
        assert!(respond(&mut client, 1, response).is_ok(), "{protocol:?}");
        assert_eq!(client.progress().acknowledged, 100);
    }
}

#[test]
fn a_question_that_a_login_page_has_answered_says_nothing_of_a_chunk() {
    for protocol in [Protocol::Resumable, Protocol::Flow] {
        let mut client = sending(protocol, r#"{"test_chunks":true}"#);
        assert_eq!(respond(&mut client, 1, login(200)).unwrap_err().kind(), "rejected");
        client.hung_up();
        assert!(first(client.start()).body.range().is_none(), "it is asked again");
    }
}

#[test]
fn where_the_body_is_the_proof_it_counts_wherever_it_comes_from() {
    for (protocol, own) in [(Protocol::FineUploader, STRICT), (Protocol::Robusto, "{}")] {
        let mut client = sending(protocol, own);
        if protocol == Protocol::Robusto {
            client.handle(Event::Digested(0..300, md5_of(&(0..300)))).unwrap();
            respond(&mut client, 1, success(0)).unwrap();
        }
        let id = 1 + u32::from(protocol == Protocol::Robusto);
        let response = redirected(success(1), ASKED, "http://other/up");
        assert!(respond(&mut client, id, response).is_ok(), "{protocol:?}");
        assert!(client.progress().acknowledged > 0);
    }
}

#[test]
fn the_end_of_a_file_that_a_login_page_has_confirmed_is_none() {
    let own = r#"{"chunking":true,"success_endpoint":"/done"}"#;
    let mut client = sending(Protocol::FineUploader, own);
    (1..=3).for_each(|id| drop(respond(&mut client, id, success(0)).unwrap()));
    assert_eq!(client.progress().stage, Stage::HandingOver);
    let error = respond(&mut client, 4, login(200)).unwrap_err();
    assert_eq!(error.kind(), "rejected");
    client.hung_up();
    let again = first(client.start());
    assert_eq!(again.url, "/done", "nothing is sent again");
    respond(&mut client, 5, success(0)).unwrap();
    assert_eq!(client.progress().stage, Stage::Done);
}

#[test]
fn a_redirect_that_leads_back_is_a_redirect_too() {
    for (protocol, own) in BY_STATUS {
        let mut client = sending(protocol, own);
        let answer = Response { has_bounced: true, json: None, ..success(0) };
        let error = respond(&mut client, 1, answer).unwrap_err();
        assert_eq!((error.kind(), client.progress().acknowledged), ("rejected", 0));
        assert!(error.to_string().contains("redirected to another address and back"), "{error}");
    }
}

#[test]
fn an_answer_of_our_server_to_another_protocol_is_no_proof() {
    for (protocol, own) in BY_STATUS {
        let mut client = sending(protocol, own);
        let text = r#"{"status":"error","value":"Invalid parameters"}"#;
        let other = Response { status: 200, json: Some(json(text)), ..Response::default() };
        let error = respond(&mut client, 1, marked(other)).unwrap_err();
        assert_eq!((error.kind(), client.progress().acknowledged), ("rejected", 0));
        assert!(error.to_string().contains("none of this protocol"), "{error}");
    }
}

#[test]
fn a_login_page_is_a_refusal_also_where_the_body_is_the_proof() {
    let mut client = sending(Protocol::FineUploader, STRICT);
    let error = respond(&mut client, 1, login(200)).unwrap_err();
    assert_eq!(error.kind(), "rejected", "{error}");
}

#[test]
fn the_end_of_a_file_may_be_told_to_another_server_which_shows_no_mark() {
    for (asked, is_proven) in [
        ("http://app/done", true),
        ("http://test/done?a=http://test/up", true),
        ("http://test/upload", true),
        ("http://test/up?a=1", false),
        ("http://test/up/done", false),
    ] {
        let own = r#"{"chunking":true,"success_endpoint":"/done"}"#;
        let mut client = sending(Protocol::FineUploader, own);
        (1..=3).for_each(|id| drop(respond(&mut client, id, marked(success(0))).unwrap()));
        let answer = Response { asked: asked.into(), url: asked.into(), ..success(0) };
        assert_eq!(respond(&mut client, 4, answer).is_ok(), is_proven, "{asked}");
    }
}

#[test]
fn a_file_that_a_login_page_has_removed_is_still_there() {
    for own in ["{}", r#"{"delete_method":"POST"}"#] {
        let mut upload = Upload::new(Protocol::FineUploader, job_of(50, own), 7).unwrap();
        upload.start();
        now(&mut upload, Event::Responded(RequestId(1), success(0)));
        let asked = upload.remove().unwrap();
        assert!(matches!(&asked[0].action, Action::Request(_)));
        now(&mut upload, Event::Responded(RequestId(2), login(200)));
        let view = upload.view();
        assert!(view.finished && !view.removed && view.can_remove);
        assert_eq!(view.error.unwrap().kind(), "rejected");
    }
}

/// Every protocol whose chunks are requests, with a client that has got one answer of our server; the
/// next chunk is the request with this id.
fn of_our_server() -> Vec<(Client, u32)> {
    let mut clients: Vec<_> = [
        (Protocol::Resumable, "{}"),
        (Protocol::Flow, "{}"),
        (Protocol::FineUploader, LENIENT),
        (Protocol::FineUploader, STRICT),
    ]
    .into_iter()
    .map(|(protocol, own)| (sending(protocol, own), 2))
    .collect();
    let mut robusto = sending(Protocol::Robusto, "{}");
    robusto.handle(Event::Digested(0..300, md5_of(&(0..300)))).unwrap();
    clients.push((robusto, 2));
    for (client, _) in &mut clients {
        respond(client, 1, marked(success(0))).unwrap();
        assert_eq!(client.progress().acknowledged, 100);
    }
    clients
}

#[test]
fn once_our_server_has_answered_no_other_success_counts() {
    for (mut client, id) in of_our_server() {
        let portal = success(1);
        let error = respond(&mut client, id, portal).unwrap_err();
        assert_eq!(error.kind(), "unavailable");
        assert!(error.to_string().contains("not the server that has the upload"), "{error}");
        assert_eq!(client.progress().acknowledged, 100);
        client.hung_up();
        client.start();
        respond(&mut client, id + 1, marked(success(1))).unwrap();
        assert_eq!(client.progress().acknowledged, 200, "it is tried again");
    }
}

#[test]
fn an_upload_that_another_page_goes_on_with_is_still_on_our_server() {
    for (protocol, own) in
        [(Protocol::Resumable, "{}"), (Protocol::Flow, "{}"), (Protocol::FineUploader, STRICT)]
    {
        let mut earlier = sending(protocol, own);
        respond(&mut earlier, 1, marked(success(0))).unwrap();
        let kept = Checkpoint::from_json(&earlier.checkpoint().unwrap().to_json()).unwrap();
        let mut client = protocol.client(job_of(300, own), 7).unwrap();
        client.recall(kept);
        client.start();
        let before = client.progress().acknowledged;
        let error = respond(&mut client, 1, success(0)).unwrap_err();
        assert_eq!((error.kind(), client.progress().acknowledged), ("unavailable", before));
        client.hung_up();
        client.start();
        respond(&mut client, 2, marked(success(0))).unwrap();
        assert_eq!(client.progress().acknowledged, before + 100);
    }
}

#[test]
fn a_page_of_a_portal_between_two_answers_of_our_server_ends_nothing() {
    for (mut client, id) in of_our_server() {
        let portal = Response { status: 200, text: "<html>".into(), ..Response::default() };
        assert_eq!(respond(&mut client, id, portal).unwrap_err().kind(), "unavailable");
    }
}

#[test]
fn our_server_shows_itself_also_when_it_refuses() {
    let mut client = sending(Protocol::Resumable, "{}");
    let busy = marked(Response { status: 503, ..Response::default() });
    assert_eq!(respond(&mut client, 1, busy).unwrap_err().kind(), "unavailable");
    client.hung_up();
    client.start();
    assert_eq!(respond(&mut client, 2, success(0)).unwrap_err().kind(), "unavailable");
}

#[test]
fn a_question_that_a_portal_has_answered_is_asked_again() {
    let own = r#"{"test_chunks":true}"#;
    let mut client = sending(Protocol::Resumable, own);
    respond(&mut client, 1, marked(success(0))).unwrap();
    let portal = Response { status: 200, ..Response::default() };
    assert_eq!(respond(&mut client, 2, portal).unwrap_err().kind(), "unavailable");
    client.hung_up();
    assert!(first(client.start()).body.range().is_none());
    assert_eq!(client.progress().acknowledged, 100);
}

#[test]
fn what_the_page_says_is_not_stored_is_sent_again() {
    for (protocol, own) in BY_STATUS.into_iter().chain([(Protocol::FineUploader, STRICT)]) {
        let mut client = sending(protocol, own);
        let portal = Response { is_stored: Some(false), ..success(0) };
        let error = respond(&mut client, 1, portal).unwrap_err();
        assert_eq!(error.kind(), "unavailable", "{protocol:?}");
        let words = error.to_string();
        assert!(words.contains("the page's is_stored says that it is not stored: "), "{words}");
        client.hung_up();
        assert_eq!(ranges(client.start()), [0..100]);
        let stored = Response { is_stored: Some(true), ..success(0) };
        respond(&mut client, 2, stored).unwrap();
        assert_eq!(client.progress().acknowledged, 100);
    }
}

/// Our server, behind a portal that takes every fifth request for itself, but for the first.
struct BehindPortal {
    server: Box<dyn Server>,
    dice: fastrand::Rng,
    requests: u32,
    swallowed: u32,
}

impl Server for BehindPortal {
    fn request(&mut self, request: &Request, is_damaged: bool) -> Response {
        self.requests += 1;
        if self.requests > 1 && self.dice.u8(0..5) == 0 {
            self.swallowed += 1;
            return Response { status: 200, text: "<html>Welcome".into(), ..Response::default() };
        }
        marked(self.server.request(request, is_damaged))
    }

    fn stored(&self) -> u64 {
        assert!(self.swallowed > 0);
        self.server.stored()
    }

    fn is_damaged(&self) -> bool {
        self.server.is_damaged()
    }

    fn deliveries(&self) -> u32 {
        self.server.deliveries()
    }

    fn is_cancelled(&self) -> bool {
        self.server.is_cancelled()
    }
}

#[test]
fn a_file_arrives_whole_behind_a_portal_that_swallows_chunks() {
    const SIZE: u64 = 2000 * KIB;
    let protocols =
        [Protocol::Resumable, Protocol::Flow, Protocol::FineUploader, Protocol::Robusto];
    for (protocol, seed) in
        protocols.into_iter().flat_map(|protocol| (0..50).map(move |seed| (protocol, seed)))
    {
        let portal = BehindPortal {
            server: server(protocol, 64, 100),
            dice: fastrand::Rng::with_seed(seed),
            requests: 0,
            swallowed: 0,
        };
        let mut world =
            World::new(protocol, job_for(protocol, SIZE), Box::new(portal), Weather::FINE);
        world.start();
        world.run(3_600_000);
        assert!(world.upload.view().finished, "{protocol:?} {seed}: {:?}", world.upload.view());
        assert_eq!((world.server.stored(), world.server.deliveries()), (SIZE, 1), "{protocol:?}");
    }
}
