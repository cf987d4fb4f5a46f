//! The messages of Incoming!!: `{"MsgType": ..., "MsgData": {...}}`, one per text frame.

use std::fmt;

use crate::{Json, Md5, Verification, joined};

/// A message that the browser sends.
#[derive(Clone, Debug, PartialEq)]
pub enum FromClient {
    /// `MsgUploadReq`: asks to upload a file under a ticket; the first message.
    UploadRequest {
        /// The ticket, as the backend bought it.
        id: String,
        /// The size of the file in bytes.
        size: u64,
        /// The name of the file, without a path. Early clients sent none: empty.
        name: String,
        /// What is to be verified. The original server does not look at it.
        verify: Option<Verification>,
    },
    /// `MsgAck`: the answer to the server's terms. `false` refuses them.
    Ack(bool),
    /// `MsgPause`: the client is going to close and to come back.
    Pause,
    /// `MsgCancel`: the upload is given up, for this reason.
    Cancel(String),
    /// `MsgError`: the client failed, for this reason.
    Error(String),
    /// `MsgChunkSum`: the next binary message is this chunk. Only where chunks are verified.
    ChunkSum {
        /// Where it stands in the file.
        position: u64,
        /// The MD5 of its bytes.
        md5: Md5,
    },
    /// `MsgFileSum`: the MD5 of the whole file, when all of it was sent. Only where the file is
    /// verified.
    FileSum(Md5),
}

/// A message that the server sends.
#[derive(Clone, Debug, PartialEq)]
pub enum FromServer {
    /// `MsgUploadConf`: the terms of this connection.
    UploadConfig {
        /// The largest chunk in units of 1024 bytes.
        chunk_size_kb: u32,
        /// How many bytes the server holds: where to go on.
        position: u64,
        /// How many chunks may be on their way without an acknowledgement.
        send_ahead: u32,
        /// What is verified, if the client asked for it; another client is not told.
        verify: Option<Verification>,
    },
    /// `MsgChunkAck`: a chunk of so many bytes is stored.
    ChunkAck(u64),
    /// `MsgCancel`: the server gives the upload up, for this reason.
    Cancel(String),
    /// `MsgCancelAck`: the upload is gone and the backend knows.
    CancelAck,
    /// `MsgError`: this attempt, or the upload, has failed.
    Error(String),
    /// `MsgAllDone`: the backend has the file. Its MD5, where the file is verified.
    AllDone(Option<Md5>),
    /// `MsgChunkDamaged`: a chunk is not what its MD5 says, and none of it is stored.
    ChunkDamaged {
        /// Where it stands in the file: where to go on.
        position: u64,
        /// Its size in bytes.
        size: u64,
    },
    /// `MsgFileDamaged`: the file has another MD5, and none of it is stored any more.
    FileDamaged,
}

/// Why a message could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// `MsgType` is missing or names no message of this direction.
    Type(String),
    /// A field of `MsgData` is missing or of the wrong type.
    Field {
        /// The message that was read.
        message: &'static str,
        /// The field that is wrong.
        field: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
}

impl Unreadable {
    /// What was expected, for a person.
    pub fn words(&self) -> String {
        match self {
            Unreadable::Type(found) => joined(&["expected a known MsgType, found ", found]),
            Unreadable::Field { message, field, expected } => {
                joined(&["expected ", expected, " in the field ", field, " of ", message])
            }
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

impl FromClient {
    /// The message as JSON.
    pub fn to_json(&self) -> Json {
        match self {
            FromClient::UploadRequest { id, size, name, verify } => {
                let data = [
                    ("Id", id.as_str().into()),
                    ("LengthBytes", (*size).into()),
                    ("Name", name.as_str().into()),
                ];
                let name = verify.map(Verification::name);
                and(message("MsgUploadReq", data), "Verify", name)
            }
            FromClient::Ack(ack) => message("MsgAck", [("Ack", (*ack).into())]),
            FromClient::Pause => message("MsgPause", [("Pause", true.into())]),
            FromClient::Cancel(reason) => {
                message("MsgCancel", [("Reason", reason.as_str().into())])
            }
            FromClient::Error(text) => error(text),
            FromClient::ChunkSum { position, md5 } => {
                message("MsgChunkSum", [("FilePos", (*position).into()), sum(md5)])
            }
            FromClient::FileSum(md5) => message("MsgFileSum", [sum(md5)]),
        }
    }

    /// Reads a message.
    ///
    /// # Errors
    /// When the type is unknown or a field is missing, of another type, or a size that is
    /// negative, fractional or above 2^53.
    pub fn from_json(json: &Json) -> Result<FromClient, Unreadable> {
        let fields = Fields::of(json)?;
        match fields.kind {
            "MsgUploadReq" => Ok(FromClient::UploadRequest {
                id: fields.text("MsgUploadReq", "Id")?,
                size: fields.whole("MsgUploadReq", "LengthBytes")?,
                name: fields.text("MsgUploadReq", "Name").unwrap_or_default(),
                verify: fields.verify(),
            }),
            "MsgAck" => Ok(FromClient::Ack(fields.bool("Ack"))),
            "MsgPause" => Ok(FromClient::Pause),
            "MsgCancel" => Ok(FromClient::Cancel(fields.text("MsgCancel", "Reason")?)),
            "MsgError" => Ok(FromClient::Error(fields.text("MsgError", "Msg")?)),
            "MsgChunkSum" => Ok(FromClient::ChunkSum {
                position: fields.whole("MsgChunkSum", "FilePos")?,
                md5: fields.sum("MsgChunkSum")?,
            }),
            "MsgFileSum" => Ok(FromClient::FileSum(fields.sum("MsgFileSum")?)),
            other => Err(Unreadable::Type(other.to_owned())),
        }
    }
}

impl FromServer {
    /// The message as JSON.
    pub fn to_json(&self) -> Json {
        match self {
            FromServer::UploadConfig { chunk_size_kb, position, send_ahead, verify } => {
                let data = [
                    ("ChunkSizeKB", (*chunk_size_kb).into()),
                    ("FilePos", (*position).into()),
                    ("SendAhead", (*send_ahead).into()),
                ];
                let name = verify.map(Verification::name);
                and(message("MsgUploadConf", data), "Verify", name)
            }
            FromServer::ChunkAck(size) => message("MsgChunkAck", [("ChunkSize", (*size).into())]),
            FromServer::Cancel(reason) => {
                message("MsgCancel", [("Reason", reason.as_str().into())])
            }
            FromServer::CancelAck => message("MsgCancelAck", [("Ack", true.into())]),
            FromServer::Error(text) => error(text),
            FromServer::AllDone(md5) => {
                let done = message("MsgAllDone", [("Success", true.into())]);
                and(done, "Md5", md5.as_ref().map(Md5::as_str))
            }
            FromServer::ChunkDamaged { position, size } => message(
                "MsgChunkDamaged",
                [("FilePos", (*position).into()), ("ChunkSize", (*size).into())],
            ),
            FromServer::FileDamaged => message("MsgFileDamaged", []),
        }
    }

    /// Reads a message.
    ///
    /// # Errors
    /// When the type is unknown or a field is missing, of another type or out of range.
    pub fn from_json(json: &Json) -> Result<FromServer, Unreadable> {
        let fields = Fields::of(json)?;
        match fields.kind {
            "MsgUploadConf" => Ok(FromServer::UploadConfig {
                chunk_size_kb: fields.count("MsgUploadConf", "ChunkSizeKB")?,
                position: fields.whole("MsgUploadConf", "FilePos")?,
                send_ahead: fields.count("MsgUploadConf", "SendAhead")?,
                verify: fields.verify(),
            }),
            "MsgChunkAck" => Ok(FromServer::ChunkAck(fields.whole("MsgChunkAck", "ChunkSize")?)),
            "MsgCancel" => Ok(FromServer::Cancel(fields.text("MsgCancel", "Reason")?)),
            "MsgCancelAck" => Ok(FromServer::CancelAck),
            "MsgError" => Ok(FromServer::Error(fields.text("MsgError", "Msg")?)),
            "MsgAllDone" => Ok(FromServer::AllDone(fields.md5())),
            "MsgChunkDamaged" => Ok(FromServer::ChunkDamaged {
                position: fields.whole("MsgChunkDamaged", "FilePos")?,
                size: fields.whole("MsgChunkDamaged", "ChunkSize")?,
            }),
            "MsgFileDamaged" => Ok(FromServer::FileDamaged),
            other => Err(Unreadable::Type(other.to_owned())),
        }
    }
}

fn message<const N: usize>(kind: &str, data: [(&str, Json); N]) -> Json {
    Json::object([("MsgType", kind.into()), ("MsgData", Json::object(data))])
}

/// Adds what only those are told who know it.
fn and(mut message: Json, key: &str, text: Option<&str>) -> Json {
    if let (Json::Object(members), Some(text)) = (&mut message, text)
        && let Some((_, Json::Object(data))) = members.last_mut()
    {
        data.push((key.to_owned(), text.into()));
    }
    message
}

fn sum(md5: &Md5) -> (&'static str, Json) {
    ("Md5", md5.as_str().into())
}

/// Both sides' `MsgError`. The original never sent another code than 0.
fn error(text: &str) -> Json {
    message("MsgError", [("ErrorCode", Json::from(0_u32)), ("Msg", text.into())])
}

struct Fields<'a> {
    kind: &'a str,
    data: Option<&'a Json>,
}

impl<'a> Fields<'a> {
    fn of(json: &'a Json) -> Result<Fields<'a>, Unreadable> {
        let kind = json.member("MsgType").and_then(Json::text);
        let kind = kind.ok_or_else(|| Unreadable::Type("none".to_owned()))?;
        Ok(Fields { kind, data: json.member("MsgData") })
    }

    fn get(&self, field: &str) -> Option<&'a Json> {
        self.data.and_then(|data| data.member(field))
    }

    fn text(&self, message: &'static str, field: &'static str) -> Result<String, Unreadable> {
        let text = self.get(field).and_then(Json::text).map(str::to_owned);
        text.ok_or(Unreadable::Field { message, field, expected: "a string" })
    }

    fn whole(&self, message: &'static str, field: &'static str) -> Result<u64, Unreadable> {
        let expected = "a whole number from 0 to 2^53";
        self.get(field).and_then(Json::whole).ok_or(Unreadable::Field { message, field, expected })
    }

    fn count(&self, message: &'static str, field: &'static str) -> Result<u32, Unreadable> {
        let expected = "a whole number from 1 to 2^32 - 1";
        let count = self.whole(message, field).ok().and_then(|n| u32::try_from(n).ok());
        let count = count.filter(|count| *count > 0);
        count.ok_or(Unreadable::Field { message, field, expected })
    }

    fn md5(&self) -> Option<Md5> {
        self.get("Md5").and_then(Json::text).and_then(Md5::parse)
    }

    fn sum(&self, message: &'static str) -> Result<Md5, Unreadable> {
        let expected = "32 hexadecimal digits";
        self.md5().ok_or(Unreadable::Field { message, field: "Md5", expected })
    }

    /// What nobody knows is not agreed on.
    fn verify(&self) -> Option<Verification> {
        self.get("Verify").and_then(Json::text).and_then(Verification::named)
    }

    fn bool(&self, field: &str) -> bool {
        self.get(field).and_then(Json::bool).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).expect("valid JSON")
    }

    fn md5() -> Md5 {
        Md5::parse("d41d8cd98f00b204e9800998ecf8427e").expect("an MD5")
    }

    fn request(verify: Option<Verification>) -> FromClient {
        let (id, name) = ("i".into(), "blåbær ü 文件.bin".into());
        FromClient::UploadRequest { id, size: 7, name, verify }
    }

    fn terms(verify: Option<Verification>) -> FromServer {
        FromServer::UploadConfig { chunk_size_kb: 512, position: 11_534_336, send_ahead: 4, verify }
    }

    #[test]
    fn whoever_does_not_verify_says_what_the_original_says() {
        let text = |json: &Json| serde_json::to_string(json).expect("serialises");
        let asked = r#"{"MsgType":"MsgUploadReq","MsgData":{"Id":"i","LengthBytes":7,"Name":"blåbær ü 文件.bin"}}"#;
        assert_eq!(text(&request(None).to_json()), asked);
        let told = r#"{"MsgType":"MsgUploadConf","MsgData":{"ChunkSizeKB":512,"FilePos":11534336,"SendAhead":4}}"#;
        assert_eq!(text(&terms(None).to_json()), told);
        let done = r#"{"MsgType":"MsgAllDone","MsgData":{"Success":true}}"#;
        assert_eq!(text(&FromServer::AllDone(None).to_json()), done);
    }

    #[test]
    fn a_sum_that_is_none_is_refused() {
        let sum = json(r#"{"MsgType":"MsgFileSum","MsgData":{"Md5":"short"}}"#);
        let words = FromClient::from_json(&sum).expect_err("no sum").to_string();
        assert!(words.contains("32 hexadecimal digits in the field Md5"), "{words}");
    }

    #[test]
    fn every_message_of_the_client_is_read_as_it_was_written() {
        for message in [
            request(None),
            request(Some(Verification::File)),
            request(Some(Verification::Chunks)),
            FromClient::ChunkSum { position: 7, md5: md5() },
            FromClient::FileSum(md5()),
            FromClient::Ack(true),
            FromClient::Ack(false),
            FromClient::Pause,
            FromClient::Cancel("user ünhappy".into()),
            FromClient::Error("unreadable".into()),
        ] {
            assert_eq!(FromClient::from_json(&message.to_json()), Ok(message));
        }
    }

    #[test]
    fn every_message_of_the_server_is_read_as_it_was_written() {
        for message in [
            terms(None),
            terms(Some(Verification::File)),
            FromServer::ChunkDamaged { position: 7, size: 5 },
            FromServer::FileDamaged,
            FromServer::AllDone(Some(md5())),
            FromServer::ChunkAck(524_288),
            FromServer::Cancel("maintenance".into()),
            FromServer::CancelAck,
            FromServer::Error("you nack-ed".into()),
            FromServer::AllDone(None),
        ] {
            assert_eq!(FromServer::from_json(&message.to_json()), Ok(message));
        }
    }

    #[test]
    fn a_request_of_an_early_client_has_no_name() {
        let request = json(r#"{"MsgType":"MsgUploadReq","MsgData":{"Id":"i","LengthBytes":1}}"#);
        let (id, name) = ("i".into(), String::new());
        let expected = FromClient::UploadRequest { id, size: 1, name, verify: None };
        assert_eq!(FromClient::from_json(&request), Ok(expected));
    }

    #[test]
    fn sizes_that_are_no_sizes_are_refused() {
        for size in ["-1", "1.5", "1e300", "\"10\"", "null", "[]"] {
            let text = format!(
                r#"{{"MsgType":"MsgUploadReq","MsgData":{{"Id":"i","LengthBytes":{size},"Name":""}}}}"#
            );
            let refused = FromClient::from_json(&json(&text));
            assert!(
                matches!(refused, Err(Unreadable::Field { field: "LengthBytes", .. })),
                "{size}"
            );
        }
    }

    #[test]
    fn terms_under_which_nothing_could_be_sent_are_refused() {
        for terms in ["\"ChunkSizeKB\":0,\"SendAhead\":4", "\"ChunkSizeKB\":512,\"SendAhead\":0"] {
            let text =
                format!(r#"{{"MsgType":"MsgUploadConf","MsgData":{{"FilePos":0,{terms}}}}}"#);
            assert!(FromServer::from_json(&json(&text)).is_err(), "{terms}");
        }
    }

    #[test]
    fn what_is_no_message_is_named() {
        for text in ["null", "[]", "7", "{}", r#"{"MsgType":5}"#, r#"{"MsgType":"MsgBoo"}"#] {
            assert!(
                matches!(FromServer::from_json(&json(text)), Err(Unreadable::Type(_))),
                "{text}"
            );
            assert!(
                matches!(FromClient::from_json(&json(text)), Err(Unreadable::Type(_))),
                "{text}"
            );
        }
    }
}
