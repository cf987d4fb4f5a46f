//! Requests as data: what is to be sent where, for whoever holds the network.

mod response;

use std::ops::Range;

pub use response::{Response, is_upgrade};

use crate::joined;

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
}

impl Request {
    /// A request without parameters and headers; spaces of parameters become `%20`. A fragment of the
    /// address is dropped, as nobody sends it.
    pub fn new(id: RequestId, method: &str, url: &str, body: Body) -> Request {
        Request {
            id,
            method: method.to_owned(),
            url: without_fragment(url).to_owned(),
            query: Query::default(),
            headers: Vec::new(),
            body,
            wants: vec![SERVER, RETRY_AFTER, SECRET],
            is_bare: false,
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

    /// The address with this query, which is `query` as it is written: behind the one that the
    /// address has already.
    pub fn address(&self, query: &str) -> String {
        let mark = match query {
            "" => "",
            _ if self.url.bytes().any(|byte| byte == b'?') => "&",
            _ => "?",
        };
        joined(&[&self.url, mark, query])
    }
}

/// An address as it is sent.
pub fn without_fragment(url: &str) -> &str {
    before(url, b'#')
}

/// A text as far as before the first character of this kind, which is one of ASCII.
pub(crate) fn before(text: &str, end: u8) -> &str {
    let position = text.bytes().position(|byte| byte == end);
    position.and_then(|position| text.get(..position)).unwrap_or(text)
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
    /// The name that the part says the file has, as [`in_a_part`] writes it; `None`: what the browser
    /// calls a nameless blob.
    pub filename: Option<String>,
    /// Which bytes.
    pub range: Range<u64>,
    /// As what.
    pub media_type: MediaType,
}

/// The name of a file as the head of a part can say it. Browsers escape line breaks and quotes only,
/// and servers take a part with another control character for broken, and one with an empty name for
/// no file.
pub fn in_a_part(name: &str) -> String {
    if name.is_empty() {
        return "file".to_owned();
    }
    let mut text = String::new();
    for c in name.chars() {
        text.push(if c.is_ascii_control() { '_' } else { c });
    }
    text
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
/// The response header with a secret of the upload that a request has begun, and the request header by
/// which whoever knows it shows that the upload is its own. Only our server has it.
pub const SECRET: &str = "Upload-Secret";
/// The response header with the digest of the file's bytes in the request as they arrived.
pub const ARRIVED_DIGEST: &str = "Upload-Content-Digest";
/// The response header with the digest of the whole file as it arrived.
pub const FILE_DIGEST: &str = "Upload-Repr-Digest";

/// By which member of a JSON answer to a chunk our server says whether it has all chunks.
pub const HAS_ALL_CHUNKS: &str = "has_all_chunks";

/// The header, with `?1`, by which our server hears that others of an upload are confirmed: a file
/// that it knows as whole is not begun anew then, however late the chunk comes.
pub const CONTINUES: &str = "Upload-Continues";

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> Request {
        Request::new(RequestId(1), "POST", url, Body::Empty)
    }

    #[test]
    fn a_query_is_added_to_an_address_and_to_the_query_that_it_has() {
        for (url, query, expected) in [
            ("http://test/x", "", "http://test/x"),
            ("http://test/x", "a=1", "http://test/x?a=1"),
            ("http://test/x?token=1", "a=1&b=2", "http://test/x?token=1&a=1&b=2"),
            ("http://test/x?token=1", "", "http://test/x?token=1"),
        ] {
            assert_eq!(request(url).address(query), expected);
        }
    }

    #[test]
    fn a_fragment_is_not_sent() {
        for (url, expected) in [("/x#top", "/x"), ("/x?a=1#?b", "/x?a=1"), ("/x", "/x"), ("#", "")]
        {
            assert_eq!(request(url).url, expected);
        }
        assert_eq!(request("/x#top").address("a=1"), "/x?a=1");
    }

    #[test]
    fn every_request_wants_what_our_server_says_and_the_time_to_wait_and_more_if_it_says_so() {
        let mut request = request("/x");
        assert_eq!(request.wants, [SERVER, RETRY_AFTER, SECRET]);
        request.wants.push(LOCATION);
        assert!(request.wants.contains(&LOCATION));
        assert!(!request.is_bare, "with what the page adds");
    }

    #[test]
    fn what_is_said_is_found_by_its_name() {
        let mut request = request("/x");
        request.say(CONTENT_DIGEST, "md5=:x:");
        assert_eq!(request.header(CONTENT_DIGEST), Some("md5=:x:"));
        assert_eq!(request.header(CONTINUES), None);
    }

    #[test]
    fn a_body_has_any_media_type_and_says_which_bytes_of_the_file_it_sends() {
        let patch = MediaType::Of("application/offset+octet-stream");
        let part = Part { name: "f".into(), filename: None, range: 1..3, media_type: patch };
        let text = Body::Text { text: "{}".into(), media_type: "application/json" };
        for (body, range) in [
            (Body::Bytes { range: 5..9, media_type: patch }, Some(5..9)),
            (Body::Multipart { fields: vec![], part }, Some(1..3)),
            (text, None),
            (Body::Form(vec![]), None),
            (Body::Empty, None),
        ] {
            assert_eq!(body.range().cloned(), range);
        }
    }

    #[test]
    fn a_name_goes_into_the_head_of_a_part_without_what_would_break_it() {
        for (name, expected) in [
            ("blåbær ü 文件 🎉.bin", "blåbær ü 文件 🎉.bin"),
            ("a\r\nb\"c", "a__b\"c"),
            ("\u{1}\u{1f}\u{7f}", "___"),
            ("", "file"),
        ] {
            assert_eq!(in_a_part(name), expected);
        }
    }
}
