//! Bad input gets a clear answer and harms nothing.

use futures_util::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::common::browser::Data;
use crate::common::{Backend, Browser, CHUNK, Reply, Server, bytes, until};

const UNKNOWN: &str = "Unknown upload id - maybe upload timed out?";
const NO_REQUEST: &str = "Couldn't read upload request";

struct Scene {
    server: Server,
    backend: Backend,
    id: String,
}

async fn scene() -> Scene {
    let server = Server::start().await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    Scene { server, backend, id }
}

impl Scene {
    async fn opened(&self, size: usize) -> Browser {
        let mut browser = self.server.browser().await;
        browser.open(&self.id, size, "a").await;
        browser
    }

    /// The upload is as good as new.
    async fn expect_unharmed(&mut self, content: &[u8]) {
        let mut browser = self.server.browser().await;
        browser.upload(&self.id, content, "a").await;
        browser.expect_done().await;
        assert_eq!(self.backend.call().await.of("cancelled"), "no");
    }
}

#[tokio::test]
async fn wrong_ids_are_unknown() {
    let scene = scene().await;
    let upper = scene.id.to_uppercase();
    let braced = format!("{{{}}}", scene.id);
    let simple = scene.id.replace('-', "");
    let path = format!("../storage/{}", scene.id);
    let stranger = "00000000-0000-4000-8000-000000000000";
    for id in ["", "x", "..", "\0", &upper, &braced, &simple, &path, stranger] {
        let mut browser = scene.server.browser().await;
        browser.ask(id, &json!(1), "a").await;
        browser.expect_error(UNKNOWN).await;
    }
}

#[tokio::test]
async fn sizes_that_are_none_are_refused() {
    let mut scene = scene().await;
    let sizes = [json!(-1), json!(1.5), json!("1"), json!(null), json!(1e300), json!(u64::MAX)];
    for size in sizes {
        let mut browser = scene.server.browser().await;
        browser.ask(&scene.id, &size, "a").await;
        browser.expect_error(NO_REQUEST).await;
    }
    scene.expect_unharmed(b"x").await;
}

#[tokio::test]
async fn a_file_larger_than_allowed_is_refused() {
    let server = Server::with(|config| config.max_file_size = 10).await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.ask(&id, &json!(11), "a").await;
    browser.expect_error("File probably too large").await;
    let mut browser = server.browser().await;
    browser.upload(&id, &bytes(10), "a").await;
    browser.expect_done().await;
}

#[tokio::test]
async fn a_size_that_changes_is_refused() {
    let mut scene = scene().await;
    scene.opened(3).await.vanish().await;
    for size in [0, 2, 4] {
        let mut browser = scene.server.browser().await;
        browser.ask(&scene.id, &json!(size), "a").await;
        browser.expect_error("File size has changed").await;
    }
    scene.expect_unharmed(b"xyz").await;
}

#[tokio::test]
async fn a_message_as_large_as_the_limit_is_taken_and_a_larger_one_closes_with_1009() {
    let mut scene = scene().await;
    let limit = CHUNK + 4096;
    let content = bytes(2 * limit + 1);
    let mut browser = scene.opened(content.len()).await;
    browser.chunk(&content[..limit]).await;
    browser.binary(&content[limit..]).await;
    browser.expect_close(1009).await;
    let mut browser = scene.server.browser().await;
    assert_eq!(browser.open(&scene.id, content.len(), "a").await, limit);
    browser.fill(&content[limit..]).await;
    browser.expect_done().await;
    scene.backend.call().await;
}

#[tokio::test]
async fn an_endless_message_is_cut_off() {
    let scene = scene().await;
    let mut browser = scene.opened(1 << 40).await;
    // The server reads on after its close frame, for a while, so that we can hear it.
    let endless = bytes(16 * CHUNK);
    let _ = browser.socket.send(Message::Binary(endless.into())).await;
    browser.expect_close(1009).await;
    until("nothing of it is stored", || {
        scene.server.data(&scene.id).metadata().unwrap().len() == 0
    })
    .await;
}

#[tokio::test]
async fn text_that_is_not_json_is_refused() {
    let mut scene = scene().await;
    for text in ["", "x", "{", "{\"MsgType\":", "[[[[", "\u{feff}{}"] {
        let mut browser = scene.server.browser().await;
        browser.text(text).await;
        browser.expect_error(NO_REQUEST).await;
        let mut browser = scene.opened(1).await;
        browser.text(text).await;
        browser.expect_error("Did not understand text message").await;
    }
    let mut browser = scene.opened(1).await;
    browser.text(&"[".repeat(CHUNK)).await;
    browser.expect_error("Did not understand text message").await;
    scene.expect_unharmed(b"x").await;
}

#[tokio::test]
async fn json_that_is_no_message_is_refused() {
    let mut scene = scene().await;
    for text in ["null", "1", "[]", "{}", "{\"MsgType\":\"MsgWhat\",\"MsgData\":{}}"] {
        let mut browser = scene.server.browser().await;
        browser.text(text).await;
        browser.expect_error(NO_REQUEST).await;
        let mut browser = scene.opened(1).await;
        browser.text(text).await;
        browser.expect_error("Expected file chunk or text but got sth else").await;
    }
    scene.expect_unharmed(b"x").await;
}

#[tokio::test]
async fn messages_in_the_wrong_order_are_refused() {
    let mut scene = scene().await;
    let mut browser = scene.server.browser().await;
    browser.binary(b"x").await;
    browser.expect_error(NO_REQUEST).await;
    let mut browser = scene.server.browser().await;
    browser.send("MsgAck", json!({ "Ack": true })).await;
    browser.expect_error(NO_REQUEST).await;
    let mut browser = scene.server.browser().await;
    browser.request(&scene.id, 1, "a").await;
    browser.binary(b"x").await;
    browser.expect_error("Didn't receive ack").await;
    let mut browser = scene.server.browser().await;
    browser.request(&scene.id, 1, "a").await;
    browser.send("MsgAck", json!({ "Ack": false })).await;
    browser.expect_error("you nack-ed").await;
    let mut browser = scene.opened(1).await;
    browser.ask(&scene.id, &json!(1), "a").await;
    browser.expect_error("Expected file chunk or text but got sth else").await;
    scene.expect_unharmed(b"x").await;
}

#[tokio::test]
async fn text_that_is_not_utf8_closes_with_1007() {
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
    let mut scene = scene().await;
    let mut browser = scene.opened(1).await;
    let frame = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    browser.socket.send(Message::Frame(frame)).await.unwrap();
    browser.expect_close(1007).await;
    scene.expect_unharmed(b"x").await;
}

#[tokio::test]
async fn more_bytes_than_declared_end_the_upload() {
    let mut scene = scene().await;
    let mut browser = scene.opened(3).await;
    browser.binary(b"wxyz").await;
    let text = "Error while consuming file chunk: File would get larger than declared";
    browser.expect_error(text).await;
    let call = scene.backend.call().await;
    assert_eq!(
        (call.of("cancelled"), call.of("cancelReason")),
        ("yes".to_owned(), text.to_owned())
    );
    until("the upload is gone", || !scene.server.upload(&scene.id).exists()).await;
}

#[tokio::test]
async fn names_are_made_harmless_and_never_paths() {
    let server = Server::start().await;
    let mut backend = Backend::always(Reply::Done).await;
    let long = format!("{}🎉.bin", "x".repeat(300));
    let cases = [
        ("../../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("C:\\windows\\a.txt", "a.txt"),
        ("a\0b\nc", "abc"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("🎉 party.bin", "🎉 party.bin"),
        (&long, &long[..255]),
    ];
    for (sent, passed) in cases {
        let id = server.ticket_with(&backend, &[("removeFileWhenFinished", "false")]).await;
        let mut browser = server.browser().await;
        browser.upload(&id, b"x", sent).await;
        browser.expect_done().await;
        let call = backend.call().await;
        assert_eq!(call.of("filenameFromBrowser"), passed, "{sent:?}");
        assert_eq!(call.of("filename"), server.data(&id).to_str().unwrap());
    }
}

#[tokio::test]
async fn a_browser_that_says_nothing_is_not_kept() {
    let timeout = std::time::Duration::from_millis(200);
    let server = Server::with(|config| config.connection_timeout = timeout).await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut silent = server.browser().await;
    silent.expect_error(NO_REQUEST).await;
    let mut browser = server.browser().await;
    browser.open(&id, 3, "a").await;
    browser.expect_error("Receive of file chunk failed").await;
}

#[tokio::test]
async fn origins_can_be_restricted() {
    let allow = |config: &mut incoming_server::Config| {
        config.allowed_origins = vec!["https://a.example".to_owned()];
    };
    let server = Server::with(allow).await;
    let connect = async |origin: &'static str| {
        use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
        let url = format!("ws://{}/incoming/0.1/frontend/upload_ws", server.running.address());
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        tokio_tungstenite::connect_async(request).await
    };
    assert!(connect("https://a.example").await.is_ok());
    assert!(connect("https://b.example").await.is_err());
}

#[tokio::test]
async fn a_file_that_was_deleted_under_the_upload_is_noticed() {
    let scene = scene().await;
    let mut browser = scene.opened(3).await;
    browser.chunk(b"x").await;
    std::fs::remove_file(scene.server.data(&scene.id)).unwrap();
    browser.binary(b"y").await;
    let text = "Error while consuming file chunk: Could not re-open file! Is it gone?";
    browser.expect_error(text).await;
    assert_eq!(scene.server.browser().await.open(&scene.id, 3, "a").await, 0);
}

#[tokio::test]
async fn a_message_that_comes_slowly_is_no_silence() {
    use tokio::io::AsyncWriteExt as _;
    let timeout = std::time::Duration::from_millis(400);
    let server = Server::with(|config| {
        (config.connection_timeout, config.min_rate) = (timeout, 1);
    })
    .await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.open(&id, 20, "a").await;
    let stream = browser.begin(Data::Binary, 20).await;
    // In pieces over three times the timeout.
    for _ in 0..20 {
        tokio::time::sleep(timeout * 3 / 20).await;
        stream.write_all(b"x").await.unwrap();
    }
    assert_eq!(browser.expect("MsgChunkAck").await, json!({ "ChunkSize": 20 }));
    browser.expect_done().await;
}

#[tokio::test]
async fn a_client_that_sends_no_head_is_cut_off() {
    use tokio::io::AsyncReadExt as _;
    let timeout = std::time::Duration::from_millis(200);
    let server = Server::with(|config| config.header_timeout = timeout).await;
    let mut stream = tokio::net::TcpStream::connect(server.running.address()).await.unwrap();
    let mut reply = Vec::new();
    let ended = tokio::time::timeout(crate::common::PATIENCE, stream.read_to_end(&mut reply));
    assert!(ended.await.is_ok());
}

#[tokio::test]
async fn more_connections_than_allowed_have_to_wait() {
    let server = Server::with(|config| config.max_connections = 2).await;
    let (one, _other) = (server.browser().await, server.browser().await);
    let address = server.running.address();
    let mut waiting = tokio::spawn(Browser::connect(address));
    let soon = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(soon, &mut waiting).await.is_err());
    one.vanish().await;
    tokio::time::timeout(crate::common::PATIENCE, waiting).await.unwrap().unwrap();
}
