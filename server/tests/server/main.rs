//! The server from outside: its routes, its sockets, its process.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod backend_api;
mod bad_input;
mod cancelling;
mod common;
mod config;
mod crashes;
mod cuts;
mod demo;
mod expiry;
mod fineuploader;
mod galileo;
mod handover;
mod handshake;
mod process;
mod replay;
mod restart;
mod resumable;
mod robusto;
mod scale;
mod shutdown;
mod store_trouble;
mod take_over;
mod transcript;
mod uploads;
mod verifying;
