//! How many connections each client has open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Network;

/// How many connections a client may have that is not on this machine.
const DEFAULT: usize = 256;

/// Counts the connections of each client. Clones count together.
#[derive(Clone, Debug)]
pub struct Connections {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// 0 for any number; `None` for the default.
    limit: Option<usize>,
    by_default: usize,
    open: Mutex<HashMap<Network, usize>>,
}

/// A connection that is counted as long as this lives.
#[derive(Debug)]
pub struct Place {
    network: Network,
    shared: Arc<Shared>,
}

impl Connections {
    /// Lets each client have so many at once; 0 for any number. By default 256, but no more than a
    /// quarter of `all`, and any number from this machine itself.
    pub fn new(limit: Option<usize>, all: usize) -> Connections {
        let by_default = DEFAULT.min(all / 4).max(1);
        Connections { shared: Arc::new(Shared { limit, by_default, open: Mutex::default() }) }
    }

    /// A place for one more; `None` when the client has as many as it may.
    pub fn enter(&self, address: IpAddr) -> Option<Place> {
        let network = Network::of(address);
        let mut open = self.shared.lock();
        let count = open.entry(network).or_default();
        let is_here = address.to_canonical().is_loopback();
        let by_default = if is_here { 0 } else { self.shared.by_default };
        let limit = self.shared.limit.unwrap_or(by_default);
        if limit > 0 && *count >= limit {
            return None;
        }
        *count += 1;
        Some(Place { network, shared: Arc::clone(&self.shared) })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.shared.lock();
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_is_left_and_nothing_is_remembered() {
        let connections = Connections::new(Some(2), 4096);
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = connections.enter(one).unwrap();
        let second = connections.enter(one).unwrap();
        assert!(connections.enter(one).is_none());
        let third = connections.enter(other).unwrap();
        drop(first);
        drop(connections.enter(one).unwrap());
        drop((second, third));
        assert!(connections.shared.lock().is_empty());
    }

    #[test]
    fn without_a_limit_there_is_always_a_place() {
        let connections = Connections::new(Some(0), 4096);
        let places: Vec<_> = (0..1000).map(|_| connections.enter("::1".parse().unwrap())).collect();
        assert!(places.iter().all(Option::is_some));
    }

    #[test]
    fn by_default_only_this_machine_has_any_number() {
        let most = |address: &str| {
            let connections = Connections::new(None, 4096);
            let address = address.parse().unwrap();
            (0..1000).map_while(|_| connections.enter(address)).collect::<Vec<_>>().len()
        };
        assert_eq!([most("127.0.0.1"), most("::1"), most("192.0.2.1")], [1000, 1000, DEFAULT]);
    }

    #[test]
    fn by_default_no_client_has_more_than_a_quarter_of_all() {
        let connections = Connections::new(None, 64);
        let address = "192.0.2.1".parse().unwrap();
        let places: Vec<_> = (0..64).map_while(|_| connections.enter(address)).collect();
        assert_eq!(places.len(), 16);
    }
}
