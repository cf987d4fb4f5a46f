//! Who does not say which upload it is about does not keep a place.

use std::time::Duration;

use futures_util::SinkExt as _;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::common::browser::{Data, Heard};
use crate::common::{Backend, Browser, PATIENCE, Reply, Server};

const OFTEN: Duration = Duration::from_millis(20);
const NO_REQUEST: &str = "Couldn't read upload request";
const NO_ACK: &str = "Didn't receive ack";

async fn hurried() -> Server {
    Server::with(|config| config.handshake_timeout = Duration::from_millis(300)).await
}

fn error(text: &str) -> Heard {
    Heard::Text(json!({ "MsgType": "MsgError", "MsgData": { "ErrorCode": 0, "Msg": text } }))
}

/// What the server says to a browser that only ever pings.
async fn heard_while_pinging(browser: &mut Browser) -> Heard {
    let pinging = async {
        loop {
            if let Ok(heard) = timeout(OFTEN, browser.hear()).await {
                return heard;
            }
            browser.socket.send(Message::Ping("".into())).await.unwrap();
        }
    };
    timeout(PATIENCE, pinging).await.unwrap()
}

/// What the server says to a browser whose message never ends.
async fn heard_while_trickling(browser: &mut Browser) -> Heard {
    browser.begin(Data::Text, 60_000).await;
    let trickling = async {
        loop {
            if let Ok(heard) = timeout(OFTEN, browser.hear()).await {
                return heard;
            }
            browser.socket.get_mut().write_all(b" ").await.unwrap();
        }
    };
    timeout(PATIENCE, trickling).await.unwrap()
}

#[tokio::test]
async fn neither_pings_nor_bytes_put_off_the_request() {
    let server = hurried().await;
    let mut browser = server.browser().await;
    assert_eq!(heard_while_pinging(&mut browser).await, error(NO_REQUEST));
    browser.expect_close(1000).await;
    let mut browser = server.browser().await;
    assert_eq!(heard_while_trickling(&mut browser).await, error(NO_REQUEST));
}

#[tokio::test]
async fn neither_pings_nor_bytes_put_off_the_answer_to_the_terms() {
    let server = hurried().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.request(&id, 1, "a").await;
    assert_eq!(heard_while_pinging(&mut browser).await, error(NO_ACK));
    let mut browser = server.browser().await;
    browser.request(&id, 1, "a").await;
    assert_eq!(heard_while_trickling(&mut browser).await, error(NO_ACK));
}

#[tokio::test]
async fn hands_that_were_shaken_stay_so() {
    let server = hurried().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 2, "a").await;
    browser.chunk(b"x").await;
    sleep(Duration::from_millis(600)).await;
    browser.chunk(b"y").await;
    browser.expect_done().await;
}

#[tokio::test]
async fn a_text_that_is_too_long_is_not_even_read() {
    let server = Server::with(|config| config.chunk_size_kb = 1024).await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let long = |json: serde_json::Value| format!("{json}{}", " ".repeat(64 * 1024));
    let mut browser = server.browser().await;
    let request = json!({ "Id": id, "LengthBytes": 1, "Name": "a" });
    browser.text(&long(json!({ "MsgType": "MsgUploadReq", "MsgData": request }))).await;
    browser.expect_error(NO_REQUEST).await;
    let mut browser = server.browser().await;
    browser.open(&id, 1, "a").await;
    browser.text(&long(json!({ "MsgType": "MsgPause", "MsgData": { "Pause": true } }))).await;
    browser.expect_error("Did not understand text message").await;
    assert_eq!(server.browser().await.open(&id, 1, "a").await, 0);
}
