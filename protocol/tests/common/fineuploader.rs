//! A server of Fine Uploader.

use incoming_protocol::fineuploader::server::{Asked, Finished, Reply};
use incoming_protocol::http::{Body, Field, Request, Response};
use incoming_protocol::{Json, RawOptions};

use super::pieces::Pieces;

#[derive(Default)]
pub struct Server {
    pub pieces: Pieces,
}

/// So many chunks are on their way at a time.
const MOST_AT_ONCE: usize = 3;
/// Where it is told that all chunks are there.
const SUCCESS: &str = "http://test/success";

/// Several chunks at a time, of some files with a success endpoint, of others without.
pub fn options(size: u64) -> RawOptions {
    let mut options = vec![("concurrent".to_owned(), Json::Bool(true))];
    if is_asked(size) {
        options.push(("success_endpoint".to_owned(), Json::from(SUCCESS)));
    }
    RawOptions::new(options)
}

/// True if the server is asked at the end whether all chunks of a file of this size are there.
fn is_asked(size: u64) -> bool {
    size.is_multiple_of(2)
}

impl super::Server for Server {
    fn request(&mut self, request: &Request, is_damaged: bool) -> Response {
        let fields = match &request.body {
            Body::Multipart { fields, .. } | Body::Form(fields) => fields,
            Body::Empty | Body::Bytes { .. } | Body::Text { .. } => &request.query.fields,
        };
        if request.url == SUCCESS {
            Finished::read(|name| find(fields, name)).unwrap();
            return self.finish(request);
        }
        let Asked::Upload(upload) = Asked::read(|name| find(fields, name)).unwrap() else {
            panic!("nobody removes anything")
        };
        let range = request.body.range().unwrap();
        let (index, total) = match upload.part {
            Some(part) => {
                assert_eq!(part.range, *range, "the parameters say what is sent");
                (part.index, part.total_parts)
            }
            None => (0, 1),
        };
        // Some of those before it may be on their way.
        let missing = (0..index).filter(|index| !self.pieces.has(*index)).count();
        if upload.resumes && missing > MOST_AT_ONCE {
            return gone();
        }
        let taken = self.pieces.take(request, index, total, is_damaged);
        // With a success endpoint the last chunk may come before others that come again.
        let is_end = index + 1 == total && !upload.total_size.is_some_and(is_asked);
        if is_end && taken.status == 200 && self.pieces.misses_what_is_lost() {
            return gone();
        }
        let is_refused = taken.status != 200;
        let reply = if is_refused {
            Reply::Failure("damaged".into())
        } else {
            Reply::Success(Some(self.pieces.is_whole()))
        };
        Response { json: Some(reply.to_json()), ..taken }
    }

    fn lose_unsynced(&mut self, dice: &mut fastrand::Rng) -> u64 {
        self.pieces.lose_unsynced(dice)
    }

    fn stored(&self) -> u64 {
        self.pieces.stored()
    }

    fn is_damaged(&self) -> bool {
        self.pieces.is_damaged()
    }

    fn deliveries(&self) -> u32 {
        self.pieces.deliveries
    }

    /// Nothing on the wire says so.
    fn is_cancelled(&self) -> bool {
        true
    }
}

impl Server {
    fn finish(&self, request: &Request) -> Response {
        if !self.pieces.is_whole() {
            return gone();
        }
        let json = Some(Reply::Success(None).to_json());
        let response = Response { status: 200, json, ..Response::default() };
        self.pieces.say_digest(request, response)
    }
}

/// Chunks are gone that the client believes to be here.
fn gone() -> Response {
    let json = Some(Reply::Reset("gone".into()).to_json());
    Response { status: 400, json, ..Response::default() }
}

fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find_map(|field| match field {
        Field::Pair(other, value) if other == name => Some(value.as_str()),
        _ => None,
    })
}
