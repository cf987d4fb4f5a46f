//! Clients that are slow on purpose are cut off.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::common::browser::Data;
use crate::common::chunks::{CLOSE, Cut, form, form_head};
use crate::common::{Backend, CHUNK, PATIENCE, Reply, Server, answered, bytes};
use crate::robusto::page::Hashed;

const SOON: Duration = Duration::from_millis(300);

/// Sends a byte now and then until the server has had enough of it, and says what it answered.
async fn trickle(server: &Server, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.running.address()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let trickling = async {
        for byte in body {
            if writer.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::future::pending::<()>().await;
    };
    let reading = async {
        let mut answer = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answer).await;
        String::from_utf8(answer).unwrap()
    };
    let ended = async {
        tokio::select! {
            answer = reading => answer,
            () = trickling => unreachable!("it never ends"),
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("a slow client is kept for ever")
}

fn head(length: usize) -> String {
    form_head("/resumable", CLOSE, length)
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_off() {
    let server = Server::with(|config| config.header_timeout = SOON).await;
    let endless = "x-header: x\r\n".repeat(1000);
    trickle(&server, "GET /healthz HTTP/1.1\r\nHost: x\r\n", endless.as_bytes()).await;
}

#[tokio::test]
async fn a_body_that_trickles_is_cut_off_although_it_never_rests() {
    let server = Server::with(|config| {
        (config.connection_timeout, config.min_rate) = (SOON, 1000);
    })
    .await;
    let cut = Cut::new("a", &bytes(CHUNK), CHUNK);
    let body = form(&cut.fields(1), "a", cut.bytes(1));
    let answer = trickle(&server, &head(body.len()), &body).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "it may come again: {answer}");
    assert_eq!(server.send(&cut, 1).await.0, 200);
}

#[tokio::test]
async fn a_body_that_is_slow_and_steady_is_taken() {
    let server = Server::with(|config| {
        (config.connection_timeout, config.min_rate) = (SOON, 10);
    })
    .await;
    let cut = Cut::new("a", b"xyz", CHUNK);
    let body = form(&cut.fields(1), "a", cut.bytes(1));
    let (first, last) = body.split_at(body.len() - 60);
    let head = head(body.len()) + std::str::from_utf8(first).unwrap();
    // Four times as long as it may rest.
    let answer = trickle(&server, &head, last).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_message_that_trickles_is_cut_off_although_it_never_rests() {
    let server = Server::with(|config| {
        (config.connection_timeout, config.min_rate) = (SOON, 1000);
    })
    .await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 60_000, "a").await;
    let stream = browser.begin(Data::Binary, 60_000).await;
    let trickling = async {
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, trickling).await.expect("a slow client is kept for ever");
}

#[tokio::test]
async fn a_form_of_the_backend_that_trickles_is_cut_off() {
    let server = Server::with(|config| {
        (config.header_timeout, config.connection_timeout, config.min_rate) = (SOON, SOON, 1000);
    })
    .await;
    let head = "POST /incoming/0.1/backend/new_upload HTTP/1.1\r\nHost: x\r\nContent-Type: \
                application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\r\n";
    trickle(&server, head, &[b'x'; 10_000]).await;
}

#[tokio::test]
async fn who_does_not_read_an_answer_is_cut_off() {
    let server = Server::with(|config| {
        (config.connection_timeout, config.max_connections_per_address) = (SOON, Some(2));
        config.serve_files = true;
    })
    .await;
    let file = Hashed::new("a", &bytes(32 << 20), 32 << 20);
    server.all_chunks(&file).await;
    let (_, address) = server.ask(&file).await;
    let mut reader = TcpStream::connect(server.running.address()).await.unwrap();
    let head = format!("GET {address} HTTP/1.1\r\nHost: x\r\n\r\n");
    reader.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(SOON * 3).await;
    let mut answer = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answer);
    let _ = tokio::time::timeout(PATIENCE, read).await.expect("the connection stays open");
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    assert!(answer.len() < 32 << 20, "it was cut off");
}

#[tokio::test]
async fn who_reads_an_answer_too_slowly_is_cut_off_although_it_never_rests() {
    let file = Hashed::new("a", &bytes(64 << 20), 64 << 20);
    let server = Server::with(|config| config.serve_files = true).await;
    server.all_chunks(&file).await;
    let (_, address) = server.ask(&file).await;
    let server = Server::over(server.stop().await, |config| {
        (config.connection_timeout, config.min_rate) = (SOON, 1 << 30);
        config.serve_files = true;
    })
    .await;
    let mut reader = TcpStream::connect(server.running.address()).await.unwrap();
    let head = format!("GET {address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    reader.write_all(head.as_bytes()).await.unwrap();
    // Sixteen megabytes a second, so that the server can write some more all the time.
    let (mut piece, mut read) = (vec![0; 256 << 10], 0);
    loop {
        match tokio::io::AsyncReadExt::read(&mut reader, &mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(bytes) => read += bytes,
        }
        tokio::time::sleep(Duration::from_millis(16)).await;
    }
    assert!(read < 64 << 20, "it was cut off");
}

#[tokio::test]
async fn who_sends_nothing_in_the_middle_of_a_body_is_cut_off() {
    let server = Server::with(|config| config.connection_timeout = SOON).await;
    let mut stream = TcpStream::connect(server.running.address()).await.unwrap();
    stream.write_all(head(1000).as_bytes()).await.unwrap();
    let answer = answered(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}
