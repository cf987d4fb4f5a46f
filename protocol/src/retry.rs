//! How long to wait before the next attempt.

use std::time::Duration;

use crate::options::Retry;

/// No server is left alone for longer, whatever it asks for.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

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

    /// True if the caller has said how many attempts there are, and not only how long to wait.
    pub(crate) fn is_limited(&self) -> bool {
        self.rule.attempts.is_some()
    }

    /// Bytes were confirmed: whatever failed before is forgiven.
    pub(crate) fn earn_back(&mut self) {
        self.failures = 0;
    }

    /// An attempt has failed: how long to wait for the next, or `None` if it was the last. A server
    /// that asks to be left alone for so long is, and up to a quarter longer, so that not everybody
    /// whom it asked comes back at once; so is one that is in doubt, for all of a wait that would have
    /// come so much later.
    pub(crate) fn next(&mut self, asked: Duration, later: Option<usize>) -> Option<Duration> {
        if self.rule.attempts.is_some_and(|attempts| self.failures >= attempts) {
            return None;
        }
        let last = self.rule.delays.len().saturating_sub(1);
        let delay = |step: usize| {
            milliseconds(self.rule.delays.get(last.min(step)).copied().unwrap_or_default())
        };
        let longest_ms = delay(self.failures as usize);
        let in_doubt_ms = later.map_or(0, |later| delay(self.failures as usize + later));
        let asked_ms = milliseconds(asked.min(LONGEST_ASKED)).max(in_doubt_ms);
        let longest_ms = longest_ms.max(asked_ms / 4);
        self.failures = self.failures.saturating_add(1);
        Some(Duration::from_millis(asked_ms + self.dice.u64(0..=longest_ms)))
    }
}

/// The whole milliseconds of a duration, or as many as there can be.
pub fn milliseconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1000).saturating_add(duration.subsec_millis().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Duration = Duration::ZERO;

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
                let wait = backoff.next(NOTHING, None).expect("unlimited");
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
        assert!(backoff.next(NOTHING, None).is_some());
        assert!(backoff.next(NOTHING, None).is_some());
        assert_eq!(backoff.next(NOTHING, None), None);
    }

    #[test]
    fn confirmed_bytes_earn_attempts_back() {
        let mut backoff = Backoff::new(rule(&[1], Some(1)), 7);
        assert!(backoff.next(NOTHING, None).is_some());
        backoff.earn_back();
        assert!(backoff.next(NOTHING, None).is_some());
        assert_eq!(backoff.next(NOTHING, None), None);
    }

    #[test]
    fn a_server_that_asks_for_time_gets_it_and_not_everybody_comes_back_at_once() {
        let asked = Duration::from_secs(100);
        for delays in [&[][..], &[1000], &[40_000]] {
            let wait = |seed| Backoff::new(rule(delays, None), seed).next(asked, None);
            let waits: Vec<_> = (0..200).map(|seed| wait(seed).expect("unlimited")).collect();
            assert!(waits.iter().all(|wait| *wait >= asked));
            let spread = *waits.iter().max().expect("many") - asked;
            let longest = Duration::from_secs(if delays.contains(&40_000) { 40 } else { 25 });
            assert!(spread > longest * 8 / 10 && spread <= longest, "{delays:?}: {spread:?}");
        }
    }

    #[test]
    fn no_server_is_left_alone_for_more_than_an_hour_and_a_quarter() {
        let wait = Backoff::new(rule(&[], None), 7).next(Duration::MAX, None).expect("unlimited");
        assert!(wait >= LONGEST_ASKED && wait <= LONGEST_ASKED * 5 / 4);
    }

    #[test]
    fn no_delays_mean_no_wait() {
        let mut backoff = Backoff::new(rule(&[], None), 7);
        assert_eq!(backoff.next(NOTHING, None), Some(Duration::ZERO));
    }

    #[test]
    fn a_server_in_doubt_gets_all_of_a_later_wait() {
        let mut backoff = Backoff::new(rule(&[10, 100, 1000], None), 7);
        for least_ms in [1000, 1000, 1000] {
            let wait = backoff.next(NOTHING, Some(2)).expect("unlimited");
            assert!(wait >= Duration::from_millis(least_ms), "{wait:?}");
        }
        let mut backoff = Backoff::new(rule(&[], None), 7);
        assert_eq!(backoff.next(NOTHING, Some(2)), Some(NOTHING));
    }
}
