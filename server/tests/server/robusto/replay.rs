//! What the original page sent to the original server, sent to this one: the answers are the same
//! where the original tells the truth.

use std::collections::BTreeMap;

use reqwest::Method;

use super::page::{Answer, answer, md5};
use crate::common::chunks::{Pairs, form, form_type};
use crate::common::{Server, bytes};

const RECORDED: &str = include_str!("../../transcripts/robusto.txt");

#[derive(Default)]
struct Recorded<'a> {
    method: &'a str,
    query: Pairs,
    fields: Pairs,
    file: Option<(usize, &'a str)>,
    answer: Answer,
}

impl<'a> Recorded<'a> {
    fn all() -> Vec<Recorded<'a>> {
        let mut all: Vec<Recorded<'_>> = Vec::new();
        for line in RECORDED.lines().skip(1) {
            if let Some(line) = line.strip_prefix("  ") {
                all.last_mut().unwrap().read(line);
                continue;
            }
            let (method, query) = line.split_once(" ?").unwrap_or((line, ""));
            let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            all.push(Recorded { method, query, ..Recorded::default() });
        }
        all
    }

    fn read(&mut self, line: &'a str) {
        match line.splitn(3, ' ').collect::<Vec<_>>()[..] {
            ["file", size, name] => self.file = Some((size.parse().unwrap(), name)),
            [">", status] => self.answer.0 = status.to_owned(),
            [">", status, value] => self.answer = (status.to_owned(), value.to_owned()),
            _ => {
                let (name, value) = line.split_once('=').unwrap();
                self.fields.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn number(&self, name: &str) -> Option<usize> {
        let field = self.fields.iter().find(|(other, _)| other == name);
        field.and_then(|(_, value)| value.parse().ok())
    }

    fn md5(&self) -> Option<&str> {
        let pair = self.query.iter().find(|(name, _)| name == "md5");
        pair.map(|(_, value)| value.as_str())
    }
}

/// A file that was sent. Its bytes were not recorded, so that it has others here, and another MD5.
#[derive(Default)]
struct Sent {
    content: Vec<u8>,
    chunk_size: usize,
    sizes: BTreeMap<usize, usize>,
    done: Vec<usize>,
}

fn files(all: &[Recorded<'_>]) -> BTreeMap<String, Sent> {
    let mut files: BTreeMap<String, Sent> = BTreeMap::new();
    for recorded in all.iter().filter(|recorded| recorded.answer.0 != "error") {
        let file = files.entry(recorded.md5().unwrap().to_owned()).or_default();
        if let Some((size, _)) = recorded.file {
            file.chunk_size = file.chunk_size.max(size);
            file.sizes.insert(recorded.number("chunk").unwrap(), size);
        }
    }
    for (number, file) in files.values_mut().enumerate() {
        let size = file.sizes.values().sum();
        let mark = u8::try_from(number).unwrap();
        file.content = bytes(size).into_iter().map(|byte| byte ^ mark).collect();
    }
    files
}

impl Sent {
    /// What a server that tells the truth answers.
    fn expected(&self) -> Answer {
        let list: Vec<_> = self.done.iter().map(usize::to_string).collect();
        match self.done.len() {
            0 => ("new".into(), String::new()),
            count if count == self.sizes.len() => ("complete".into(), String::new()),
            _ => ("partial".into(), list.join(",")),
        }
    }

    fn take(&mut self, index: usize) {
        self.done.push(index);
        self.done.sort_unstable();
        self.done.dedup();
    }
}

#[tokio::test]
async fn the_original_page_is_served_as_by_the_original_or_better() {
    let (server, all) = (Server::start().await, Recorded::all());
    let mut files = files(&all);
    for recorded in &all {
        let mut query = recorded.query.clone();
        let mut piece = vec![b'x'];
        let mut expected = recorded.answer.clone();
        if let Some(file) = recorded.md5().and_then(|md5| files.get_mut(md5)) {
            query[0].1 = md5(&file.content);
            if let Some(index) = recorded.number("chunk") {
                let start = index * file.chunk_size;
                piece = file.content[start..start + file.sizes[&index]].to_vec();
                file.take(index);
            }
            expected = file.expected();
        }
        let method = Method::from_bytes(recorded.method.as_bytes()).unwrap();
        let request = server.robusto(method).query(&query);
        let found = answer(match recorded.file {
            None => request,
            Some((_, name)) => request
                .body(form(&recorded.fields, name, &piece))
                .header("content-type", form_type()),
        });
        // Here a file may be called 0.
        let is_taken = query.iter().any(|(_, value)| value == "0");
        let (found, expected) = (found.await, expected);
        assert!(is_taken && found.0 != "error" || found == expected, "{found:?} {expected:?}");
    }
    files.retain(|_, file| !file.sizes.is_empty());
    let arrived = server.arrived();
    for file in files.values() {
        assert!(arrived.iter().any(|arrived| arrived.content == file.content));
    }
    assert_eq!(arrived.len(), files.len());
}
