//! What original browsers sent to original servers, sent to this one.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;

use crate::common::browser::Heard;
use crate::common::chunks::{Pairs, form, stored};
use crate::common::{Browser, Server, bytes};

const RESUMABLE: &str = include_str!("../transcripts/resumable.txt");
const FLOW: &str = include_str!("../transcripts/flow.txt");
const GALILEO: &str = include_str!("../transcripts/galileo.txt");

struct Recorded {
    method: String,
    query: Pairs,
    fields: Pairs,
}

impl Recorded {
    fn all(text: &str) -> Vec<Recorded> {
        let mut all: Vec<Recorded> = Vec::new();
        for line in text.lines().skip(1) {
            if let Some((name, value)) = line.strip_prefix("  ").and_then(|l| l.split_once('=')) {
                all.last_mut().unwrap().fields.push((name.to_owned(), value.to_owned()));
                continue;
            }
            let (method, query) = line.split_once(' ').unwrap_or((line, ""));
            let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            all.push(Recorded { method: method.to_owned(), query, fields: Vec::new() });
        }
        all
    }

    fn text(&self, parameter: &str) -> &str {
        let mut pairs = self.query.iter().chain(&self.fields);
        &pairs.find(|(name, _)| name.ends_with(parameter)).unwrap().1
    }

    fn number(&self, parameter: &str) -> usize {
        self.text(parameter).parse().unwrap()
    }

    fn chunk(&self) -> Vec<u8> {
        let start = (self.number("ChunkNumber") - 1) * self.number("ChunkSize");
        bytes(start + self.number("CurrentChunkSize")).split_off(start)
    }

    async fn send(&self, server: &Server) -> (u16, String) {
        match (self.method.as_str(), self.fields.is_empty()) {
            ("GET", _) => server.send_raw(Method::GET, &self.query, b"").await,
            (_, true) => server.send_raw(Method::POST, &self.query, &self.chunk()).await,
            _ => {
                let body = form(&self.fields, self.text("Filename"), &self.chunk());
                server.send_form(&self.query, body).await
            }
        }
    }
}

async fn replay(text: &str) -> usize {
    let server = Server::start().await;
    let mut sent: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let mut whole = BTreeSet::new();
    for recorded in Recorded::all(text) {
        let identifier = recorded.text("Identifier").to_owned();
        let number = recorded.number("ChunkNumber");
        let there = sent.entry(identifier.clone()).or_default();
        let (status, text) = recorded.send(&server).await;
        if recorded.method == "GET" {
            let expected = if there.contains(&number) { 200 } else { 204 };
            assert_eq!(status, expected, "{identifier} {number}");
            continue;
        }
        assert_eq!((status, text), stored(), "{identifier} {number}");
        there.insert(number);
        if there.len() == recorded.number("TotalChunks") {
            whole.insert((recorded.text("Filename").to_owned(), recorded.number("TotalSize")));
        }
    }
    let arrived: BTreeSet<_> = server
        .arrived()
        .into_iter()
        .map(|arrived| {
            assert!(arrived.content == bytes(arrived.content.len()));
            (arrived.note["name"].as_str().unwrap().to_owned(), arrived.content.len())
        })
        .collect();
    assert_eq!(arrived, whole);
    whole.len()
}

#[tokio::test]
async fn resumable_js_is_served() {
    assert_eq!(replay(RESUMABLE).await, 10);
}

#[tokio::test]
async fn flow_js_is_served() {
    assert_eq!(replay(FLOW).await, 7);
}

#[tokio::test]
async fn galileo_send_is_served_as_the_original_server_did() {
    let server = Server::start().await;
    for connection in GALILEO.split("connection\n").skip(1) {
        let mut browser = Browser::connect_to(server.running.address(), "/galileo").await;
        let mut lines = connection.lines().peekable();
        while let Some(line) = lines.next() {
            let parts: Vec<_> = line.splitn(3, ' ').collect();
            match parts[..] {
                ["C", "text", text] => browser.text(text).await,
                ["C", "bytes", length] => {
                    let mut length: usize = length.parse().unwrap();
                    while let Some(more) = lines.next_if(|line| line.starts_with("C more ")) {
                        length += more["C more ".len()..].parse::<usize>().unwrap();
                    }
                    browser.binary(&bytes(length)).await;
                }
                ["S", "text", text] => {
                    let mut expected: Value = serde_json::from_str(text).unwrap();
                    if expected["ready"] == true {
                        expected["chunksize"] = (4 << 20).into();
                    }
                    assert_eq!(browser.hear().await, Heard::Text(expected));
                }
                _ => panic!("{line}"),
            }
        }
    }
    assert_eq!(server.arrived().len(), 4);
}
