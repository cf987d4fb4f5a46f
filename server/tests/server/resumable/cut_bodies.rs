//! A browser that gives up in the middle of a request.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common::chunks::{BOUNDARY, Cut, form, form_type, stored};
use crate::common::{PATIENCE, Server, until};

fn cut() -> Cut {
    Cut::new("a", b"0123456789", 10)
}

fn request(kind: &str, query: &str, length: usize) -> String {
    format!(
        "POST /resumable?{query} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

/// Sends the beginning of a request and goes.
async fn give_up(server: &Server, beginning: &[u8]) {
    let mut stream = TcpStream::connect(server.running.address()).await.unwrap();
    stream.write_all(beginning).await.unwrap();
    // The server has read everything when it closes.
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = ended.expect("the server is stuck");
    let is_refused_for_now = answer.is_empty() || answer.starts_with(b"HTTP/1.1 408");
    assert!(is_refused_for_now, "{}", String::from_utf8_lossy(&answer));
}

async fn expect_nothing_then_everything(server: &Server) {
    assert_eq!(server.test(&cut(), 1).await, 204);
    assert!(server.arrived().is_empty());
    assert_eq!(server.send(&cut(), 1).await, stored());
    assert_eq!(server.only_arrived().content, cut().content);
}

#[tokio::test]
async fn a_form_cut_at_any_byte_leaves_no_chunk() {
    let server = Server::start().await;
    let body = form(&cut().fields(1), "a", &cut().content);
    let request = request(&form_type(), "", body.len());
    for end in 0..body.len() {
        give_up(&server, &[request.as_bytes(), &body[..end]].concat()).await;
        assert_eq!(server.test(&cut(), 1).await, 204, "cut at {end} of {}", body.len());
    }
    expect_nothing_then_everything(&server).await;
}

#[tokio::test]
async fn a_form_that_ends_at_any_byte_leaves_no_chunk_and_may_be_sent_again() {
    let server = Server::start().await;
    let body = form(&cut().fields(1), "a", &cut().content);
    // The last line break is no part of the form.
    for end in 0..body.len() - 2 {
        let (status, text) = server.send_form(&Vec::new(), body[..end].to_vec()).await;
        // Less than its first line is no form.
        let expected = if end < "--".len() + BOUNDARY.len() { 400 } else { 408 };
        assert_eq!(status, expected, "{end} of {}: {text}", body.len());
    }
    expect_nothing_then_everything(&server).await;
}

#[tokio::test]
async fn raw_bytes_cut_at_any_byte_leave_no_chunk() {
    let server = Server::start().await;
    let fields = cut().fields(1);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let request = request("application/octet-stream", &query, 10);
    for end in 0..10 {
        give_up(&server, &[request.as_bytes(), &cut().content[..end]].concat()).await;
    }
    expect_nothing_then_everything(&server).await;
}

#[tokio::test]
async fn a_connection_that_is_reset_leaves_no_chunk() {
    let server = Server::start().await;
    let content = vec![7; 4 << 20];
    let cut = Cut::new("a", &content, content.len());
    let body = form(&cut.fields(1), "a", &content);
    let request = request(&form_type(), "", body.len());
    for part in 1..4 {
        let mut stream = TcpStream::connect(server.running.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(&body[..part << 20]).await.unwrap();
        drop(stream);
    }
    until("an upload has begun", || server.uploads() == 1).await;
    assert_eq!(server.test(&cut, 1).await, 204);
    assert_eq!(server.send(&cut, 1).await, stored());
    assert!(server.only_arrived().content == content);
}
