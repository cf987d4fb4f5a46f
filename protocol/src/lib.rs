//! Upload protocols as state machines: no I/O, no clock, no file bytes, no browser.
//!
//! An upload is a conversation. This crate holds the conversation and nothing else, so that a
//! thousand faults can be staged in a second and the same code runs in any browser.
//!
//! # The run loop
//! 1. Make an [`Upload`] of a [`Protocol`] and a [`Job`] and call [`Upload::start`].
//! 2. Carry out the [`Step`]s that it returns, in order. Each names the attempt it belongs to.
//! 3. Report what happens as [`Event`]s to [`Upload::handle`], each under the attempt of the step
//!    that caused it. Go to 2.
//! 4. The page may call [`Upload::pause`], [`Upload::start`] and [`Upload::cancel`] at any time;
//!    each returns steps as well.
//! 5. After [`Action::Notify`], show the page the [`Upload::view`].
//!
//! # The laws
//! 1. A machine never sees the file's bytes, only ranges.
//! 2. A machine never reads a clock; it asks to be woken ([`Action::Wait`]).
//! 3. Every way to begin is `start`.
//! 4. After a hang-up, nothing that belongs to the old attempt is obeyed.
//! 5. Actions are carried out in order by one queue, drained by the outermost call; no borrow is
//!    held while performing, so a callback may call `pause` from inside.
//! 6. Only [`Error::is_transient`] decides about retrying; only [`Upload`] knows how.
//! 7. What can never succeed is told at once and in the words of who refused; what is being retried
//!    shows its last error.

#![forbid(unsafe_code)]

mod action;
mod checkpoint;
#[cfg(feature = "incoming")]
pub mod chunks;
mod digest;
#[cfg(any(feature = "incoming", feature = "_requests"))]
mod digests;
mod error;
mod event;
#[cfg(feature = "fineuploader")]
pub mod fineuploader;
#[cfg(feature = "galileo")]
pub mod galileo;
pub mod http;
#[cfg(feature = "incoming")]
pub mod incoming;
mod json;
mod machine;
mod nearest;
mod options;
pub mod pieces;
mod protocol;
#[cfg(any(feature = "resumable", feature = "fineuploader"))]
mod random;
#[cfg(feature = "resumable")]
pub mod resumable;
mod retry;
#[cfg(feature = "robusto")]
pub mod robusto;
mod speed;
#[cfg(feature = "_requests")]
pub mod transfer;
mod upload;
mod verify;
mod view;
mod words;

pub use action::{Action, Notice, Outcome, Wake};
pub use checkpoint::{Checkpoint, Entry, Kept};
pub use digest::Md5;
pub use error::{CANCELLED, Error};
pub use event::{Event, Link};
pub use json::{Json, MAX_EXACT};
pub use machine::{Machine, Progress, Stage};
pub use options::{Answers, Job, Options, RawOptions, Retry, StallTimeout};
pub use protocol::Protocol;
pub use retry::milliseconds;
pub use speed::Speedometer;
pub use upload::{Attempt, Step, Upload};
pub use verify::Verification;
pub use view::{State, View};
pub use words::{decimal, joined};
