//! What is known about an upload besides its bytes.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use url::Url;
use uuid::Uuid;

use super::Holder;

/// An upload, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The ticket.
    pub id: Uuid,
    /// When the ticket was issued, in seconds since 1970.
    pub created_s: u64,
    /// Who gets the file.
    pub backend: Backend,
    /// The file, once a browser has said what it is.
    pub file: Option<FileInfo>,
    /// How far the upload is.
    pub state: State,
    /// Whose share of the room it takes.
    #[serde(default, skip_serializing_if = "Holder::is_nobody")]
    pub holder: Holder,
    /// How it came, if not by a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// The MD5 of the file in hexadecimal, if it is whole and somebody has asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub md5: Option<String>,
    /// How often its backend was told in vain, of a file that came without a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries: Option<Tries>,
}

/// Handovers that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// How many, one after the other.
    pub failed: u32,
    /// Why the last one did.
    pub reason: String,
}

/// An upload that needed no ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// In which protocol it came.
    pub protocol: String,
    /// By what the browser knows it. No path is ever made of it.
    pub key: Option<String>,
    /// By what the file is known where it arrives. The ticket is made of the key and may come
    /// again; this never does.
    pub file: Uuid,
    /// How it is cut, if it comes in chunks that may come in any order.
    pub chunks: Option<Layout>,
    /// By what its owner is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
}

/// Whoever has begun an upload, and was told its secret then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// What the owner was told.
    pub secret: Secret,
    /// The owner has shown it. Whoever has not, as no original client does, ends what this one has
    /// begun no more.
    pub is_known: bool,
}

/// How a file is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The size of all chunks but the last, in bytes.
    pub chunk_size: u64,
    /// How many chunks.
    pub count: u64,
}

/// Who gets a file, and how.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backend {
    /// Where the backend is told of the file.
    pub finish_url: String,
    /// Proves that a call comes from the backend.
    pub secret: Secret,
    /// Whether the file is deleted once the backend has it.
    pub remove_when_finished: bool,
}

/// The file of an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// Its size in bytes.
    pub size: u64,
    /// Its name, made harmless. No path is ever made of it.
    pub name: String,
}

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not all bytes are there.
    Receiving,
    /// The file is whole and durable; the backend is being told of it.
    HandingOver,
    /// The backend has said that it will finish later.
    Waiting {
        /// When it said so, in seconds since 1970.
        since_s: u64,
    },
    /// The backend could not take the file. Another attempt may follow.
    NotTaken,
    /// The backend has the file.
    Finished,
    /// Given up. What is left is on its way out.
    Cancelled {
        /// Why.
        reason: String,
    },
}

impl Backend {
    /// Where the backend is told of the file, for others to see: without a user name and password.
    pub fn shown_url(&self) -> String {
        match Url::parse(&self.finish_url) {
            Ok(mut url) if !url.username().is_empty() || url.password().is_some() => {
                // Fails only for addresses without a host, which have no such part.
                let _ = url.set_username("").and_then(|()| url.set_password(None));
                url.into()
            }
            Ok(_) => self.finish_url.clone(),
            Err(_) => String::new(),
        }
    }
}

/// A secret, compared in constant time and never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Document {
    /// A ticket that nobody has used yet.
    pub fn new(id: Uuid, backend: Backend, now: SystemTime) -> Document {
        Document {
            id,
            created_s: unix_s(now),
            backend,
            file: None,
            state: State::Receiving,
            holder: Holder::default(),
            arrival: None,
            md5: None,
            tries: None,
        }
    }

    /// Whether whoever shows this secret, or none, may put another upload in the place of this one. Parts
    /// of it anybody may send: a page that has lost the secret goes on.
    pub(super) fn yields_to(&self, secret: Option<&str>) -> bool {
        !self.owner().is_some_and(|owner| owner.is_known) || self.is_of(secret)
    }

    /// Whether this is the secret of its owner.
    pub(super) fn is_of(&self, secret: Option<&str>) -> bool {
        self.owner().zip(secret).is_some_and(|(owner, secret)| owner.secret.is(secret))
    }

    /// Whether this is the secret of an owner who has not shown it before.
    pub(super) fn hears_first_of(&self, secret: Option<&str>) -> bool {
        self.owner().is_some_and(|owner| !owner.is_known) && self.is_of(secret)
    }

    pub(super) fn owner(&self) -> Option<&Owner> {
        self.arrival.as_ref().and_then(|arrival| arrival.owner.as_ref())
    }

    pub(super) fn know_owner(&mut self) {
        let owner = self.arrival.as_mut().and_then(|arrival| arrival.owner.as_mut());
        owner.into_iter().for_each(|owner| owner.is_known = true);
    }

    /// The size of the file in bytes; 0 as long as nobody has said it.
    pub(super) fn size(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.size)
    }
}

impl Backend {
    /// The host and the port that are called.
    pub(crate) fn address(&self) -> String {
        let Ok(url) = Url::parse(&self.finish_url) else { return self.finish_url.clone() };
        let port = url.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", url.host_str().unwrap_or_default())
    }

    /// Nobody.
    pub fn nobody() -> Backend {
        Backend {
            finish_url: String::new(),
            secret: Secret::new(Uuid::new_v4().to_string()),
            remove_when_finished: false,
        }
    }

    /// Whether it is none.
    pub fn is_nobody(&self) -> bool {
        self.finish_url.is_empty()
    }
}

impl Owner {
    /// Whoever shows this secret, or hears a new one.
    pub fn with(secret: Option<&str>) -> Owner {
        let told = secret.map_or_else(|| Uuid::new_v4().simple().to_string(), str::to_owned);
        Owner { secret: Secret::new(told), is_known: secret.is_some() }
    }
}

impl Secret {
    /// Keeps a secret.
    pub fn new(secret: impl Into<String>) -> Secret {
        Secret(secret.into())
    }

    /// Whether this is the secret.
    pub fn is(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }

    /// The secret itself, to be sent to whom it belongs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend")
            .field("finish_url", &self.shown_url())
            .field("secret", &self.secret)
            .field("remove_when_finished", &self.remove_when_finished)
            .finish()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

pub(super) fn unix_s(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

#[cfg(test)]
mod tests {
    use super::{Backend, Secret};

    fn shown(finish_url: &str) -> String {
        let (finish_url, secret) = (finish_url.to_owned(), Secret::new(""));
        let backend = Backend { finish_url, secret, remove_when_finished: true };
        assert!(!format!("{backend:?}").contains("hush"));
        backend.shown_url()
    }

    #[test]
    fn an_address_is_shown_as_it_was_given() {
        for url in ["http://a.example", "https://A.example:81/x?y=u:p@z#q", "http://a/@b:c@d"] {
            assert_eq!(shown(url), url);
        }
    }

    #[test]
    fn a_password_in_an_address_is_never_shown() {
        for url in [
            "http://u:hush@a.example/x?y=z",
            "http://:hush@a.example/x?y=z",
            "http://hush@a.example/x?y=z",
            "http:u:hush@a.example/x?y=z",
            "http:\\\\u:hush@a.example/x?y=z",
            " http://u:hu@hush@a.example/x?y=z",
        ] {
            assert_eq!(shown(url), "http://a.example/x?y=z", "{url}");
        }
    }

    #[test]
    fn a_secret_knows_itself_and_never_shows() {
        let secret = Secret::new("hush");
        assert!(secret.is("hush"));
        assert!(!secret.is("hus"));
        assert!(!secret.is(""));
        assert!(!format!("{secret:?}").contains("hush"));
    }
}
