//! Where uploads are kept.
//!
//! A [`Store`] knows bytes and documents, nothing of protocols. The bytes of an upload are written
//! at offsets, so that protocols may send them in any order. Everything else about an upload is
//! one small [`Document`], changed by compare-and-swap: who holds the version that is stored may
//! replace it. An object store can do both, with parts and conditional writes, and then several
//! servers can share it.

#[cfg(test)]
mod conformance;
mod disk;
mod memory;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

pub use disk::{Disk, FolderKeeper, FolderLock, Ground};
pub use memory::Memory;

use crate::files::{FileSystem, Native};
use crate::uploads::Document;

/// Keeps the bytes and the documents of uploads.
#[async_trait]
pub trait Store: std::fmt::Debug + Send + Sync + 'static {
    /// Keeps a new document. It is durable when this returns.
    async fn create(&self, document: &Document) -> Result<Version>;

    /// The document of an upload, or `None` when there is none.
    async fn load(&self, id: Uuid) -> Result<Option<(Document, Version)>>;

    /// Replaces a document if it is still the one with this version; [`StoreError::Conflict`] if
    /// not. It is durable when this returns.
    async fn replace(&self, document: &Document, version: Version) -> Result<Version>;

    /// Makes an empty file for the bytes, unless there is one. Of a new file no part is noted.
    async fn begin(&self, id: Uuid) -> Result<()>;

    /// Opens the file that `begin` made, to fill it. There is one writer at a time.
    async fn open(&self, id: Uuid) -> Result<Box<dyn Writer>>;

    /// Notes that a part of the file is there, after its bytes were written. It costs the same for
    /// any part of any file, and survives as the bytes do: the end of this process, and a power
    /// failure once the bytes are durable. No note outlives the bytes.
    ///
    /// An object store may keep each part as an object, and needs no note.
    async fn mark(&self, id: Uuid, part: u64) -> Result<()>;

    /// The parts that are noted, in order.
    async fn marks(&self, id: Uuid) -> Result<Vec<u64>>;

    /// The parts that were noted and may be gone since a power failure, in order.
    async fn lost(&self, id: Uuid) -> Result<Vec<u64>>;

    /// Whether parts may have been lost that nobody knows of: in a power failure, which is so until the
    /// document is replaced, or because they could not be made durable, until the file is opened.
    async fn is_in_doubt(&self, _id: Uuid) -> Result<bool> {
        Ok(false)
    }

    /// Forgets which parts are there. They stay forgotten when this returns.
    async fn unmark(&self, id: Uuid) -> Result<()>;

    /// How long the file is: the end of the furthest write.
    async fn length(&self, id: Uuid) -> Result<u64>;

    /// How many bytes the file takes, in whatever places: fewer than its length if it has holes.
    async fn room_taken(&self, id: Uuid) -> Result<u64> {
        self.length(id).await
    }

    /// Cuts off what a power failure may have spoilt of a file that is written from its first byte
    /// to its last, and says how long it is.
    async fn settle(&self, id: Uuid) -> Result<u64>;

    /// Reads bytes of the file; fewer where it ends earlier.
    async fn read(&self, id: Uuid, range: Range<u64>) -> Result<Bytes>;

    /// Where a backend finds the bytes.
    fn location(&self, id: Uuid) -> String;

    /// Moves the bytes to a file outside of the store, which is durable when this returns.
    async fn take_out(&self, id: Uuid, to: &Path) -> Result<()>;

    /// Deletes the bytes and keeps the document. True when there were any.
    async fn remove_bytes(&self, id: Uuid) -> Result<bool>;

    /// Forgets the document and leaves the bytes, if they are still here, to the backend.
    async fn forget(&self, id: Uuid) -> Result<()>;

    /// Deletes all of an upload. Nothing to delete is no error.
    async fn remove(&self, id: Uuid) -> Result<()>;

    /// When the bytes or the document of an upload were last written; `None` without a document.
    async fn last_activity(&self, id: Uuid) -> Result<Option<SystemTime>>;

    /// Makes sure that something can be stored, and keeps nothing of it. It need not be durable.
    async fn probe(&self) -> Result<()> {
        Ok(())
    }

    /// Lets go of what is kept at hand of files that nobody has written to for so long. Whoever has a
    /// writer can go on with it, and nothing that was written is lost.
    async fn close_rested(&self, _silence: Duration) -> Result<()> {
        Ok(())
    }

    /// What files are changed with that are beside the store.
    fn files(&self) -> Arc<dyn FileSystem> {
        Arc::new(Native)
    }

    /// All uploads that have a document.
    async fn list(&self) -> Result<Vec<Listed>>;
}

/// Fills the file of one upload.
#[async_trait]
pub trait Writer: std::fmt::Debug + Send + Sync {
    /// Writes bytes at an offset. They survive the end of this process when this returns, and a
    /// power failure after `seal`, or when they have been sent on to the disk meanwhile.
    async fn write(&mut self, offset: u64, bytes: Bytes) -> Result<()>;

    /// Whether these bytes are there at an offset. To find them is activity.
    async fn has(&mut self, offset: u64, bytes: Bytes) -> Result<bool>;

    /// Makes the bytes durable; [`StoreError::WrongLength`] unless the file has this size. Bytes
    /// that could not be made durable are given up: no part is noted any more, and the next writer
    /// finds the file empty.
    async fn seal(&mut self, size: u64) -> Result<()>;
}

/// What is known of an upload without reading its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The upload.
    pub id: Uuid,
    /// When its bytes or its document were last written.
    pub last_activity: SystemTime,
}

/// Which state of a document is meant. Opaque outside of the store that issued it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(u64);

/// What a store answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a store could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The upload, or its file, is not there.
    #[error("there is no upload {0}")]
    NotFound(Uuid),
    /// The id is taken.
    #[error("there is an upload {0} already")]
    Exists(Uuid),
    /// The document was replaced by somebody else meanwhile.
    #[error("the document of upload {0} was changed meanwhile")]
    Conflict(Uuid),
    /// The document cannot be read.
    #[error("the document of upload {id} is damaged: {cause}")]
    Damaged {
        /// The upload.
        id: Uuid,
        /// What is wrong.
        cause: serde_json::Error,
    },
    /// The file does not have the size it was said to have.
    #[error("the file of upload {id} has {found} bytes instead of {expected}")]
    WrongLength {
        /// The upload.
        id: Uuid,
        /// The size that was declared.
        expected: u64,
        /// The size of the file.
        found: u64,
    },
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl StoreError {
    /// Whether there is no room left.
    pub fn is_full(&self) -> bool {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let StoreError::Io(error) = self else { return false };
        matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
    }

    /// What is to be told to clients: the causes stay in the log.
    pub fn advice(&self) -> &'static str {
        if self.is_full() {
            "the disk of the server is full, try again when there is room"
        } else {
            "the server cannot store the chunk now, try again later"
        }
    }

    /// Whether it may work the next time, with nobody doing anything about the upload.
    pub fn may_pass(&self) -> bool {
        matches!(self, StoreError::Io(_) | StoreError::Conflict(_))
    }
}
