//! Bytes as the text of a `data:` URL, as browsers write it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;

/// The most that comes before the bytes: a media type.
const LONGEST_HEAD: usize = 1024;
/// So many letters are three bytes.
const QUAD: usize = 4;

/// What is no base64, or goes on where it had ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Undecodable;

/// Decodes base64, a piece at a time.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// The letters that came of four that belong together.
    held: Vec<u8>,
    /// There was an equals sign.
    is_over: bool,
}

/// Whether it is the whole URL of nothing, as some browsers write it.
pub(super) fn is_of_nothing(text: &[u8]) -> bool {
    text == b"data:"
}

/// Where the bytes begin, if this is the beginning of a URL that has them in base64.
pub(super) fn head(text: &[u8]) -> Option<usize> {
    let head = &text[..text.len().min(LONGEST_HEAD)];
    let comma = head.iter().position(|byte| *byte == b',')?;
    let head = head[..comma].strip_prefix(b"data:")?;
    let kind = head.len().checked_sub("base64".len())?;
    head[kind..].eq_ignore_ascii_case(b"base64").then_some(comma + 1)
}

impl Decoder {
    /// Adds the bytes of some more text.
    ///
    /// # Errors
    /// If it cannot be what a browser has written.
    pub(super) fn decode(
        &mut self,
        mut text: &[u8],
        into: &mut BytesMut,
    ) -> Result<(), Undecodable> {
        if !self.held.is_empty() {
            let missing = text.len().min(QUAD - self.held.len());
            self.held.extend_from_slice(&text[..missing]);
            text = &text[missing..];
            if self.held.len() == QUAD {
                let quad = std::mem::take(&mut self.held);
                self.decode_quads(&quad, into)?;
            }
        }
        let (quads, rest) = text.split_at(text.len() - text.len() % QUAD);
        self.decode_quads(quads, into)?;
        self.held.extend_from_slice(rest);
        Ok(())
    }

    fn decode_quads(&mut self, quads: &[u8], into: &mut BytesMut) -> Result<(), Undecodable> {
        let Some(last) = quads.last() else { return Ok(()) };
        if self.is_over {
            return Err(Undecodable);
        }
        self.is_over = *last == b'=';
        let start = into.len();
        into.resize(start + quads.len() / QUAD * 3, 0);
        let size = STANDARD.decode_slice(quads, &mut into[start..]).map_err(|_| Undecodable)?;
        into.truncate(start + size);
        Ok(())
    }

    /// Makes sure that nothing is missing.
    ///
    /// # Errors
    /// If it ended in the middle of a byte.
    pub(super) fn finish(&self) -> Result<(), Undecodable> {
        if self.held.is_empty() { Ok(()) } else { Err(Undecodable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &[u8], at_once: usize) -> Result<Vec<u8>, Undecodable> {
        let (mut decoder, mut bytes) = (Decoder::default(), BytesMut::new());
        for piece in text.chunks(at_once) {
            decoder.decode(piece, &mut bytes)?;
        }
        decoder.finish().map(|()| bytes.to_vec())
    }

    #[test]
    fn bytes_come_out_as_they_went_in_however_the_text_is_cut() {
        let bytes: Vec<u8> = (0..=255).collect();
        for length in [0, 1, 2, 3, 4, 5, 100, 256] {
            let text = STANDARD.encode(&bytes[..length]);
            for at_once in [1, 2, 3, 4, 5, 7, 1000] {
                assert_eq!(decoded(text.as_bytes(), at_once).unwrap(), &bytes[..length]);
            }
        }
    }

    #[test]
    fn what_no_browser_writes_is_refused() {
        for text in
            ["A", "AA", "AAA", "AA==AAAA", "AA==A", "A===", "AA=A", "====", "AB==", "A A=", "AA%3"]
        {
            for at_once in [1, 4, 1000] {
                assert_eq!(decoded(text.as_bytes(), at_once), Err(Undecodable), "{text}");
            }
        }
    }

    #[test]
    fn the_head_tells_whether_it_is_a_url_with_base64() {
        for (text, start) in [
            ("data:application/octet-stream;base64,AAAA", Some(37)),
            ("data:;base64,", Some(13)),
            ("data:text/plain;charset=utf-8;Base64,", Some(37)),
            ("data:base64,AA==", Some(12)),
            ("data:text/plain,base64,", None),
            ("data:,", None),
            ("data:;base64", None),
            ("http://a/;base64,", None),
            ("", None),
        ] {
            assert_eq!(head(text.as_bytes()), start, "{text}");
        }
        let long = format!("data:{};base64,", "x".repeat(LONGEST_HEAD));
        assert_eq!(head(long.as_bytes()), None);
    }
}
