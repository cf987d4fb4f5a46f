//! What WebSockets take of the memory.

#[cfg(target_os = "linux")]
mod burst;

use std::time::Duration;

use futures_util::SinkExt as _;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::OpCode;

use crate::common::browser::{Data, Heard};
use crate::common::{Browser, PATIENCE, Server, bytes, until};

const SOON: Duration = Duration::from_millis(300);
const OFTEN: Duration = Duration::from_millis(20);
const KIB: usize = 1024;
const CHUNK: usize = 1 << 20;

async fn with(change: impl FnOnce(&mut incoming_server::Config)) -> Server {
    Server::with(|config| {
        config.galileo_chunk_size = u32::try_from(CHUNK).unwrap();
        change(config);
    })
    .await
}

async fn impatient() -> Server {
    with(|config| (config.connection_timeout, config.min_rate) = (SOON, 1000)).await
}

async fn socket(server: &Server) -> Browser {
    Browser::connect_to(server.running.address(), "/galileo").await
}

/// A socket that has described its file.
async fn bound(server: &Server) -> Browser {
    let mut browser = socket(server).await;
    browser.text(&json!({ "name": "a", "size": 1 << 30 }).to_string()).await;
    expect_ready(&mut browser).await;
    browser
}

async fn expect_ready(browser: &mut Browser) {
    let heard = browser.hear().await;
    assert_eq!(heard, Heard::Text(json!({ "ready": true, "chunksize": CHUNK })));
}

/// A socket that has sent all of a chunk but its end.
async fn unfinished(server: &Server) -> Browser {
    let mut browser = bound(server).await;
    let stream = browser.begin(Data::Binary, CHUNK as u64).await;
    stream.write_all(&bytes(CHUNK - 100)).await.unwrap();
    browser
}

/// Sends a piece of a message that is not the last.
async fn send_piece(browser: &mut Browser, size: usize) {
    let frame = Frame::message(bytes(size), OpCode::Data(Data::Binary), false);
    browser.socket.send(Message::Frame(frame)).await.unwrap();
}

async fn expect_close_while_pinging(browser: &mut Browser) {
    let pinging = async {
        loop {
            match tokio::time::timeout(OFTEN, browser.hear()).await {
                Ok(Heard::Closed(_)) => return,
                Ok(heard) => panic!("heard {heard:?}"),
                Err(_) => drop(browser.socket.send(Message::Ping("".into())).await),
            }
        }
    };
    tokio::time::timeout(PATIENCE, pinging).await.expect("it is kept for ever");
}

#[tokio::test]
async fn a_socket_takes_small_messages_until_it_is_bound() {
    let server = with(|_| {}).await;
    for kind in [Data::Text, Data::Binary] {
        let mut browser = socket(&server).await;
        browser.begin(kind, 16 * KIB as u64 + 1).await;
        browser.expect_close(1009).await;
        let mut browser = server.browser().await;
        browser.begin(kind, 16 * KIB as u64 + 1).await;
        browser.expect_error("Couldn't read upload request").await;
    }
    let mut browser = socket(&server).await;
    send_piece(&mut browser, 10 * KIB).await;
    browser.begin(Data::Continue, 7 * KIB as u64).await;
    browser.expect_close(1009).await;
    let mut browser = bound(&server).await;
    browser.binary(&bytes(CHUNK)).await;
    expect_ready(&mut browser).await;
}

#[tokio::test]
async fn pings_do_not_put_off_the_description_of_a_file() {
    let server = with(|config| config.handshake_timeout = SOON).await;
    let mut described = bound(&server).await;
    let mut browser = socket(&server).await;
    expect_close_while_pinging(&mut browser).await;
    described.binary(b"x").await;
    expect_ready(&mut described).await;
}

#[tokio::test]
async fn a_text_of_galileo_send_that_is_too_long_is_not_even_read() {
    let server = with(|_| {}).await;
    let mut browser = bound(&server).await;
    let finished = json!({ "finished": true }).to_string() + &" ".repeat(64 * KIB);
    browser.text(&finished).await;
    let heard = browser.hear().await;
    assert_eq!(heard, Heard::Text(json!({ "error": "Expected JSON.", "fatal": false })));
    browser.binary(b"x").await;
    expect_ready(&mut browser).await;
}

#[tokio::test]
async fn pings_do_not_keep_a_message_that_does_not_end() {
    let server = impatient().await;
    let mut browser = bound(&server).await;
    send_piece(&mut browser, CHUNK / 2).await;
    expect_close_while_pinging(&mut browser).await;
    until("nothing is left", || server.uploads() == 0).await;
}

#[tokio::test]
async fn a_quick_beginning_does_not_keep_a_message_that_trickles() {
    let server = impatient().await;
    let mut browser = unfinished(&server).await;
    for _ in 0..100 {
        let _ = browser.socket.get_mut().write_all(b"x").await;
        tokio::time::sleep(OFTEN).await;
    }
    assert!(matches!(browser.hear().await, Heard::Closed(_)));
    until("nothing is left", || server.uploads() == 0).await;
}

#[tokio::test]
async fn when_there_is_no_memory_a_message_waits_and_then_arrives() {
    let server = with(|config| config.max_message_memory = 2 * CHUNK as u64).await;
    let (mut first, mut second) = (unfinished(&server).await, bound(&server).await);
    second.binary(&bytes(CHUNK)).await;
    assert!(tokio::time::timeout(SOON, second.hear()).await.is_err(), "it waits");
    first.socket.get_mut().write_all(&[0; 100]).await.unwrap();
    expect_ready(&mut first).await;
    expect_ready(&mut second).await;
}

/// Sends a whole chunk in pieces for which small buffers are enough.
async fn send_in_pieces(browser: &mut Browser) {
    let pieces = CHUNK / (16 * KIB);
    for number in 1..=pieces {
        let kind = if number == 1 { Data::Binary } else { Data::Continue };
        let frame = Frame::message(bytes(16 * KIB), OpCode::Data(kind), number == pieces);
        browser.socket.send(Message::Frame(frame)).await.unwrap();
    }
    expect_ready(browser).await;
}

#[tokio::test]
async fn a_message_in_small_pieces_holds_no_room_once_it_is_stored() {
    let server = with(|config| config.max_message_memory = 2 * CHUNK as u64).await;
    let mut silent = Vec::new();
    for _ in 0..5 {
        let mut browser = bound(&server).await;
        let sent = tokio::time::timeout(PATIENCE, send_in_pieces(&mut browser)).await;
        sent.expect("those that are silent hold no room");
        silent.push(browser);
    }
}
