//! The messages.

use crate::http::{Body, Field, MediaType, Part, Request, RequestId, Response};
use crate::options::Job;
use crate::pieces::Layout;
use crate::{Error, Json, Md5, decimal};

/// What is wrong with a file whose bytes do not have its MD5, in the words of the original.
pub const MISMATCH: &str = "MD5 signature does not match between client and server";

const KIB: u64 = 1024;
/// The original reads numbers of four digits.
const MOST_CHUNKS: u64 = 9999;

/// The size of a chunk of a file of this size, in bytes: that of the original, from 16 to 128 KiB,
/// or more for files from 1.25 GiB on, so that the original can count the chunks. Up to 19.5 GiB
/// they are chunks that it takes.
pub fn chunk_size(size: u64) -> u64 {
    let kib = match size / KIB {
        0..512 => 16,
        512..2048 => 32,
        2048..4096 => 64,
        _ => 128,
    };
    (kib * KIB).max(size.div_ceil(MOST_CHUNKS))
}

/// How requests are written.
#[derive(Debug)]
pub struct Wire {
    endpoint: String,
    name: String,
    md5: Option<Md5>,
}

impl Wire {
    /// Requests about this file.
    pub fn new(job: Job) -> Wire {
        // Servers refuse a file without a name.
        let is_blank = job.name.chars().all(char::is_whitespace);
        let name = if is_blank { "file".to_owned() } else { job.name };
        Wire { endpoint: job.endpoint, name, md5: None }
    }

    /// True once it is known what the file is known by.
    pub fn is_ready(&self) -> bool {
        self.md5.is_some()
    }

    /// The MD5 of the file, once it is known.
    pub fn md5(&self) -> Option<&Md5> {
        self.md5.as_ref()
    }

    /// This is what the file is known by.
    pub fn know(&mut self, md5: Md5) {
        self.md5 = Some(md5);
    }

    /// It is not known after all.
    pub fn forget(&mut self) {
        self.md5 = None;
    }

    /// Asks what the server has.
    pub fn ask(&self, id: RequestId) -> Request {
        self.request(id, "GET", Body::Empty)
    }

    /// Sends a chunk.
    pub fn upload(&self, id: RequestId, layout: Layout, index: u64) -> Request {
        let fields = vec![number("chunk", index), number("chunks", layout.count())];
        let part = Part {
            name: "file".to_owned(),
            filename: None,
            range: layout.range(index),
            media_type: MediaType::OCTETS,
        };
        self.request(id, "POST", Body::Multipart { fields, part })
    }

    fn request(&self, id: RequestId, method: &str, body: Body) -> Request {
        let md5 = self.md5.as_ref().map_or("", Md5::as_str);
        let mut request = Request::new(id, method, &self.endpoint, body);
        request.query.fields = vec![
            Field::new("md5", md5),
            Field::new("name", &self.name),
            Field::Extra(String::new()),
        ];
        request
    }
}

fn number(name: &str, number: u64) -> Field {
    Field::new(name, &decimal(number))
}

/// What a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// It knows nothing of the file.
    New,
    /// It has these chunks.
    Partial(&'a str),
    /// It has the file, here.
    Complete(&'a str),
    /// Something is wrong.
    Error(&'a str),
}

/// The numbers of a list with commas; what is no number is left out.
pub fn numbers(list: &str) -> impl Iterator<Item = u64> {
    list.as_bytes().split(|byte| *byte == b',').filter_map(|number| number_of(number.trim_ascii()))
}

fn number_of(digits: &[u8]) -> Option<u64> {
    let add = |number: u64, digit: &u8| {
        let digit = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    };
    if digits.is_empty() { None } else { digits.iter().try_fold(0, add) }
}

impl Answer<'_> {
    /// The answer in a response.
    ///
    /// # Errors
    /// A refusal if the status is one, that the server is unavailable for every other failure, and a
    /// break of the protocol for what is no answer.
    pub fn read(response: &Response) -> Result<Answer<'_>, Error> {
        let words = || response.words();
        match response.status {
            200..=299 => {}
            _ if response.refuses() => return Err(Error::Rejected(words())),
            _ => return Err(response.unavailable()),
        }
        let text = |key| response.json.as_ref()?.member(key)?.text();
        let value = text("value").unwrap_or_default();
        match text("status") {
            Some("new") => Ok(Answer::New),
            Some("partial") => Ok(Answer::Partial(value)),
            Some("complete") => Ok(Answer::Complete(value)),
            Some("error") => Ok(Answer::Error(value)),
            _ => Err(Error::Misbehaved { expected: "an answer of Mr. Robusto", found: words() }),
        }
    }

    /// The answer as it is written.
    pub fn to_json(self) -> Json {
        let (status, value) = match self {
            Answer::New => ("new", ""),
            Answer::Partial(list) => ("partial", list),
            Answer::Complete(url) => ("complete", url),
            Answer::Error(words) => ("error", words),
        };
        Json::object([("status", status.into()), ("value", value.into())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_whatever_stands_around_its_numbers() {
        assert_eq!(numbers("2, 0,,x,-1, 13 ,1.5").collect::<Vec<_>>(), [2, 0, 13]);
        assert_eq!(numbers("99999999999999999999,18446744073709551615").last(), Some(u64::MAX));
        assert_eq!(numbers("").next(), None);
    }

    #[test]
    fn chunks_are_those_of_the_original() {
        for (size, expected) in [
            (0, 16),
            (512 * KIB - 1, 16),
            (512 * KIB, 32),
            (2048 * KIB - 1, 32),
            (2048 * KIB, 64),
            (4096 * KIB - 1, 64),
            (4096 * KIB, 128),
            (MOST_CHUNKS * 128 * KIB, 128),
        ] {
            assert_eq!(chunk_size(size), expected * KIB, "{size}");
        }
    }

    #[test]
    fn there_are_never_more_chunks_than_the_original_counts() {
        for size in [MOST_CHUNKS * 128 * KIB + 1, MOST_CHUNKS << 21, 1 << 50, u64::MAX >> 1] {
            assert!(size.div_ceil(chunk_size(size)) <= MOST_CHUNKS, "{size}");
        }
        assert_eq!(chunk_size(MOST_CHUNKS << 21), 1 << 21, "the largest that it takes");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for answer in
            [Answer::New, Answer::Partial("2,0"), Answer::Complete("/x"), Answer::Error("no")]
        {
            let json = Some(answer.to_json());
            let response = Response { status: 200, json, ..Response::default() };
            assert_eq!(Answer::read(&response), Ok(answer));
        }
    }
}
