//! Incoming!!, version 0.1: one WebSocket per file, a ticket bought by a backend beforehand.
//!
//! The client asks with its ticket, the size and the name of the file (`MsgUploadReq`). The
//! server answers with its terms (`MsgUploadConf`): the largest chunk, how many chunks may be on
//! their way without an acknowledgement, and the position to go on from, which is how an upload
//! resumes after anything at all. The client accepts (`MsgAck`) and sends chunks as binary
//! messages; the server acknowledges each one in order (`MsgChunkAck`). When every byte is there
//! the server hands the file to the backend, however long that takes, and ends with
//! `MsgAllDone`. `MsgPause` announces that the client closes and will come back, `MsgCancel` is
//! answered by `MsgCancelAck` once the backend has been told, `MsgError` ends the connection.
//!
//! Source: the program and the API document of Incoming!!, and recorded traffic of its server,
//! version 0.1, with its browser library.

pub mod client;
pub mod server;
mod text;
pub mod wire;

pub use client::Client;

/// Where an Incoming!! server listens for browsers.
pub const PATH: &str = "/incoming/0.1/frontend/upload_ws";
