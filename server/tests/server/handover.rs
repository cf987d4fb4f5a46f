//! How a file gets to its backend, and what happens when it does not.

use std::time::Duration;

use crate::common::browser::Heard;
use crate::common::{Backend, Browser, Reply, Server, until};

/// An upload of one byte up to the handover.
async fn arrived(server: &Server, id: &str) -> Browser {
    let mut browser = server.browser().await;
    browser.upload(id, b"x", "a").await;
    browser
}

async fn expect_failure(server: &Server, backend: &Backend, reason: &str) -> String {
    let id = server.ticket(backend).await;
    let mut browser = arrived(server, &id).await;
    let text = format!("uploader couldn't hand file over to the application: {reason}");
    browser.expect_error(&text).await;
    id
}

#[tokio::test]
async fn done_ends_the_upload() {
    let server = Server::start().await;
    for reply in [Reply::Done, Reply::body("done and dusted"), Reply::chunked("done, really")] {
        let backend = Backend::always(reply).await;
        let id = server.ticket(&backend).await;
        arrived(&server, &id).await.expect_done().await;
    }
}

#[tokio::test]
async fn wait_ends_with_finish_upload() {
    let server = Server::start().await;
    for reply in [Reply::Wait, Reply::body("waiting for godot"), Reply::chunked("wait")] {
        let mut backend = Backend::always(reply).await;
        let id = server.ticket(&backend).await;
        let mut browser = arrived(&server, &id).await;
        backend.call().await;
        assert_eq!(server.call("finish_upload", &[("id", &id)]).await, (200, "ok".to_owned()));
        browser.expect_done().await;
        let again = server.call("finish_upload", &[("id", &id)]).await;
        assert_eq!(again, (400, "id unknown".to_owned()));
    }
}

#[tokio::test]
async fn an_answer_that_nobody_understands_fails() {
    let server = Server::start().await;
    for body in ["", "don", "nope", "Done", " done"] {
        for reply in [Reply::body(body), Reply::chunked(body)] {
            let backend = Backend::always(reply).await;
            expect_failure(&server, &backend, "don't understand reply from app backend").await;
        }
    }
}

#[tokio::test]
async fn another_status_than_200_fails() {
    let server = Server::start().await;
    for status in ["500 Internal Server Error", "404 Not Found", "204 No Content", "302 Found"] {
        let backend = Backend::always(Reply::status(status)).await;
        let reason = format!("Got bad http status on handover: {status}");
        expect_failure(&server, &backend, &reason).await;
    }
}

#[tokio::test]
async fn a_backend_that_never_answers_fails_in_the_end() {
    let timeout = Duration::from_millis(200);
    let server = Server::with(|config| config.handover_timeout = timeout).await;
    let backend = Backend::always(Reply::Never).await;
    expect_failure(&server, &backend, "no answer from app backend within 0.2 s").await;
}

#[tokio::test]
async fn a_backend_that_is_not_there_fails() {
    let server = Server::start().await;
    let parameters = [("signalFinishURL", "http://127.0.0.1:1/x")];
    let (_, id) = server.call("new_upload", &parameters).await;
    let mut browser = arrived(&server, &id).await;
    browser
        .expect_error(
            "uploader couldn't hand file over to the application: app backend could not be reached",
        )
        .await;
}

#[tokio::test]
async fn the_address_of_a_backend_stays_between_server_and_backend() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::status("500 Internal Server Error")).await;
    let url = backend.url().replace("http://", "http://user:hush@");
    let (_, id) = server.call("new_upload", &[("signalFinishURL", &url)]).await;
    let mut browser = arrived(&server, &id).await;
    browser
        .expect_error(
            "uploader couldn't hand file over to the application: Got bad http status on handover: \
             500 Internal Server Error",
        )
        .await;
}

#[tokio::test]
async fn a_backend_that_never_finishes_fails_in_the_end() {
    let confirmation = Duration::from_millis(300);
    let server = Server::with(|config| config.handover_confirmation = confirmation).await;
    let backend = Backend::always(Reply::Wait).await;
    let reason = "Timed out waiting for app backend to retrieve the file";
    let id = expect_failure(&server, &backend, reason).await;
    let late = server.call("finish_upload", &[("id", &id)]).await;
    assert_eq!(late, (412, "no waiting handover routine".to_owned()));
}

#[tokio::test]
async fn after_a_failure_the_next_connection_tries_again() {
    let server = Server::start().await;
    let refuse = Reply::status("500 Internal Server Error");
    let mut backend = Backend::replying([refuse, Reply::Done]).await;
    let reason = "Got bad http status on handover: 500 Internal Server Error";
    let id = expect_failure(&server, &backend, reason).await;
    let first = backend.call().await;
    assert!(server.data(&id).exists(), "the file stays for the next attempt");

    let mut browser = server.browser().await;
    assert_eq!(browser.open(&id, 1, "a").await, 1);
    browser.expect_done().await;
    assert_eq!(backend.call().await.form, first.form);
}

#[tokio::test]
async fn all_who_ask_share_one_handover() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Wait).await;
    let id = server.ticket(&backend).await;
    let browser = arrived(&server, &id).await;
    backend.call().await;
    browser.vanish().await;

    let mut browser = server.browser().await;
    assert_eq!(browser.open(&id, 1, "a").await, 1);
    server.finish(&id).await;
    browser.expect_done().await;
    assert!(!backend.was_called());
}

#[tokio::test]
async fn a_handover_needs_no_browser() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Wait).await;
    let id = server.ticket(&backend).await;
    arrived(&server, &id).await.vanish().await;
    backend.call().await;
    server.finish(&id).await;
    until("the file is gone", || !server.data(&id).exists()).await;
    let mut browser = server.browser().await;
    browser.open(&id, 1, "a").await;
    browser.expect_done().await;
}

#[tokio::test]
async fn a_socket_lives_through_a_wait_longer_than_its_timeout() {
    let timeout = Duration::from_millis(150);
    let server = Server::with(|config| config.connection_timeout = timeout).await;
    let backend = Backend::always(Reply::Wait).await;
    let id = server.ticket(&backend).await;
    let mut browser = arrived(&server, &id).await;
    for _ in 0..6 {
        assert_eq!(browser.hear().await, Heard::Ping);
    }
    server.finish(&id).await;
    browser.expect_done().await;
}

#[tokio::test]
async fn what_a_browser_says_during_a_handover_is_not_heard() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Wait).await;
    let id = server.ticket(&backend).await;
    let mut browser = arrived(&server, &id).await;
    browser.text("{\"MsgType\":\"MsgCancel\",\"MsgData\":{\"Reason\":\"late\"}}").await;
    browser.text("no json").await;
    server.finish(&id).await;
    browser.expect_done().await;
}

#[tokio::test]
async fn finishing_before_the_answer_is_read_waits_for_it() {
    let server = Server::start().await;
    let reply = Reply::Slowly(Duration::from_millis(300), "wait");
    let mut backend = Backend::always(reply).await;
    let id = server.ticket(&backend).await;
    let mut browser = arrived(&server, &id).await;
    backend.call().await;
    server.finish(&id).await;
    browser.expect_done().await;
}

#[tokio::test]
async fn finishing_what_the_backend_never_answered_is_too_early() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Never).await;
    let id = server.ticket(&backend).await;
    let _browser = arrived(&server, &id).await;
    backend.call().await;
    let early = server.call("finish_upload", &[("id", &id)]).await;
    assert_eq!(early, (412, "no waiting handover routine".to_owned()));
}
