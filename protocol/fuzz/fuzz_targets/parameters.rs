//! The parameters of Resumable.js, flow.js and Fine Uploader: each line is a name, `=`, a value.

#![no_main]

use incoming_protocol::fineuploader::server::Asked;
use incoming_protocol::resumable::server::Chunk;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let fields: Vec<_> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let find = |name: &str| fields.iter().find(|(other, _)| *other == name).map(|(_, v)| *v);
    if let Ok(chunk) = Chunk::read(find) {
        let range = chunk.range();
        assert!(range.start <= range.end && range.end <= chunk.total_size);
    }
    if let Ok(Asked::Upload(upload)) = Asked::read(find)
        && let Some(part) = upload.part
    {
        assert!(part.range.start <= part.range.end && part.range.end <= part.total_size);
    }
});
