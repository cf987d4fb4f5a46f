//! A server of Resumable.js and flow.js.

use std::collections::BTreeMap;
use std::ops::Range;

use incoming_protocol::http::{Body, Field, Request, Response};
use incoming_protocol::resumable::server::Chunk;

#[derive(Default)]
pub struct Server {
    chunks: BTreeMap<u64, Range<u64>>,
    total_chunks: Option<u64>,
    deliveries: u32,
}

impl super::Server for Server {
    fn request(&mut self, request: &Request) -> Response {
        let fields = match &request.body {
            Body::Multipart { fields, .. } => [&request.query.fields[..], fields].concat(),
            _ => request.query.fields.clone(),
        };
        let chunk = Chunk::read(|name| find(&fields, name)).unwrap();
        self.total_chunks = Some(chunk.total_chunks);
        let is_there = self.chunks.contains_key(&chunk.number);
        let Some(range) = request.body.range() else {
            return answer(if is_there { 200 } else { 204 });
        };
        assert_eq!(*range, chunk.range(), "the parameters say what is sent");
        self.chunks.insert(chunk.number, range.clone());
        let is_complete = self.chunks.len() as u64 == chunk.total_chunks;
        if is_complete && !is_there {
            self.deliveries += 1;
        }
        answer(200)
    }

    fn stored(&self) -> u64 {
        let ends = self.chunks.values().fold(0, |end, range| {
            assert_eq!(range.start, end, "no gap");
            range.end
        });
        assert_eq!(Some(self.chunks.len() as u64), self.total_chunks);
        ends
    }

    fn deliveries(&self) -> u32 {
        self.deliveries
    }

    /// Nothing on the wire says so.
    fn is_cancelled(&self) -> bool {
        true
    }
}

fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find_map(|field| match field {
        Field::Pair(other, value) if other == name => Some(value.as_str()),
        _ => None,
    })
}

fn answer(status: u16) -> Response {
    Response { status, ..Response::default() }
}
