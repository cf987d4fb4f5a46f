//! Mr. Robusto: a file is known by its MD5, and every chunk is an HTTP request of its own.
//!
//! Every request names the MD5 of the whole file and its name in the query. A GET asks what the
//! server has, a POST with a form brings one chunk: `chunk` counts from 0, `chunks` is how many
//! there are, `file` has the bytes. Both are answered with an object of two strings, `status` and
//! `value`, always with status 200:
//!
//! | `status` | `value` |
//! |---|---|
//! | `new` | nothing: the server knows nothing of this file |
//! | `partial` | the numbers of the chunks that it has, with commas, in any order |
//! | `complete` | where the file can be found |
//! | `error` | the server's words |
//!
//! A file that the server has is `complete` before a byte is sent. Chunks may arrive in any order
//! and more than once; when all are there the server compares the MD5.
//!
//! The original server takes chunks of at most 2 MiB and at most 9999 of them, and a name only
//! for its letters, digits, `_`, `.` and `-` of ASCII; one without any is refused. It says `new`
//! of files that are complete when it is asked with a GET, and `complete` only when a chunk comes.
//! It takes chunks of different sizes for chunks of one file, and keeps a file whose MD5 is wrong.
//!
//! Source: the demo "Mr. Robusto" of BrowserPlus, its page and its server, and their recorded
//! traffic.

pub mod client;
pub mod server;
pub mod wire;

pub use client::Client;

/// Where our server takes files in this protocol; the original is wherever its demo is.
pub const PATH: &str = "/robusto";
