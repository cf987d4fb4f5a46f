//! The companion server of incoming-uploader.
//!
//! ```text
//! serve     listens, stops gracefully
//! routes    what is at which address, one module for each protocol
//! uploads   the life of an upload, the same for every protocol
//! handover  tells the backend
//! clients   who they are, and how much each of them gets
//! access    who is let in without a ticket
//! arrivals  keeps files that came without a ticket
//! store     keeps bytes and documents
//! files     what changes files and folders
//! health    whether anything can be stored
//! ```
//!
//! The rules of a conversation are in `incoming-protocol`; this crate does what they ask for.

#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod access;
pub mod activity;
pub mod arrivals;
mod at;
pub mod clients;
mod compare;
pub mod config;
mod descriptors;
mod error;
pub mod files;
mod fingerprint;
pub mod handover;
mod health;
pub mod log;
mod memory;
pub mod names;
mod pace;
mod parameters;
mod routes;
pub mod serve;
mod services;
pub mod store;
mod trim;
pub mod uploads;

pub use config::Config;
pub use error::Error;
pub use health::Health;
pub use routes::app;
pub use services::Services;
pub use uploads::{Place, Unfit};
