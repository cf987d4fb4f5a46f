//! How far the fingerprint of the whole file is.

use crate::{Error, Event, Md5, joined};

/// How often in a row what hashes may fail to load: a network comes back, a file that is not there
/// does not.
const MOST_FAILURES: u32 = 10;

/// The MD5 of the file, or the way to it.
#[derive(Debug, Default)]
pub(super) struct Hashing {
    /// How many bytes are hashed; `None` before the first word of it.
    bytes: Option<u64>,
    md5: Option<Md5>,
    /// How often in a row nothing could be hashed.
    failures: u32,
}

impl Hashing {
    /// Takes note of what concerns the whole of a file of this size.
    pub(super) fn note(&mut self, event: &Event, size: u64) {
        match event {
            Event::Hashed(bytes) => self.bytes = Some(*bytes),
            Event::Digested(range, md5) if *range == (0..size) => self.md5 = Some(md5.clone()),
            Event::NotDigested(_) => self.failures += 1,
            _ => {}
        }
        if matches!(event, Event::Hashed(_) | Event::Digested(..)) {
            self.failures = 0;
        }
    }

    /// What it means that what hashes, or resumes, could not be loaded, for this reason.
    pub(super) fn failure(&self, why: &str) -> Error {
        if self.failures < MOST_FAILURES {
            return Error::Lost(why.to_owned());
        }
        Error::Unsupported(joined(&["this (", why, ")"]))
    }

    pub(super) fn is_on(&self) -> bool {
        self.bytes.is_some() && self.md5.is_none()
    }

    pub(super) fn md5(&self) -> Option<&Md5> {
        self.md5.as_ref()
    }

    #[expect(clippy::cast_precision_loss, reason = "a fraction needs no more than 53 bits")]
    pub(super) fn fraction(&self, size: u64) -> f64 {
        match (&self.md5, self.bytes) {
            (Some(_), _) => 1.0,
            (None, Some(bytes)) if size > 0 => bytes as f64 / size as f64,
            _ => 0.0,
        }
    }
}
