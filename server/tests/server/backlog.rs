//! Files that wait until their backend takes them, and those that it never takes.

use std::path::Path;
use std::time::Duration;

use incoming_server::Config;
use serde_json::Value;

use crate::common::chunks::{Cut, stored};
use crate::common::{Backend, Reply, Server, until};

/// A server that tells this backend of what arrives.
fn telling(backend: &Backend) -> impl FnOnce(&mut Config) {
    let url = backend.url();
    move |config| config.signal_finish_url = Some(url)
}

async fn send(server: &Server, name: &str, content: &[u8]) {
    assert_eq!(server.send(&Cut::new(name, content, 1000), 1).await, stored());
}

async fn handovers(server: &Server) -> Vec<Value> {
    let url = server.url("/incoming/0.1/backend/handovers");
    let answer = server.client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

async fn until_handed_over(server: &Server) {
    let deadline = tokio::time::Instant::now() + crate::common::PATIENCE;
    while !handovers(server).await.is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain for the handovers");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn so_many_backends_are_called_at_once_and_a_slow_one_leaves_turns_to_others() {
    let (mut silent, quick) =
        (Backend::always(Reply::Never).await, Backend::always(Reply::Done).await);
    let url = silent.url();
    let server = Server::with(|config| {
        (config.signal_finish_url, config.max_handovers) = (Some(url), 4);
    });
    let server = server.await;
    for number in 0..20 {
        send(&server, &format!("{number}"), b"xyz").await;
    }
    for _ in 0..5 {
        let id = server.ticket(&quick).await;
        let mut browser = server.browser().await;
        browser.upload(&id, b"x", "a").await;
        browser.expect_done().await;
    }
    assert_eq!(silent.calls().len(), 2);
    assert_eq!(handovers(&server).await.len(), 20);
}

#[tokio::test]
async fn a_browser_hears_of_its_own_handover_when_its_turn_has_come() {
    let timeout = Duration::from_millis(200);
    let server = Server::with(|config| {
        (config.handover_timeout, config.max_handovers) = (timeout, 1);
    });
    let server = server.await;
    let backend = Backend::always(Reply::Never).await;
    let mut browsers = Vec::new();
    for _ in 0..5 {
        let mut browser = server.browser().await;
        browser.upload(&server.ticket(&backend).await, b"x", "a").await;
        browsers.push(browser);
    }
    for mut browser in browsers {
        let reason = "no answer from app backend within 0.2 s";
        let words = format!("uploader couldn't hand file over to the application: {reason}");
        browser.expect_error(&words).await;
    }
}

#[tokio::test]
async fn each_file_of_a_backlog_is_handed_over_once() {
    let mut backend = Backend::always(Reply::Slowly(Duration::from_millis(10), "done")).await;
    let url = backend.url();
    let server = Server::with(|config| {
        (config.signal_finish_url, config.max_handovers) = (Some(url), 2);
    });
    let server = server.await;
    for number in 0..60 {
        send(&server, &format!("{number}"), b"xyz").await;
    }
    until_handed_over(&server).await;
    let mut names: Vec<_> =
        backend.calls().iter().map(|call| call.of("filenameFromBrowser")).collect();
    names.sort_by_key(|name| name.parse::<usize>().unwrap());
    assert_eq!(names, (0..60).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_file_that_is_not_taken_is_offered_again() {
    let refuse = Reply::status("500 Internal Server Error");
    let mut backend = Backend::replying([refuse, Reply::Done]).await;
    let server = Server::with(telling(&backend)).await;
    send(&server, "a", b"xyz").await;
    backend.call().await;
    until_handed_over(&server).await;
    assert_eq!(backend.call().await.of("filenameFromBrowser"), "a");
}

/// Changes the document of the only upload.
fn edit(storage: &Path, change: impl FnOnce(&mut Value)) {
    let folders = std::fs::read_dir(storage).unwrap().map(|entry| entry.unwrap().path());
    let mut documents = folders.map(|path| path.join("upload.json")).filter(|path| path.exists());
    let path = documents.next().unwrap();
    assert!(documents.next().is_none());
    let mut document = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut document);
    std::fs::write(&path, document.to_string()).unwrap();
}

/// A file `a` whose backend was told of it as often as it is.
async fn given_up(backend: &mut Backend) -> Server {
    let server = Server::with(telling(backend)).await;
    send(&server, "a", b"xyz").await;
    backend.call().await;
    let storage = server.storage();
    let note = server.upload(&server.only_upload()).join("upload.json");
    until("it is not taken", || std::fs::read_to_string(&note).unwrap().contains("not_taken"))
        .await;
    let folder = server.stop().await;
    edit(&storage, |document| document["tries"]["failed"] = 199.into());
    let hasty = Duration::from_millis(200);
    let server = Server::over(folder, |config| config.idle_expiry = hasty).await;
    backend.call().await;
    server
}

async fn until_given_up(server: &Server) -> Value {
    loop {
        let files = handovers(server).await;
        assert!(files.len() <= 1);
        if let Some(file) = files.into_iter().find(|file| file["given_up"] == true) {
            return file;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_file_that_is_never_taken_stays_and_an_operator_has_it_offered_again() {
    let refuse = Reply::status("500 Internal Server Error");
    let mut backend = Backend::always(refuse).await;
    let server = given_up(&mut backend).await;
    let file = until_given_up(&server).await;
    assert_eq!((&file["name"], &file["size"]), (&"a".into(), &3.into()));
    assert_eq!((&file["failed"], &file["protocol"]), (&200.into(), &"resumable".into()));
    assert_eq!(file["reason"], "Got bad http status on handover: 500 Internal Server Error");
    assert_eq!(std::fs::read(file["path"].as_str().unwrap()).unwrap(), b"xyz");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(handovers(&server).await.len(), 1, "it does not expire");
    assert!(!backend.was_called());

    let server = Server::over(server.stop().await, |_| {}).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!backend.was_called(), "nor does a restart offer it");
    backend.now_reply(Reply::Done);
    let id = file["id"].as_str().unwrap();
    assert_eq!(server.call("retry_handover", &[("id", id)]).await, (200, "1".to_owned()));
    let call = backend.call().await;
    assert_eq!((call.of("filenameFromBrowser"), call.of("id")), ("a".to_owned(), id.to_owned()));
    until_handed_over(&server).await;
    assert!(Path::new(file["path"].as_str().unwrap()).exists());
    let again = server.call("retry_handover", &[("id", id)]).await;
    assert_eq!(again, (412, "the file was not given up".to_owned()));
}

#[tokio::test]
async fn all_files_that_were_given_up_are_offered_again_at_once() {
    let mut backend = Backend::always(Reply::status("500 Internal Server Error")).await;
    let server = given_up(&mut backend).await;
    until_given_up(&server).await;
    backend.now_reply(Reply::Done);
    assert_eq!(server.call("retry_handover", &[]).await, (200, "1".to_owned()));
    until_handed_over(&server).await;
    assert_eq!(server.call("retry_handover", &[]).await, (200, "0".to_owned()));
    let unknown = server.call("retry_handover", &[("id", "nonsense")]).await;
    assert_eq!(unknown, (400, "id unknown".to_owned()));
}

#[tokio::test]
async fn the_key_of_a_file_that_was_given_up_is_free_for_others() {
    let mut backend = Backend::always(Reply::status("500 Internal Server Error")).await;
    let server = given_up(&mut backend).await;
    until_given_up(&server).await;
    send(&server, "a", b"zyx").await;
    let mut contents: Vec<_> = server.arrived().into_iter().map(|file| file.content).collect();
    contents.sort();
    assert_eq!(contents, [b"xyz", b"zyx"]);
    assert_eq!(handovers(&server).await.len(), 1, "it is not forgotten");
}

#[tokio::test]
async fn a_page_neither_sees_nor_repeats_handovers() {
    let server = Server::start().await;
    for (method, function) in [("GET", "handovers"), ("POST", "retry_handover")] {
        let url = server.url(&format!("/incoming/0.1/backend/{function}"));
        let request = server.client.request(method.parse().unwrap(), url);
        let answer = request.header("origin", "http://a.example").send().await.unwrap();
        assert_eq!(answer.status(), 403, "{function}");
    }
}
