//! Who the clients are, and how much each of them gets.
//!
//! A client is an address: that of the connection, or, behind a proxy that is trusted, the one that
//! the proxy names. Limits count IPv6 addresses by /64, which is what one home has.

mod connections;
mod proxies;
mod rate;

use std::net::{IpAddr, Ipv6Addr};

use tokio::sync::OwnedSemaphorePermit;

use crate::activity::Places;
use crate::config::Config;
pub use connections::{Connections, Place};
pub use proxies::{NoNetwork, Proxies};
pub use rate::Rate;

/// What is known of all clients. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients {
    /// The connections that they have open.
    pub connections: Connections,
    /// The requests that they make.
    pub rate: Rate,
    /// Who speaks for others.
    pub proxies: Proxies,
}

/// Whom a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The address.
    pub address: IpAddr,
    /// It is what a trusted proxy says, and the connection is the proxy's.
    pub is_behind_proxy: bool,
}

impl Clients {
    /// Counts as the settings say.
    ///
    /// # Errors
    /// When a proxy is none.
    pub fn new(config: &Config) -> Result<Clients, NoNetwork> {
        Ok(Clients {
            connections: Connections::new(
                config.max_connections_per_address,
                config.max_connections,
            ),
            rate: Rate::new(config.max_request_rate, config.request_burst),
            proxies: Proxies::new(&config.trusted_proxies)?,
        })
    }

    /// The places of a new connection; `None` when its client has too many.
    pub(crate) fn places(&self, peer: IpAddr, among_all: OwnedSemaphorePermit) -> Option<Places> {
        let of_client = match self.proxies.trust(peer) {
            true => None,
            false => Some(self.connections.enter(peer)?),
        };
        Some(Places { among_all, of_client })
    }
}

/// What limits count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpAddr);

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Network {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64 << 64;
                Network(Ipv6Addr::from_bits(network).into())
            }
            address @ IpAddr::V4(_) => Network(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_home_is_one_client_and_each_ipv4_address_another() {
        let network = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::3"), network("2001:db8:1:2:ffff::4"));
        assert_ne!(network("2001:db8:1:2::3"), network("2001:db8:1:3::3"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
