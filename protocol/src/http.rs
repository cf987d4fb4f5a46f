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
    /// The response headers that the machine reads; others are not told.
    pub wants: Vec<&'static str>,
    /// Sent to a third party: without the headers, the parameters and the cookies of the caller.
    pub is_bare: bool,
    /// A success status alone says that what was sent is stored, so that the answer of somebody
    /// else, such as a login page, must not be taken for the server's.
    pub is_proof: bool,
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
            wants: vec![SERVER, RETRY_AFTER],
            is_bare: false,
            is_proof: false,
        }
    }

    /// Adds a header that is sent.
    pub fn say(&mut self, name: &'static str, value: &str) {
        self.headers.push((name, value.to_owned()));
    }

    /// The value of a header that is sent, by its name as it is written in this crate.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

fn find<'a>(headers: &'a [(&'static str, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
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
    /// A text.
    Text {
        /// What it says.
        text: String,
        /// As what.
        media_type: &'static str,
    },
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
            Body::Empty | Body::Form(_) | Body::Text { .. } => None,
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
    /// This one.
    Of(&'static str),
}

impl MediaType {
    /// Bytes of which nothing is said.
    pub const OCTETS: MediaType = MediaType::Of("application/octet-stream");
}

/// The response header by which our server shows that it is ours; its value is [`OURS`].
pub const SERVER: &str = "Upload-Server";
/// The value of [`SERVER`].
pub const OURS: &str = "incoming";
/// The response header that says when to ask again: in seconds, or as a date, which whoever holds
/// the network turns into seconds from now.
pub const RETRY_AFTER: &str = "Retry-After";
/// The address of what was made: whoever holds the network resolves it against the address of the
/// answer.
pub const LOCATION: &str = "Location";
/// The request header with the digest of the file's bytes in the body, which the server is to compare
/// with what arrives (RFC 9530).
pub const CONTENT_DIGEST: &str = "Content-Digest";
/// The request header that asks for the digest of the whole file once all of it is there (RFC 9530).
pub const WANT_FILE_DIGEST: &str = "Want-Repr-Digest";
/// The request header with the digest that the server said of the whole file, and that is wrong: a
/// server that still has that file begins anew. It is no echo of what has arrived.
pub const DAMAGED_DIGEST: &str = "Upload-Damaged-Digest";
/// The response header with the digest of the file's bytes in the request as they arrived.
pub const ARRIVED_DIGEST: &str = "Upload-Content-Digest";
/// The response header with the digest of the whole file as it arrived.
pub const FILE_DIGEST: &str = "Upload-Repr-Digest";

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
    /// Those of the wanted headers that the answer has and the caller may see, under the names by
    /// which they were wanted.
    pub headers: Vec<(&'static str, String)>,
    /// The address to which the request went, and the address that answered; they differ after a
    /// redirect. Both without a fragment.
    pub asked: String,
    /// See `asked`.
    pub url: String,
    /// What the caller's own function says: whether the request is stored. `None` without one.
    pub is_stored: Option<bool>,
}

impl Response {
    /// The value of a header, by the name by which it was wanted.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// How long the server wants to be left alone; zero if it does not say.
    pub fn retry_after(&self) -> Duration {
        let seconds = self.header(RETRY_AFTER).filter(|_| self.status >= 400);
        Duration::from_secs(seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(0))
    }

    /// The MD5 of the file's bytes in the request as they arrived, if the server says it.
    pub fn digest(&self) -> Option<Md5> {
        Md5::from_field(self.header(ARRIVED_DIGEST)?)
    }

    /// The MD5 of the whole file as it arrived, if the server says it.
    pub fn file_digest(&self) -> Option<Md5> {
        Md5::from_field(self.header(FILE_DIGEST)?)
    }

    /// True if a server of ours answered.
    pub fn is_ours(&self) -> bool {
        self.header(SERVER) == Some(OURS)
    }

    /// True if another address answered than the one that was asked. From http to https of the same
    /// address is none.
    pub fn is_redirected(&self) -> bool {
        let is_upgraded =
            || match (self.asked.strip_prefix("http:"), self.url.strip_prefix("https:")) {
                (Some(asked), Some(url)) => asked == url,
                _ => false,
            };
        self.asked != self.url && !is_upgraded()
    }

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
