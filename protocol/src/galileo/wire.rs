//! The signals of GalileoSend: JSON objects in text frames, told apart by their keys.

use crate::{Json, Md5};

/// A signal that the client sends.
#[derive(Clone, Debug, PartialEq)]
pub enum FromClient {
    /// What is going to be sent.
    Meta {
        /// The name of the file; `None` if the client named none.
        name: Option<String>,
        /// The size in bytes, if the client named one.
        size: Option<u64>,
    },
    /// Every chunk was sent.
    Finished(Option<Hash>),
}

/// The digest of the whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hash {
    /// The algorithm, such as `md5` or `sha1`.
    pub kind: String,
    /// The digest in hexadecimal.
    pub value: String,
}

/// A signal that the server sends, as far as it says anything; one may say several things.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FromServer {
    /// The upload is complete, or given up.
    pub close: bool,
    /// Something is wrong: the words.
    pub error: Option<String>,
    /// The error ends the upload.
    pub fatal: bool,
    /// The next chunk may come.
    pub ready: bool,
    /// The largest size of the next chunk in bytes, if the server cares.
    pub chunk_size: Option<u64>,
    /// The file that is complete has this MD5, which the client has declared. The original client
    /// does not look at it.
    pub md5: Option<Md5>,
    /// The error is that the file has another digest than the client has declared.
    pub damaged: bool,
}

/// A size that is no size: negative, fractional, above 2^53 or no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSize;

impl FromClient {
    /// The signal as JSON.
    pub fn to_json(&self) -> Json {
        match self {
            FromClient::Meta { name, size } => {
                let mut members = Vec::new();
                if let Some(name) = name.as_deref() {
                    members.push(("name".to_owned(), name.into()));
                }
                if let Some(size) = *size {
                    members.push(("size".to_owned(), size.into()));
                }
                Json::Object(members)
            }
            FromClient::Finished(None) => Json::object([("finished", true.into())]),
            FromClient::Finished(Some(hash)) => {
                let (kind, value) = (hash.kind.as_str().into(), hash.value.as_str().into());
                let hash = Json::object([("type", kind), ("value", value)]);
                Json::object([("finished", true.into()), ("hash", hash)])
            }
        }
    }

    /// Reads a signal; whatever is not `finished` is a description of the file.
    ///
    /// # Errors
    /// When there is a size that is none.
    pub fn from_json(json: &Json) -> Result<FromClient, BadSize> {
        if json.says("finished") {
            return Ok(FromClient::Finished(json.member("hash").and_then(Hash::from_json)));
        }
        let name = json.member("name").and_then(Json::text).map(str::to_owned);
        let size = match json.member("size") {
            None | Some(Json::Null) => None,
            Some(size) => Some(size.whole().ok_or(BadSize)?),
        };
        Ok(FromClient::Meta { name, size })
    }
}

impl Hash {
    fn from_json(json: &Json) -> Option<Hash> {
        let text = |key| json.member(key).and_then(Json::text).map(str::to_owned);
        Some(Hash { kind: text("type")?, value: text("value")? })
    }
}

impl FromServer {
    /// The signal that lets the next chunk come.
    pub fn ready(chunk_size: u64) -> FromServer {
        FromServer { ready: true, chunk_size: Some(chunk_size), ..FromServer::default() }
    }

    /// The signal that something is wrong.
    pub fn error(words: String, fatal: bool) -> FromServer {
        FromServer { error: Some(words), fatal, ..FromServer::default() }
    }

    /// The signal that all is done; the MD5 if it was compared.
    pub fn close(md5: Option<Md5>) -> FromServer {
        FromServer { close: true, md5, ..FromServer::default() }
    }

    /// The signal as JSON.
    pub fn to_json(&self) -> Json {
        let mut members = Vec::new();
        let mut add = |key: &str, value: Json| members.push((key.to_owned(), value));
        if self.close {
            add("close", true.into());
        }
        if let Some(words) = &self.error {
            add("error", words.as_str().into());
            add("fatal", self.fatal.into());
        }
        if self.ready {
            add("ready", true.into());
        }
        if let Some(size) = self.chunk_size {
            add("chunksize", size.into());
        }
        if let Some(md5) = &self.md5 {
            add("md5", md5.as_str().into());
        }
        if self.damaged {
            add("damaged", true.into());
        }
        Json::Object(members)
    }

    /// Reads a signal. Whatever it does not know says nothing.
    pub fn from_json(json: &Json) -> FromServer {
        FromServer {
            close: json.says("close"),
            error: json.says("error").then(|| words(json.member("error"))),
            fatal: json.says("fatal"),
            ready: json.says("ready"),
            chunk_size: json.member("chunksize").and_then(Json::whole).filter(|size| *size > 0),
            md5: json.member("md5").and_then(Json::text).and_then(Md5::parse),
            damaged: json.says("damaged"),
        }
    }
}

fn words(error: Option<&Json>) -> String {
    error.and_then(Json::text).unwrap_or("an error without words").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).expect("valid JSON")
    }

    #[test]
    fn every_signal_of_the_client_is_read_as_it_was_written() {
        let hash = Hash { kind: "sha1".into(), value: "da39".into() };
        for signal in [
            FromClient::Meta { name: Some("blåbær ü 文件.bin".into()), size: Some(7) },
            FromClient::Meta { name: None, size: None },
            FromClient::Finished(None),
            FromClient::Finished(Some(hash)),
        ] {
            assert_eq!(FromClient::from_json(&signal.to_json()), Ok(signal));
        }
    }

    #[test]
    fn an_error_says_whether_it_is_the_end() {
        for fatal in [true, false] {
            let written = json(&format!(r#"{{"error":"no","fatal":{fatal}}}"#));
            assert_eq!(FromServer::error("no".into(), fatal).to_json(), written);
        }
    }

    #[test]
    fn a_server_that_is_ready_says_for_how_much() {
        assert_eq!(FromServer::ready(7).to_json(), json(r#"{"ready":true,"chunksize":7}"#));
    }

    #[test]
    fn every_signal_of_the_server_is_read_as_it_was_written() {
        for signal in [
            FromServer::ready(250_000),
            FromServer::error("no".into(), true),
            FromServer::error("no".into(), false),
            FromServer::close(None),
            FromServer::close(Md5::parse("d41d8cd98f00b204e9800998ecf8427e")),
            FromServer { damaged: true, ..FromServer::error("no".into(), true) },
        ] {
            assert_eq!(FromServer::from_json(&signal.to_json()), signal);
        }
    }

    #[test]
    fn truth_is_that_of_javascript() {
        for (text, truthy) in [
            ("1", true),
            ("0", false),
            ("\"\"", false),
            ("\"no\"", true),
            ("[]", true),
            ("null", false),
        ] {
            let signal = json(&format!(r#"{{"ready":{text}}}"#));
            assert_eq!(FromServer::from_json(&signal).ready, truthy, "{text}");
        }
    }

    #[test]
    fn a_chunk_size_of_zero_is_none() {
        let signal = FromServer::from_json(&json(r#"{"ready":true,"chunksize":0}"#));
        assert_eq!(signal.chunk_size, None);
    }

    #[test]
    fn a_size_that_is_none_is_refused() {
        for size in ["-1", "1.5", "1e300", "\"7\"", "true"] {
            let meta = json(&format!(r#"{{"name":"a","size":{size}}}"#));
            assert_eq!(FromClient::from_json(&meta), Err(BadSize), "{size}");
        }
    }

    #[test]
    fn what_is_no_object_says_nothing() {
        for text in ["null", "[]", "7", "\"ready\""] {
            assert_eq!(FromServer::from_json(&json(text)), FromServer::default());
        }
    }
}
