//! MD5 of up to four independent messages at once.
//!
//! A message on its own is serial: each step of MD5 waits for the one before, and a [`Lane`] is
//! about as fast as that goes. Four messages side by side fill a SIMD register, which is what
//! [`Lanes`] does with chunks of a file, or with several files.
//!
//! In a browser the crate is a WebAssembly module without glue: see `abi.rs`.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
mod abi;
mod compress;
mod lane;
mod lanes;
mod vector;
mod word;

pub use lane::{BLOCK, Digest, Lane};
pub use lanes::{LANES, Lanes};
