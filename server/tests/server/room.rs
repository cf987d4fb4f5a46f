//! There is room for so much, and for so many.

use std::time::Duration;

use incoming_server::Config;
use reqwest::Method;
use serde_json::{Value, json};

use crate::common::chunks::{Cut, form, form_type, stored};
use crate::common::{Backend, Browser, CHUNK, PATIENCE, Reply, Server, bytes, until};
use crate::robusto::page::{Hashed, complete, partial};

const SIZE: usize = 1000;
const SOON: Duration = Duration::from_millis(400);

fn room_for(bytes: usize) -> impl FnOnce(&mut Config) {
    move |config| config.max_storage = Some(bytes as u64)
}

fn cut(name: &str, size: usize) -> Cut {
    Cut::new(name, &bytes(size), SIZE)
}

async fn send(server: &Server, cut: &Cut) -> reqwest::Response {
    let fields = cut.fields(1);
    let body = form(&fields, &cut.name, cut.bytes(1));
    let request = server.request(Method::POST).query(&fields).body(body);
    request.header("content-type", form_type()).send().await.unwrap()
}

/// Sends the head of a file, and none of its bytes.
async fn declare(server: &Server, cut: &Cut) -> u16 {
    let fields = cut.fields(1);
    let request = server.request(Method::POST).query(&fields).body(form(&fields, &cut.name, b""));
    request.header("content-type", form_type()).send().await.unwrap().status().as_u16()
}

async fn expect_no_room(server: &Server, cut: &Cut) {
    let answer = send(server, cut).await;
    assert_eq!(answer.status(), 507);
    assert_eq!(answer.headers()["retry-after"], "10");
    let words = answer.text().await.unwrap();
    assert!(words.starts_with("there is no room for"), "{words}");
}

/// Asks until there is room, as a client does.
async fn open_when_there_is_room(server: &Server, id: &str, size: usize) -> Browser {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let mut browser = server.browser().await;
        browser.ask(id, &json!(size), "a").await;
        match browser.hear().await {
            crate::common::browser::Heard::Text(message) => {
                assert_eq!(message["MsgType"], "MsgUploadConf");
                browser.send("MsgAck", json!({ "Ack": true })).await;
                return browser;
            }
            heard => assert_eq!(heard, crate::common::browser::Heard::Closed(Some(1013))),
        }
        assert!(tokio::time::Instant::now() < deadline, "no room gets free");
    }
}

#[tokio::test]
async fn what_was_declared_goes_on_and_what_would_be_too_much_does_not_begin() {
    let server = Server::with(room_for(5 * SIZE)).await;
    let (first, second) = (cut("a", 3 * SIZE), cut("b", 3 * SIZE));
    assert_eq!(server.send(&first, 1).await, stored());
    expect_no_room(&server, &second).await;
    assert_eq!(server.send(&cut("c", 2 * SIZE), 1).await, stored(), "the last bytes");
    expect_no_room(&server, &cut("d", 1)).await;
    server.send_all(&first).await;
    assert_eq!(server.send(&second, 1).await, stored(), "the first has arrived");
}

#[tokio::test]
async fn what_is_only_declared_soon_gives_its_room_back_and_what_began_keeps_it() {
    let server = Server::with(room_for(5 * SIZE)).await;
    let (began, declared) = (cut("a", 2 * SIZE), cut("b", 3 * SIZE));
    assert_eq!(server.send(&began, 1).await, stored());
    assert_eq!(declare(&server, &declared).await, 400);
    expect_no_room(&server, &cut("c", 1)).await;
    let folder = server.stop().await;

    let server = Server::over(folder, |config| {
        room_for(5 * SIZE)(config);
        (config.connection_timeout, config.finished_retention) = (SOON, SOON);
    })
    .await;
    until("the promise is forgotten", || server.uploads() == 1).await;
    expect_no_room(&server, &cut("c", 3 * SIZE + 1)).await;
    assert_eq!(server.send(&declared, 1).await, stored());
    assert_eq!(server.send(&began, 2).await, stored());
}

#[tokio::test]
async fn what_is_there_stays_if_there_is_no_room_for_what_would_replace_it() {
    let server = Server::with(room_for(5 * SIZE)).await;
    let there = cut("a", 3 * SIZE);
    assert_eq!(server.send(&there, 1).await, stored());
    let other = Cut { identifier: there.identifier.clone(), ..cut("a", 5 * SIZE) };
    assert_eq!(server.send(&cut("b", 2 * SIZE), 1).await, stored());
    expect_no_room(&server, &other).await;
    for number in [2, 3] {
        assert_eq!(server.send(&there, number).await, stored());
    }
    assert!(server.only_arrived().content == there.content);

    let hashed = Hashed::new("c", &bytes(3 * SIZE), SIZE);
    assert_eq!(server.chunk(&hashed, 0).await, partial("0"));
    let other = Hashed { chunk_size: 2 * SIZE, content: bytes(6 * SIZE), ..hashed.clone() };
    let (status, words) = server.chunk(&other, 0).await;
    assert!(status == "error" && words.contains("there is no room"), "{status} {words}");
    assert_eq!(server.ask(&hashed).await, partial("0"));
}

#[tokio::test]
async fn a_file_that_can_never_have_room_is_refused_for_good() {
    let server = Server::with(room_for(SIZE)).await;
    assert_eq!(server.send(&cut("a", SIZE + 1), 1).await.0, 400);
}

#[tokio::test]
async fn a_ticket_waits_for_room_and_then_goes_on() {
    let server = Server::with(room_for(2 * CHUNK)).await;
    let backend = Backend::always(Reply::Done).await;
    let (first, second) = (server.ticket(&backend).await, server.ticket(&backend).await);
    let content = bytes(2 * CHUNK);
    let mut browser = server.browser().await;
    browser.open(&first, content.len(), "a").await;
    browser.fill(&content[..CHUNK]).await;

    let mut waiting = server.browser().await;
    waiting.ask(&second, &json!(1), "a").await;
    waiting.expect_close(1013).await;
    browser.vanish().await;
    let mut browser = server.browser().await;
    assert_eq!(browser.open(&first, content.len(), "a").await, CHUNK, "it has its room");
    browser.fill(&content[CHUNK..]).await;
    browser.expect_done().await;
    let mut browser = open_when_there_is_room(&server, &second, 1).await;
    browser.chunk(b"x").await;
    browser.expect_done().await;
}

#[tokio::test]
async fn a_file_counts_until_its_backend_has_it() {
    let server = Server::with(|config| {
        room_for(SIZE)(config);
        config.signal_finish_url = Some("http://127.0.0.1:1/".to_owned());
    })
    .await;
    server.send_all(&cut("a", SIZE)).await;
    expect_no_room(&server, &cut("b", 1)).await;
}

#[tokio::test]
async fn a_cancelled_upload_gives_its_room_back() {
    let server = Server::with(room_for(SIZE)).await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    server.browser().await.open(&id, SIZE, "a").await;
    expect_no_room(&server, &cut("b", 1)).await;
    let cancel = [("id", id.as_str()), ("backendSecret", "")];
    assert_eq!(server.call("cancel_upload", &cancel).await.0, 200);
    assert_eq!(server.send(&cut("b", 1), 1).await, stored());
}

#[tokio::test]
async fn what_is_there_is_counted_again_after_a_restart() {
    let server = Server::start().await;
    assert_eq!(server.send(&cut("a", 3 * SIZE), 1).await, stored());
    let robusto = Hashed::new("r", &bytes(3 * SIZE), SIZE);
    server.chunk(&robusto, 0).await;
    let folder = server.stop().await;

    let server = Server::over(folder, room_for(7 * SIZE)).await;
    expect_no_room(&server, &cut("b", SIZE + 1)).await;
    server.send_all(&cut("a", 3 * SIZE)).await;
    server.all_chunks(&robusto).await;
    assert_eq!(server.arrived().len(), 2);
    assert_eq!(server.send(&cut("b", 7 * SIZE), 1).await, stored());
}

#[tokio::test]
async fn a_file_without_a_size_takes_no_more_room_than_there_is() {
    let server = Server::with(room_for(4 * SIZE)).await;
    let (one, other) =
        (Hashed::new("a", &bytes(4 * SIZE), SIZE), Hashed::new("b", &[7; 2000], SIZE));
    server.chunk(&other, 0).await;
    let (status, words) = server.chunk(&one, 0).await;
    assert!(status == "error" && words.contains("there is no room"), "{status} {words}");
    server.all_chunks(&other).await;
    server.all_chunks(&one).await;
    assert_eq!(server.ask(&one).await, complete());
}

#[tokio::test]
async fn a_socket_without_a_size_is_told_when_the_room_ends() {
    let server = Server::with(room_for(SIZE)).await;
    assert_eq!(server.send(&cut("a", 2 * SIZE), 1).await.0, 400);
    let mut browser = Browser::connect_to(server.running.address(), "/galileo").await;
    browser.text(&json!({ "name": "a" }).to_string()).await;
    hear_text(&mut browser).await;
    browser.binary(&bytes(SIZE + 1)).await;
    let heard = hear_text(&mut browser).await;
    assert!(heard.to_string().contains("Expected at most 1000 bytes"), "{heard}");
    until("nothing is left", || server.uploads() == 0).await;
    assert_eq!(server.send(&cut("b", SIZE), 1).await, stored());
}

async fn hear_text(browser: &mut Browser) -> Value {
    match browser.hear().await {
        crate::common::browser::Heard::Text(text) => text,
        other => panic!("heard {other:?}"),
    }
}

#[tokio::test]
async fn no_chunk_is_larger_than_allowed() {
    let server = Server::with(|config| config.max_chunk_size = Some(SIZE as u64)).await;
    server.send_all(&Cut { force: true, ..cut("a", 3 * SIZE) }).await;
    let large = Cut::new("b", &bytes(3 * SIZE), SIZE + 1);
    let refused = "the chunk is larger than 1000 bytes, send smaller ones";
    assert_eq!(server.send(&large, 1).await, (400, refused.to_owned()));
    let flow = Cut { library: "flow", ..large };
    assert_eq!(server.send(&flow, 1).await, (413, refused.to_owned()));

    let file = Hashed::new("c", &bytes(3 * SIZE), SIZE + 1);
    let (status, words) = server.chunk(&file, 0).await;
    assert!(status == "error" && words.contains(refused), "{status} {words}");

    // With a size, and without one as from a form without a script.
    let sized = ("qquuid".to_owned(), "u-1".to_owned());
    let sized = vec![sized, ("qqtotalfilesize".to_owned(), "1001".to_owned())];
    for (fields, size) in [(sized, SIZE + 1), (Vec::new(), 400 * SIZE)] {
        let request = server.client.post(server.url("/fineuploader"));
        let request = request.body(form(&fields, "f", &bytes(size)));
        let answer = request.header("content-type", form_type()).send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 400 | 413), "{}", answer.status());
    }
    assert_eq!(server.arrived().len(), 1);
}

#[tokio::test]
async fn no_more_uploads_are_open_than_allowed() {
    let server = Server::with(|config| config.max_open_uploads = 1).await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    assert_eq!(server.send(&cut("a", 2 * SIZE), 1).await, stored());
    let answer = send(&server, &cut("b", SIZE)).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (503, &"10".parse().unwrap())
    );
    let words = answer.text().await.unwrap();
    assert_eq!(words, "there are too many open uploads, try again later");
    let mut waiting = server.browser().await;
    waiting.ask(&id, &json!(1), "a").await;
    waiting.expect_close(1013).await;

    server.send_all(&cut("a", 2 * SIZE)).await;
    let mut browser = open_when_there_is_room(&server, &id, 1).await;
    browser.chunk(b"x").await;
    browser.expect_done().await;
}

#[tokio::test]
async fn fine_uploader_is_told_to_try_again_when_there_is_no_room() {
    let server = Server::with(room_for(SIZE)).await;
    let hold = Hashed::new("h", &bytes(SIZE), SIZE / 2);
    server.chunk(&hold, 0).await;
    let fields = [("qquuid", "u-1"), ("qqtotalfilesize", "600"), ("qqfilename", "f")];
    let fields: Vec<_> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let request =
        server.client.post(server.url("/fineuploader")).body(form(&fields, "f", &[7; 600]));
    let answer = request.header("content-type", form_type()).send().await.unwrap();
    assert_eq!(answer.status(), 507);
    let reply: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(reply["success"], false);
    assert_eq!(reply.get("preventRetry"), None, "it may be sent again");
}
