//! Comparing a file with bytes, without reading more of it than a buffer at a time.

use std::fs::File;
use std::io::{self, Read as _};

use crate::at::At;

const BUFFER: usize = 64 * 1024;

/// Whether a file has these bytes at an offset. Blocking.
pub(crate) fn has_bytes(file: &File, offset: u64, bytes: &[u8]) -> io::Result<bool> {
    let mut file = At::new(file, offset);
    let mut buffer = vec![0; BUFFER.min(bytes.len())];
    for expected in bytes.chunks(BUFFER) {
        let found = &mut buffer[..expected.len()];
        match file.read_exact(found) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            read => read?,
        }
        if found != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn only_the_same_bytes_at_the_same_place_are_found() {
        let content: Vec<u8> = (0..=255).cycle().take(3 * BUFFER + 17).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content).unwrap();
        for (start, end) in [(0, content.len()), (5, 6), (7, 2 * BUFFER + 8), (9, 9)] {
            let mut bytes = content[start..end].to_vec();
            assert!(has_bytes(&file, start as u64, &bytes).unwrap());
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
                assert!(!has_bytes(&file, start as u64, &bytes).unwrap());
            }
        }
        assert!(!has_bytes(&file, content.len() as u64 - 1, b"xy").unwrap(), "it is too short");
    }
}
