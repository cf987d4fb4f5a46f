//! The list of all protocols: the only file that names every one.

use crate::incoming;
use crate::machine::Machine;
use crate::options::Job;

/// An upload protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// [Incoming!!](crate::incoming)
    Incoming,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: &[Protocol] = &[Protocol::Incoming];

    /// What a caller who does not choose gets.
    pub const DEFAULT: Protocol = Protocol::Incoming;

    /// The name by which a caller chooses it.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Incoming => "incoming",
        }
    }

    /// The protocol of this name.
    pub fn named(name: &str) -> Option<Protocol> {
        Protocol::ALL.iter().copied().find(|protocol| protocol.name() == name)
    }

    /// Where a server of this protocol is found unless the caller says otherwise, on the host
    /// (with the port, if it needs one) and with or without encryption.
    pub fn default_endpoint(self, host: &str, secure: bool) -> String {
        match self {
            Protocol::Incoming => {
                let scheme = if secure { "wss" } else { "ws" };
                format!("{scheme}://{host}{}", incoming::PATH)
            }
        }
    }

    /// The client's side of an upload.
    pub fn client(self, job: Job) -> Box<dyn Machine> {
        match self {
            Protocol::Incoming => Box::new(incoming::Client::new(job)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_is_found_by_its_name() {
        for protocol in Protocol::ALL {
            assert_eq!(Protocol::named(protocol.name()), Some(*protocol));
        }
        assert_eq!(Protocol::named("carrier pigeon"), None);
    }

    #[test]
    fn the_default_endpoint_follows_the_page() {
        let plain = Protocol::Incoming.default_endpoint("localhost:4000", false);
        assert_eq!(plain, "ws://localhost:4000/incoming/0.1/frontend/upload_ws");
        let secure = Protocol::Incoming.default_endpoint("up.example", true);
        assert_eq!(secure, "wss://up.example/incoming/0.1/frontend/upload_ws");
    }
}
