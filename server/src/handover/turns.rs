//! Whose turn it is to call a backend.
//!
//! So many are called at once, and of one address no more than half of that: a backend that takes its
//! time holds up its own files and not those of others. Who waits gets a turn in the order in which it
//! came, one address after the other.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The turns. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    most: usize,
    of_one: usize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    taken: usize,
    /// How many have waited before.
    count: u64,
    lanes: HashMap<String, Lane>,
    /// The addresses for which somebody waits, the next one first.
    order: VecDeque<String>,
}

/// The calls to one address.
#[derive(Debug, Default)]
struct Lane {
    taken: usize,
    /// Who came first is first.
    waiting: BTreeMap<u64, oneshot::Sender<Turn>>,
}

/// A place among those who wait, until it is dropped.
#[derive(Debug)]
struct Waiting {
    shared: Arc<Shared>,
    address: String,
    number: u64,
    /// It is dropped after its sender: a turn that came last is given back.
    turn: oneshot::Receiver<Turn>,
}

/// The right to call a backend, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    shared: Arc<Shared>,
    /// None once it was given back.
    address: Option<String>,
}

impl Turns {
    /// So many at once, one at least.
    pub(super) fn new(most: usize) -> Turns {
        let most = most.max(1);
        let shared = Shared { most, of_one: most.div_ceil(2), table: Mutex::default() };
        Turns { shared: Arc::new(shared) }
    }

    /// Waits until this address may be called.
    pub(super) async fn turn(&self, address: String) -> Turn {
        loop {
            let turn = self.shared.take_or_wait(&address);
            match turn {
                Ok(turn) => return turn,
                // It is never closed before it was served.
                Err(mut waiting) => match (&mut waiting.turn).await {
                    Ok(turn) => return turn,
                    Err(_) => tokio::task::yield_now().await,
                },
            }
        }
    }
}

impl Shared {
    fn take_or_wait(self: &Arc<Shared>, address: &str) -> Result<Turn, Waiting> {
        let mut table = self.table();
        let table = &mut *table;
        let is_free = table.taken < self.most;
        let lane = table.lanes.entry(address.to_owned()).or_default();
        if is_free && lane.taken < self.of_one {
            lane.taken += 1;
            table.taken += 1;
            return Ok(Turn { shared: Arc::clone(self), address: Some(address.to_owned()) });
        }
        let (sender, turn) = oneshot::channel();
        table.count += 1;
        let number = table.count;
        lane.waiting.insert(number, sender);
        if lane.waiting.len() == 1 {
            table.order.push_back(address.to_owned());
        }
        Err(Waiting { shared: Arc::clone(self), address: address.to_owned(), number, turn })
    }

    fn give_back(self: &Arc<Shared>, address: &str) {
        let mut table = self.table();
        table.taken -= 1;
        if let Some(lane) = table.lanes.get_mut(address) {
            lane.taken -= 1;
            if lane.taken == 0 && lane.waiting.is_empty() {
                table.lanes.remove(address);
            }
        }
        self.serve(&mut table);
    }

    /// Gives turns to those who wait, as far as there are any.
    fn serve(self: &Arc<Shared>, table: &mut Table) {
        for _ in 0..table.order.len() {
            if table.taken >= self.most {
                return;
            }
            let Some(address) = table.order.pop_front() else { return };
            let Some(lane) = table.lanes.get_mut(&address) else { continue };
            if lane.taken < self.of_one && self.serve_one(lane, &address) {
                table.taken += 1;
            }
            if !lane.waiting.is_empty() {
                table.order.push_back(address);
            } else if lane.taken == 0 {
                table.lanes.remove(&address);
            }
        }
    }

    /// Gives a turn to the first who still waits; false if nobody does.
    fn serve_one(self: &Arc<Shared>, lane: &mut Lane, address: &str) -> bool {
        while let Some((_, waiting)) = lane.waiting.pop_first() {
            let turn = Turn { shared: Arc::clone(self), address: Some(address.to_owned()) };
            match waiting.send(turn) {
                Ok(()) => {
                    lane.taken += 1;
                    return true;
                }
                // Nobody has it: there is nothing to give back.
                Err(mut turn) => turn.address = None,
            }
        }
        false
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Somebody does not wait any more, be it that its turn has come.
    fn leave(&mut self, address: &str, number: u64) {
        let Some(lane) = self.lanes.get_mut(address) else { return };
        let has_waited = lane.waiting.remove(&number).is_some();
        if has_waited && lane.waiting.is_empty() {
            self.order.retain(|other| other != address);
            if lane.taken == 0 {
                self.lanes.remove(address);
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.shared.table().leave(&self.address, self.number);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(address) = self.address.take() {
            self.shared.give_back(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn now(turns: &Turns, address: &str) -> Option<Turn> {
        turns.turn(address.to_owned()).now_or_never()
    }

    #[tokio::test]
    async fn one_address_takes_half_of_all_turns_and_others_the_rest() {
        let turns = Turns::new(4);
        let slow = [now(&turns, "slow").unwrap(), now(&turns, "slow").unwrap()];
        assert!(now(&turns, "slow").is_none());
        let others = [now(&turns, "a").unwrap(), now(&turns, "b").unwrap()];
        assert!(now(&turns, "c").is_none(), "there are no more");
        drop(slow);
        assert!(now(&turns, "c").is_some());
        drop(others);
        assert!(turns.shared.table().lanes.is_empty());
    }

    #[tokio::test]
    async fn addresses_take_turns_and_each_serves_who_came_first() {
        let turns = Turns::new(1);
        let first = turns.turn("x".to_owned()).await;
        let order: Arc<Mutex<Vec<String>>> = Arc::default();
        let mut tasks = Vec::new();
        for name in ["a1", "a2", "a3", "b1", "b2", "c1"] {
            let (turns, order) = (turns.clone(), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _turn = turns.turn(name[..1].to_owned()).await;
                order.lock().unwrap().push(name.to_owned());
            }));
            tokio::task::yield_now().await;
        }
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), ["a1", "b1", "c1", "a2", "b2", "a3"]);
        assert!(turns.shared.table().lanes.is_empty() && turns.shared.table().taken == 0);
    }

    #[tokio::test]
    async fn who_does_not_wait_any_more_costs_no_turn() {
        let turns = Turns::new(1);
        let first = turns.turn("a".to_owned()).await;
        let mut given_up: Vec<_> = (0..3).map(|_| Box::pin(turns.turn("a".to_owned()))).collect();
        let mut waits = Box::pin(turns.turn("a".to_owned()));
        for waiting in &mut given_up {
            assert!(waiting.now_or_never().is_none());
        }
        assert!((&mut waits).now_or_never().is_none());
        drop(given_up);
        drop(first);
        drop(waits.await);
        assert!(now(&turns, "b").is_some());
    }

    #[tokio::test]
    async fn a_turn_that_was_given_to_somebody_who_left_is_given_to_the_next() {
        let turns = Turns::new(1);
        let first = turns.turn("a".to_owned()).await;
        let mut leaves = Box::pin(turns.turn("a".to_owned()));
        assert!((&mut leaves).now_or_never().is_none());
        drop(first);
        assert!(now(&turns, "a").is_none(), "it is given already");
        drop(leaves);
        assert!(now(&turns, "a").is_some());
    }

    #[tokio::test]
    async fn who_does_not_wait_any_more_is_forgotten_while_a_backend_is_silent() {
        let turns = Turns::new(1);
        let _silent = turns.turn("a".to_owned()).await;
        for _ in 0..100 {
            assert!(now(&turns, "a").is_none() && now(&turns, "b").is_none());
        }
        let table = turns.shared.table();
        assert!(table.order.is_empty());
        assert_eq!((table.lanes.len(), table.lanes["a"].waiting.len()), (1, 0));
    }
}
