//! Requests that no page sends.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::SIZE;
use super::page::{Answer, Hashed, answer, complete, error, partial};
use crate::common::chunks::{Pairs, form, form_head, form_type};
use crate::common::{Server, bytes};

const NO_FILE: &str = "Invalid parameters, expecting md5 and name";
const NO_CHUNK: &str = "Invalid file upload parameters";

fn file() -> Hashed {
    Hashed::new("a", &bytes(4 * SIZE), SIZE)
}

fn changed(mut pairs: Pairs, name: &str, value: Option<&str>) -> Pairs {
    pairs.retain(|(other, _)| other != name);
    pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    pairs
}

#[tokio::test]
async fn a_file_without_md5_or_name_is_refused_and_leaves_nothing() {
    let server = Server::start().await;
    for (name, value) in [
        ("md5", None),
        ("md5", Some("")),
        ("md5", Some("xyz")),
        ("md5", Some("../../../../../../../etc/passwd!")),
        ("md5", Some("d41d8cd98f00b204e9800998ecf8427e0")),
        ("name", None),
        ("name", Some("")),
    ] {
        let query = changed(file().query(), name, value);
        assert_eq!(server.bring(&query, &file().fields(0), &[0; SIZE]).await, error(NO_FILE));
    }
    assert_eq!(server.uploads(), 0);
}

#[tokio::test]
async fn lying_numbers_are_refused_and_leave_nothing() {
    let server = Server::start().await;
    for (name, value) in [
        ("chunk", None),
        ("chunk", Some("")),
        ("chunk", Some("4")),
        ("chunk", Some("-1")),
        ("chunk", Some("1e1")),
        ("chunk", Some("18446744073709551616")),
        ("chunk", Some("../0")),
        ("chunks", None),
        ("chunks", Some("0")),
        ("chunks", Some("-4")),
        ("chunks", Some("99999999999999999999")),
        ("chunks", Some("9999999999999999")),
    ] {
        let fields = changed(file().fields(1), name, value);
        let (status, words) = server.bring(&file().query(), &fields, &[0; SIZE]).await;
        assert!(status == "error" && words.starts_with(NO_CHUNK), "{name} {value:?} {words}");
    }
    let (_, words) = server.bring(&file().query(), &file().fields(1), b"").await;
    assert_eq!(words, NO_CHUNK, "no chunk of several is empty");
    assert_eq!(server.uploads(), 0);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_as_soon_as_that_is_known() {
    let server = Server::with(|config| config.max_file_size = 300).await;
    let (status, words) = server.chunk(&file(), 0).await;
    assert_eq!((status.as_str(), words.contains("larger than 300 bytes")), ("partial", false));
    let large = Hashed::new("b", &bytes(5 * SIZE), SIZE);
    let refused = |(status, words): &Answer| status == "error" && words.contains("300 bytes");
    assert!(refused(&server.chunk(&large, 0).await));
    assert!(refused(&server.chunk(&Hashed::new("c", &bytes(301), 1000), 0).await));
    for index in 1..3 {
        assert_eq!(server.chunk(&file(), index).await.0, "partial");
    }
    assert!(refused(&server.chunk(&file(), 3).await), "400 bytes in all");
    assert!(server.arrived().is_empty());
    server.all_chunks(&Hashed::new("d", &bytes(3 * SIZE), SIZE)).await;
}

#[tokio::test]
async fn names_are_made_harmless_and_not_less_than_they_are() {
    let server = Server::start().await;
    let long = "x".repeat(60_000);
    let names =
        ["../../x", "a\0b", "..", "C:\\a\\b", "a&b=c#d+e%20f", "blåbær ü 文件.bin", "0", &long];
    for (number, name) in names.iter().enumerate() {
        let file = Hashed::new(name, &bytes(number + 1), SIZE);
        assert_eq!(server.chunk(&file, 0).await, complete(), "{name:.20}");
    }
    let mut found = Vec::new();
    for arrived in server.arrived() {
        let name = arrived.note["name"].as_str().unwrap().to_owned();
        assert!(!name.contains(['/', '\\', '\0']) && name.len() <= 255 && name != "..", "{name}");
        assert_eq!(arrived.path.parent().unwrap(), server.storage().join("arrived"));
        found.push(name);
    }
    for name in ["x", "ab", "unnamed", "b", "a&b=c#d+e%20f", "blåbær ü 文件.bin", "0"] {
        assert!(found.contains(&name.to_owned()), "{name} in {found:?}");
    }
}

#[tokio::test]
async fn a_name_of_more_than_64_kib_is_refused() {
    let server = Server::start().await;
    let query = format!("/robusto?md5={}&name={}", file().md5, "x".repeat(70_000));
    let head = format!("GET {query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let mut socket = TcpStream::connect(server.running.address()).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.contains(NO_CHUNK) || !answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Sends the beginning of a request and goes away.
async fn send_cut(server: &Server, body: &[u8], end: usize) {
    let mut socket = TcpStream::connect(server.running.address()).await.unwrap();
    let head = form_head(&format!("/robusto?md5={}&name=a", file().md5), "", body.len());
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&body[..end]).await.unwrap();
    socket.shutdown().await.unwrap();
    let _ = socket.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn a_body_that_is_cut_anywhere_is_dropped_without_a_trace() {
    let server = Server::start().await;
    let body = form(&file().fields(0), "blob", &file().content[..10]);
    for end in 0..body.len() - 2 {
        send_cut(&server, &body, end).await;
    }
    assert_eq!((server.ask(&file()).await.0.as_str(), server.uploads()), ("new", 0));
    server.all_chunks(&file()).await;
    assert!(server.only_arrived().content == file().content);
}

#[tokio::test]
async fn a_form_that_ends_at_any_byte_is_no_chunk() {
    let server = Server::start().await;
    let body = form(&file().fields(0), "blob", &file().content[..10]);
    for end in 0..body.len() - 2 {
        let request = server.robusto(reqwest::Method::POST).query(&file().query());
        let request = request.header("content-type", form_type()).body(body[..end].to_vec());
        let (status, words) = answer(request).await;
        assert!(status == "new" || status == "error", "{end}: {status} {words}");
    }
    assert_eq!(server.uploads(), 0);
}

#[tokio::test]
async fn a_large_body_that_is_cut_leaves_no_chunk() {
    let server = Server::start().await;
    let large = Hashed::new("a", &bytes(10 << 20), 6 << 20);
    let body = form(&large.fields(0), "blob", &large.content[large.range(0)]);
    let mut socket = TcpStream::connect(server.running.address()).await.unwrap();
    let head = form_head(&format!("/robusto?md5={}&name=a", large.md5), "", body.len());
    socket.write_all(&[head.as_bytes(), &body[..5 << 20]].concat()).await.unwrap();
    socket.shutdown().await.unwrap();
    let _ = socket.read_to_end(&mut Vec::new()).await;
    assert_eq!(server.ask(&large).await.0, "new");
    server.all_chunks(&large).await;
    assert!(server.only_arrived().content == large.content);
}

#[tokio::test]
async fn other_pages_may_be_kept_out() {
    let allowed = vec!["http://a.example".to_owned()];
    let server = Server::with(|config| config.allowed_origins = allowed).await;
    let post = server.robusto(reqwest::Method::POST).header("origin", "http://b.example");
    assert_eq!(post.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn nobody_else_can_put_a_chunk_behind_the_last() {
    let server = Server::start().await;
    let liar = Hashed { content: bytes(8 * SIZE), ..file() };
    server.chunk(&file(), 0).await;
    assert_eq!(server.chunk(&liar, 7).await, partial("7"), "it starts over");
    for index in 0..3 {
        server.chunk(&file(), index).await;
    }
    assert_eq!(server.chunk(&file(), 3).await, complete());
    assert!(server.only_arrived().content == file().content);
}
