//! Why nothing can be stored, in words for everybody.

use std::io;

use crate::store::StoreError;

/// Why nothing can be stored. Its words have no path and nothing of anybody's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is no room.
    #[error("the disk of {0} is full")]
    Full(Place),
    /// It was mounted for reading only, perhaps by the system after a failure.
    #[error("the disk of {0} can only be read")]
    ReadOnly(Place),
    /// The server may not.
    #[error("the server may not write to {0}")]
    Denied(Place),
    /// It is not there and cannot be made.
    #[error("{0} is not there and cannot be made")]
    Gone(Place),
    /// It was deleted, and another server has made it anew.
    #[error("another server uses {0}")]
    InUse(Place),
    /// The disk does not say anything.
    #[error("the disk does not answer")]
    Silent,
    /// All else.
    #[error("{0} cannot be written to; the log says why")]
    Other(Place),
}

/// Where it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where uploads are.
    Storage,
    /// Where files end up that came without a ticket.
    Arrivals,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Place::Storage => "the storage folder",
            Place::Arrivals => "the folder of arrivals",
        })
    }
}

impl Unfit {
    /// Why nothing can be stored at a place, after this failure.
    pub(super) fn after(error: &StoreError, place: Place) -> Unfit {
        use io::ErrorKind::{
            NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem, ResourceBusy,
        };
        let kind = match error {
            StoreError::Io(error) => error.kind(),
            _ => io::ErrorKind::Other,
        };
        match kind {
            _ if error.is_full() => Unfit::Full(place),
            ReadOnlyFilesystem => Unfit::ReadOnly(place),
            PermissionDenied => Unfit::Denied(place),
            NotFound | NotADirectory => Unfit::Gone(place),
            ResourceBusy => Unfit::InUse(place),
            _ => Unfit::Other(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_in_plain_words() {
        for (kind, place, words) in [
            (io::ErrorKind::StorageFull, Place::Storage, "the disk of the storage folder is full"),
            (
                io::ErrorKind::ReadOnlyFilesystem,
                Place::Arrivals,
                "the disk of the folder of arrivals can only be read",
            ),
            (
                io::ErrorKind::PermissionDenied,
                Place::Storage,
                "the server may not write to the storage folder",
            ),
            (
                io::ErrorKind::Other,
                Place::Storage,
                "the storage folder cannot be written to; the log says why",
            ),
        ] {
            let error = io::Error::new(kind, "/secret/path").into();
            assert_eq!(Unfit::after(&error, place).to_string(), words);
        }
    }
}
