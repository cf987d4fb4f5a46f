//! Who is let in to the protocols that have no tickets.
//!
//! A hook is asked: an address that gets the headers of the request and says yes, or no. Whatever
//! it does not say, nobody is let in by mistake.

mod asked;
mod cache;
mod hook;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use crate::clients::Client;
use crate::config::Config;
use hook::Hook;

/// Who is let in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Access {
    hook: Option<Hook>,
}

/// A request that wants to be let in.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What that means, as headers in small letters, whatever the dialect of the request.
    pub meaning: &'a [(&'static str, String)],
    /// What it wants to do.
    pub method: &'a Method,
    /// With what.
    pub uri: &'a Uri,
    /// What it says about itself.
    pub headers: &'a HeaderMap,
    /// Whom it comes from.
    pub client: Option<Client>,
}

/// A request that is let in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admitted {
    /// For whom, as the hook says, by its header `X-Upload-Owner`.
    pub owner: Option<Arc<str>>,
}

/// Why a request is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// The hook said no.
    #[error("the authorisation said {status}")]
    Refused {
        /// 401 or 403.
        status: StatusCode,
        /// Why, in the words of the hook.
        words: String,
        /// What the client may do about a 401.
        challenge: Option<HeaderValue>,
    },
    /// The hook said nothing that can be understood, or nothing in time.
    #[error("the authorisation cannot be checked now, try again later")]
    Unanswered,
}

impl Access {
    /// Lets in whom the settings say.
    ///
    /// # Errors
    /// When there can be no HTTP client.
    pub fn new(config: &Config) -> Result<Access, crate::Error> {
        Ok(Access { hook: Hook::new(config)? })
    }

    /// Whether a request is let in.
    ///
    /// # Errors
    /// When it is not.
    pub async fn check(&self, asked: Asked<'_>) -> Result<Admitted, Denied> {
        match &self.hook {
            Some(hook) => hook.check(asked).await,
            None => Ok(Admitted::default()),
        }
    }
}
