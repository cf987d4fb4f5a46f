//! Why the server cannot run.

use crate::store::StoreError;

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The storage folder cannot be used.
    #[error("cannot use the storage folder {folder}: {cause}")]
    Storage {
        /// The folder.
        folder: String,
        /// Why.
        cause: std::io::Error,
    },
    /// Another process uses the storage folder.
    #[error("the storage folder {folder} is in use by another server; give each its own")]
    InUse {
        /// The folder.
        folder: String,
    },
    /// The uploads cannot be read.
    #[error("cannot read the uploads: {0}")]
    Uploads(#[from] StoreError),
    /// There can be no HTTP client.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        cause: std::io::Error,
    },
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(String),
    /// Signals cannot be received.
    #[error("cannot wait for signals: {0}")]
    Signals(std::io::Error),
}
