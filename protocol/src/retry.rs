//! How long to wait before the next attempt.

use std::time::Duration;

use crate::options::Retry;

/// Counts the attempts that failed and throws the dice for the next wait.
#[derive(Debug)]
pub(crate) struct Backoff {
    rule: Retry,
    failures: u32,
    dice: fastrand::Rng,
}

impl Backoff {
    pub(crate) fn new(rule: Retry, seed: u64) -> Backoff {
        Backoff { rule, failures: 0, dice: fastrand::Rng::with_seed(seed) }
    }

    /// Bytes were confirmed: whatever failed before is forgiven.
    pub(crate) fn earn_back(&mut self) {
        self.failures = 0;
    }

    /// An attempt has failed: how long to wait for the next, or `None` if it was the last.
    pub(crate) fn next(&mut self) -> Option<Duration> {
        if self.rule.attempts.is_some_and(|attempts| self.failures >= attempts) {
            return None;
        }
        let last = self.rule.delays.len().saturating_sub(1);
        let longest = self.rule.delays.get(last.min(self.failures as usize));
        self.failures = self.failures.saturating_add(1);
        let longest = longest.copied().unwrap_or_default();
        let longest_ms =
            longest.as_secs().saturating_mul(1000) + u64::from(longest.subsec_millis());
        Some(Duration::from_millis(self.dice.u64(0..=longest_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(delays_ms: &[u64], attempts: Option<u32>) -> Retry {
        Retry { delays: delays_ms.iter().copied().map(Duration::from_millis).collect(), attempts }
    }

    #[test]
    fn waits_are_a_random_part_of_a_growing_limit_and_the_last_limit_repeats() {
        let limits = [10, 100, 1000, 1000, 1000];
        let mut longest = [Duration::ZERO; 5];
        for seed in 0..200 {
            let mut backoff = Backoff::new(rule(&[10, 100, 1000], None), seed);
            for (limit, longest) in limits.iter().zip(&mut longest) {
                let wait = backoff.next().expect("unlimited");
                assert!(wait <= Duration::from_millis(*limit));
                *longest = wait.max(*longest);
            }
        }
        for (limit, longest) in limits.iter().zip(longest) {
            assert!(longest > Duration::from_millis(limit * 8 / 10), "the jitter is full");
        }
    }

    #[test]
    fn attempts_run_out() {
        let mut backoff = Backoff::new(rule(&[1], Some(2)), 7);
        assert!(backoff.next().is_some());
        assert!(backoff.next().is_some());
        assert_eq!(backoff.next(), None);
    }

    #[test]
    fn confirmed_bytes_earn_attempts_back() {
        let mut backoff = Backoff::new(rule(&[1], Some(1)), 7);
        assert!(backoff.next().is_some());
        backoff.earn_back();
        assert!(backoff.next().is_some());
        assert_eq!(backoff.next(), None);
    }

    #[test]
    fn no_delays_mean_no_wait() {
        let mut backoff = Backoff::new(rule(&[], None), 7);
        assert_eq!(backoff.next(), Some(Duration::ZERO));
    }
}
