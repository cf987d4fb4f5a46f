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
        self.0.push((wake, Timeout::new(milliseconds(after), then)));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Browsers take no more than 31 bits, and would fire at once.
fn milliseconds(after: Duration) -> u32 {
    let whole = after.as_secs().saturating_mul(1000).saturating_add(after.subsec_millis().into());
    u32::try_from(whole).unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs())
}
