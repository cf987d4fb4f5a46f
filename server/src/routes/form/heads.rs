//! A form whose parts have no control characters in their heads, so that the reader of forms takes it:
//! Chromium sends a file name with all that it has, but for line ends.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use bytes::{Buf as _, BufMut as _, BytesMut};
use futures_util::{Stream, StreamExt as _};
use memchr::memchr;
use memchr::memmem::Finder;

use super::source::{Source, SourceError};

/// A form without them. Its bytes are not looked at longer than it takes to find the next head.
pub(super) struct Heads {
    source: Source,
    cleaner: Cleaner,
}

impl Heads {
    pub(super) fn new(source: Source, boundary: &str) -> Heads {
        Heads { source, cleaner: Cleaner::new(boundary) }
    }
}

impl Stream for Heads {
    type Item = Result<Bytes, SourceError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.source.poll_next_unpin(cx);
        next.map(|next| next.map(|bytes| bytes.map(|bytes| self.cleaner.clean(bytes))))
    }
}

struct Cleaner {
    /// What stands between two parts.
    border: Finder<'static>,
    place: Place,
}

/// Where in a form.
enum Place {
    /// Before the first border, or in a part: the last bytes, which may begin a border.
    Part { last: Vec<u8> },
    /// On the line of a border.
    Border,
    /// Between that line and the bytes of a part.
    Head(Head),
}

#[derive(Default)]
struct Head {
    is_line_empty: bool,
    /// The last byte may have begun the end of a line.
    is_line_ending: bool,
}

impl Cleaner {
    fn new(boundary: &str) -> Cleaner {
        let border = ["\r\n--", boundary].concat();
        // The first one has no line before it.
        let place = Place::Part { last: b"\r\n".to_vec() };
        Cleaner { border: Finder::new(&border).into_owned(), place }
    }

    fn clean(&mut self, mut bytes: Bytes) -> Bytes {
        let mut clean = BytesMut::new();
        while !bytes.is_empty() {
            let next = match &mut self.place {
                Place::Part { last } => {
                    let end = end_of(&self.border, last, &bytes);
                    if end.is_none() && clean.is_empty() {
                        return bytes;
                    }
                    clean.extend_from_slice(&bytes.split_to(end.unwrap_or(bytes.len())));
                    end.map(|_| Place::Border)
                }
                Place::Border => {
                    let end = memchr(b'\n', &bytes).map(|at| at + 1);
                    clean.extend_from_slice(&bytes.split_to(end.unwrap_or(bytes.len())));
                    end.map(|_| Place::Head(Head::default()))
                }
                Place::Head(head) => {
                    let end = head.clean(&bytes, &mut clean);
                    bytes.advance(end.unwrap_or(bytes.len()));
                    end.map(|_| Place::Part { last: Vec::new() })
                }
            };
            if let Some(next) = next {
                self.place = next;
            }
        }
        clean.freeze()
    }
}

/// Where in these bytes a border ends that may have begun in those before, which are remembered.
fn end_of(border: &Finder<'_>, last: &mut Vec<u8>, bytes: &[u8]) -> Option<usize> {
    let (size, most) = (border.needle().len(), border.needle().len() - 1);
    let before = last.len();
    last.extend_from_slice(&bytes[..bytes.len().min(most)]);
    if let Some(at) = border.find(last) {
        return Some(at + size - before);
    }
    if bytes.len() > most {
        if let Some(at) = border.find(bytes) {
            return Some(at + size);
        }
        last.clear();
        last.extend_from_slice(&bytes[bytes.len() - most..]);
    }
    last.drain(..last.len().saturating_sub(most));
    None
}

impl Head {
    /// Adds what may be in a head; where it ends, if it does.
    fn clean(&mut self, bytes: &[u8], clean: &mut BytesMut) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            let was_line_ending = std::mem::replace(&mut self.is_line_ending, *byte == b'\r');
            match byte {
                b'\n' if was_line_ending => {
                    clean.extend_from_slice(b"\r\n");
                    if self.is_line_empty {
                        return Some(at + 1);
                    }
                    self.is_line_empty = true;
                }
                b'\t' | b' '..=b'~' | 0x80.. => {
                    clean.put_u8(*byte);
                    self.is_line_empty = false;
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form, cut into pieces of this size.
    fn clean(form: &[u8], at_once: usize) -> Vec<u8> {
        let mut cleaner = Cleaner::new("b");
        let pieces = form.chunks(at_once).map(Bytes::copy_from_slice);
        pieces.flat_map(|piece| cleaner.clean(piece)).collect()
    }

    fn expect(form: &[u8], expected: &[u8]) {
        for at_once in 1..form.len() + 1 {
            let found = clean(form, at_once);
            assert_eq!(
                String::from_utf8_lossy(&found),
                String::from_utf8_lossy(expected),
                "{at_once}"
            );
            assert!(found == expected, "{at_once}");
        }
    }

    #[test]
    fn heads_lose_their_control_characters_and_bytes_stay_as_they_are() {
        expect(
            b"--b\r\nA: x\x00\x1f\x7f\ty\xe9\r\nB:\r\n\r\n\0\r\n--\x01\r\n--b\r\nC: \x02z\r\n\r\n\x03\r\n--b--\r\n",
            b"--b\r\nA: x\ty\xe9\r\nB:\r\n\r\n\0\r\n--\x01\r\n--b\r\nC: z\r\n\r\n\x03\r\n--b--\r\n",
        );
    }

    #[test]
    fn a_line_end_that_is_none_does_not_end_a_head() {
        expect(b"--b\r\nA: x\ny\rz\n\n\r\r\n\r\n\n\r\n--b--", b"--b\r\nA: xyz\r\n\r\n\n\r\n--b--");
    }

    #[test]
    fn what_looks_like_a_head_in_the_middle_of_bytes_is_none() {
        let form = b"--b\r\nA:\r\n\r\n--b\r\nX: \0\r\n\r\n--B\0\r\n-b\0\r\n\r\n--b--";
        expect(form, form);
    }

    #[test]
    fn an_empty_part_ends_at_once() {
        expect(
            b"--b\r\nA:\r\n\r\n\r\n--b\r\nB: \0\r\n\r\n",
            b"--b\r\nA:\r\n\r\n\r\n--b\r\nB: \r\n\r\n",
        );
    }
}
