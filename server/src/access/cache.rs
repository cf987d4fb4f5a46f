//! Who was let in a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Admitted;

/// What is remembered of a request: a digest, from which no secret can be read.
pub(super) type Key = [u8; 32];

/// How many requests are remembered.
const MOST: usize = 10_000;

/// Remembers for a while.
#[derive(Debug)]
pub(super) struct Cache {
    life: Duration,
    until: Mutex<HashMap<Key, (Instant, Admitted)>>,
}

impl Cache {
    pub(super) fn new(life: Duration) -> Cache {
        Cache { life, until: Mutex::default() }
    }

    pub(super) fn find(&self, key: &Key) -> Option<Admitted> {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, admitted) = until.get(key).filter(|(until, _)| Instant::now() < *until)?;
        Some(admitted.clone())
    }

    pub(super) fn keep(&self, key: Key, admitted: Admitted) {
        if self.life.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= MOST {
            until.retain(|_, (until, _)| now < *until);
        }
        // Asking once more costs less than finding out who came first.
        if until.len() >= MOST {
            until.clear();
        }
        until.insert(key, (now + self.life, admitted));
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
        cache.keep(key(1), Admitted::default());
        assert!(cache.find(&key(1)).is_some() && cache.find(&key(2)).is_none());
        std::thread::sleep(Duration::from_millis(60));
        assert!(cache.find(&key(1)).is_none());
    }

    #[test]
    fn the_memory_is_bounded() {
        let cache = Cache::new(Duration::from_secs(60));
        (0..3 * MOST as u64).for_each(|number| cache.keep(key(number), Admitted::default()));
        assert!(cache.until.lock().unwrap().len() <= MOST);
        assert!(cache.find(&key(3 * MOST as u64 - 1)).is_some());
    }
}
