//! The list of all protocols: the only file that names every one.

#[cfg(feature = "fineuploader")]
use crate::fineuploader;
#[cfg(feature = "galileo")]
use crate::galileo;
#[cfg(feature = "incoming")]
use crate::incoming;
use crate::machine::Machine;
use crate::options::Job;
#[cfg(feature = "resumable")]
use crate::resumable::{self, Dialect};
#[cfg(feature = "robusto")]
use crate::robusto;
use crate::{Error, joined};

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
    /// Every protocol of this build, as its features say.
    pub const ALL: &[Protocol] = &[
        #[cfg(feature = "incoming")]
        Protocol::Incoming,
        #[cfg(feature = "galileo")]
        Protocol::Galileo,
        #[cfg(feature = "resumable")]
        Protocol::Resumable,
        #[cfg(feature = "resumable")]
        Protocol::Flow,
        #[cfg(feature = "fineuploader")]
        Protocol::FineUploader,
        #[cfg(feature = "robusto")]
        Protocol::Robusto,
    ];

    /// Every protocol that there is, in any build.
    const EVERY: [Protocol; 6] = [
        Protocol::Incoming,
        Protocol::Galileo,
        Protocol::Resumable,
        Protocol::Flow,
        Protocol::FineUploader,
        Protocol::Robusto,
    ];

    /// What a caller who does not choose gets: the first one of this build.
    pub const DEFAULT: Protocol = Protocol::ALL[0];

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

    /// The protocol of this name, whether this build has it or not.
    pub fn named(name: &str) -> Option<Protocol> {
        Protocol::EVERY.into_iter().find(|protocol| protocol.name() == name)
    }

    /// True if this build has it.
    pub fn is_built(self) -> bool {
        Protocol::ALL.contains(&self)
    }

    /// The name of the build that has it and nothing else, and of the feature that turns it on.
    pub fn build(self) -> &'static str {
        match self {
            Protocol::Flow => Protocol::Resumable.name(),
            other => other.name(),
        }
    }

    /// Where its servers are found on their host unless the caller says otherwise; empty if this
    /// build does not have it.
    pub fn path(self) -> &'static str {
        match self {
            #[cfg(feature = "incoming")]
            Protocol::Incoming => incoming::PATH,
            #[cfg(feature = "galileo")]
            Protocol::Galileo => galileo::PATH,
            #[cfg(feature = "resumable")]
            Protocol::Resumable | Protocol::Flow => resumable::PATH,
            #[cfg(feature = "fineuploader")]
            Protocol::FineUploader => fineuploader::PATH,
            #[cfg(feature = "robusto")]
            Protocol::Robusto => robusto::PATH,
            #[allow(unreachable_patterns, reason = "only in builds without some protocol")]
            _ => "",
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

    #[allow(dead_code, reason = "only in builds without some protocol")]
    fn is_missing(self, _: Job) -> Error {
        let name = self.name();
        Error::Misuse(joined(&[
            "protocol '",
            name,
            "' is not in this build, which speaks only ",
            Protocol::DEFAULT.build(),
            "; import 'incoming-uploader/",
            self.build(),
            "' or 'incoming-uploader'",
        ]))
    }

    /// The client's side of an upload. The seed is for whatever is to be random in it.
    ///
    /// # Errors
    /// A misuse that names the option that is unknown or wrong.
    pub fn client(self, job: Job, seed: u64) -> Result<Box<dyn Machine>, Error> {
        let _ = seed;
        Ok(match self {
            #[cfg(feature = "incoming")]
            Protocol::Incoming => Box::new(incoming::Client::new(job)?),
            #[cfg(feature = "galileo")]
            Protocol::Galileo => Box::new(galileo::Client::new(job)?),
            #[cfg(feature = "resumable")]
            Protocol::Resumable => Box::new(resumable::Client::new(Dialect::Resumable, job)?),
            #[cfg(feature = "resumable")]
            Protocol::Flow => Box::new(resumable::Client::new(Dialect::Flow, job)?),
            #[cfg(feature = "fineuploader")]
            Protocol::FineUploader => Box::new(fineuploader::Client::new(job, seed)?),
            #[cfg(feature = "robusto")]
            Protocol::Robusto => Box::new(robusto::Client::new(job)?),
            #[allow(unreachable_patterns, reason = "only in builds without some protocol")]
            other => return Err(other.is_missing(job)),
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
