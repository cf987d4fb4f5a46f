//! The browser's side of incoming-uploader: carries out what the protocols ask for, and shows a
//! page how it goes.
//!
//! A page does not use this crate but the package around it, whose face is in `js/`.

mod api;
mod digest;
mod driver;
mod error;
mod face;
mod file;
mod host;
mod http;
mod json;
mod listener;
mod options;
mod page;
mod socket;
mod timers;

/// Smaller than the allocator of the standard library, which every visitor would download.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

pub use api::Driver;
pub use host::Host;
