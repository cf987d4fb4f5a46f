//! How many requests each client makes.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Network;

/// How often clients are forgotten that have made no request for a while.
const PAUSE: Duration = Duration::from_secs(10);

/// Limits the requests of each client. Clones count together.
#[derive(Clone, Debug)]
pub struct Rate {
    limiter: Option<Arc<DefaultKeyedRateLimiter<Network>>>,
}

impl Rate {
    /// Lets each client make so many requests a second, and so many at once after a rest; 0 for any
    /// number, and for as many as in a second.
    pub fn new(per_second: u32, burst: u32) -> Rate {
        let limiter = NonZeroU32::new(per_second).map(|per_second| {
            let burst = NonZeroU32::new(burst).unwrap_or(per_second);
            Arc::new(RateLimiter::keyed(Quota::per_second(per_second).allow_burst(burst)))
        });
        Rate { limiter }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// When it is one too many; with how long the client has to wait.
    pub fn count(&self, address: IpAddr) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        let checked = limiter.check_key(&Network::of(address));
        checked.map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }

    /// Forgets clients for ever, as soon as they may make all requests at once again.
    pub async fn keep_forgetting(self) {
        let Some(limiter) = self.limiter else { return };
        loop {
            tokio::time::sleep(PAUSE).await;
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_too_often_hears_how_long_to_wait_and_nobody_else_does() {
        let rate = Rate::new(1, 3);
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..3 {
            assert_eq!(rate.count(one), Ok(()));
        }
        let wait = rate.count(one).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(rate.count(other), Ok(()));
    }

    #[test]
    fn without_a_limit_everybody_may_ask() {
        let rate = Rate::new(0, 0);
        assert!((0..1000).all(|_| rate.count("::1".parse().unwrap()).is_ok()));
    }
}
