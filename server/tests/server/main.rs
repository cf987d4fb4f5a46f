//! The server from outside: its routes, its sockets, its process.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod access;
mod backend_api;
mod backlog;
mod bad_input;
mod cancelling;
mod cleaner;
mod clients;
mod clocks;
mod common;
mod config;
mod crashes;
mod cuts;
mod demo;
#[cfg(target_os = "linux")]
mod descriptors;
mod expiry;
mod fineuploader;
mod fuzz;
mod galileo;
mod handover;
mod handshake;
#[cfg(unix)]
mod health;
mod mark;
mod memory;
mod missing;
#[cfg(unix)]
mod modes;
mod names;
mod origins;
mod owners;
mod process;
mod recreated;
mod refusals;
mod replay;
mod restart;
mod resumable;
mod robusto;
mod room;
mod scale;
mod secrets;
mod shares;
mod shutdown;
mod slow;
mod stopping;
mod store_trouble;
mod take_over;
mod transcript;
mod uploads;
mod verifying;
