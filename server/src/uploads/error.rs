//! Why something cannot be done with an upload.

use super::Full;
use crate::store::StoreError;

/// Why no ticket was issued.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is no room for it.
    #[error(transparent)]
    Full(#[from] Full),
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an upload was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No such ticket, or no longer.
    #[error("the ticket is unknown")]
    Unknown,
    /// The ticket is bound to a file of another size.
    #[error("the ticket is bound to a file of {bound} bytes")]
    SizeChanged {
        /// The size it is bound to.
        bound: u64,
    },
    /// The file is larger than the settings allow.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The largest size that is taken.
        limit: u64,
    },
    /// There is no room for it now.
    #[error(transparent)]
    Full(#[from] Full),
    /// The upload was cancelled.
    #[error("the upload was cancelled")]
    Over,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the backend may not do what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No such ticket, or no longer.
    #[error("id unknown")]
    Unknown,
    /// The secret is not the ticket's.
    #[error("backendSecret not given or wrong")]
    WrongSecret,
    /// The file has arrived already.
    #[error("too late to cancel")]
    TooLate,
    /// The file has not arrived yet.
    #[error("uploader is not in 'handing over' state")]
    NotHandingOver,
    /// The file is handed over, or the server still tries.
    #[error("the file was not given up")]
    NotGivenUp,
    /// Nobody waits for the backend to finish.
    #[error("no waiting handover routine")]
    NotWaiting,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
