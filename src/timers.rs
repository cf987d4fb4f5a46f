//! The waits of one attempt.

use std::time::Duration;

use gloo_timers::callback::Timeout;
use incoming_protocol::Wake;

/// Timers by what they are for; a new one replaces the old one, and dropping one stops it.
#[derive(Default)]
pub(crate) struct Timers(Vec<(Wake, Timeout)>);

impl Timers {
    pub(crate) fn set(&mut self, wake: Wake, after: Duration, then: impl FnOnce() + 'static) {
        self.0.retain(|(other, _)| *other != wake);
        let milliseconds = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
        // Browsers take no more than 31 bits and would fire at once.
        self.0.push((wake, Timeout::new(milliseconds.min(i32::MAX as u32), then)));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
