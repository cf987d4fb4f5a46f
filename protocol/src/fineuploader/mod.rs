//! Fine Uploader, the traditional endpoint: a file is one HTTP request, or one for each chunk.
//!
//! A request is a form with parameters whose names begin with `qq`, the file's bytes last; or the
//! parameters are in the query, and the body is a form with the bytes only, or the bare bytes. A
//! uuid of the client's own making names the upload. The answer is JSON: `success` says that it
//! worked, `error` why not, `preventRetry` that trying again is useless, `reset` that every chunk
//! has to be sent again, `newUuid` that the server calls the file by another name. Our server adds
//! whether it has all chunks.
//!
//! Chunks are numbered from 0 and the last one is smaller. When all are there the server puts the
//! file together; or the client says so in a request of its own, to the success endpoint. The
//! first requests of an upload that was begun in another page say `qqresume=true`. A file that was
//! delivered can be removed.
//!
//! Source: the programs of Fine Uploader 3.2 to 5.16, and their recorded traffic. Unlike them this
//! client does not try again what was refused with a status that says whose fault it was: 4xx,
//! except 408, 409, 425 and 429; nor what was answered with a success that has an `error` and no
//! `reset`. Several chunks at a time without a success endpoint are safe
//! with any server, because the last chunk waits for the others.

mod client;
pub mod server;
pub mod wire;

pub use client::Client;

/// Where our server takes files in this protocol.
pub const PATH: &str = "/fineuploader";
