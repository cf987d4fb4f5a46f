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
//! # Verification
//! This is not of the original, which neither sees nor minds it. The client asks with a member
//! `Verify` of its request, `"chunks"` or `"file"`; a server that knows it confirms with the same
//! member of its terms. Each chunk is then announced by `MsgChunkSum`, which says where it belongs
//! and its MD5. One that differs is not stored and is answered by `MsgChunkDamaged`; what was on its
//! way behind it belongs elsewhere and is dropped, and the client comes back and goes on there. Of a
//! whole file the client says the MD5 when everything was sent (`MsgFileSum`), and the server
//! compares before the backend gets the file: `MsgFileDamaged` says that it is dropped, `MsgAllDone`
//! says its MD5.
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
