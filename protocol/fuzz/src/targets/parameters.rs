//! The parameters of Resumable.js, flow.js, Fine Uploader and Mr. Robusto: each line is a name, `=`,
//! a value.

use incoming_protocol::fineuploader::server::{Asked, Finished};
use incoming_protocol::resumable::server::Chunk;
use incoming_protocol::robusto::server as robusto;

pub(super) fn read(data: &[u8]) {
    let lines = super::text_of(data).lines();
    let fields: Vec<_> = lines.filter_map(|line| line.split_once('=')).collect();
    let find = |name: &str| fields.iter().find(|(other, _)| *other == name).map(|(_, v)| *v);
    let _ = robusto::File::read(find);
    let _ = Finished::read(find);
    if let Ok(chunk) = robusto::Chunk::read(find) {
        assert!(chunk.index < chunk.count);
    }
    if let Ok(chunk) = Chunk::read(find) {
        let range = chunk.range();
        assert!(range.start <= range.end && range.end <= chunk.total_size);
    }
    if let Ok(Asked::Upload(upload)) = Asked::read(find)
        && let Some(part) = upload.part
    {
        assert!(part.range.start <= part.range.end && part.range.end <= part.total_size);
    }
}
