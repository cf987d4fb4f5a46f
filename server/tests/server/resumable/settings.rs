//! What the settings say about files that come in chunks.

use std::time::Duration;

use incoming_server::store::{Disk, Store as _};
use reqwest::Method;

use super::SIZE;
use crate::common::chunks::{Cut, arrived, stored};
use crate::common::{Backend, Reply, Server, bytes, until};

fn cut() -> Cut {
    Cut::new("blåbær ü.bin", &bytes(3 * SIZE), SIZE)
}

#[tokio::test]
async fn files_arrive_where_the_settings_say() {
    let server = Server::with(|config| {
        let storage = config.storage.clone().unwrap();
        config.arrivals = Some(storage.parent().unwrap().join("elsewhere"));
    })
    .await;
    server.send_all(&cut()).await;
    assert_eq!(arrived(&server.folder.path().join("elsewhere")).len(), 1);
    assert!(!server.storage().join("arrived").exists());
}

#[tokio::test]
async fn a_backend_is_told_of_every_file_once() {
    let mut backend = Backend::always(Reply::Done).await;
    let server = Server::with(|config| config.signal_finish_url = Some(backend.url())).await;
    server.send_all(&cut()).await;
    let call = backend.call().await;
    assert_eq!((call.of("cancelled"), call.of("cancelReason")), ("no".into(), String::new()));
    assert_eq!(call.of("filenameFromBrowser"), "blåbær ü.bin");
    assert_eq!(call.of("filename"), server.only_arrived().path.to_str().unwrap());
    server.send_all(&cut()).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!backend.was_called());
}

#[tokio::test]
async fn a_backend_that_takes_its_time_finishes_later() {
    let mut backend = Backend::always(Reply::Wait).await;
    let server = Server::with(|config| config.signal_finish_url = Some(backend.url())).await;
    server.send_all(&cut()).await;
    let call = backend.call().await;
    let (id, secret) = (call.of("id"), call.of("backendSecret"));
    let note = server.upload(&id).join("upload.json");
    until("the wait is noted", || std::fs::read_to_string(&note).unwrap().contains("waiting"))
        .await;
    assert_eq!(server.call("finish_upload", &[("id", &id)]).await.0, 403);
    let parameters = [("id", id.as_str()), ("backendSecret", &secret)];
    assert_eq!(server.call("finish_upload", &parameters).await, (200, "ok".to_owned()));
    assert_eq!(server.arrived().len(), 1);
}

#[tokio::test]
async fn a_backend_that_fails_is_told_again() {
    let failure = Reply::status("500 Internal Server Error");
    let mut backend = Backend::replying([failure, Reply::Done]).await;
    let server = Server::with(|config| config.signal_finish_url = Some(backend.url())).await;
    server.send_all(&cut()).await;
    assert_eq!(backend.call().await.of("cancelled"), "no");
    assert_eq!(backend.call().await.of("cancelled"), "no");
}

#[tokio::test]
async fn a_handover_goes_on_after_a_restart() {
    let mut backend = Backend::always(Reply::Never).await;
    let url = backend.url();
    let server = Server::with(|config| config.signal_finish_url = Some(backend.url())).await;
    server.send_all(&cut()).await;
    backend.call().await;
    backend.now_reply(Reply::Done);
    let folder = server.stop().await;
    let server = Server::over(folder, |config| config.signal_finish_url = Some(url)).await;
    assert_eq!(backend.call().await.of("cancelled"), "no");
    assert_eq!(server.arrived().len(), 1);
}

#[tokio::test]
async fn an_upload_goes_on_after_a_restart() {
    let server = Server::start().await;
    server.send(&cut(), 3).await;
    server.send(&cut(), 1).await;
    let server = Server::over(server.stop().await, |_| {}).await;
    let mut answers = Vec::new();
    for number in 1..=3 {
        answers.push(server.test(&cut(), number).await);
    }
    assert_eq!(answers, [200, 204, 200]);
    assert_eq!(server.send(&cut(), 2).await, stored());
    assert!(server.only_arrived().content == cut().content);
}

#[tokio::test]
async fn a_file_that_was_kept_from_arriving_arrives_at_the_next_start() {
    let server = Server::start().await;
    for number in 1..3 {
        server.send(&cut(), number).await;
    }
    // As if the server had died after the last chunk was noted.
    let (id, data) = (server.only_upload(), server.data(&server.only_upload()));
    let folder = server.stop().await;
    mark(&folder, &id, 2).await;
    std::fs::write(&data, cut().content).unwrap();
    let server = Server::over(folder, |_| {}).await;
    until("the file arrives", || server.arrived().len() == 1).await;
    assert_eq!(server.test(&cut(), 3).await, 200);
    assert!(server.only_arrived().content == cut().content);
}

#[tokio::test]
async fn marks_that_say_more_than_there_is_start_the_upload_over() {
    let server = Server::start().await;
    for number in 1..3 {
        server.send(&cut(), number).await;
    }
    let id = server.only_upload();
    let folder = server.stop().await;
    mark(&folder, &id, 2).await;
    let server = Server::over(folder, |_| {}).await;
    let answer = server.test(&cut(), 1).await;
    assert!([204, 503].contains(&answer), "{answer}");
    assert_eq!(server.test(&cut(), 1).await, 204);
    assert_eq!(server.send(&cut(), 3).await.0, 500, "who had others confirmed hears of it");
    server.send_all(&cut()).await;
    assert!(server.only_arrived().content == cut().content);
}

/// Notes that a chunk is there, while no server runs.
async fn mark(folder: &tempfile::TempDir, id: &str, index: u64) {
    let disk = Disk::open(&folder.path().join("storage")).unwrap();
    disk.mark(id.parse().unwrap(), index).await.unwrap();
}

#[tokio::test]
async fn pages_of_allowed_origins_may_upload_across_origins() {
    let origin = "https://a.example";
    let server = Server::with(|config| config.cors_origins = vec![origin.to_owned()]).await;
    for (method, asked) in
        [("POST", None), ("POST", Some("x-token, cache-control")), ("PUT", Some("content-type"))]
    {
        let request = server.request(Method::OPTIONS).header("origin", origin);
        let mut request = request.header("access-control-request-method", method);
        if let Some(asked) = asked {
            request = request.header("access-control-request-headers", asked);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let headers = answer.headers();
        assert_eq!(headers["access-control-allow-origin"], origin);
        assert_eq!(headers["access-control-allow-credentials"], "true");
        assert!(headers["access-control-allow-methods"].to_str().unwrap().contains(method));
        let allowed = headers.get("access-control-allow-headers");
        assert_eq!(allowed.map(|allowed| allowed.to_str().unwrap()), asked);
    }
    let fields = cut().fields(1);
    for (method, status) in [(Method::GET, 204), (Method::POST, 400)] {
        let request = server.request(method).query(&fields).header("origin", origin);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["access-control-allow-origin"], origin);
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_be_refused() {
    let allowed = vec!["https://a.example".to_owned()];
    let server = Server::with(|config| config.allowed_origins = allowed).await;
    for (origin, status) in [("https://a.example", 200), ("https://b.example", 403)] {
        let cut = Cut::new("a", b"xyz", SIZE);
        let request = server.request(Method::POST).query(&cut.fields(1)).header("origin", origin);
        assert_eq!(request.body("xyz").send().await.unwrap().status(), status);
    }
}
