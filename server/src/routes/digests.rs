//! Digests in headers, in the form of RFC 9530: what a browser wants to have compared, and what it
//! is told.
//!
//! `Content-Digest` is of the file's bytes in the request and not of the form around them, so that
//! the answer has a name of its own: `Upload-Content-Digest`. `Want-Repr-Digest` asks for the digest
//! of the whole file, `Upload-Repr-Digest` answers. `Upload-Damaged-Digest` says which answer was
//! wrong: a file that has it is dropped, and its chunks are no echo. Algorithms other than MD5 are
//! ignored, and so not confirmed.

use axum::http::header::{DATE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use incoming_protocol::Md5;
use incoming_protocol::http::CONTINUES;

use super::mark::UPLOAD_SERVER;

const CONTENT: HeaderName = HeaderName::from_static("content-digest");
const WANTED: HeaderName = HeaderName::from_static("want-repr-digest");
const DAMAGED: HeaderName = HeaderName::from_static("upload-damaged-digest");
const ARRIVED: HeaderName = HeaderName::from_static("upload-content-digest");
const FILE: HeaderName = HeaderName::from_static("upload-repr-digest");
/// In a request by what the upload is shown to be the browser's own, in an answer that of an upload
/// that has begun.
const SECRET: HeaderName = HeaderName::from_static("upload-secret");
/// The longest secret that is listened to, in bytes.
const LONGEST_SECRET: usize = 128;

/// The headers of answers that pages of other origins have to be able to read: digests, when to ask
/// again, who answers, and whose an upload is.
pub(super) const EXPOSED: [HeaderName; 6] =
    [ARRIVED, FILE, RETRY_AFTER, DATE, UPLOAD_SERVER, SECRET];

/// What a request says about digests, and what is found out.
#[derive(Debug, Default)]
pub(super) struct Digests {
    /// What the bytes should be.
    pub(super) content: Option<Md5>,
    /// Whether the MD5 of the whole file is wanted.
    pub(super) wants_file: bool,
    /// The MD5 of a file that is not to be kept.
    pub(super) damaged: Option<Md5>,
    /// It is no beginning: to a browser others of the upload are confirmed, which it says by a
    /// boolean in the form of RFC 9651.
    pub(super) continues: bool,
    /// By what the browser shows that the upload is its own.
    pub(super) secret: Option<String>,
    /// That of an upload that the request has begun, if the browser does not know it.
    pub(super) new_secret: Option<String>,
    /// What the bytes are.
    pub(super) arrived: Option<Md5>,
    /// The MD5 of the whole file, if it is there.
    pub(super) file: Option<Md5>,
}

/// A header that cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("expected md5=:<24 characters of base64>: in the header {0}")]
pub(super) struct Malformed(HeaderName);

impl Digests {
    /// Reads the headers of a request.
    pub(super) fn read(headers: &HeaderMap) -> Result<Digests, Malformed> {
        let wanted = members(headers, &WANTED);
        let wants_file = wanted.iter().any(|(name, value)| name == "md5" && value != "0");
        let (content, damaged) = (md5(headers, CONTENT)?, md5(headers, DAMAGED)?);
        let continues = headers.get(CONTINUES).is_some_and(|value| value == "?1");
        let secret = headers.get(SECRET).and_then(|value| value.to_str().ok());
        let secret = secret.filter(|it| !it.is_empty() && it.len() <= LONGEST_SECRET);
        let secret = secret.map(str::to_owned);
        Ok(Digests { content, wants_file, damaged, continues, secret, ..Digests::default() })
    }

    /// Adds what was found out to an answer.
    pub(super) fn tell(&self, mut response: Response) -> Response {
        for (name, md5) in [(ARRIVED, &self.arrived), (FILE, &self.file)] {
            if let Some(value) = md5.as_ref().and_then(value) {
                response.headers_mut().insert(name, value);
            }
        }
        let new_secret = self.new_secret.as_ref().and_then(|it| HeaderValue::try_from(it).ok());
        if let Some(mut secret) = new_secret {
            secret.set_sensitive(true);
            response.headers_mut().insert(SECRET, secret);
        }
        response
    }
}

fn md5(headers: &HeaderMap, name: HeaderName) -> Result<Option<Md5>, Malformed> {
    let members = members(headers, &name);
    let Some((_, value)) = members.iter().find(|(member, _)| member == "md5") else {
        return Ok(None);
    };
    read(value).map(Some).ok_or(Malformed(name))
}

/// The members of a dictionary. What is no member has no name that anybody asks for.
fn members(headers: &HeaderMap, name: &HeaderName) -> Vec<(String, String)> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let members = values.flat_map(|value| value.split(','));
    let pair = |member: &str| {
        let (name, value) = member.split_once('=').unwrap_or((member, ""));
        (name.trim().to_owned(), value.trim().to_owned())
    };
    members.map(pair).collect()
}

fn read(value: &str) -> Option<Md5> {
    let base64 = value.strip_prefix(':')?.strip_suffix(':')?;
    let bytes: [u8; 16] = BASE64_STANDARD.decode(base64).ok()?.try_into().ok()?;
    Some(bytes.into())
}

fn value(md5: &Md5) -> Option<HeaderValue> {
    let byte = |index: usize| u8::from_str_radix(md5.as_str().get(index..index + 2)?, 16).ok();
    let bytes = (0..32).step_by(2).map(byte).collect::<Option<Vec<u8>>>()?;
    HeaderValue::try_from(format!("md5=:{}:", BASE64_STANDARD.encode(bytes))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "d41d8cd98f00b204e9800998ecf8427e";

    fn content(value: &str) -> Result<Option<Md5>, Malformed> {
        let value = HeaderValue::from_str(value).unwrap();
        Digests::read(&HeaderMap::from_iter([(CONTENT, value)])).map(|digests| digests.content)
    }

    #[test]
    fn an_md5_is_found_among_others() {
        for value in [
            "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:",
            "sha-256=:AAAA:, md5=:1B2M2Y8AsgTpgAmY7PhCfg==:",
            "  md5 = :1B2M2Y8AsgTpgAmY7PhCfg==: ",
        ] {
            assert_eq!(content(value).unwrap(), Md5::parse(EMPTY), "{value}");
        }
        assert_eq!(content("sha-256=:AAAA:").unwrap(), None);
    }

    #[test]
    fn what_is_no_md5_is_refused_with_what_was_expected() {
        for value in ["md5", "md5=", "md5=1B2M2Y8AsgTpgAmY7PhCfg==", "md5=:AAAA:", "md5=:!:"] {
            let words = content(value).unwrap_err().to_string();
            assert!(words.contains("md5=:<24") && words.contains("content-digest"), "{words}");
        }
    }

    #[test]
    fn what_is_told_can_be_read() {
        let digests = Digests { arrived: Md5::parse(EMPTY), ..Digests::default() };
        let told = digests.tell(Response::default());
        assert_eq!(told.headers()[ARRIVED], "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:");
        assert!(!told.headers().contains_key(FILE));
    }

    #[test]
    fn an_md5_of_the_file_is_wanted_unless_it_is_not_acceptable() {
        for (value, wants) in [("md5=10", true), ("sha-256=5, md5=1", true), ("md5=0", false)] {
            let headers = HeaderMap::from_iter([(WANTED, HeaderValue::from_static(value))]);
            assert_eq!(Digests::read(&headers).unwrap().wants_file, wants, "{value}");
        }
    }
}
