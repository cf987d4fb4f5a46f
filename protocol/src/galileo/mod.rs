//! GalileoSend: one WebSocket per file, one chunk at a time.
//!
//! The client sends the name and the size of the file. Whenever the server says `ready`, the client
//! sends the next chunk as a binary message, or, when there is none left, says `finished`; the
//! server ends with `close`. A `ready` may name the largest size of the next chunk. `error` signals
//! are collected; one that is `fatal` ends the upload. An empty file is one empty chunk.
//!
//! There is no pause, no cancellation and no resumption on the wire: a pause holds back the next
//! chunk while the connection lives, and a lost connection starts over with the first byte.
//!
//! `finished` may carry a digest of the file. A server that has compared it adds the MD5 to `close`,
//! or `damaged` to its error, which the original client does not look at.
//!
//! Source: the document of GalileoSend, its client in JavaScript and its server for Mojolicious.

pub mod client;
pub mod server;
pub mod wire;

pub use client::Client;

/// Where our server takes files in this protocol; it names no path of its own.
pub const PATH: &str = "/galileo";
