//! Machines and sessions that are told nonsense: nothing may panic, and what is promised holds.
//!
//! `NOISE=1000000 cargo test -p incoming-protocol --release --test noise` makes more of it.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::environment::number;
use common::{job_for, noise, traits, verifications};
use incoming_protocol::fineuploader::server::Asked;
use incoming_protocol::http::{
    ARRIVED_DIGEST, FILE_DIGEST, OURS, RETRY_AFTER, RequestId, Response, SERVER,
};
use incoming_protocol::pieces::Layout;
use incoming_protocol::resumable::server::Chunk;
use incoming_protocol::{
    Action, Checkpoint, Error, Event, Kept, Link, MAX_EXACT, Md5, Protocol, Step, Upload, Wake,
    galileo, incoming, robusto,
};

const SIZE: u64 = 300_000;

fn rounds() -> u64 {
    number("NOISE").unwrap_or(5000)
}

fn recalled(dice: &mut fastrand::Rng) -> Event {
    let id = ["t", "e1bbf3ad", md5(dice).as_str()][dice.usize(0..3)].to_owned();
    match dice.u8(0..16) {
        0 => Event::Occupied,
        1 => Event::Recalled(None),
        2 | 3 => Event::Held,
        4 | 5 => Event::Identified(dice.bool().then(|| id.clone())),
        6 => Event::Named(dice.bool().then(|| id.clone())),
        7 => Event::NotNamed(Error::Postponed("noise".into())),
        8 => Event::Kept(dice.bool()),
        9 => Event::Hidden,
        10 => Event::NotDigested("noise".into()),
        _ => Event::Recalled(Some(Kept { checkpoint: checkpoint(&id, dice), bytes_acked: 0 })),
    }
}

fn checkpoint(id: &str, dice: &mut fastrand::Rng) -> Checkpoint {
    let chunk_size = [0, 1000, 65_536, SIZE, MAX_EXACT][dice.usize(0..5)];
    let borders: Vec<_> = (0..dice.usize(0..6)).map(|_| dice.u64(0..400)).collect();
    let layout = Layout { size: SIZE, chunk_size, large_last: dice.bool() };
    Checkpoint::new(id, layout, &borders)
}

fn event(dice: &mut fastrand::Rng) -> Event {
    let id = RequestId(dice.u32(0..12));
    match dice.u8(0..21) {
        0 | 1 => Event::Connected,
        2..=4 => Event::Received(noise::message(dice)),
        5 | 6 => Event::Received(noise::signal(dice)),
        7 => Event::Garbled,
        8 => Event::Disconnected { code: dice.u16(..), reason: "noise".into() },
        9 => Event::Measured(Link {
            waiting: dice.u64(0..1_000_000),
            bytes_per_second: dice.bool().then(|| dice.u64(..)),
            is_offline: dice.bool(),
        }),
        10 => {
            let wakes = [Wake::Retry, Wake::Stall, Wake::KeepAlive, Wake::Save];
            Event::Woke(wakes[dice.usize(0..4)])
        }
        11 => [Event::CameOnline, Event::FileIntact][dice.usize(0..2)].clone(),
        12 => Event::RequestLost(id, "noise".into()),
        13 => Event::Loaded(id, dice.u64(..)),
        14 => Event::Hashed(dice.u64(0..=SIZE)),
        16 => recalled(dice),
        19 => Event::Failed(Error::Lost("noise".into())),
        15 => {
            let start = [0, 0, 65_536, dice.u64(..)][dice.usize(0..4)];
            let end = start.saturating_add([65_536, SIZE, 1000][dice.usize(0..3)]);
            Event::Digested(start..end, md5(dice))
        }
        _ => Event::Responded(id, response(dice)),
    }
}

fn response(dice: &mut fastrand::Rng) -> Response {
    let status = [200, 200, 200, 201, 202, 204, 400, 404, 500, 503, 0, 999][dice.usize(0..12)];
    let json = dice.bool().then(|| noise::signal(dice));
    let mut headers = vec![(
        RETRY_AFTER,
        ["0", "5", "18446744073709551615", "soon"][dice.usize(0..4)].to_owned(),
    )];
    for name in [ARRIVED_DIGEST, FILE_DIGEST] {
        headers.extend(dice.bool().then(|| (name, md5(dice).to_field())));
    }
    headers.extend((dice.u8(0..8) == 0).then(|| (SERVER, OURS.to_owned())));
    let url = ["", "", "", "http://login/"][dice.usize(0..4)].to_owned();
    let is_stored = [None, None, Some(true), Some(false)][dice.usize(0..4)];
    Response {
        status,
        text: "noise ü".into(),
        json,
        headers,
        url,
        is_stored,
        ..Response::default()
    }
}

/// One of very few, so that some are equal.
fn md5(dice: &mut fastrand::Rng) -> Md5 {
    Md5::parse(&"ab"[dice.usize(0..2)..][..1].repeat(32)).unwrap()
}

#[test]
fn a_server_that_says_anything_cannot_break_a_client() {
    for protocol in Protocol::ALL {
        for seed in 0..rounds() {
            let mut dice = fastrand::Rng::with_seed(seed);
            let mut job = job_for(*protocol, SIZE);
            let verifications = verifications(*protocol);
            job.options.verify = verifications[dice.usize(..verifications.len())];
            job.options.resume = traits(*protocol).resumes && dice.bool();
            job.options.asks_id = dice.bool();
            let mut upload = Upload::new(*protocol, job, seed).unwrap();
            let started = upload.start();
            let mut shared = Shared::default();
            check(&upload, &started, seed);
            shared.check(&started, seed);
            if dice.bool() {
                for event in [Event::Identified(None), Event::Held] {
                    let attempt = upload.attempt();
                    shared.hear(&event);
                    shared.check(&upload.handle(attempt, event), seed);
                }
            }
            for _ in 0..40 {
                let steps = match dice.u8(0..20) {
                    0 => upload.pause(),
                    1 => upload.start(),
                    2 if dice.bool() => upload.cancel("noise"),
                    _ => {
                        let event = event(&mut dice);
                        let attempt = upload.attempt();
                        shared.hear(&event);
                        upload.handle(attempt, event)
                    }
                };
                check(&upload, &steps, seed);
                shared.check(&steps, seed);
            }
        }
    }
}

/// What is asked of what all pages share.
#[derive(Default)]
struct Shared {
    /// The lock was asked for; it is held.
    is_asked: bool,
    is_held: bool,
    is_asking_for_id: bool,
}

impl Shared {
    /// Only a lock that is asked for is told.
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Held => self.is_held |= std::mem::take(&mut self.is_asked),
            Event::Named(_) | Event::NotNamed(_) => self.is_asking_for_id = false,
            _ => {}
        }
    }

    fn check(&mut self, steps: &[Step], seed: u64) {
        for step in steps {
            match step.action {
                Action::Hold => {
                    assert!(!self.is_held, "{seed}");
                    self.is_asked = true;
                }
                Action::HangUp => self.is_asked = false,
                Action::LetGo => assert!(std::mem::take(&mut self.is_held), "{seed}"),
                Action::Recall | Action::Keep(_) => assert!(self.is_held, "{seed}"),
                Action::AskId => {
                    assert!(!std::mem::replace(&mut self.is_asking_for_id, true), "{seed}");
                }
                _ => {}
            }
        }
    }
}

fn check(upload: &Upload, steps: &[Step], seed: u64) {
    for step in steps {
        let range = match &step.action {
            Action::SendRange(range) | Action::Digest(range) => Some(range),
            Action::Request(request) => request.body.range(),
            _ => None,
        };
        assert!(range.is_none_or(|range| range.start <= range.end && range.end <= SIZE), "{seed}");
    }
    let settled = steps.iter().filter(|step| matches!(step.action, Action::Settle(_))).count();
    assert!(settled <= 1, "{seed}");
    let view = upload.view();
    assert!(view.bytes_acked <= view.bytes_tx && view.bytes_tx <= SIZE, "{seed}: {view:?}");
    assert!((0.0..=1.0).contains(&view.frac_complete), "{seed}");
    let ends = [view.finished, view.cancelled, view.paused].into_iter().filter(|is| *is).count();
    assert!(ends <= 1, "{seed}: {view:?}");
}

#[test]
fn a_client_that_says_anything_cannot_make_incoming_store_more_than_declared() {
    use incoming::server::{Action, Event, Session, Terms};
    for seed in 0..rounds() {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut session = Session::new(Terms { chunk_size_kb: 64, send_ahead: 4 });
        let (mut declared, mut stored, mut coming) = (0, 0, 0);
        let mut events = Vec::new();
        for _ in 0..40 {
            let event = events.pop().unwrap_or_else(|| match dice.u8(0..6) {
                0 => Event::Text(None),
                1 | 2 => {
                    coming = dice.u64(0..10);
                    Event::Binary(coming)
                }
                _ => Event::Text(Some(noise::message(&mut dice))),
            });
            for action in session.handle(event) {
                match action {
                    Action::Open { size, .. } => {
                        declared = size;
                        events.push(Event::Opened { stored: 0 });
                    }
                    Action::Append => {
                        stored += coming;
                        events.push(Event::Stored);
                    }
                    Action::Check(_) => events.push(Event::Checked(dice.bool())),
                    Action::Sum => events.push(Event::Summed(Some(md5(&mut dice)))),
                    Action::Complete => {
                        assert_eq!(stored, declared, "{seed}");
                        events.push(Event::Completed);
                    }
                    _ => {}
                }
                assert!(stored <= declared, "{seed}");
            }
        }
    }
}

#[test]
fn a_client_that_says_anything_cannot_make_galileo_keep_less_or_more_than_declared() {
    use galileo::server::{Action, Event, Session};
    for seed in 0..rounds() {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut session = Session::new(1000);
        let (mut declared, mut stored, mut coming) = (None, 0, 0);
        let mut events = Vec::new();
        for _ in 0..40 {
            let event = events.pop().unwrap_or_else(|| match dice.u8(0..6) {
                0 => Event::Text(None),
                1 | 2 => {
                    coming = dice.u64(0..4);
                    Event::Binary(coming)
                }
                _ => Event::Text(Some(noise::signal(&mut dice))),
            });
            for action in session.handle(event) {
                match action {
                    Action::Create { size, .. } => {
                        declared = size;
                        events.push(Event::Stored);
                    }
                    Action::Append => {
                        stored += coming;
                        events.push(Event::Stored);
                    }
                    Action::Finish(_) => {
                        assert!(declared.is_none_or(|size| size == stored), "{seed}");
                    }
                    _ => {}
                }
                assert!(declared.is_none_or(|size| stored <= size), "{seed}");
            }
        }
    }
}

#[test]
fn parameters_of_any_kind_give_a_range_inside_the_file_or_none() {
    for seed in 0..10 * rounds() {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut fields: Vec<(String, String)> = Vec::new();
        for name in ["ChunkNumber", "ChunkSize", "CurrentChunkSize", "TotalSize", "TotalChunks"] {
            fields.push((format!("resumable{name}"), noise::number_text(&mut dice)));
        }
        for name in
            ["qqpartindex", "qqpartbyteoffset", "qqchunksize", "qqtotalparts", "chunk", "chunks"]
        {
            fields.push((name.to_owned(), noise::number_text(&mut dice)));
        }
        fields.push(("qqtotalfilesize".to_owned(), noise::number_text(&mut dice)));
        for name in ["resumableIdentifier", "resumableFilename", "qquuid", "qqfilename"] {
            fields.push((name.to_owned(), noise::word(&mut dice).to_owned()));
        }
        let find = |name: &str| {
            let field = fields.iter().find(|(other, _)| other == name);
            field.map(|(_, value)| value.as_str())
        };
        if let Ok(chunk) = robusto::server::Chunk::read(find) {
            assert!(chunk.index < chunk.count, "{seed}: {chunk:?}");
        }
        if let Ok(chunk) = Chunk::read(find) {
            let range = chunk.range();
            assert!(range.start <= range.end && range.end <= chunk.total_size, "{seed}: {chunk:?}");
        }
        if let Ok(Asked::Upload(upload)) = Asked::read(find)
            && let Some(part) = upload.part
        {
            let range = &part.range;
            assert!(range.start <= range.end && range.end <= part.total_size, "{seed}: {part:?}");
        }
    }
}
