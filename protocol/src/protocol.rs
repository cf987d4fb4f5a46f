//! The list of all protocols: the only file that names every one.

use crate::machine::Machine;
use crate::options::Job;
use crate::resumable::Dialect;
use crate::{Error, fineuploader, galileo, incoming, resumable, robusto};

/// An upload protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// [Incoming!!](crate::incoming)
    Incoming,
    /// [GalileoSend](crate::galileo)
    Galileo,
    /// [Resumable.js](crate::resumable)
    Resumable,
    /// [flow.js](crate::resumable)
    Flow,
    /// [Fine Uploader](crate::fineuploader)
    FineUploader,
    /// [Mr. Robusto](crate::robusto)
    Robusto,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: &[Protocol] = &[
        Protocol::Incoming,
        Protocol::Galileo,
        Protocol::Resumable,
        Protocol::Flow,
        Protocol::FineUploader,
        Protocol::Robusto,
    ];

    /// What a caller who does not choose gets.
    pub const DEFAULT: Protocol = Protocol::Incoming;

    /// The name by which a caller chooses it.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Incoming => "incoming",
            Protocol::Galileo => "galileo",
            Protocol::Resumable => "resumable",
            Protocol::Flow => "flow",
            Protocol::FineUploader => "fineuploader",
            Protocol::Robusto => "robusto",
        }
    }

    /// The protocol of this name.
    pub fn named(name: &str) -> Option<Protocol> {
        Protocol::ALL.iter().copied().find(|protocol| protocol.name() == name)
    }

    /// Where its servers are found on their host unless the caller says otherwise.
    pub fn path(self) -> &'static str {
        match self {
            Protocol::Incoming => incoming::PATH,
            Protocol::Galileo => galileo::PATH,
            Protocol::Resumable | Protocol::Flow => resumable::PATH,
            Protocol::FineUploader => fineuploader::PATH,
            Protocol::Robusto => robusto::PATH,
        }
    }

    /// The scheme of the addresses of its servers.
    pub fn scheme(self, secure: bool) -> &'static str {
        let (plain, encrypted) = match self {
            Protocol::Incoming | Protocol::Galileo => ("ws", "wss"),
            Protocol::Resumable | Protocol::Flow | Protocol::FineUploader | Protocol::Robusto => {
                ("http", "https")
            }
        };
        if secure { encrypted } else { plain }
    }

    /// The client's side of an upload. The seed is for whatever is to be random in it.
    ///
    /// # Errors
    /// A misuse that names the option that is unknown or wrong.
    pub fn client(self, job: Job, seed: u64) -> Result<Box<dyn Machine>, Error> {
        Ok(match self {
            Protocol::Incoming => Box::new(incoming::Client::new(job)?),
            Protocol::Galileo => Box::new(galileo::Client::new(job)?),
            Protocol::Resumable => Box::new(resumable::Client::new(Dialect::Resumable, job)?),
            Protocol::Flow => Box::new(resumable::Client::new(Dialect::Flow, job)?),
            Protocol::FineUploader => Box::new(fineuploader::Client::new(job, seed)?),
            Protocol::Robusto => Box::new(robusto::Client::new(job)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_has_the_scheme_of_what_carries_it() {
        let schemes = |secure| Protocol::ALL.iter().map(move |protocol| protocol.scheme(secure));
        assert!(schemes(false).eq(["ws", "ws", "http", "http", "http", "http"]));
        assert!(schemes(true).eq(["wss", "wss", "https", "https", "https", "https"]));
    }

    #[test]
    fn every_protocol_is_found_by_its_name() {
        for protocol in Protocol::ALL {
            assert_eq!(Protocol::named(protocol.name()), Some(*protocol));
        }
        assert_eq!(Protocol::named("carrier pigeon"), None);
    }
}
