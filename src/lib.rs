//! The browser's side of incoming-uploader: carries out what the protocols ask for, and shows a
//! page how it goes.
//!
//! A page does not use this crate but the package around it, whose face is in `js/`.

#![forbid(unsafe_code)]

mod api;
mod driver;
mod error;
mod face;
mod file;
mod host;
mod http;
mod json;
mod options;
mod page;
mod told;

/// Smaller than the allocator of the standard library, which every visitor would download.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

pub use api::Driver;
pub use host::Host;

/// Sizes in browsers are doubles.
#[expect(clippy::cast_precision_loss, reason = "no file is that large")]
fn number(bytes: u64) -> f64 {
    bytes as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is whole")]
fn whole(bytes: f64) -> u64 {
    bytes as u64
}
