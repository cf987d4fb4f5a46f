//! The messages of Incoming!!: `{"MsgType": ..., "MsgData": {...}}`, one per text frame.

use crate::Json;

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
    },
    /// `MsgAck`: the answer to the server's terms. `false` refuses them.
    Ack(bool),
    /// `MsgPause`: the client is going to close and to come back.
    Pause,
    /// `MsgCancel`: the upload is given up, for this reason.
    Cancel(String),
    /// `MsgError`: the client failed, for this reason.
    Error(String),
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
    },
    /// `MsgChunkAck`: a chunk of so many bytes is stored.
    ChunkAck(u64),
    /// `MsgCancel`: the server gives the upload up, for this reason.
    Cancel(String),
    /// `MsgCancelAck`: the upload is gone and the backend knows.
    CancelAck,
    /// `MsgError`: this attempt, or the upload, has failed.
    Error(String),
    /// `MsgAllDone`: the backend has the file.
    AllDone,
}

/// Why a message could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// `MsgType` is missing or names no message of this direction.
    #[error("expected a known MsgType, found {0}")]
    Type(String),
    /// A field of `MsgData` is missing or of the wrong type.
    #[error("expected {expected} in the field {field} of {message}")]
    Field {
        /// The message that was read.
        message: &'static str,
        /// The field that is wrong.
        field: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
}

impl FromClient {
    /// The message as JSON.
    pub fn to_json(&self) -> Json {
        match self {
            FromClient::UploadRequest { id, size, name } => message(
                "MsgUploadReq",
                [
                    ("Id", id.as_str().into()),
                    ("LengthBytes", (*size).into()),
                    ("Name", name.as_str().into()),
                ],
            ),
            FromClient::Ack(ack) => message("MsgAck", [("Ack", (*ack).into())]),
            FromClient::Pause => message("MsgPause", [("Pause", true.into())]),
            FromClient::Cancel(reason) => {
                message("MsgCancel", [("Reason", reason.as_str().into())])
            }
            FromClient::Error(text) => error(text),
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
            }),
            "MsgAck" => Ok(FromClient::Ack(fields.bool("Ack"))),
            "MsgPause" => Ok(FromClient::Pause),
            "MsgCancel" => Ok(FromClient::Cancel(fields.text("MsgCancel", "Reason")?)),
            "MsgError" => Ok(FromClient::Error(fields.text("MsgError", "Msg")?)),
            other => Err(Unreadable::Type(other.to_owned())),
        }
    }
}

impl FromServer {
    /// The message as JSON.
    pub fn to_json(&self) -> Json {
        match self {
            FromServer::UploadConfig { chunk_size_kb, position, send_ahead } => message(
                "MsgUploadConf",
                [
                    ("ChunkSizeKB", (*chunk_size_kb).into()),
                    ("FilePos", (*position).into()),
                    ("SendAhead", (*send_ahead).into()),
                ],
            ),
            FromServer::ChunkAck(size) => message("MsgChunkAck", [("ChunkSize", (*size).into())]),
            FromServer::Cancel(reason) => {
                message("MsgCancel", [("Reason", reason.as_str().into())])
            }
            FromServer::CancelAck => message("MsgCancelAck", [("Ack", true.into())]),
            FromServer::Error(text) => error(text),
            FromServer::AllDone => message("MsgAllDone", [("Success", true.into())]),
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
            }),
            "MsgChunkAck" => Ok(FromServer::ChunkAck(fields.whole("MsgChunkAck", "ChunkSize")?)),
            "MsgCancel" => Ok(FromServer::Cancel(fields.text("MsgCancel", "Reason")?)),
            "MsgCancelAck" => Ok(FromServer::CancelAck),
            "MsgError" => Ok(FromServer::Error(fields.text("MsgError", "Msg")?)),
            "MsgAllDone" => Ok(FromServer::AllDone),
            other => Err(Unreadable::Type(other.to_owned())),
        }
    }
}

fn message<const N: usize>(kind: &str, data: [(&str, Json); N]) -> Json {
    Json::object([("MsgType", kind.into()), ("MsgData", Json::object(data))])
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

    #[test]
    fn every_message_of_the_client_is_read_as_it_was_written() {
        for message in [
            FromClient::UploadRequest {
                id: "i".into(), size: 7, name: "blåbær ü 文件.bin".into()
            },
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
            FromServer::UploadConfig { chunk_size_kb: 512, position: 11_534_336, send_ahead: 4 },
            FromServer::ChunkAck(524_288),
            FromServer::Cancel("maintenance".into()),
            FromServer::CancelAck,
            FromServer::Error("you nack-ed".into()),
            FromServer::AllDone,
        ] {
            assert_eq!(FromServer::from_json(&message.to_json()), Ok(message));
        }
    }

    #[test]
    fn a_request_of_an_early_client_has_no_name() {
        let request = json(r#"{"MsgType":"MsgUploadReq","MsgData":{"Id":"i","LengthBytes":1}}"#);
        let expected = FromClient::UploadRequest { id: "i".into(), size: 1, name: String::new() };
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
