//! Messages in JSON, one on each line: what is read and written again is the same.

use incoming_protocol::galileo::wire as galileo;
use incoming_protocol::http::Response;
use incoming_protocol::incoming::wire as incoming;
use incoming_protocol::robusto::wire::Answer;
use incoming_protocol::{Json, Md5};

pub(super) fn read(data: &[u8]) {
    for line in super::text_of(data).lines() {
        if let Some(md5) = Md5::parse(line) {
            assert_eq!(Md5::parse(md5.as_str()), Some(md5));
        }
        if let Ok(json) = serde_json::from_str::<Json>(line) {
            as_json(&json);
            as_message(&json);
        }
    }
}

fn as_json(json: &Json) {
    let text = serde_json::to_string(json).expect("written");
    let again = serde_json::from_str::<Json>(&text).expect("read again");
    assert!(again == *json || !is_exact(json), "{again:?} was {json:?}");
    let whole = json.whole().map(Json::from);
    assert!(whole.is_none_or(|whole| whole == *json), "a whole number keeps its value");
}

/// Readers of JSON differ in the last digit of numbers that nobody counts with.
fn is_exact(json: &Json) -> bool {
    match json {
        Json::Number(_) => json.whole().is_some(),
        Json::List(items) => items.iter().all(is_exact),
        Json::Object(members) => members.iter().all(|(_, value)| is_exact(value)),
        _ => true,
    }
}

fn as_message(json: &Json) {
    if let Ok(message) = incoming::FromClient::from_json(json) {
        assert_eq!(incoming::FromClient::from_json(&message.to_json()), Ok(message));
    }
    if let Ok(message) = incoming::FromServer::from_json(json) {
        assert_eq!(incoming::FromServer::from_json(&message.to_json()), Ok(message));
    }
    if let Ok(signal) = galileo::FromClient::from_json(json) {
        let _ = galileo::FromClient::from_json(&signal.to_json());
    }
    let _ = galileo::FromServer::from_json(json).to_json();
    let response = Response { status: 200, json: Some(json.clone()), ..Response::default() };
    if let Ok(answer) = Answer::read(&response) {
        let response = Response { json: Some(answer.to_json()), ..response.clone() };
        assert_eq!(Answer::read(&response), Ok(answer));
    }
}
