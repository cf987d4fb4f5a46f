//! What an original browser said to an original server, said to this one: the answers must be the
//! same, frame by frame.

use std::collections::HashMap;

use serde_json::Value;

use crate::common::browser::Heard;
use crate::common::{Backend, Browser, Reply, Server};

const RECORDED: &str = include_str!("../../../protocol/tests/transcripts/incoming.txt");
const URLS: [&str; 2] =
    ["http://127.0.0.1:7311/api/backend/upload_finished", "http://127.0.0.1:36163/finish?x=1"];

#[tokio::test]
async fn an_original_browser_is_served_as_the_original_server_did() {
    let server = Server::with(|config| (config.chunk_size_kb, config.send_ahead) = (512, 4)).await;
    let mut stage = Stage { server, tickets: HashMap::new() };
    for block in RECORDED.split("\n\nconnection ").skip(1) {
        // Here the new socket takes over where the original refused it.
        if !block.contains("Another websocket connection") {
            stage.replay(block).await;
        }
    }
    assert!(stage.tickets.len() > 10);
}

struct Stage {
    server: Server,
    /// Ours, by the recorded ones.
    tickets: HashMap<String, String>,
}

impl Stage {
    async fn replay(&mut self, block: &str) {
        let (name, lines) = block.split_once('\n').unwrap();
        let backend = Backend::always(reply_of(block)).await;
        let id = recorded_id(lines);
        let ticket = self.ticket(&id, &backend, block).await;
        let mut text = lines.replace(&id, &ticket);
        for url in URLS {
            // Ours does not tell a browser at which address it could not hand a file over.
            text = text.replace(&format!(" at {url}:"), ":").replace(url, &backend.url());
        }
        let mut browser = self.server.browser().await;
        for line in text.lines() {
            let parts: Vec<_> = line.splitn(3, ' ').collect();
            match parts[..] {
                ["C", "text", text] => browser.text(text).await,
                ["C", "bytes", length] => browser.binary(&vec![7; length.parse().unwrap()]).await,
                ["S", "text", text] => expect(&mut browser, text, name).await,
                ["S", "close", code] => browser.expect_close(code.parse().unwrap()).await,
                ["C", "close", _] => break,
                _ => {}
            }
        }
        close(browser).await;
    }

    /// The ticket of ours that stands for a recorded one.
    async fn ticket(&mut self, id: &str, backend: &Backend, block: &str) -> String {
        if block.contains("Unknown upload id") {
            let known = self.tickets.get(id).cloned();
            if let Some(known) = &known {
                // The recorded backend had cancelled it before.
                assert_eq!(self.server.call("cancel_upload", &[("id", known)]).await.0, 200);
            }
            return known.unwrap_or_else(|| id.to_owned());
        }
        if !self.tickets.contains_key(id) {
            self.tickets.insert(id.to_owned(), self.server.ticket(backend).await);
        }
        self.tickets[id].clone()
    }
}

fn recorded_id(lines: &str) -> String {
    let request = lines.lines().next().unwrap().strip_prefix("C text ").unwrap();
    let request: Value = serde_json::from_str(request).unwrap();
    request["MsgData"]["Id"].as_str().unwrap().to_owned()
}

fn reply_of(block: &str) -> Reply {
    match block {
        block if block.contains("500 Internal") => Reply::status("500 Internal Server Error"),
        block if block.contains("don't understand") => Reply::body("what?"),
        _ => Reply::Done,
    }
}

async fn expect(browser: &mut Browser, text: &str, name: &str) {
    let expected: Value = serde_json::from_str(text).unwrap();
    assert_eq!(browser.hear().await, Heard::Text(expected), "connection {name}");
}

/// Everything that was sent has been stored when the server answers the close frame.
async fn close(mut browser: Browser) {
    let _ = browser.socket.close(None).await;
    while !matches!(browser.hear().await, Heard::Closed(_)) {}
}
