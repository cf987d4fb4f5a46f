//! What original browsers sent to original servers, sent to this one.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;

use super::parts::{reply, success};
use crate::common::chunks::{Pairs, form, form_type};
use crate::common::{Server, bytes};

const RECORDED: &str = include_str!("../../transcripts/fineuploader.txt");

/// The size of the largest file in bytes.
const LARGEST: usize = 10_485_767;

struct Recorded<'a> {
    method: &'a str,
    target: &'a str,
    fields: Pairs,
    body: Body<'a>,
}

#[derive(Clone, Copy)]
enum Body<'a> {
    None,
    File(usize, &'a str),
    Raw(usize),
    Form(&'a str),
}

impl<'a> Recorded<'a> {
    fn all() -> Vec<Recorded<'a>> {
        let mut all: Vec<Recorded<'_>> = Vec::new();
        for line in RECORDED.lines().skip(1) {
            if let Some(line) = line.strip_prefix("  ") {
                all.last_mut().unwrap().read(line);
                continue;
            }
            let (method, target) = line.split_once(' ').unwrap_or((line, ""));
            all.push(Recorded { method, target, fields: Vec::new(), body: Body::None });
        }
        all
    }

    fn read(&mut self, line: &'a str) {
        let words: Vec<_> = line.splitn(3, ' ').collect();
        self.body = match words[..] {
            ["file", size, name] => Body::File(size.parse().unwrap(), name),
            ["raw", size] => Body::Raw(size.parse().unwrap()),
            ["form", text] => Body::Form(text),
            _ => {
                let (name, value) = line.split_once('=').unwrap();
                return self.fields.push((name.to_owned(), value.to_owned()));
            }
        };
    }

    /// All parameters, wherever they are.
    fn pairs(&self) -> Pairs {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let form = if let Body::Form(text) = self.body { text } else { "" };
        let parse = |text: &'a str| form_urlencoded::parse(text.as_bytes()).into_owned();
        parse(query).chain(parse(form)).chain(self.fields.iter().cloned()).collect()
    }

    async fn send(&self, server: &Server, all: &[u8]) -> (u16, Value) {
        let pairs = self.pairs();
        let start = find(&pairs, "qqpartbyteoffset").map_or(0, |text| text.parse().unwrap());
        let content = |size: usize| &all[start..start + size];
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let request = server.fine(method, self.target);
        reply(match self.body {
            Body::None => request,
            Body::File(size, name) => request
                .body(form(&self.fields, name, content(size)))
                .header("content-type", form_type()),
            Body::Raw(size) => request
                .body(content(size).to_vec())
                .header("content-type", "application/octet-stream"),
            Body::Form(text) => request
                .body(text.to_owned())
                .header("content-type", "application/x-www-form-urlencoded"),
        })
        .await
    }
}

fn find<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// What a browser has sent of a file.
#[derive(Default)]
struct Sent {
    name: String,
    size: usize,
    parts: BTreeSet<String>,
    total_parts: usize,
}

#[tokio::test]
async fn fine_uploader_of_every_version_is_served() {
    let (server, all) = (Server::start().await, bytes(LARGEST));
    let mut files: BTreeMap<String, Sent> = BTreeMap::new();
    for recorded in Recorded::all() {
        let pairs = recorded.pairs();
        let uuid = find(&pairs, "qquuid").or(recorded.target.get(1..37)).unwrap().to_owned();
        assert_eq!(recorded.send(&server, &all).await, success(), "{uuid} {}", recorded.target);
        let (size, filename) = match recorded.body {
            Body::File(size, filename) => (size, filename),
            Body::Raw(size) => (size, ""),
            Body::Form(_) if recorded.target == "/success" => continue,
            Body::Form(_) | Body::None => {
                files.remove(&uuid).unwrap();
                continue;
            }
        };
        let sent = files.entry(uuid).or_default();
        let name = find(&pairs, "qqfilename").or(find(&pairs, "qqfile")).unwrap_or(filename);
        name.clone_into(&mut sent.name);
        if sent.parts.insert(find(&pairs, "qqpartindex").unwrap_or_default().to_owned()) {
            sent.size += size;
        }
        sent.total_parts = find(&pairs, "qqtotalparts").unwrap_or("1").parse().unwrap();
    }
    files.retain(|_, sent| sent.parts.len() == sent.total_parts);
    let mut expected: Vec<_> = files.into_values().map(|sent| (sent.name, sent.size)).collect();
    expected.sort();
    let mut found: Vec<_> = server
        .arrived()
        .into_iter()
        .map(|arrived| {
            assert!(arrived.content == all[..arrived.content.len()]);
            (arrived.note["name"].as_str().unwrap().to_owned(), arrived.content.len())
        })
        .collect();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(found.len(), 34);
}
