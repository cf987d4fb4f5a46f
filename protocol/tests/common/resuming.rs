//! Uploads that resume, in the states that they go through.

use std::time::Duration;

use incoming_protocol::incoming::wire::FromServer;
use incoming_protocol::pieces::Layout;
use incoming_protocol::{Action, Checkpoint, Event, Json, Kept, Notice, Protocol, Upload, Wake};

use super::{KIB, job, now};

pub const UNKNOWN: &str = "Unknown upload id - maybe upload timed out?";
pub const OVER: &str = "upload already finished or cancelled";
pub const SAVE: Action = Action::Wait(Wake::Save, Duration::from_secs(1));
pub const TOLD: Action = Action::Notify(Notice::Progress);

/// With its own ticket, a function for one, or none.
pub fn upload_with(resume: bool, asks_id: bool) -> Upload {
    let mut job = job(1000 * KIB);
    (job.options.resume, job.options.asks_id) = (resume, asks_id);
    job.ticket = job.ticket.filter(|_| !asks_id);
    Upload::new(Protocol::Incoming, job, 7).unwrap()
}

pub fn upload() -> Upload {
    upload_with(true, false)
}

pub const CUT: Layout = Layout { size: 0, chunk_size: 1, large_last: false };

pub fn kept(id: &str, bytes_acked: u64) -> Kept {
    Kept { checkpoint: Checkpoint::new(id, CUT, &[0, bytes_acked]), bytes_acked }
}

pub fn found(id: &str) -> Event {
    Event::Recalled(Some(kept(id, 7)))
}

pub fn named(id: &str) -> Event {
    Event::Named(Some(id.to_owned()))
}

pub fn identify(upload: &mut Upload) -> Vec<Action> {
    upload.start();
    now(upload, Event::Identified(None))
}

/// Nobody else sends the file.
pub fn held(mut upload: Upload) -> Upload {
    identify(&mut upload);
    now(&mut upload, Event::Held);
    upload
}

/// The caller is asked for an id, because nothing was found.
pub fn asking() -> Upload {
    let mut upload = held(upload_with(true, true));
    now(&mut upload, Event::Recalled(None));
    upload
}

/// An upload that goes on with the ticket `earlier`.
pub fn connected() -> Upload {
    connected_with(upload())
}

pub fn connected_with(upload: Upload) -> Upload {
    let mut upload = held(upload);
    now(&mut upload, found("earlier"));
    now(&mut upload, Event::Kept(true));
    now(&mut upload, Event::Connected);
    upload
}

/// A new upload under the id `fresh`, which the server knows.
pub fn begun() -> Upload {
    let mut upload = asking();
    now(&mut upload, named("fresh"));
    now(&mut upload, Event::Kept(true));
    now(&mut upload, Event::Connected);
    now(&mut upload, terms(0));
    upload
}

pub fn refusal(words: &str) -> Event {
    Event::Received(FromServer::Error(words.to_owned()).to_json())
}

pub fn terms(position: u64) -> Event {
    let conf =
        FromServer::UploadConfig { chunk_size_kb: 64, position, send_ahead: 4, verify: None };
    Event::Received(conf.to_json())
}

pub fn acknowledged(bytes: u64) -> Event {
    Event::Received(FromServer::ChunkAck(bytes).to_json())
}

pub fn lost() -> Event {
    Event::Disconnected { code: 1006, reason: String::new() }
}

pub fn connects(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::Connect(_)))
}

pub fn keeps(actions: &[Action]) -> Option<&Kept> {
    actions.iter().find_map(|action| match action {
        Action::Keep(kept) => Some(kept),
        _ => None,
    })
}

pub fn id_of(upload: &Upload) -> Option<String> {
    let Json::List(kept) = upload.checkpoint()? else { return None };
    kept[0].text().map(str::to_owned)
}

pub fn position(actions: &[Action], wanted: &Action) -> usize {
    actions.iter().position(|action| action == wanted).unwrap()
}
