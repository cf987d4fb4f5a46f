//! Who was let in a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is remembered of a request: a digest, from which no secret can be read.
pub(super) type Key = [u8; 32];

/// How many requests are remembered.
const MOST: usize = 10_000;

/// Remembers for a while.
#[derive(Debug)]
pub(super) struct Cache {
    life: Duration,
    until: Mutex<HashMap<Key, Instant>>,
}

impl Cache {
    pub(super) fn new(life: Duration) -> Cache {
        Cache { life, until: Mutex::default() }
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.get(key).is_some_and(|until| Instant::now() < *until)
    }

    pub(super) fn keep(&self, key: Key) {
        if self.life.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= MOST {
            until.retain(|_, until| now < *until);
        }
        // Asking once more costs less than finding out who came first.
        if until.len() >= MOST {
            until.clear();
        }
        until.insert(key, now + self.life);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> Key {
        let mut key = Key::default();
        key[..8].copy_from_slice(&number.to_be_bytes());
        key
    }

    #[test]
    fn who_was_let_in_is_remembered_for_a_while() {
        let cache = Cache::new(Duration::from_millis(50));
        cache.keep(key(1));
        assert!(cache.has(&key(1)) && !cache.has(&key(2)));
        std::thread::sleep(Duration::from_millis(60));
        assert!(!cache.has(&key(1)));
    }

    #[test]
    fn the_memory_is_bounded() {
        let cache = Cache::new(Duration::from_secs(60));
        (0..3 * MOST as u64).for_each(|number| cache.keep(key(number)));
        assert!(cache.until.lock().unwrap().len() <= MOST);
        assert!(cache.has(&key(3 * MOST as u64 - 1)));
    }
}
