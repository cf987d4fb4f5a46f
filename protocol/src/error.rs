//! What can go wrong, by whose fault it was.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::{decimal, joined};

/// Why an attempt, or a whole upload, failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller asked for something that cannot be.
    Misuse(String),
    /// The connection could not be made, or broke.
    Lost(String),
    /// The server answered that it cannot for now, in its own words.
    Unavailable(String),
    /// Nothing moved for too long.
    TimedOut(Duration),
    /// The server refused, in its own words.
    Rejected(String),
    /// The caller's own function refused for good, in these words.
    Refused(String),
    /// The caller's own function cannot for now, in these words.
    Postponed(String),
    /// The server broke the protocol.
    Misbehaved {
        /// What the protocol asks for.
        expected: &'static str,
        /// What came instead.
        found: String,
    },
    /// Bytes arrived that are not the bytes that were sent.
    ChecksumMismatch(Range<u64>),
    /// The file is no longer the file that was chosen, or cannot be read any more.
    FileChanged(String),
    /// The protocol, the server or the browser has no such thing.
    Unsupported(String),
}

/// The close code of a server that has no room now.
#[cfg(any(feature = "incoming", feature = "galileo"))]
const TRY_AGAIN_LATER: u16 = 1013;

impl Error {
    /// The loss of a WebSocket that was closed with this code, and these words if there are any.
    #[cfg(any(feature = "incoming", feature = "galileo"))]
    pub(crate) fn closed(code: u16, reason: &str) -> Error {
        let colon = if reason.is_empty() { "" } else { ": " };
        let error = if code == TRY_AGAIN_LATER { Error::Unavailable } else { Error::Lost };
        let code = decimal(code.into());
        error(joined(&["it closed with code ", &code, colon, reason]))
    }

    /// What a function of the caller has thrown, by its [`kind`](Error::kind), with its words. Kinds
    /// that pass are tried again; of the others only a misuse keeps its kind, because it is the function
    /// that refuses, whatever made it.
    pub fn of_page(kind: &str, words: String) -> Error {
        match kind {
            "misuse" => Error::Misuse(words),
            "lost" | "unavailable" | "timed_out" | "checksum_mismatch" => Error::Postponed(words),
            _ => Error::Refused(words),
        }
    }

    /// What happened, as a sentence for a person.
    pub fn words(&self) -> String {
        match self {
            Error::Misuse(words) | Error::Refused(words) | Error::Postponed(words) => words.clone(),
            Error::Lost(words) => joined(&["the connection to the server was lost: ", words]),
            Error::Unavailable(words) => joined(&["the server cannot take it for now: ", words]),
            Error::TimedOut(after) => {
                joined(&["the server was silent for ", &decimal(after.as_secs()), " seconds"])
            }
            Error::Rejected(words) => joined(&["the server refused: ", words]),
            Error::Misbehaved { expected, found } => {
                joined(&["the server broke the protocol: expected ", expected, ", found ", found])
            }
            Error::ChecksumMismatch(range) => {
                let (start, end) = (decimal(range.start), decimal(range.end));
                joined(&["the bytes from ", &start, " to ", &end, " arrived damaged"])
            }
            Error::FileChanged(words) => joined(&[
                "the file changed or can no longer be read (",
                words,
                "); choose it again",
            ]),
            Error::Unsupported(what) => joined(&[what, " is not supported here"]),
        }
    }

    /// A word for the kind of error. Stable: programs may compare it.
    pub fn kind(&self) -> &'static str {
        match self {
            Error::Misuse(_) => "misuse",
            Error::Lost(_) => "lost",
            Error::Unavailable(_) | Error::Postponed(_) => "unavailable",
            Error::TimedOut(_) => "timed_out",
            Error::Rejected(_) | Error::Refused(_) => "rejected",
            Error::Misbehaved { .. } => "misbehaved",
            Error::ChecksumMismatch(_) => "checksum_mismatch",
            Error::FileChanged(_) => "file_changed",
            Error::Unsupported(_) => "unsupported",
        }
    }

    /// A number for the kind of error. Stable: programs may compare it.
    ///
    /// 0 is left out, because the original Incoming!! server sends it for every error; 9 is
    /// [`CANCELLED`].
    pub fn code(&self) -> u32 {
        match self {
            Error::Misuse(_) => 1,
            Error::Lost(_) => 2,
            Error::TimedOut(_) => 3,
            Error::Rejected(_) | Error::Refused(_) => 4,
            Error::Misbehaved { .. } => 5,
            Error::ChecksumMismatch(_) => 6,
            Error::FileChanged(_) => 7,
            Error::Unsupported(_) => 8,
            Error::Unavailable(_) | Error::Postponed(_) => 10,
        }
    }

    /// True if the same thing may succeed when it is tried again.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Lost(_)
            | Error::Unavailable(_)
            | Error::Postponed(_)
            | Error::TimedOut(_)
            | Error::ChecksumMismatch(_) => true,
            Error::Misuse(_)
            | Error::Rejected(_)
            | Error::Refused(_)
            | Error::Misbehaved { .. }
            | Error::FileChanged(_)
            | Error::Unsupported(_) => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

/// The code of a cancelled upload, which is no error: somebody wanted it.
pub const CANCELLED: u32 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    fn one_of_each() -> [Error; 9] {
        [
            Error::Misuse("no".into()),
            Error::Lost("code 1006".into()),
            Error::TimedOut(Duration::from_secs(60)),
            Error::Rejected("full".into()),
            Error::Misbehaved { expected: "an answer", found: "nothing".into() },
            Error::ChecksumMismatch(0..5),
            Error::FileChanged("gone".into()),
            Error::Unsupported("pause".into()),
            Error::Unavailable("status 503".into()),
        ]
    }

    #[test]
    fn the_table_of_codes_is_stable() {
        let table: Vec<_> = one_of_each().iter().map(|e| (e.code(), e.kind())).collect();
        assert_eq!(
            table,
            [
                (1, "misuse"),
                (2, "lost"),
                (3, "timed_out"),
                (4, "rejected"),
                (5, "misbehaved"),
                (6, "checksum_mismatch"),
                (7, "file_changed"),
                (8, "unsupported"),
                (10, "unavailable"),
            ]
        );
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let transient: Vec<_> =
            one_of_each().into_iter().filter(Error::is_transient).map(|e| e.kind()).collect();
        assert_eq!(transient, ["lost", "timed_out", "checksum_mismatch", "unavailable"]);
    }

    #[test]
    fn what_a_function_of_the_page_throws_keeps_its_words_and_whether_it_passes() {
        for (kind, expected, is_transient) in [
            ("rejected", "rejected", false),
            ("unavailable", "unavailable", true),
            ("lost", "unavailable", true),
            ("timed_out", "unavailable", true),
            ("checksum_mismatch", "unavailable", true),
            ("misuse", "misuse", false),
            ("unsupported", "rejected", false),
            ("file_changed", "rejected", false),
            ("misbehaved", "rejected", false),
            ("cancelled", "rejected", false),
        ] {
            let error = Error::of_page(kind, "quota exceeded".into());
            assert_eq!(error.to_string(), "quota exceeded", "exactly as it was thrown");
            assert_eq!((error.kind(), error.is_transient()), (expected, is_transient), "{kind}");
        }
        let refused = Error::of_page("rejected", String::new());
        assert_eq!(refused.code(), Error::Rejected(String::new()).code());
    }

    #[test]
    fn messages_are_sentences_for_a_person() {
        let timed_out = Error::TimedOut(Duration::from_secs(60));
        assert_eq!(timed_out.to_string(), "the server was silent for 60 seconds");
    }
}
