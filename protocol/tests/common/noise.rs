//! Things that nobody should say, made of what might be said.

use incoming_protocol::Json;

const WORDS: [&str; 53] = [
    "MsgType",
    "MsgData",
    "MsgUploadReq",
    "MsgUploadConf",
    "MsgAck",
    "MsgChunkAck",
    "MsgPause",
    "MsgCancel",
    "MsgCancelAck",
    "MsgError",
    "MsgAllDone",
    "Id",
    "LengthBytes",
    "Name",
    "Ack",
    "ChunkSizeKB",
    "FilePos",
    "SendAhead",
    "ChunkSize",
    "Reason",
    "Msg",
    "name",
    "size",
    "finished",
    "hash",
    "ready",
    "chunksize",
    "close",
    "error",
    "fatal",
    "success",
    "reset",
    "preventRetry",
    "newUuid",
    "MsgChunkSum",
    "MsgFileSum",
    "MsgChunkDamaged",
    "MsgFileDamaged",
    "md5",
    "damaged",
    "file",
    "chunks",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "status",
    "value",
    "new",
    "partial",
    "complete",
    "0",
    "4,1,0",
    "0,1,2,3,4,99999999999999999999,-1,x",
    "Could not save file chunk",
    "MD5 signature does not match between client and server",
];

const NUMBERS: [f64; 12] =
    [0.0, 1.0, -1.0, 0.5, 5.0, 64.0, 512.0, 65_536.0, 1e9, 9_007_199_254_740_992.0, 1e300, -0.0];

pub fn word(dice: &mut fastrand::Rng) -> &'static str {
    WORDS[dice.usize(..WORDS.len())]
}

/// A number as text, or what looks like one.
pub fn number_text(dice: &mut fastrand::Rng) -> String {
    match dice.u8(0..8) {
        0 => String::new(),
        1 => "-1".into(),
        2 => "1e3".into(),
        3 => " 5".into(),
        4 => "9".repeat(dice.usize(1..20)),
        5 => dice.u64(..).to_string(),
        _ => dice.u64(0..20).to_string(),
    }
}

/// Any value at all.
pub fn value(dice: &mut fastrand::Rng, depth: u32) -> Json {
    match dice.u8(0..if depth == 0 { 5 } else { 8 }) {
        0 => Json::Null,
        1 => Json::Bool(dice.bool()),
        2 | 3 => Json::Number(NUMBERS[dice.usize(..NUMBERS.len())]),
        4 => Json::from(word(dice)),
        5 => {
            let count = dice.usize(0..3);
            Json::List((0..count).map(|_| value(dice, depth - 1)).collect())
        }
        _ => {
            let count = dice.usize(0..4);
            let member = |_| (word(dice).to_owned(), value(dice, depth - 1));
            Json::Object((0..count).map(member).collect())
        }
    }
}

/// Nearly a message of Incoming!!.
pub fn message(dice: &mut fastrand::Rng) -> Json {
    if dice.u8(0..4) == 0 {
        return value(dice, 3);
    }
    let fields = [
        "Id",
        "LengthBytes",
        "Name",
        "Ack",
        "ChunkSizeKB",
        "FilePos",
        "SendAhead",
        "ChunkSize",
        "Reason",
        "Msg",
        "Pause",
        "Md5",
        "Verify",
    ];
    let data = fields.map(|field| (field, value(dice, 1)));
    let kind = WORDS[[dice.usize(2..11), dice.usize(34..38)][dice.usize(0..2)]];
    Json::object([("MsgType", kind.into()), ("MsgData", Json::object(data))])
}

/// Nearly an answer of Mr. Robusto.
fn answer(dice: &mut fastrand::Rng) -> Json {
    let status = ["new", "partial", "partial", "complete", "error"][dice.usize(0..5)];
    let value = WORDS[dice.usize(WORDS.len() - 5..WORDS.len())];
    Json::object([("status", status.into()), ("value", value.into())])
}

/// Nearly a signal of GalileoSend, or an answer of Fine Uploader or Mr. Robusto.
pub fn signal(dice: &mut fastrand::Rng) -> Json {
    if dice.u8(0..4) == 0 {
        return answer(dice);
    }
    if dice.u8(0..4) == 0 {
        return value(dice, 3);
    }
    let count = dice.usize(1..4);
    let member = |_| (WORDS[dice.usize(21..WORDS.len())].to_owned(), value(dice, 1));
    Json::Object((0..count).map(member).collect())
}
