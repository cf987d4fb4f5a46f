//! Uploads files of any size from a browser, over bad networks, with nothing lost.
//!
//! Rust front ends make an `Uploader` by its builder; `docs/rust.md` is their guide. JavaScript has the
//! same behind the npm package of this name, whose first lines are in `js/`.
//!
//! ```no_run
//! # #[cfg(not(feature = "npm"))]
//! # async fn upload(file: web_sys::File, show: fn(f64)) -> Result<(), incoming_uploader::Error> {
//! use incoming_uploader::{Outcome, Protocol, Uploader};
//!
//! let uploader = Uploader::builder(file)
//!     .protocol(Protocol::Resumable)
//!     .endpoint("/resumable")
//!     .on_progress(move |now| show(now.frac_complete))
//!     .start()?;
//! match uploader.finished().await {
//!     Outcome::Finished => {}
//!     Outcome::Cancelled(_reason) => {}
//!     Outcome::Failed(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod attempt;
#[cfg(not(feature = "npm"))]
mod builder;
mod driver;
mod endpoint;
mod error;
mod file;
mod hashing;
#[cfg(feature = "_requests")]
mod http;
#[cfg(feature = "npm")]
mod js;
mod json;
mod listener;
mod now;
mod options;
mod page;
#[cfg(all(feature = "npm", debug_assertions, target_arch = "wasm32"))]
mod panics;
#[cfg(not(feature = "npm"))]
mod parts;
mod resume;
#[cfg(not(feature = "npm"))]
mod snapshot;
#[cfg(feature = "_sockets")]
mod socket;
mod timer;
#[cfg(not(feature = "npm"))]
mod uploader;

/// Smaller than the allocator of the standard library, which every visitor would download.
#[cfg(all(feature = "npm", target_arch = "wasm32"))]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

#[cfg(not(feature = "npm"))]
pub use builder::Builder;
pub use incoming_protocol::{Error, Outcome, Protocol, State, Verification};
#[cfg(feature = "npm")]
pub use js::Driver;
#[cfg(feature = "npm")]
pub use page::Page;
#[cfg(not(feature = "npm"))]
pub use snapshot::{ErrorData, Snapshot};
#[cfg(not(feature = "npm"))]
pub use uploader::{Uploader, set_server_hostname};

/// Sizes in browsers are doubles.
#[expect(clippy::cast_precision_loss, reason = "no file is that large")]
fn number(bytes: u64) -> f64 {
    bytes as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is whole")]
fn whole(bytes: f64) -> u64 {
    bytes as u64
}

/// Holds the examples of the guide, which are compiled with the tests.
#[cfg(all(doctest, not(feature = "npm")))]
#[doc = include_str!("../docs/rust.md")]
struct Guide;
