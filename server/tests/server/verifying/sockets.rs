//! Incoming!! with what our client says more than the original.

use serde_json::{Value, json};

use super::{damaged, hex};
use crate::common::browser::Heard;
use crate::common::{Backend, Browser, CHUNK, Reply, Server, bytes};

async fn open(server: &Server, id: &str, size: usize, verify: &str) -> (Browser, Value) {
    let mut browser = server.browser().await;
    let request = json!({ "Id": id, "LengthBytes": size, "Name": "a", "Verify": verify });
    browser.send("MsgUploadReq", request).await;
    let terms = browser.expect("MsgUploadConf").await;
    browser.send("MsgAck", json!({ "Ack": true })).await;
    (browser, terms)
}

async fn chunk(browser: &mut Browser, position: usize, right: &[u8], sent: &[u8]) {
    browser.send("MsgChunkSum", json!({ "FilePos": position, "Md5": hex(right) })).await;
    browser.binary(sent).await;
}

#[tokio::test]
async fn a_damaged_chunk_is_named_and_goes_on_from_there() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Done).await;
    let keep = [("removeFileWhenFinished", "false")];
    let id = server.ticket_with(&backend, &keep).await;
    let content = bytes(3000);
    let (mut browser, terms) = open(&server, &id, content.len(), "chunks").await;
    assert_eq!(terms["Verify"], "chunks");
    chunk(&mut browser, 0, &content[..1000], &content[..1000]).await;
    assert_eq!(browser.expect("MsgChunkAck").await, json!({ "ChunkSize": 1000 }));
    chunk(&mut browser, 1000, &content[1000..2000], &damaged(&content[1000..2000])).await;
    chunk(&mut browser, 2000, &content[2000..], &content[2000..]).await;
    let said = browser.expect("MsgChunkDamaged").await;
    assert_eq!(said, json!({ "FilePos": 1000, "ChunkSize": 1000 }));
    for position in [1000, 2000] {
        let bytes = &content[position..position + 1000];
        chunk(&mut browser, position, bytes, bytes).await;
        assert_eq!(browser.expect("MsgChunkAck").await, json!({ "ChunkSize": 1000 }));
    }
    browser.expect_done().await;
    backend.call().await;
    assert!(std::fs::read(server.data(&id)).unwrap() == content);
}

#[tokio::test]
async fn a_file_is_compared_before_the_backend_hears_of_it() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Done).await;
    let keep = [("removeFileWhenFinished", "false")];
    let id = server.ticket_with(&backend, &keep).await;
    let content = bytes(3000);
    let (mut browser, terms) = open(&server, &id, content.len(), "file").await;
    assert_eq!(terms["Verify"], "file");
    browser.chunk(&damaged(&content)).await;
    browser.send("MsgFileSum", json!({ "Md5": hex(&content) })).await;
    assert_eq!(browser.expect("MsgFileDamaged").await, json!({}));
    browser.expect_close(1000).await;

    let (mut browser, terms) = open(&server, &id, content.len(), "file").await;
    assert_eq!(terms["FilePos"], 0, "nothing of it is left");
    browser.chunk(&content).await;
    browser.send("MsgFileSum", json!({ "Md5": hex(&content) })).await;
    let done = browser.expect("MsgAllDone").await;
    assert_eq!(done, json!({ "Success": true, "Md5": hex(&content) }));
    browser.expect_close(1000).await;
    assert_eq!(backend.call().await.of("id"), id);
    assert!(std::fs::read(server.data(&id)).unwrap() == content);

    let (mut browser, _) = open(&server, &id, content.len(), "file").await;
    browser.send("MsgFileSum", json!({ "Md5": hex(&content) })).await;
    let again = browser.expect("MsgAllDone").await;
    assert_eq!(again["Md5"], hex(&content), "the end may have been lost");
}

#[tokio::test]
async fn a_file_whose_browser_leaves_before_the_comparison_waits_for_it() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let content = bytes(3000);
    let (mut browser, _) = open(&server, &id, content.len(), "file").await;
    browser.chunk(&content).await;
    browser.vanish().await;
    let (mut browser, terms) = open(&server, &id, content.len(), "file").await;
    assert_eq!(terms["FilePos"], 3000);
    browser.send("MsgFileSum", json!({ "Md5": hex(&content) })).await;
    assert_eq!(browser.expect("MsgAllDone").await["Md5"], hex(&content));
}

#[tokio::test]
async fn a_file_is_compared_as_a_whole_however_often_its_upload_was_interrupted() {
    let content = bytes(6 * CHUNK);
    for restarts in [[false, false], [true, false], [false, true]] {
        let mut server = Server::start().await;
        let mut backend = Backend::always(Reply::Done).await;
        let id = server.ticket(&backend).await;
        let pieces = content.chunks(2 * CHUNK).zip(["file", "none", "file"]).enumerate();
        for (number, (piece, verify)) in pieces {
            let (mut browser, terms) = open(&server, &id, content.len(), verify).await;
            assert_eq!(terms["FilePos"], number * 2 * CHUNK);
            if number < 2 {
                browser.fill(piece).await;
                browser.vanish().await;
                if restarts[number] {
                    server = Server::over(server.stop().await, |_| {}).await;
                }
                continue;
            }
            for chunk in piece.chunks(CHUNK) {
                browser.binary(chunk).await;
                browser.expect("MsgChunkAck").await;
            }
            browser.send("MsgFileSum", json!({ "Md5": hex(&content) })).await;
            assert_eq!(browser.expect("MsgAllDone").await["Md5"], hex(&content), "{restarts:?}");
            backend.call().await;
        }
    }
}

#[tokio::test]
async fn who_does_not_ask_hears_what_the_original_says() {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    let terms = browser.request(&id, 3, "a").await;
    assert_eq!(terms, json!({ "ChunkSizeKB": 64, "FilePos": 0, "SendAhead": 8 }));
    browser.send("MsgAck", json!({ "Ack": true })).await;
    browser.chunk(b"xyz").await;
    browser.expect_done().await;
    let (mut browser, terms) = open(&server, &id, 3, "everything").await;
    assert_eq!(terms.get("Verify"), None, "nobody knows that");
    assert!(matches!(browser.hear().await, Heard::Text(_)));
}
