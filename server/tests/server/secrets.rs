//! Secrets are never logged, however much is.

use std::path::Path;
use std::process::Stdio;

use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use uuid::Uuid;

use crate::common::chunks::{Cut, form, form_type};
use crate::common::{Backend, Browser, CHUNK, Hook, Program, Reply, Server};

/// Part of every secret.
const SECRET: &str = "hush";

async fn talkative(folder: &Path, hook: &Hook) -> (Program, std::path::PathBuf) {
    let log = folder.join("log");
    let file = std::fs::File::create(&log).unwrap();
    let url = hook.url();
    let more = ["--log", "trace", "--authorize-url", &url];
    (Program::with(&folder.join("storage"), &more, Stdio::from(file)).await, log)
}

async fn upload_with_ticket(process: &Program) {
    let backend = Backend::always(Reply::Done).await;
    let finish = backend.url().replace("http://", "http://hush-user:hush-password@");
    let base = format!("http://{}/incoming/0.1/backend", process.address);
    let form = [("signalFinishURL", finish.as_str()), ("backendSecret", "hush-backend")];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = reqwest::Client::new().post(format!("{base}/new_upload")).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let id = request.send().await.unwrap().text().await.unwrap();
    let url = format!("{base}/finish_upload?id={id}&backendSecret=hush-query");
    assert_eq!(reqwest::Client::new().post(url).send().await.unwrap().status(), 403);
    let mut browser = Browser::connect(process.address).await;
    browser.upload(&id, b"x", "a").await;
    browser.expect_done().await;
}

async fn upload_without(process: &Program, status: u16) {
    let cut = Cut::new("a", b"xyz", CHUNK);
    let url = format!("http://{}/resumable?token=hush-query", process.address);
    let body = form(&cut.fields(1), "a", cut.bytes(1));
    let request = reqwest::Client::new().request(Method::POST, url).body(body);
    let request = request.header("content-type", form_type());
    let request = request.header("cookie", "session=hush-cookie");
    let request = request.header("authorization", "Bearer hush-header").header("x-key", "hush-key");
    assert_eq!(request.send().await.unwrap().status().as_u16(), status);
    let url = format!("ws://{}/galileo?token=hush-query", process.address);
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("cookie", "session=hush-cookie".parse().unwrap());
    let opened = tokio_tungstenite::connect_async(request).await;
    assert_eq!(opened.is_ok(), status == 200);
    if let Ok((mut socket, _)) = opened {
        use futures_util::{SinkExt as _, StreamExt as _};
        let text = json!({ "name": "a", "size": 1 }).to_string();
        socket.send(tokio_tungstenite::tungstenite::Message::text(text)).await.unwrap();
        socket.next().await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn no_id_can_be_guessed() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(server.ticket(&backend).await.parse::<Uuid>().unwrap());
    }
    // The key of an upload is known to others; where its file arrives is not.
    for content in [b"one", b"two"] {
        server.send_all(&Cut::new("same.bin", content, CHUNK)).await;
    }
    for arrived in server.arrived() {
        ids.push(arrived.note["id"].as_str().unwrap().parse().unwrap());
    }
    assert_eq!(ids.len(), 22);
    assert!(
        ids.iter().all(|id| id.get_version_num() == 4),
        "all of their bits are random: {ids:?}"
    );
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 22);
}

#[tokio::test]
async fn no_secret_is_logged_at_the_most_verbose_level() {
    let folder = TempDir::new().unwrap();
    let hook = Hook::saying("200 OK").await;
    let (process, log) = talkative(folder.path(), &hook).await;
    upload_with_ticket(&process).await;
    upload_without(&process, 200).await;
    hook.now_say(Some("403 Forbidden"), "", "no");
    let other = Cut::new("b", b"xyz", CHUNK);
    assert_eq!(process.test(&other, 1).await, 403);
    hook.now_say(Some("500 Internal Server Error"), "", "");
    assert_eq!(process.test(&other, 1).await, 503);
    process.kill().await;
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("TRACE") && log.contains("upload finished"), "there is no log: {log}");
    let leaks: Vec<_> = log.lines().filter(|line| line.contains(SECRET)).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}
