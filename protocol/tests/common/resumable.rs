//! A server of Resumable.js and flow.js.

use incoming_protocol::Json;
use incoming_protocol::http::{Body, Field, HAS_ALL_CHUNKS, Request, Response};
use incoming_protocol::resumable::server::Chunk;

use super::pieces::Pieces;

#[derive(Default)]
pub struct Server {
    pub pieces: Pieces,
}

impl Server {
    fn says(&self) -> Option<Json> {
        Some(Json::object([(HAS_ALL_CHUNKS, Json::Bool(self.pieces.is_whole()))]))
    }
}

impl super::Server for Server {
    fn request(&mut self, request: &Request, is_damaged: bool) -> Response {
        let fields = match &request.body {
            Body::Multipart { fields, .. } => [&request.query.fields[..], fields].concat(),
            _ => request.query.fields.clone(),
        };
        let chunk = Chunk::read(|name| find(&fields, name)).unwrap();
        let Some(range) = request.body.range() else {
            let status = if self.pieces.has(chunk.number) { 200 } else { 204 };
            let response = Response { status, json: self.says(), ..Response::default() };
            return self.pieces.say_digest(request, response);
        };
        assert_eq!(*range, chunk.range(), "the parameters say what is sent");
        let response = self.pieces.take(request, chunk.number, chunk.total_chunks, is_damaged);
        if response.status == 200 && self.pieces.misses_what_is_lost() {
            return Response { status: 500, ..response };
        }
        Response { json: self.says(), ..response }
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

fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find_map(|field| match field {
        Field::Pair(other, value) if other == name => Some(value.as_str()),
        _ => None,
    })
}
