//! Giving an upload up: the browser, its failure, or the backend.

use serde_json::json;

use crate::common::{Backend, CHUNK, Reply, Server, bytes, until};

const UNKNOWN: &str = "Unknown upload id - maybe upload timed out?";

#[tokio::test]
async fn the_browser_cancels_and_the_backend_hears_of_it_first() {
    let server = Server::start().await;
    // An answer without any body, as one of the original's examples gives.
    let mut backend = Backend::always(Reply::status("200 OK")).await;
    let id = server.ticket_with(&backend, &[("backendSecret", "s")]).await;
    let mut browser = server.browser().await;
    browser.open(&id, 3 * CHUNK, "a.bin").await;
    browser.chunk(&bytes(CHUNK)).await;
    browser.send("MsgCancel", json!({ "Reason": "user cancelled manually" })).await;
    assert_eq!(browser.expect("MsgCancelAck").await, json!({ "Ack": true }));
    browser.expect_close(1000).await;

    let call = backend.call().await;
    assert_eq!(call.of("cancelled"), "yes");
    assert_eq!(call.of("cancelReason"), "user cancelled manually");
    assert_eq!(call.of("filename"), "");
    assert_eq!(call.of("filenameFromBrowser"), "a.bin");
    assert_eq!(call.of("backendSecret"), "s");
    assert!(!server.upload(&id).exists());
    let mut browser = server.browser().await;
    browser.ask(&id, &json!(3 * CHUNK), "a.bin").await;
    browser.expect_error(UNKNOWN).await;
}

#[tokio::test]
async fn cancelling_does_not_depend_on_what_the_backend_says() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::status("500 Internal Server Error")).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 3, "a").await;
    browser.send("MsgCancel", json!({ "Reason": "" })).await;
    browser.expect("MsgCancelAck").await;
    assert!(!server.upload(&id).exists());
}

#[tokio::test]
async fn an_upload_is_cancelled_when_its_browser_failed() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 3, "a").await;
    browser.send("MsgError", json!({ "ErrorCode": 0, "Msg": "disk on fire" })).await;
    browser.expect_close(1000).await;
    assert_eq!(backend.call().await.of("cancelReason"), "error from frontend: disk on fire");
    until("the upload is gone", || !server.upload(&id).exists()).await;
}

#[tokio::test]
async fn the_backend_cancels_and_is_not_called_back() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket_with(&backend, &[("backendSecret", "s")]).await;
    let mut browser = server.browser().await;
    browser.open(&id, 3 * CHUNK, "a").await;
    browser.chunk(&bytes(CHUNK)).await;
    let parameters = [("id", id.as_str()), ("backendSecret", "s")];
    assert_eq!(server.call("cancel_upload", &parameters).await, (200, "ok".to_owned()));
    browser
        .expect_error(
            "Error while consuming file chunk: upload is in no state for this. might be cancelled.",
        )
        .await;
    assert!(!server.upload(&id).exists());
    let again = server.call("cancel_upload", &parameters).await;
    assert_eq!(again, (400, "id unknown".to_owned()));
    assert!(!backend.was_called());
}

#[tokio::test]
async fn a_ticket_can_be_cancelled_before_anybody_used_it() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    assert_eq!(server.call("cancel_upload", &[("id", &id)]).await.0, 200);
    let mut browser = server.browser().await;
    browser.ask(&id, &json!(1), "a").await;
    browser.expect_error(UNKNOWN).await;
}

#[tokio::test]
async fn a_whole_file_cannot_be_cancelled_by_the_backend() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Wait).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    backend.call().await;
    let late = server.call("cancel_upload", &[("id", &id)]).await;
    assert_eq!(late, (412, "too late to cancel".to_owned()));
    server.finish(&id).await;
    browser.expect_done().await;
}

#[tokio::test]
async fn what_the_backend_has_cannot_be_cancelled_any_more() {
    let server = Server::start().await;
    let mut backend = Backend::replying([Reply::Wait, Reply::Done]).await;
    let keep = [("removeFileWhenFinished", "false")];
    let (taking, taken) =
        (server.ticket_with(&backend, &keep).await, server.ticket_with(&backend, &keep).await);
    for id in [&taking, &taken] {
        let mut browser = server.browser().await;
        browser.upload(id, b"x", "a").await;
        assert_eq!(backend.call().await.of("cancelled"), "no");
        browser.vanish().await;
        let mut late = server.browser().await;
        late.request(id, 1, "a").await;
        late.send("MsgCancel", json!({ "Reason": "too late" })).await;
        late.expect_close(1000).await;
        assert!(server.data(id).exists());
    }
    server.finish(&taking).await;
    for id in [&taking, &taken] {
        let mut browser = server.browser().await;
        browser.open(id, 1, "a").await;
        browser.expect_done().await;
    }
    assert!(!backend.was_called());
}

#[tokio::test]
async fn a_file_that_the_backend_did_not_take_can_be_cancelled() {
    let server = Server::start().await;
    let mut backend = Backend::replying([Reply::body("what?"), Reply::Done]).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    browser.expect("MsgError").await;
    let mut browser = server.browser().await;
    browser.request(&id, 1, "a").await;
    browser.send("MsgCancel", json!({ "Reason": "enough" })).await;
    browser.expect("MsgCancelAck").await;
    assert_eq!(backend.call().await.of("cancelled"), "no");
    assert_eq!(backend.call().await.of("cancelReason"), "enough");
    assert!(!server.upload(&id).exists());
}
