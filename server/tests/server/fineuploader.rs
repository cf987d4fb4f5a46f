//! Fine Uploader of any version, as long as everything goes well.

mod deleting;
mod hostile;
mod losing;
pub mod parts;
mod replay;

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common::chunks::whole_answer;
use crate::common::{Server, bytes};
use parts::{Parts, pairs, reply, success};

const SIZE: usize = 100;

#[tokio::test]
async fn a_file_arrives_under_an_id_with_a_note_beside_it() {
    let server = Server::start().await;
    let content = bytes(300);
    assert_eq!(server.whole("u", "dir/blåbær ü 文件.bin", &content).await, success());
    let arrived = server.only_arrived();
    assert!(arrived.content == content);
    assert_eq!(arrived.note["name"], "blåbær ü 文件.bin");
    assert_eq!(arrived.note["size"], 300);
    assert_eq!(arrived.note["protocol"], "fineuploader");
}

#[tokio::test]
async fn answers_are_plain_text_to_the_letter() {
    let server = Server::start().await;
    let query = [("qquuid", "u"), ("qqfile", "a")];
    let response = server.fine(Method::POST, "").query(&query).body("x").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(response.text().await.unwrap(), r#"{"success":true}"#);
}

#[tokio::test]
async fn every_answer_to_a_part_says_whether_all_parts_are_there() {
    let server = Server::start().await;
    let parts = Parts::new("u", &bytes(2 * SIZE), SIZE);
    for (index, has_all) in [(0, false), (1, true), (0, true)] {
        let request = server.fine(Method::POST, "").query(&parts.fields(index));
        let answer = whole_answer(request.body(parts.bytes(index).to_vec())).await;
        let said: serde_json::Value = serde_json::from_str(&answer.1).unwrap();
        assert_eq!(said, json!({ "success": true, "has_all_chunks": has_all }), "part {index}");
    }
}

/// In the query, in the form, what the file's part is called, and what the file's name is.
type Way = (&'static [(&'static str, &'static str)], Form, &'static str, &'static str);
type Form = &'static [(&'static str, &'static str)];

const WHOLE: [Way; 5] = [
    // 5.x, with a parameter of the page.
    (
        &[],
        &[("x", "1"), ("qquuid", "a"), ("qqfilename", "a.bin"), ("qqtotalfilesize", "3")],
        "b",
        "a.bin",
    ),
    (&[("qquuid", "b"), ("qqfilename", "b.bin"), ("qqtotalfilesize", "3")], &[], "x", "b.bin"),
    // 3.3 to 3.6.
    (&[], &[("qquuid", "c"), ("qqtotalfilesize", "3")], "c.bin", "c.bin"),
    // 3.2.
    (&[("qquuid", "d"), ("qqtotalfilesize", "3"), ("qqfile", "d.bin")], &[], "x", "d.bin"),
    // Without a script.
    (&[], &[("qquuid", "e")], "e.bin", "e.bin"),
];

#[tokio::test]
async fn whole_files_of_every_version_arrive_under_their_names() {
    let server = Server::start().await;
    for (query, fields, filename, _) in WHOLE {
        let sent = server.fine_form(&pairs(query), &pairs(fields), filename, b"xyz").await;
        assert_eq!(sent, success(), "{query:?} {fields:?}");
    }
    let arrived = server.arrived();
    let names: Vec<_> = arrived.iter().map(|file| file.note["name"].as_str().unwrap()).collect();
    assert_eq!(names, WHOLE.map(|(.., name)| name));
    assert!(arrived.iter().all(|file| file.content == b"xyz"));
}

#[tokio::test]
async fn bare_bytes_arrive_whether_they_say_how_many_they_are_or_not() {
    let server = Server::start().await;
    let content = bytes(700_000);
    let query = [("qquuid", "a"), ("qqfilename", "a"), ("qqfile", "a")];
    let request = server.fine(Method::POST, "").query(&query).body(content.clone());
    let request = request.header("content-type", "application/octet-stream");
    assert_eq!(reply(request.header("x-mime-type", "")).await, success());
    let head = "POST /fineuploader?qquuid=b&qqfile=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                Transfer-Encoding: chunked\r\n\r\naae60\r\n";
    let mut socket = TcpStream::connect(server.running.address()).await.unwrap();
    let tail = b"\r\n0\r\n\r\n";
    socket.write_all(&[head.as_bytes(), &content, tail].concat()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with(r#"{"success":true}"#), "{answer}");
    let arrived = server.arrived();
    assert_eq!(arrived.len(), 2);
    assert!(arrived.iter().all(|file| file.content == content));
}

#[tokio::test]
async fn parts_arrive_in_the_form_in_the_query_and_bare() {
    let server = Server::start().await;
    let content = bytes(2 * SIZE + 7);
    for mode in ["a", "b", "c"] {
        let parts = Parts::new(mode, &content, SIZE);
        for index in 0..parts.count() {
            let (fields, part) = (parts.fields(index), parts.bytes(index));
            let sent = match mode {
                "a" => server.part(&parts, index).await,
                "b" => server.fine_form(&fields, &Vec::new(), "blob", part).await,
                _ => {
                    let request = server.fine(Method::POST, "").query(&fields).body(part.to_vec());
                    reply(request.header("content-type", "application/octet-stream")).await
                }
            };
            assert_eq!(sent, success());
        }
    }
    let arrived = server.arrived();
    assert_eq!(arrived.len(), 3);
    assert!(arrived.iter().all(|file| file.content == content));
}

#[tokio::test]
async fn files_of_all_sizes_arrive_whole_and_in_parts() {
    let server = Server::start().await;
    let sizes = [0, 1, SIZE - 1, SIZE, SIZE + 1, 2 * SIZE, 5 * SIZE + 7];
    for size in sizes {
        let content = bytes(size);
        let whole = server.whole(&format!("{size}"), "w", &content).await;
        assert_eq!(whole, success(), "{size}");
        server.all_parts(&Parts::new(&format!("{size}-parts"), &content, SIZE)).await;
    }
    let mut found: Vec<_> = server.arrived().into_iter().map(|file| file.content.len()).collect();
    found.sort_unstable();
    assert_eq!(found, sizes.map(|size| [size, size]).concat());
}

#[tokio::test]
async fn parts_come_in_any_order_and_more_than_once_and_the_end_may_be_told() {
    let server = Server::start().await;
    let parts = Parts::new("u", &bytes(5 * SIZE - 3), SIZE);
    for index in [2, 1, 1, 4, 3] {
        assert_eq!(server.part(&parts, index).await, success());
        assert!(server.arrived().is_empty());
    }
    let (status, early) = server.all_sent("u").await;
    assert_eq!((status, &early["reset"]), (409, &json!(true)), "{early}");
    assert_eq!(server.part(&parts, 0).await, success());
    assert!(server.only_arrived().content == parts.content);
    for _ in 0..2 {
        assert_eq!(server.all_sent("u").await, success());
    }
}

#[tokio::test]
async fn the_end_may_be_told_in_every_way() {
    let server = Server::start().await;
    server.all_parts(&Parts::new("u", &bytes(2 * SIZE), SIZE)).await;
    let told = json!({ "qquuid": "u", "qqfilename": "u.bin", "qqtotalparts": 2 }).to_string();
    let post = server.fine(Method::POST, "/success").header("content-type", "application/json");
    assert_eq!(reply(post.body(told)).await, success());
    let get = server.fine(Method::GET, "/success").query(&[("qquuid", "u")]);
    assert_eq!(reply(get).await, success());
}

#[tokio::test]
async fn of_all_parts_that_race_one_completes_the_file() {
    for _ in 0..10 {
        let server = Server::start().await;
        let parts = Parts::new("u", &bytes(8 * SIZE), SIZE);
        let all = (0..8).chain(0..8).map(|index| server.part(&parts, index));
        for sent in futures_util::future::join_all(all).await {
            assert_eq!(sent, success());
        }
        assert!(server.only_arrived().content == parts.content);
    }
}

#[tokio::test]
async fn files_of_one_name_come_side_by_side() {
    let server = Server::start().await;
    for uuid in ["a", "b"] {
        let mut parts = Parts::new(uuid, &bytes(3 * SIZE), SIZE);
        parts.name = "same.bin".to_owned();
        server.all_parts(&parts).await;
    }
    assert_eq!(server.arrived().len(), 2);
}

#[tokio::test]
async fn the_session_is_empty_for_anybody_but_the_demo() {
    let session = async |server: &Server| {
        let url = "/session?qqtimestamp=1";
        let response = server.fine(Method::GET, url).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    };
    let server = Server::start().await;
    server.whole("u", "a.bin", b"xyz").await;
    assert_eq!(session(&server).await, "[]");
    let server = Server::with(|config| config.demo = true).await;
    server.whole("u", "a.bin", b"xyz").await;
    server.part(&Parts::new("v", &bytes(2 * SIZE), SIZE), 0).await;
    let files: serde_json::Value = serde_json::from_str(&session(&server).await).unwrap();
    assert_eq!(files, json!([{ "uuid": "u", "name": "a.bin", "size": 3 }]));
    server.delete("u").await;
    assert_eq!(session(&server).await, "[]");
}
