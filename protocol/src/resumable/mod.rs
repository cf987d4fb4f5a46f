//! Resumable.js and its fork flow.js: every chunk is an HTTP request of its own.
//!
//! A request names everything by parameters: which chunk of how many, the sizes, the name and an
//! identifier that both sides compute or agree on. Resumable.js sends them in the query and, unless
//! the body is the bare bytes, once more in the form before the bytes; flow.js sends them in one
//! of the two. Before a chunk is sent the client may ask with a GET whether the server has it.
//! 200 and 201 are success (flow.js: 202 too), a list of statuses ends the upload, anything else is
//! tried again. Unlike the originals this client does not try again either what was refused with a
//! status that says whose fault it was: 4xx, except 408, 425 and 429; unless the caller gives a list.
//! Chunks may arrive in any order and more than once.
//!
//! The last chunk takes what is left over and is up to twice as large, unless `force_chunk_size`.
//!
//! Nothing on the wire says that the file is whole, or that chunks are gone which were confirmed. Our
//! server says the first in its answers, which are JSON, so that our client finds out the second.
//!
//! Source: the programs of Resumable.js 1.1 and flow.js 2.14, and their recorded traffic.

pub mod client;
pub mod dialect;
pub mod server;
pub mod wire;

pub use client::Client;
pub use dialect::Dialect;

/// Where our server takes files in this protocol; it names no path of its own.
pub const PATH: &str = "/resumable";
