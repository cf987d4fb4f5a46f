//! Servers of Mr. Robusto: the original with its faults, and one that tells the truth.

use std::collections::BTreeMap;
use std::ops::Range;

use incoming_protocol::http::{Body, Field, Request, Response};
use incoming_protocol::robusto::wire::{Answer, MISMATCH};

use super::md5_of;

/// One file on a server.
pub struct Server {
    /// By number and total, as the original names them.
    chunks: BTreeMap<(u64, u64), Range<u64>>,
    /// The chunks of the finished file.
    finished: Option<Vec<Range<u64>>>,
    deliveries: u32,
    is_original: bool,
}

impl Server {
    /// Says `new` of a finished file when it is asked, lists chunks in no order, leaves the chunk
    /// behind that it does not need, mixes chunks of different sizes and keeps a wrong file.
    pub fn original() -> Server {
        Server { chunks: BTreeMap::new(), finished: None, deliveries: 0, is_original: true }
    }

    pub fn truthful() -> Server {
        Server { is_original: false, ..Server::original() }
    }

    /// Somebody else has delivered the file already.
    #[allow(clippy::single_range_in_vec_init, reason = "one chunk")]
    pub fn with_the_file(mut self, size: u64) -> Server {
        self.finished = Some(vec![0..size]);
        self.deliveries = 1;
        self
    }

    fn asked(&self) -> Response {
        match (&self.finished, self.is_original) {
            (Some(_), false) => answer(Answer::Complete("/files/1")),
            (Some(_), true) => answer(Answer::New),
            (None, _) if self.chunks.is_empty() => answer(Answer::New),
            (None, _) => self.partial(),
        }
    }

    fn partial(&self) -> Response {
        let mut numbers: Vec<_> = self.chunks.keys().map(|(number, _)| *number).collect();
        if self.is_original {
            numbers.sort_by_key(|number| (number * 5 + 3) % 7);
        }
        let list: Vec<_> = numbers.iter().map(u64::to_string).collect();
        answer(Answer::Partial(&list.join(",")))
    }

    fn takes(&mut self, number: u64, total: u64, range: &Range<u64>, md5: &str) -> Response {
        if self.is_original {
            self.chunks.insert((number, total), range.clone());
        }
        if self.finished.is_some() {
            return answer(Answer::Complete("/files/1"));
        }
        self.chunks.insert((number, total), range.clone());
        if self.chunks.len() as u64 == total { self.assemble(md5) } else { self.partial() }
    }

    fn assemble(&mut self, md5: &str) -> Response {
        let chunks: Vec<_> = std::mem::take(&mut self.chunks).into_values().collect();
        let is_right = end(&chunks).is_some_and(|end| md5_of(&(0..end)).as_str() == md5);
        if is_right || self.is_original {
            self.finished = Some(chunks);
        }
        if is_right {
            self.deliveries += 1;
            return answer(Answer::Complete("/files/1"));
        }
        answer(Answer::Error(MISMATCH))
    }
}

impl super::Server for Server {
    fn request(&mut self, request: &Request, _damaged: bool) -> Response {
        let md5 = find(&request.query.fields, "md5");
        assert!(!find(&request.query.fields, "name").is_empty());
        let Body::Multipart { fields, part } = &request.body else {
            assert_eq!(request.method, "GET");
            return self.asked();
        };
        let number = |name| find(fields, name).parse::<u64>().unwrap();
        assert_eq!((request.method.as_str(), part.name.as_str()), ("POST", "file"));
        self.takes(number("chunk"), number("chunks"), &part.range, md5)
    }

    fn lose_unsynced(&mut self, dice: &mut fastrand::Rng) -> u64 {
        let before = bytes(&self.chunks);
        self.chunks.retain(|_, _| dice.bool());
        before - bytes(&self.chunks)
    }

    fn stored(&self) -> u64 {
        end(self.finished.as_ref().unwrap()).unwrap()
    }

    /// Its machine lets the server compare.
    fn is_damaged(&self) -> bool {
        false
    }

    fn deliveries(&self) -> u32 {
        self.deliveries
    }

    /// Nothing on the wire says so.
    fn is_cancelled(&self) -> bool {
        true
    }
}

/// Where chunks end that follow each other.
fn end(chunks: &[Range<u64>]) -> Option<u64> {
    chunks.iter().try_fold(0, |end, range| (range.start == end).then_some(range.end))
}

fn bytes(chunks: &BTreeMap<(u64, u64), Range<u64>>) -> u64 {
    chunks.values().map(|range| range.end - range.start).sum()
}

fn find<'a>(fields: &'a [Field], name: &str) -> &'a str {
    let value = fields.iter().find_map(|field| match field {
        Field::Pair(other, value) if other == name => Some(value.as_str()),
        _ => None,
    });
    value.unwrap()
}

fn answer(answer: Answer<'_>) -> Response {
    Response { status: 200, json: Some(answer.to_json()), ..Response::default() }
}
