//! A server of Fine Uploader.

use std::collections::BTreeMap;
use std::ops::Range;

use incoming_protocol::fineuploader::server::{Asked, Finished, Reply};
use incoming_protocol::http::{Body, Field, Request, Response};
use incoming_protocol::{Given, Json};

#[derive(Default)]
pub struct Server {
    parts: BTreeMap<u64, Range<u64>>,
    total_parts: u64,
    deliveries: u32,
}

/// Where it is told that all chunks are there.
const SUCCESS: &str = "http://test/success";

/// Several chunks at a time, of some files with a success endpoint, of others without.
pub fn options(size: u64) -> Given {
    let mut options = vec![("concurrent".to_owned(), Json::Bool(true))];
    if size.is_multiple_of(2) {
        options.push(("success_endpoint".to_owned(), Json::from(SUCCESS)));
    }
    Given::new(options)
}

impl super::Server for Server {
    fn request(&mut self, request: &Request) -> Response {
        let fields = match &request.body {
            Body::Multipart { fields, .. } | Body::Form(fields) => fields,
            Body::Empty | Body::Bytes { .. } => &request.query.fields,
        };
        if request.url == SUCCESS {
            return self.finish(&Finished::read(|name| find(fields, name)).unwrap());
        }
        let Asked::Upload(upload) = Asked::read(|name| find(fields, name)).unwrap() else {
            panic!("nobody removes anything")
        };
        let range = request.body.range().unwrap();
        let index = match upload.part {
            Some(part) => {
                assert_eq!(part.range, *range, "the parameters say what is sent");
                self.total_parts = part.total_parts;
                part.index
            }
            None => {
                self.total_parts = 1;
                0
            }
        };
        let is_new = self.parts.insert(index, range.clone()).is_none();
        if is_new && self.parts.len() as u64 == self.total_parts {
            self.deliveries += 1;
        }
        answer(&Reply::Success)
    }

    fn stored(&self) -> u64 {
        let end = self.parts.values().fold(0, |end, range| {
            assert_eq!(range.start, end, "no gap");
            range.end
        });
        assert_eq!(self.parts.len() as u64, self.total_parts);
        end
    }

    fn deliveries(&self) -> u32 {
        self.deliveries
    }

    /// Nothing on the wire says so.
    fn is_cancelled(&self) -> bool {
        true
    }
}

impl Server {
    fn finish(&self, _finished: &Finished) -> Response {
        assert_eq!(self.parts.len() as u64, self.total_parts, "told when all is there");
        answer(&Reply::Success)
    }
}

fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find_map(|field| match field {
        Field::Pair(other, value) if other == name => Some(value.as_str()),
        _ => None,
    })
}

fn answer(reply: &Reply) -> Response {
    Response {
        status: 200,
        text: String::new(),
        json: Some(reply.to_json()),
        ..Response::default()
    }
}
