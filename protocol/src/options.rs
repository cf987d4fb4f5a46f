//! What the caller may choose.

use std::time::Duration;

/// What is to be uploaded, and where.
#[derive(Clone, Debug)]
pub struct Job {
    /// What the server knows the upload by.
    pub ticket: String,
    /// The address of the server.
    pub endpoint: String,
    /// The name of the file, without a path.
    pub name: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// How to go about it.
    pub options: Options,
}

/// How to go about an upload.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The largest chunk in bytes, if smaller than what the server allows. Default: as the
    /// server says.
    pub chunk_size: Option<u64>,
    /// When to try again.
    pub retry: Retry,
    /// How long nothing may move before a connection counts as lost. Default: 60 seconds.
    pub stall_timeout: Duration,
}

/// When to try again after a loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// The longest wait before the first new attempt, the second and so on; the last one repeats.
    /// Each wait is a random part of it, so that a thousand clients of a server that comes back
    /// do not come back at once. Default: 0.5, 1, 2, 4, 8, 16, 30 seconds.
    pub delays: Vec<Duration>,
    /// How many attempts in a row may fail without a byte confirmed. Default: any number.
    pub attempts: Option<u32>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            chunk_size: None,
            retry: Retry::default(),
            stall_timeout: Duration::from_secs(60),
        }
    }
}

impl Default for Retry {
    fn default() -> Retry {
        let delays = [500, 1000, 2000, 4000, 8000, 16_000, 30_000];
        Retry { delays: delays.map(Duration::from_millis).into(), attempts: None }
    }
}
