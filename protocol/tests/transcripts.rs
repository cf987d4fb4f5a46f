//! Recorded exchanges of the originals, replayed against both of our sides.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::{job, json};
use incoming_protocol::incoming::server::{
    Action as Wanted, Event as Told, Refusal, Session, Terms,
};
use incoming_protocol::incoming::wire::{FromClient, FromServer};
use incoming_protocol::incoming::{Client, server};
use incoming_protocol::{Action, Event, Job, Link, Machine};

#[derive(Clone, Debug, PartialEq)]
enum Frame {
    Client(FromClient),
    Chunk(u64),
    Server(FromServer),
    Closed,
}

/// One recorded connection.
struct Recording {
    name: String,
    frames: Vec<Frame>,
}

impl Recording {
    fn all() -> Vec<Recording> {
        let text = include_str!("transcripts/incoming.txt");
        let blocks = text.split("\n\nconnection ").skip(1);
        let recordings: Vec<_> = blocks.map(Recording::of).collect();
        assert_eq!(recordings.len(), 22);
        recordings
    }

    fn of(block: &str) -> Recording {
        let (name, lines) = block.split_once('\n').unwrap();
        let frames = lines.lines().filter(|line| *line != "C close 1000").filter_map(frame);
        Recording { name: name.to_owned(), frames: frames.collect() }
    }

    fn frames_of_client(&self) -> Vec<Frame> {
        let is_client = |frame: &&Frame| matches!(frame, Frame::Client(_) | Frame::Chunk(_));
        self.frames.iter().filter(is_client).cloned().collect()
    }

    fn words_of_server(&self) -> Vec<FromServer> {
        let messages = self.frames.iter().filter_map(|frame| match frame {
            Frame::Server(FromServer::Error(words)) => {
                Some(FromServer::Error(without_address(words)))
            }
            Frame::Server(message) => Some(message.clone()),
            _ => None,
        });
        messages.collect()
    }

    /// True for the connection that the original refused because another one was open; here the
    /// new one takes over.
    fn is_refused_as_busy(&self) -> bool {
        self.words_of_server().iter().any(
            |message| matches!(message, FromServer::Error(words) if words.starts_with("Another")),
        )
    }
}

/// Ours does not tell a browser at which address it could not hand a file over.
fn without_address(words: &str) -> String {
    let found = words.split_once(" at ").filter(|(head, _)| head.contains("hand file over"));
    match found.and_then(|(head, rest)| Some((head, rest.split_once(": ")?.1))) {
        Some((head, reason)) => format!("{head}: {reason}"),
        None => words.to_owned(),
    }
}

fn frame(line: &str) -> Option<Frame> {
    let mut parts = line.splitn(3, ' ');
    match (parts.next()?, parts.next()?, parts.next()?) {
        ("C", "text", text) => Some(Frame::Client(FromClient::from_json(&json(text)).unwrap())),
        ("C", "bytes", len) => Some(Frame::Chunk(len.parse().unwrap())),
        ("S", "text", text) => Some(Frame::Server(FromServer::from_json(&json(text)).unwrap())),
        ("S", "close", "1000") => Some(Frame::Closed),
        _ => None,
    }
}

#[test]
fn our_client_says_to_an_original_server_what_the_original_client_said() {
    for recording in Recording::all() {
        let said = replay_client(&recording);
        let expected = recording.frames_of_client();
        let texts = |frames: &[Frame]| -> Vec<Frame> {
            frames.iter().filter(|frame| matches!(frame, Frame::Client(_))).cloned().collect()
        };
        assert_eq!(texts(&said), texts(&expected), "connection {}", recording.name);
        let chunks = |frames: &[Frame]| -> Vec<Frame> {
            frames.iter().filter(|frame| matches!(frame, Frame::Chunk(_))).cloned().collect()
        };
        let (ours, theirs) = (chunks(&said), chunks(&expected));
        if recording.words_of_server().last() == Some(&FromServer::AllDone(None)) {
            assert_eq!(ours, theirs, "connection {}", recording.name);
        } else {
            let common = ours.len().min(theirs.len());
            assert_eq!(ours[..common], theirs[..common], "connection {}", recording.name);
        }
    }
}

fn replay_client(recording: &Recording) -> Vec<Frame> {
    let Frame::Client(FromClient::UploadRequest { id, size, name, .. }) = &recording.frames[0]
    else {
        panic!("every connection begins with a request");
    };
    let job = Job { ticket: Some(id.clone()), name: name.clone(), ..job(*size) };
    let mut client = Client::new(job).unwrap();
    let mut said = Vec::new();
    client.start();
    said.extend(frames_of(client.handle(Event::Connected).unwrap()));
    for frame in &recording.frames[1..] {
        let actions = match frame {
            Frame::Client(FromClient::Pause) => client.pause(),
            Frame::Client(FromClient::Cancel(reason)) => client.cancel(reason),
            Frame::Server(message) => {
                let mut actions = client.handle(Event::Measured(Link::default())).unwrap();
                // An error of the server ends the attempt: there is nothing more to say.
                let answer = client.handle(Event::Received(message.to_json()));
                actions.extend(answer.unwrap_or_default());
                actions
            }
            _ => Vec::new(),
        };
        let hangs_up = actions.contains(&Action::HangUp);
        said.extend(frames_of(actions));
        if hangs_up {
            break;
        }
    }
    said
}

fn frames_of(actions: Vec<Action>) -> Vec<Frame> {
    let frames = actions.into_iter().filter_map(|action| match action {
        Action::Send(json) => Some(Frame::Client(FromClient::from_json(&json).unwrap())),
        Action::SendRange(range) => Some(Frame::Chunk(range.end - range.start)),
        _ => None,
    });
    frames.collect()
}

#[test]
fn our_server_says_to_an_original_client_what_the_original_server_said() {
    for recording in Recording::all() {
        if recording.is_refused_as_busy() {
            continue;
        }
        let mut said = replay_server(&recording);
        let expected = recording.words_of_server();
        if !recording.frames.contains(&Frame::Closed) {
            // The browser hung up, and the last confirmations did not reach it any more.
            said.truncate(expected.len());
        }
        assert_eq!(said, expected, "connection {}", recording.name);
    }
}

fn replay_server(recording: &Recording) -> Vec<FromServer> {
    let mut session = Session::new(Terms { chunk_size_kb: 512, send_ahead: 4 });
    let mut said = Vec::new();
    for frame in &recording.frames {
        let event = match frame {
            Frame::Client(message) => Told::Text(Some(message.to_json())),
            Frame::Chunk(len) => Told::Binary(*len),
            Frame::Server(_) | Frame::Closed => continue,
        };
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for action in session.handle(event) {
                match action {
                    Wanted::Send(message) => said.push(message),
                    other => events.extend(answer(recording, &other)),
                }
            }
        }
    }
    said
}

/// What happened around the original server, as its words tell.
fn answer(recording: &Recording, wanted: &Wanted) -> Option<Told> {
    match wanted {
        Wanted::Open { .. } => Some(match recording.words_of_server().first().unwrap() {
            FromServer::UploadConfig { position, .. } => Told::Opened { stored: *position },
            _ => Told::Refused(Refusal::Unknown),
        }),
        Wanted::Check(_) | Wanted::Sum | Wanted::Empty => panic!("the original verifies nothing"),
        Wanted::Append => Some(Told::Stored),
        Wanted::Complete => Some(Told::Completed),
        Wanted::HandOver => Some(match recording.words_of_server().last().unwrap() {
            FromServer::Error(words) => handover_failed(words),
            _ => Told::HandedOver,
        }),
        Wanted::Cancel { .. } => Some(Told::CancelTold),
        Wanted::Pause | Wanted::Send(_) | Wanted::Close => None,
    }
}

fn handover_failed(words: &str) -> server::Event {
    let (_, reason) = words.split_once(": ").unwrap();
    Told::HandoverFailed(reason.to_owned())
}
