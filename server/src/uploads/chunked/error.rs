//! Why a chunk is not taken.

use super::MAX_CHUNKS;
use crate::store::StoreError;
use crate::uploads::{CreateError, Full};

/// Why a chunk is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ChunkError {
    /// There is no room for the file now.
    #[error(transparent)]
    Full(#[from] Full),
    /// The file is larger than the settings allow.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The largest size that is taken.
        limit: u64,
    },
    /// The chunk is larger than the settings allow.
    #[error("the chunk is larger than {limit} bytes, send smaller ones")]
    ChunkTooLarge {
        /// The largest size that is taken.
        limit: u64,
    },
    /// The file is cut too small.
    #[error("the file has more than {MAX_CHUNKS} chunks")]
    TooManyChunks,
    /// An earlier upload under the same key is not over yet.
    #[error("an earlier upload under this identifier is not over yet, try again later")]
    Busy,
    /// An upload under the same key has an owner, and this is somebody else.
    #[error(
        "another upload has this identifier and goes on: choose another identifier, or wait until it has ended"
    )]
    Owned,
    /// The upload was started over meanwhile.
    #[error("the upload was started over meanwhile, try again")]
    Overtaken,
    /// More bytes than the chunk has.
    #[error("expected {expected} bytes in this chunk, found more")]
    TooLong {
        /// How many it has.
        expected: u64,
    },
    /// Fewer bytes than the chunk has.
    #[error("expected {expected} bytes in this chunk, found {found}")]
    TooShort {
        /// How many it has.
        expected: u64,
        /// How many came.
        found: u64,
    },
    /// It is not what its digest says.
    #[error("the bytes from {from} to {to} arrived damaged, send them again")]
    Damaged {
        /// Where it begins in the file.
        from: u64,
        /// Where it ends.
        to: u64,
    },
    /// It belongs to another file than chunks that were taken before, and nothing tells which of
    /// those were its own.
    #[error("another file came under this identifier, send the whole file again")]
    Mixed,
    /// Chunks that were taken before are lost.
    #[error("the server has lost chunks of this file that it had, send the whole file again")]
    Lost,
    /// The store failed.
    #[error("{}", .0.advice())]
    Store(#[from] StoreError),
}

impl ChunkError {
    /// Whether the same chunk may be taken later.
    pub fn is_transient(&self) -> bool {
        match self {
            ChunkError::Full(_)
            | ChunkError::Busy
            | ChunkError::Overtaken
            | ChunkError::Damaged { .. }
            | ChunkError::Store(_) => true,
            ChunkError::TooLarge { .. }
            | ChunkError::ChunkTooLarge { .. }
            | ChunkError::TooManyChunks
            | ChunkError::Owned
            | ChunkError::Mixed
            | ChunkError::Lost
            | ChunkError::TooLong { .. }
            | ChunkError::TooShort { .. } => false,
        }
    }
}

impl From<CreateError> for ChunkError {
    fn from(error: CreateError) -> ChunkError {
        match error {
            CreateError::Full(full) => ChunkError::Full(full),
            CreateError::Store(error) => ChunkError::Store(error),
        }
    }
}

impl From<std::io::Error> for ChunkError {
    fn from(error: std::io::Error) -> ChunkError {
        ChunkError::Store(error.into())
    }
}
