//! Whose word about other addresses is believed.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

use super::Client;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies that are trusted.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

/// What is neither an address nor a network.
#[derive(Debug, thiserror::Error)]
#[error("trusted-proxies must be addresses or networks such as 10.0.0.0/8, found {0:?}")]
pub struct NoNetwork(String);

impl Proxies {
    /// Trusts these addresses and networks.
    ///
    /// # Errors
    /// When one is neither.
    pub fn new(networks: &[String]) -> Result<Proxies, NoNetwork> {
        let parse = |text: &String| {
            let network = text.trim().parse().or_else(|_| text.trim().parse().map(IpAddr::into));
            network.map_err(|_| NoNetwork(text.clone()))
        };
        networks.iter().map(parse).collect::<Result<_, _>>().map(Proxies)
    }

    /// Whether an address is that of a trusted proxy.
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whom a request comes from that came over a connection of this peer. Each proxy adds whom it
    /// heard at the end of the list; the last who is no trusted proxy is the client.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let mut client = Client { address: peer.to_canonical(), is_behind_proxy: false };
        if !self.trust(peer) {
            return client;
        }
        let values = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
        for hop in hops.into_iter().rev() {
            let Some(address) = address(hop) else { break };
            client = Client { address, is_behind_proxy: true };
            if !self.trust(address) {
                break;
            }
        }
        client
    }
}

/// Some proxies add the port.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let socket = hop.parse().map(|socket: std::net::SocketAddr| socket.ip());
    bare.parse().or(socket).ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> (String, bool) {
        let proxies = Proxies::new(&["10.0.0.0/8".to_owned(), "2001:db8::1".to_owned()]).unwrap();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let client = proxies.client(peer.parse().unwrap(), &headers);
        (client.address.to_string(), client.is_behind_proxy)
    }

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        assert_eq!(client("192.0.2.1", &["198.51.100.1"]), ("192.0.2.1".to_owned(), false));
    }

    #[test]
    fn a_trusted_proxy_names_the_client() {
        let named = ("198.51.100.1".to_owned(), true);
        for (peer, forwarded) in [
            ("10.1.2.3", &["198.51.100.1"][..]),
            ("::ffff:10.1.2.3", &["198.51.100.1:4711"]),
            ("2001:db8::1", &["203.0.113.9, 198.51.100.1, 10.9.9.9"]),
            ("10.1.2.3", &["203.0.113.9, 198.51.100.1", "10.9.9.9"]),
        ] {
            assert_eq!(client(peer, forwarded), named, "{peer} {forwarded:?}");
        }
        assert_eq!(client("10.1.2.3", &["[2001:db8::7]:80"]), ("2001:db8::7".to_owned(), true));
    }

    #[test]
    fn what_a_client_puts_in_front_of_the_list_is_not_believed() {
        let last = ("192.0.2.7".to_owned(), true);
        assert_eq!(client("10.1.2.3", &["127.0.0.1", "nonsense, 192.0.2.7"]), last);
        assert_eq!(client("10.1.2.3", &["nonsense"]), ("10.1.2.3".to_owned(), false));
        assert_eq!(client("10.1.2.3", &[]), ("10.1.2.3".to_owned(), false));
    }

    #[test]
    fn what_is_no_network_is_named() {
        let error = Proxies::new(&["10.0.0.0/8".to_owned(), "proxy".to_owned()]).unwrap_err();
        assert!(error.to_string().ends_with("\"proxy\""), "{error}");
    }
}
