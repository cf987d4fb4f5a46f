//! Names of files as old browsers, scripts and strange file systems have them.

use percent_encoding::percent_decode_str;
use reqwest::Method;
use serde_json::Value;

use crate::common::chunks::{BOUNDARY, Cut, answer, form_type, stored};
use crate::common::{CHUNK, Hook, Server};
use crate::fineuploader::parts::{reply, success};

/// A form with these lines of a head before its file.
fn form(fields: &[(&str, &[u8])], file: &[u8], content: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
        body.extend([head.as_bytes(), b"\r\n\r\n", value, b"\r\n"].concat());
    }
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; ");
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    body.extend([head.as_bytes(), file, b"\r\n\r\n", content, end.as_bytes()].concat());
    body
}

async fn fine(server: &Server, query: &str, body: Vec<u8>) -> (u16, Value) {
    let request = server.fine(Method::POST, &format!("?{query}")).body(body);
    reply(request.header("content-type", form_type())).await
}

fn name(server: &Server) -> String {
    server.only_arrived().note["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_arrives_whatever_its_name_is_made_of() {
    for (file, expected) in [
        (&b"filename=\"a\0b\x01c\x1f\x7f.txt\""[..], "abc.txt"),
        (b"filename=\"a\rb\nc.txt\"", "abc.txt"),
        (b"filename=\"caf\xe9.txt\"", "café.txt"),
        (b"filename=\"\x80\x99.txt\"", ".txt"),
        (b"filename*=UTF-8''bl%C3%A5b%C3%A6r%0D%0A%00.txt", "blåbær.txt"),
        (b"filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        (b"filename=\"a.txt\"; filename*=UTF-8''b.txt", "a.txt"),
    ] {
        let server = Server::start().await;
        let body = form(&[("qquuid", b"u")], file, b"x\0y\x01\r\nz");
        assert_eq!(fine(&server, "", body).await, success(), "{expected}");
        assert_eq!(server.only_arrived().content, b"x\0y\x01\r\nz");
        assert_eq!(name(&server), expected);
    }
}

#[tokio::test]
async fn a_chunk_of_such_a_file_is_taken_too() {
    for library in ["resumable", "flow"] {
        let server = Server::start().await;
        let cut = Cut { library, ..Cut::new("caf\u{e9}\u{1}.txt", b"xyz", CHUNK) };
        let fields: Vec<_> = cut.fields(1);
        let latin: Vec<_> = fields
            .iter()
            .map(|(name, value)| {
                (name.as_str(), value.chars().map(|c| c as u8).collect::<Vec<_>>())
            })
            .collect();
        let fields: Vec<_> = latin.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        let body = form(&fields, b"filename=\"caf\xe9\x01.txt\"", b"xyz");
        assert_eq!(server.send_form(&Vec::new(), body).await, stored());
        assert_eq!(name(&server), "café.txt");
    }
}

#[tokio::test]
async fn identifiers_may_have_4_kib() {
    let server = Server::start().await;
    let long = "ü/".repeat(1365);
    let cut = Cut { identifier: long.clone(), ..Cut::new("a", b"xyz", CHUNK) };
    assert_eq!(server.send(&cut, 1).await, stored());
    assert_eq!(server.test(&cut, 1).await, 200);
    assert_eq!(server.whole(&long, "a", b"xyz").await, success());
    assert_eq!(server.all_sent(&long).await.0, 200);
    let encoded: String = form_urlencoded::byte_serialize(long.as_bytes()).collect();
    assert_eq!(server.delete(&encoded).await, success());
    let longer = "x".repeat(4097);
    let cut = Cut { identifier: longer.clone(), ..cut };
    assert_eq!(server.send(&cut, 1).await.0, 400);
    assert_eq!(server.whole(&longer, "a", b"xyz").await.0, 400);
}

async fn asking(hook: &Hook) -> Server {
    Server::with(|config| config.authorize_url = Some(hook.url())).await
}

/// What the hook was told the name is.
fn told(asked: &str) -> Option<String> {
    let mut lines = asked.lines();
    let name = lines.find_map(|line| line.strip_prefix("x-upload-name: "))?;
    Some(percent_decode_str(name).decode_utf8().unwrap().into_owned())
}

#[tokio::test]
async fn a_file_has_the_name_that_the_hook_was_told_however_the_form_is_written() {
    for (query, file) in [
        ("qqfilename=approved", &b"filename*=UTF-8''hidden"[..]),
        ("qqfile=approved", b"filename=\"hid\x01den\""),
        ("qqfilename=caf%E9", b"filename=\"hidd\xe9n\""),
    ] {
        let hook = Hook::saying("200 OK").await;
        let server = asking(&hook).await;
        let body = form(&[], file, b"xyz");
        let query = format!("qquuid=u&qqtotalfilesize=3&{query}");
        assert_eq!(fine(&server, &query, body).await, success(), "{query}");
        assert_eq!(Some(name(&server)), told(&hook.asked()[0]), "{query}");
    }
}

#[tokio::test]
async fn latin_1_says_nothing_else_than_the_hook_was_told() {
    let hook = Hook::saying("200 OK").await;
    let server = asking(&hook).await;
    let query = "qquuid=%E9&qqtotalfilesize=3&qqfilename=%E9";
    for (hidden, value) in [
        ("qquuid", b"\xe8"),
        ("qqfilename", b"\xe8"),
        ("qqfile", b"\xe8"),
        ("qq\x01uuid", b"v"),
        ("qquuid\x7f", b"v"),
    ] {
        let body = form(&[(hidden, value)], b"filename=\"a\"", b"xyz");
        let (status, words) = fine(&server, query, body).await;
        assert_eq!(status, 400, "{hidden}: {words}");
    }
    assert!(server.arrived().is_empty());
    let same = form(&[("qquuid", b"\xe9"), ("qqfile", b"\xe9")], b"filename=\"a\"", b"xyz");
    assert_eq!(fine(&server, query, same).await, success());
    assert_eq!(told(&hook.asked()[0]).unwrap(), "é");
    assert_eq!(name(&server), "é");
}

#[tokio::test]
async fn a_yes_to_one_identifier_in_latin_1_is_none_to_another() {
    let hook = Hook::saying("200 OK").await;
    let server = asking(&hook).await;
    for id in ["%E9", "%E8"] {
        let query = format!("/fineuploader?qquuid={id}&qqtotalfilesize=3&qqfilename=a");
        let body = form(&[], b"filename=\"a\"", b"xyz");
        let request = server.client.post(server.url(&query)).body(body);
        assert_eq!(answer(request.header("content-type", form_type())).await.0, 200);
    }
    assert_eq!(hook.asked().len(), 2);
}
