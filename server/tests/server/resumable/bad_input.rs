//! Requests that make no sense get one line of text and leave nothing behind.

use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::SIZE;
use crate::common::chunks::{Cut, Pairs, form, form_type, stored};
use crate::common::{PATIENCE, Server, bytes};

fn cut() -> Cut {
    Cut::new("a", &bytes(2 * SIZE + 7), SIZE)
}

/// The parameters of the first chunk, some of them changed.
fn changed(changes: &[(&str, &str)]) -> Pairs {
    let mut fields = cut().fields(1);
    for (name, value) in changes {
        let name = format!("resumable{name}");
        fields.retain(|(other, _)| *other != name);
        fields.push((name, (*value).to_owned()));
    }
    fields
}

/// Sends it in every way; the answer is always the same, and nothing is kept.
async fn expect_refused(server: &Server, fields: &Pairs) {
    let nothing = Vec::new();
    let content = bytes(SIZE);
    for (status, text) in [
        server.send_raw(Method::POST, fields, &content).await,
        server.send_form(fields, form(fields, "a", &content)).await,
        server.send_form(&nothing, form(fields, "a", &content)).await,
        server.send_raw(Method::GET, fields, b"").await,
    ] {
        assert_eq!(status, 400, "{text}");
        assert!(!text.is_empty() && !text.contains('\n') && text.len() < 200, "{text}");
    }
    assert_eq!(server.uploads(), 0);
}

async fn expect_alive(server: &Server) {
    server.send_all(&cut()).await;
    assert!(server.arrived().iter().any(|arrived| arrived.content == cut().content));
}

#[tokio::test]
async fn parameters_that_are_missing_or_no_numbers_are_refused() {
    let server = Server::start().await;
    for missing in
        ["ChunkNumber", "ChunkSize", "TotalSize", "Identifier", "Filename", "TotalChunks"]
    {
        let mut fields = cut().fields(1);
        fields.retain(|(name, _)| *name != format!("resumable{missing}"));
        expect_refused(&server, &fields).await;
    }
    for name in ["ChunkNumber", "ChunkSize", "CurrentChunkSize", "TotalSize", "TotalChunks"] {
        for value in ["", "-1", "1.5", "1e3", "0x10", "NaN", " 1", "99999999999999999999", "\0"] {
            expect_refused(&server, &changed(&[(name, value)])).await;
        }
    }
    expect_refused(&server, &Vec::new()).await;
    expect_alive(&server).await;
}

#[tokio::test]
async fn numbers_that_lie_are_refused() {
    let server = Server::start().await;
    let most = "9999999999999999";
    for changes in [
        [("ChunkNumber", "0"), ("ChunkSize", "100")],
        [("ChunkNumber", "3"), ("ChunkSize", "100")],
        [("ChunkNumber", most), ("TotalChunks", most)],
        [("ChunkSize", "0"), ("TotalChunks", "2")],
        [("ChunkSize", "0"), ("TotalSize", "0")],
        [("TotalSize", most), ("TotalChunks", "2")],
        [("TotalChunks", "4"), ("TotalSize", "207")],
        [("CurrentChunkSize", "99"), ("TotalSize", "207")],
        [("TotalSize", "1"), ("TotalChunks", "2")],
    ] {
        expect_refused(&server, &changed(&changes)).await;
    }
    expect_alive(&server).await;
}

#[tokio::test]
async fn a_file_cut_into_too_many_chunks_is_refused() {
    let server = Server::start().await;
    let most = "9999999999999";
    expect_refused(
        &server,
        &changed(&[
            ("ChunkSize", "1"),
            ("CurrentChunkSize", "1"),
            ("TotalSize", most),
            ("TotalChunks", most),
        ]),
    )
    .await;
}

#[tokio::test]
async fn bodies_that_do_not_go_with_the_numbers_are_refused() {
    let server = Server::start().await;
    let fields = cut().fields(1);
    for length in [0, 1, SIZE - 1, SIZE + 1, 3 * SIZE, 1 << 20] {
        let content = vec![1; length];
        for (status, text) in [
            server.send_raw(Method::POST, &fields, &content).await,
            server.send_form(&Vec::new(), form(&fields, "a", &content)).await,
        ] {
            assert_eq!(status, 400, "{length}: {text}");
        }
        assert_eq!(server.test(&cut(), 1).await, 204);
    }
    expect_alive(&server).await;
}

#[tokio::test]
async fn identifiers_and_names_are_no_paths() {
    let server = Server::start().await;
    let long = "ü".repeat(2048);
    for identifier in ["../../x", "/etc/passwd", "a\0b", "..", ".", "a/b\\c", "upload.json", &long]
    {
        for name in ["../../../x", "/etc/passwd", "a\0b\r\nc", "..", "", "C:\\x"] {
            let cut = Cut { identifier: identifier.to_owned(), ..Cut::new(name, b"xyz", SIZE) };
            let fields = cut.fields(1);
            let answer = server.send_raw(Method::POST, &fields, b"xyz").await;
            assert_eq!(answer, stored(), "{identifier} {name}");
        }
    }
    for arrived in server.arrived() {
        let name = arrived.note["name"].as_str().unwrap();
        assert!(!name.contains(['/', '\\', '\0', '\r', '\n']) && !name.is_empty(), "{name}");
        assert_eq!(arrived.path.parent().unwrap(), server.storage().join("arrived"));
    }
    let strangers = std::fs::read_dir(server.folder.path()).unwrap().count();
    assert_eq!(strangers, 1, "nothing beside the storage folder");
    for identifier in ["", &"x".repeat(4097)] {
        expect_refused_identifier(&server, identifier).await;
    }
}

async fn expect_refused_identifier(server: &Server, identifier: &str) {
    let fields = changed(&[("Identifier", identifier)]);
    assert_eq!(server.send_raw(Method::POST, &fields, &bytes(SIZE)).await.0, 400);
}

#[tokio::test]
async fn a_name_of_64_kb_is_cut_and_a_longer_one_refused() {
    let server = Server::start().await;
    for (length, status) in [(60_000, 200), (70_000, 400), (1 << 20, 400)] {
        let name = "x".repeat(length);
        let cut = Cut { identifier: length.to_string(), ..Cut::new(&name, b"xyz", SIZE) };
        let body = form(&cut.fields(1)[..7], "a", b"xyz");
        let body = [body, Vec::new()].concat();
        let fields = cut.fields(1).split_off(8);
        assert_eq!(server.send_form(&fields, body).await.0, status, "{length}");
    }
    assert_eq!(server.only_arrived().note["name"].as_str().unwrap().len(), 255);
}

#[tokio::test]
async fn a_thousand_parameters_are_refused() {
    let server = Server::start().await;
    let many: Pairs = (0..1000).map(|i| (format!("f{i}"), "x".to_owned())).collect();
    let mut fields = cut().fields(1);
    fields.extend(many);
    expect_refused(&server, &fields).await;
    let twice: Pairs = vec![("f".to_owned(), "x".to_owned()); 1000];
    expect_refused(&server, &[cut().fields(1), twice].concat()).await;
    expect_alive(&server).await;
}

#[tokio::test]
async fn forms_that_are_none_are_refused() {
    let server = Server::start().await;
    let fields = cut().fields(1);
    let whole = form(&fields, "a", &bytes(SIZE));
    let text = String::from_utf8_lossy(&whole).into_owned();
    let no_file = text.replace("; filename=\"a\"", "");
    let long_head = text.replace("name=\"file\"", &format!("name=\"{}\"", "x".repeat(1 << 20)));
    for body in ["", "x", "--", "\r\n\r\n", &no_file, &long_head, &"-".repeat(1 << 20)] {
        let (status, text) = server.send_form(&fields, body.as_bytes().to_vec()).await;
        assert_eq!(status, 400, "{text}");
        let flow = Cut { library: "flow", ..cut() }.fields(1);
        let (status, text) = server.send_form(&flow, body.as_bytes().to_vec()).await;
        assert!([413, 415].contains(&status), "{status} {text}");
    }
    let request = server.request(Method::POST).query(&fields).body(whole);
    let request = request.header("content-type", form_type().replace("boundary", "x"));
    assert_eq!(request.send().await.unwrap().status(), 400);
    assert_eq!(server.test(&cut(), 1).await, 204);
    expect_alive(&server).await;
}

#[tokio::test]
async fn a_file_that_comes_before_the_parameters_needs_them_in_the_query() {
    let server = Server::start().await;
    let cut = Cut::new("a", b"xyz", SIZE);
    let file = form(&[], "a", b"xyz");
    let fields = form(&cut.fields(1), "a", b"");
    let end = file.len() - "--\r\n".len();
    let body =
        [&file[..end], b"\r\n", &fields[fields.iter().position(|b| *b == b'\r').unwrap() + 2..]]
            .concat();
    assert_eq!(server.send_form(&Vec::new(), body.clone()).await.0, 400);
    assert_eq!(server.send_form(&cut.fields(1), body).await, stored());
    assert_eq!(server.only_arrived().content, b"xyz");
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_off() {
    let server =
        Server::with(|config| config.refused_body_timeout = Duration::from_millis(300)).await;
    let cut = cut();
    let fields = cut.fields(1);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let whole = form(&fields, "a", &bytes(SIZE));
    let head = &whole[..whole.len() - SIZE - 50];
    for (start, kind) in [(&b""[..], "application/octet-stream".to_owned()), (head, form_type())] {
        let mut stream = TcpStream::connect(server.running.address()).await.unwrap();
        let request = format!(
            "POST /resumable?{query} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n\
             Content-Length: 99999999999\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(start).await.unwrap();
        let ended = async { while stream.write_all(&[b'x'; 65_536]).await.is_ok() {} };
        tokio::time::timeout(PATIENCE, ended).await.expect("the server takes it all");
    }
    assert_eq!(server.test(&cut, 1).await, 204);
    expect_alive(&server).await;
}

#[tokio::test]
async fn a_body_that_stops_is_not_waited_for_and_may_be_sent_again() {
    let server =
        Server::with(|config| config.connection_timeout = Duration::from_millis(300)).await;
    let mut stream = TcpStream::connect(server.running.address()).await.unwrap();
    let fields = cut().fields(1);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let head = "HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf";
    stream.write_all(format!("POST /resumable?{query} {head}").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    read.expect("the server waits").unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("send it again"), "{answer}");
    assert_eq!(server.test(&cut(), 1).await, 204);
    expect_alive(&server).await;
}

/// flow.js takes a 400 for something that may be right the next time.
#[tokio::test]
async fn flow_js_is_refused_with_what_ends_its_tries() {
    let server = Server::start().await;
    let content = bytes(SIZE);
    let cut = Cut { library: "flow", ..Cut::new("a", &content, SIZE) };
    let mut fields = cut.fields(1);
    fields.retain(|(name, _)| name != "flowTotalSize");
    for (status, text) in [
        server.send_raw(Method::POST, &fields, &content).await,
        server.send_form(&Vec::new(), form(&fields, "a", &content)).await,
        server.send_raw(Method::GET, &fields, b"").await,
    ] {
        assert_eq!(status, 415, "{text}");
    }
    assert_eq!(server.uploads(), 0);
}

#[tokio::test]
async fn limits_hold() {
    let server = Server::with(|config| {
        (config.max_file_size, config.max_tickets) = (2 * SIZE as u64 + 7, 1);
    })
    .await;
    let large = Cut::new("large", &bytes(2 * SIZE + 8), SIZE);
    assert_eq!(server.send(&large, 1).await.0, 400);
    assert_eq!(server.test(&large, 1).await, 400);
    let large = Cut { library: "flow", ..large };
    assert_eq!(server.send(&large, 1).await.0, 413);
    assert_eq!(server.test(&large, 1).await, 413);
    assert_eq!(server.send(&cut(), 1).await, stored());
    let other = Cut::new("other", &bytes(SIZE), SIZE);
    let (status, text) = server.send(&other, 1).await;
    assert_eq!((status, text.as_str()), (503, "there are too many open uploads, try again later"));
    assert_eq!(server.send(&cut(), 2).await, stored());
}

#[tokio::test]
async fn other_methods_are_refused() {
    let server = Server::start().await;
    let answer = server.send_raw(Method::DELETE, &cut().fields(1), b"").await;
    assert_eq!(answer, (405, String::new()));
}
