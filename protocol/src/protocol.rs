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
use crate::words::listed;
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
    pub const EVERY: [Protocol; 6] = [
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

    /// The protocol that a caller has chosen by its name.
    ///
    /// # Errors
    /// A misuse that lists the names of all protocols, or that says which build has this one.
    pub fn chosen(name: &str) -> Result<Protocol, Error> {
        match Protocol::named(name) {
            Some(protocol) if protocol.is_built() => Ok(protocol),
            Some(protocol) => Err(protocol.missing()),
            None => {
                let names = listed(&mut Protocol::EVERY.into_iter().map(Protocol::name));
                let words = ["expected one of: ", &names, " as protocol, found '", name, "'"];
                Err(Error::Misuse(joined(&words)))
            }
        }
    }

    /// What is wrong with this protocol in a build that does not have it.
    fn missing(self) -> Error {
        Error::Misuse(joined(&[
            "protocol '",
            self.name(),
            "' is not in this build, which has only '",
            Protocol::DEFAULT.build(),
            "'; import 'incoming-uploader/",
            self.build(),
            "' or 'incoming-uploader' instead",
        ]))
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
            Protocol::Resumable => Box::new(resumable::Client::new(Dialect::Resumable, job, seed)?),
            #[cfg(feature = "resumable")]
            Protocol::Flow => Box::new(resumable::Client::new(Dialect::Flow, job, seed)?),
            #[cfg(feature = "fineuploader")]
            Protocol::FineUploader => Box::new(fineuploader::Client::new(job, seed)?),
            #[cfg(feature = "robusto")]
            Protocol::Robusto => Box::new(robusto::Client::new(job)?),
            #[allow(unreachable_patterns, reason = "only in builds without some protocol")]
            other => {
                drop(job);
                return Err(other.missing());
            }
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

    #[test]
    fn an_unknown_name_is_answered_with_all_that_are_known() {
        assert_eq!(Protocol::chosen("flow"), Ok(Protocol::Flow));
        let words = Protocol::chosen("tus").expect_err("unknown").to_string();
        let known = "incoming, galileo, resumable, flow, fineuploader, robusto";
        assert_eq!(words, format!("expected one of: {known} as protocol, found 'tus'"));
    }

    #[test]
    fn a_build_without_a_protocol_names_the_import_that_has_it() {
        for (protocol, import) in [
            (Protocol::Robusto, "'incoming-uploader/robusto'"),
            (Protocol::Flow, "'incoming-uploader/resumable'"),
        ] {
            let words = protocol.missing().to_string();
            assert!(words.contains(protocol.name()) && words.contains(import), "{words}");
            assert!(words.contains("or 'incoming-uploader'"), "{words}");
        }
    }
}
