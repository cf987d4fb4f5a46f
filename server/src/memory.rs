//! What the unfinished messages of all WebSockets may hold in memory together.
//!
//! A message is in memory from its first byte until it is stored. The first bytes of each are free. Up to
//! half of the limit is for everybody; the other half is for the oldest messages, so that there are always
//! some that can be finished. The others wait, and TCP lets their senders wait. While anybody waits, who
//! keeps bytes here and hardly sends more is in the way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// How many bytes of a message do not count: control messages never have to wait.
pub(crate) const FREE: u64 = 16 * 1024;

/// Of how many bytes that get free another one may make use that waits.
const AT_ONCE: u64 = 64 * 1024;

/// The memory for all messages. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// What is for everybody.
    common: u64,
    /// How many messages, the oldest, may have more than that.
    preferred: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: u64,
    next: u64,
    /// Those that hold more than is free, the oldest first.
    messages: BTreeMap<u64, Standing>,
    /// How many of them wait.
    waiting: usize,
}

/// How it stands with a message.
#[derive(Debug)]
enum Standing {
    Coming,
    /// There is no room for more of it.
    Waiting(Waker),
    /// Nearly nothing came for a while.
    Stuck(Waker),
}

/// What one message holds, for as long as this lives or until it is released.
#[derive(Debug)]
pub(crate) struct Share {
    memory: Memory,
    /// How much may still come that does not count.
    free: u64,
    /// Its place among the others, once it holds more than is free.
    number: Option<u64>,
    /// How much of it counts.
    held: u64,
}

impl Memory {
    /// So many bytes for all, for messages of at most so many.
    pub(crate) fn new(limit: u64, largest: u64) -> Memory {
        let common = limit / 2;
        let preferred = usize::try_from(common / largest.max(1)).unwrap_or(usize::MAX).max(1);
        let shared = Shared { common, preferred, state: Mutex::default() };
        Memory { shared: Arc::new(shared) }
    }

    /// A share for a message that has not begun.
    pub(crate) fn share(&self) -> Share {
        Share { memory: self.clone(), free: FREE, number: None, held: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Ready when there is room for so many more bytes.
    pub(crate) fn poll_room(&mut self, cx: &mut Context<'_>, bytes: u64) -> Poll<()> {
        if self.number.is_none() && bytes <= self.free {
            return Poll::Ready(());
        }
        let mut state = self.memory.lock();
        let number = *self.number.get_or_insert_with(|| state.begin());
        if state.has_room(number, bytes, &self.memory.shared) {
            return Poll::Ready(());
        }
        state.set(number, Standing::Waiting(cx.waker().clone()));
        Poll::Pending
    }

    /// Counts bytes that have come.
    pub(crate) fn add(&mut self, bytes: u64) {
        if let Some(number) = self.number {
            let mut state = self.memory.lock();
            state.set(number, Standing::Coming);
            state.held += bytes;
            self.held += bytes;
        } else {
            self.free = self.free.saturating_sub(bytes);
        }
    }

    /// Ready when others wait; is to be asked when hardly anything comes.
    pub(crate) fn poll_in_the_way(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(number) = self.number else { return Poll::Pending };
        let mut state = self.memory.lock();
        if state.waiting > 0 {
            return Poll::Ready(());
        }
        state.set(number, Standing::Stuck(cx.waker().clone()));
        Poll::Pending
    }

    /// Whether others wait for what this holds.
    pub(crate) fn is_in_the_way(&self) -> bool {
        self.number.is_some() && self.memory.lock().waiting > 0
    }

    /// Nothing is held any more.
    pub(crate) fn release(&mut self) {
        if let Some(number) = self.number.take() {
            self.memory.lock().end(number, self.held);
        }
        (self.free, self.held) = (FREE, 0);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.release();
    }
}

impl State {
    fn begin(&mut self) -> u64 {
        self.next += 1;
        self.messages.insert(self.next, Standing::Coming);
        self.next
    }

    fn has_room(&self, number: u64, bytes: u64, shared: &Shared) -> bool {
        self.held + bytes <= shared.common
            || self.messages.keys().take(shared.preferred).any(|oldest| *oldest == number)
    }

    fn set(&mut self, number: u64, standing: Standing) {
        let is_waiting = standing.is_waiting();
        let was_waiting = self.messages.insert(number, standing).is_some_and(|it| it.is_waiting());
        self.waiting = self.waiting + usize::from(is_waiting) - usize::from(was_waiting);
        if is_waiting && !was_waiting {
            self.messages.values().filter_map(Standing::stuck).for_each(Waker::wake_by_ref);
        }
    }

    fn end(&mut self, number: u64, held: u64) {
        let was_waiting = self.messages.remove(&number).is_some_and(|it| it.is_waiting());
        self.waiting -= usize::from(was_waiting);
        self.held -= held;
        if self.waiting > 0 {
            let some = usize::try_from(held / AT_ONCE).unwrap_or(usize::MAX).saturating_add(1);
            let waiting = self.messages.values().filter_map(Standing::waiting);
            waiting.take(some).for_each(Waker::wake_by_ref);
        }
    }
}

impl Standing {
    fn is_waiting(&self) -> bool {
        self.waiting().is_some()
    }

    fn waiting(&self) -> Option<&Waker> {
        if let Standing::Waiting(waker) = self { Some(waker) } else { None }
    }

    fn stuck(&self) -> Option<&Waker> {
        if let Standing::Stuck(waker) = self { Some(waker) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn take(share: &mut Share, bytes: u64) -> bool {
        let has_room = std::future::poll_fn(|cx| share.poll_room(cx, bytes)).now_or_never();
        has_room.inspect(|()| share.add(bytes)).is_some()
    }

    fn is_in_the_way(share: &mut Share) -> bool {
        std::future::poll_fn(|cx| share.poll_in_the_way(cx)).now_or_never().is_some()
    }

    #[test]
    fn the_oldest_messages_come_to_their_end_and_the_others_wait() {
        let memory = Memory::new(8 * MIB, MIB);
        let mut shares: Vec<_> = (0..8).map(|_| memory.share()).collect();
        assert!(shares.iter_mut().all(|share| take(share, MIB / 2)));
        let may_go_on: Vec<_> = shares.iter_mut().map(|share| take(share, MIB / 2)).collect();
        assert_eq!(may_go_on, [true, true, true, true, false, false, false, false]);
        shares.remove(0);
        assert!(take(&mut shares[3], MIB / 2), "it is one of the oldest now");
        assert!(!take(&mut shares[4], MIB / 2));
        shares.drain(..4);
        assert!(shares.iter_mut().all(|share| take(share, MIB / 2)));
    }

    #[test]
    fn what_all_hold_together_is_never_more_than_the_limit() {
        let memory = Memory::new(8 * MIB, MIB);
        let mut shares: Vec<_> = (0..100).map(|_| memory.share()).collect();
        let mut taken = [0; 100];
        for _ in 0..2 * MIB / FREE {
            for (share, taken) in shares.iter_mut().zip(&mut taken) {
                if *taken < MIB && take(share, FREE) {
                    *taken += FREE;
                }
            }
        }
        let held: u64 = taken.iter().map(|taken| taken - FREE).sum();
        assert!(held > 4 * MIB && held <= 8 * MIB, "{held}");
        shares.clear();
        assert_eq!(memory.lock().held, 0);
        assert!(memory.lock().messages.is_empty() && memory.lock().waiting == 0);
    }

    #[test]
    fn who_rests_is_in_the_way_only_while_others_wait() {
        let memory = Memory::new(2 * MIB, MIB);
        let (mut one, mut other, mut small) = (memory.share(), memory.share(), memory.share());
        assert!(take(&mut one, MIB) && take(&mut small, FREE));
        assert!(!is_in_the_way(&mut one));
        assert!(!take(&mut other, MIB));
        assert!(is_in_the_way(&mut one));
        assert!(!is_in_the_way(&mut small), "it would not help");
        one.release();
        assert!(take(&mut other, MIB));
    }
}
