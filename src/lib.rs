//! The browser's side of incoming-uploader: carries out what the protocols ask for, and shows a
//! page how it goes.
//!
//! A page does not use this crate but the package around it, whose face is in `js/`.

mod api;
mod driver;
mod error;
mod face;
mod file;
mod http;
mod json;
mod listener;
mod options;
mod page;
mod socket;
mod timers;

pub use api::{Driver, set_server_hostname};
