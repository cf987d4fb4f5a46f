//! Requests as data: what is to be sent where, for whoever holds the network.

use std::ops::Range;
use std::time::Duration;

use crate::{Error, Json, Md5, joined};

/// Names a request of an upload. No two of an upload have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u32);

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// By what it is known.
    pub id: RequestId,
    /// The method, in capitals.
    pub method: String,
    /// The address, without what `query` adds.
    pub url: String,
    /// What is added to the address.
    pub query: Query,
    /// Headers besides those of the caller.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Body,
    /// The MD5 of the file's bytes in the body, which the server is to compare with what arrives.
    pub digest: Option<Md5>,
    /// The server is to say the MD5 of the whole file when it has all of it.
    pub wants_file_digest: bool,
    /// The MD5 that the server said of the whole file, and that is wrong: a server that still has
    /// that file begins anew. It is no echo of what has arrived.
    pub damaged_file: Option<Md5>,
}

impl Request {
    /// A request without parameters and headers; spaces of parameters become `%20`.
    pub fn new(id: RequestId, method: &str, url: &str, body: Body) -> Request {
        Request {
            id,
            method: method.to_owned(),
            url: url.to_owned(),
            query: Query::default(),
            headers: Vec::new(),
            body,
            digest: None,
            wants_file_digest: false,
            damaged_file: None,
        }
    }
}

/// What is added to an address after `?`, or after `&` if it has a query already.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The parameters in order.
    pub fields: Vec<Field>,
    /// Spaces become `+` and not `%20`.
    pub plus: bool,
}

/// One parameter, or the place for those of the caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// A name and a value.
    Pair(String, String),
    /// The caller's own parameters stand here, each name behind this prefix.
    Extra(String),
}

impl Field {
    /// A parameter.
    pub fn new(name: &str, value: &str) -> Field {
        Field::Pair(name.to_owned(), value.to_owned())
    }
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// Bytes of the file as they are.
    Bytes {
        /// Which bytes.
        range: Range<u64>,
        /// As what.
        media_type: MediaType,
    },
    /// Parameters, as in a query.
    Form(Vec<Field>),
    /// `multipart/form-data`: parameters, then bytes of the file.
    Multipart {
        /// The parameters.
        fields: Vec<Field>,
        /// The bytes, as the last part.
        part: Part,
    },
}

impl Body {
    /// Which bytes of the file this sends.
    pub fn range(&self) -> Option<&Range<u64>> {
        match self {
            Body::Bytes { range, .. } | Body::Multipart { part: Part { range, .. }, .. } => {
                Some(range)
            }
            Body::Empty | Body::Form(_) => None,
        }
    }
}

/// The part of a form that has the file's bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The name of the part.
    pub name: String,
    /// The name that the part says the file has; `None`: what the browser calls a nameless blob.
    pub filename: Option<String>,
    /// Which bytes.
    pub range: Range<u64>,
    /// As what.
    pub media_type: MediaType,
}

/// What bytes are said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// Whatever the file is.
    OfFile,
    /// `application/octet-stream`.
    Octets,
}

/// By which member of a JSON answer to a chunk our server says whether it has all chunks.
pub const HAS_ALL_CHUNKS: &str = "has_all_chunks";

/// The header, with `?1`, by which our server hears that others of an upload are confirmed: a file
/// that it knows as whole is not begun anew then, however late the chunk comes.
pub const CONTINUES: &str = "Upload-Continues";

/// What came back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The body as text.
    pub text: String,
    /// The body as JSON, if it is.
    pub json: Option<Json>,
    /// How long the server wants to be left alone, as `Retry-After` says; zero if it does not say.
    pub retry_after: Duration,
    /// The MD5 of the file's bytes in the request as they arrived, if the server says it.
    pub digest: Option<Md5>,
    /// The MD5 of the whole file as it arrived, if the server says it.
    pub file_digest: Option<Md5>,
}

impl Response {
    /// What it means when the same request may succeed later.
    pub fn unavailable(&self) -> Error {
        Error::Unavailable(self.words())
    }

    /// True if a gateway answered, or a server that has no time: nothing is known of what was
    /// asked for.
    pub fn may_pass(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 502..=504)
    }

    /// True if the server refuses the request, whenever it comes.
    pub fn refuses(&self) -> bool {
        matches!(self.status, 400..=499) && !self.may_pass()
    }

    /// The status and the beginning of the body, for a person.
    pub fn words(&self) -> String {
        let status = u64::from(self.status).to_string();
        let body: String = self.text.trim_ascii().chars().take(200).collect();
        if body.is_empty() {
            return joined(&["status ", &status]);
        }
        joined(&["status ", &status, ": ", &body])
    }
}
