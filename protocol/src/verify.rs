//! Whether what arrived is what was sent.

use crate::Error;

/// What the server's fingerprints are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The MD5 of the whole file, at the end.
    File,
    /// The MD5 of every chunk, when it arrives.
    Chunks,
}

impl Verification {
    /// Its name as an option, as a property and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Verification::File => "file",
            Verification::Chunks => "chunks",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Verification> {
        match name {
            "file" => Some(Verification::File),
            "chunks" => Some(Verification::Chunks),
            _ => None,
        }
    }

    /// What it means that a server said nothing where it would have said a fingerprint.
    pub(crate) fn is_missing(self) -> Error {
        let what = match self {
            Verification::File => "verification of the file by this server",
            Verification::Chunks => "verification of chunks by this server",
        };
        Error::Unsupported(what.to_owned())
    }
}
