//! A world in virtual time: an upload, a link that fails as the dice say, and a server.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

pub mod environment;
pub mod fineuploader;
pub mod galileo;
pub mod headers;
pub mod incoming;
pub mod link;
pub mod noise;
pub mod pieces;
pub mod requests;
pub mod resumable;
pub mod resuming;
pub mod robusto;
pub mod world;

use std::ops::Range;
use std::time::Duration;

use incoming_protocol::http::{Request, Response};
use incoming_protocol::{
    Action, Event, Job, Json, Md5, Options, Protocol, Retry, StallTimeout, Step, Upload,
    Verification,
};

pub const KIB: u64 = 1024;

/// What a server does, in whatever protocol, as far as the world can see.
pub trait Server {
    /// A message arrived; what is to be sent back comes with a delay in milliseconds.
    fn text(&mut self, _connection: usize, _json: Json) -> Vec<Reply> {
        unreachable!("no WebSocket")
    }
    /// File bytes arrived, named by where they stand in the file, and maybe damaged.
    fn bytes(&mut self, _connection: usize, _range: Range<u64>, _damaged: bool) -> Vec<Reply> {
        unreachable!("no WebSocket")
    }
    /// A request arrived, whole, and its bytes maybe damaged.
    fn request(&mut self, _request: &Request, _damaged: bool) -> Response {
        unreachable!("no HTTP")
    }
    /// Some time that the server asked for is over.
    fn woke(&mut self, _connection: usize) -> Vec<Reply> {
        Vec::new()
    }
    /// The connection is gone, as far as the server knows.
    fn lost(&mut self, _connection: usize) {}
    /// The server process died and came back with what it had stored.
    fn crash(&mut self) {}
    /// Forgets what was not synced, if there is such a thing; returns how many bytes.
    fn lose_unsynced(&mut self, _dice: &mut fastrand::Rng) -> u64 {
        0
    }
    /// What is stored, in bytes from the start.
    fn stored(&self) -> u64;
    /// True if any of what is stored is not what was sent.
    fn is_damaged(&self) -> bool;
    /// How often the file was delivered.
    fn deliveries(&self) -> u32;
    /// True once the upload was cancelled.
    fn is_cancelled(&self) -> bool;
}

pub struct Reply {
    pub connection: usize,
    pub after_ms: u64,
    pub what: Answer,
}

pub enum Answer {
    Text(Json),
    Close(u16),
    /// Nothing for the client: the server wants to be woken.
    Wake,
}

/// The server of each protocol.
pub fn server(protocol: Protocol, chunk_kib: u32, handover_ms: u64) -> Box<dyn Server> {
    match protocol {
        Protocol::Incoming => Box::new(incoming::Server::new(chunk_kib, handover_ms)),
        Protocol::Galileo => Box::new(galileo::Server::new(chunk_kib)),
        Protocol::Resumable | Protocol::Flow => Box::new(resumable::Server::default()),
        Protocol::FineUploader => Box::new(fineuploader::Server::default()),
        Protocol::Robusto if chunk_kib.is_multiple_of(2) => Box::new(robusto::Server::original()),
        Protocol::Robusto => Box::new(robusto::Server::truthful()),
    }
}

/// What a protocol can promise at all.
#[derive(Clone, Copy, Debug)]
pub struct Traits {
    /// It goes on after a loss where it was.
    pub resumes: bool,
    /// The server can be told that an upload is cancelled.
    pub tells_cancel: bool,
    /// The end is the handover to a backend, which may take long.
    pub hands_over: bool,
}

pub fn traits(protocol: Protocol) -> Traits {
    match protocol {
        Protocol::Incoming => Traits { resumes: true, tells_cancel: true, hands_over: true },
        Protocol::Galileo => Traits { resumes: false, tells_cancel: false, hands_over: false },
        Protocol::Resumable | Protocol::Flow | Protocol::FineUploader | Protocol::Robusto => {
            Traits { resumes: true, tells_cancel: false, hands_over: false }
        }
    }
}

pub fn job(size: u64) -> Job {
    Job {
        ticket: Some("e1bbf3ad-a123-411c-a798-0ef5db1e4092".into()),
        endpoint: "ws://test/".into(),
        name: "blåbær ü 文件.bin".into(),
        relative_path: "folder/blåbær ü 文件.bin".into(),
        media_type: "text/plain".into(),
        size,
        options: Options {
            retry: Retry { delays: vec![Duration::from_millis(200)], attempts: None },
            stall_timeout: StallTimeout(Duration::from_secs(20)),
            ..Options::default()
        },
    }
}

/// What can be verified in a protocol. The servers of Mr. Robusto compare files themselves.
pub fn verifications(protocol: Protocol) -> Vec<Option<Verification>> {
    let (file, chunks) = (Some(Verification::File), Some(Verification::Chunks));
    match protocol {
        Protocol::Robusto => vec![None],
        Protocol::Galileo => vec![None, file],
        Protocol::Incoming | Protocol::Resumable | Protocol::Flow | Protocol::FineUploader => {
            vec![None, file, chunks]
        }
    }
}

/// A job in small chunks, where the client decides about them.
pub fn job_for(protocol: Protocol, size: u64) -> Job {
    let mut job = job(size);
    job.options.chunk_size = match protocol {
        Protocol::Incoming | Protocol::Galileo => None,
        Protocol::Resumable | Protocol::Flow | Protocol::FineUploader | Protocol::Robusto => {
            Some(64 * KIB)
        }
    };
    if protocol == Protocol::FineUploader {
        job.options.own = fineuploader::options(size);
    }
    job
}

/// The same, which can be resumed after a reload where that is possible.
pub fn resumable_job(protocol: Protocol, size: u64) -> Job {
    let mut job = job_for(protocol, size);
    job.options.resume = traits(protocol).resumes;
    job
}

pub fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

/// What stands for the fingerprint of some bytes in this world.
pub fn md5_of(range: &Range<u64>) -> Md5 {
    Md5::parse(&format!("{:016x}{:016x}", range.start, range.end)).unwrap()
}

/// The same of bytes as they arrived.
pub fn arrived_md5(range: &Range<u64>, is_damaged: bool) -> Md5 {
    let true_md5 = md5_of(range);
    if !is_damaged {
        return true_md5;
    }
    Md5::parse(&format!("f{}", &true_md5.as_str()[1..])).unwrap()
}

/// Starts an upload that resumes: the file is known, and no other page sends it.
pub fn hold(upload: &mut Upload) -> Vec<Action> {
    upload.start();
    now(upload, Event::Identified(None));
    now(upload, Event::Held)
}

/// Only the actions, for tests that know the attempt.
pub fn actions(steps: Vec<Step>) -> Vec<Action> {
    steps.into_iter().map(|step| step.action).collect()
}

/// Handles an event of the attempt that is under way.
pub fn now(upload: &mut Upload, event: Event) -> Vec<Action> {
    let attempt = upload.attempt();
    actions(upload.handle(attempt, event))
}
