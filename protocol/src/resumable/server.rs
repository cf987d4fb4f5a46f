//! What a request says to the server, in either dialect.

use std::ops::Range;

use super::dialect::{Dialect, Parameter};

/// The longest identifier that is taken, in bytes.
pub const LONGEST_IDENTIFIER: usize = 4096;

/// One chunk, as the parameters describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What the file is known by: a key, and never a path.
    pub identifier: String,
    /// The name of the file: anything at all.
    pub filename: String,
    /// Which chunk, from 1.
    pub number: u64,
    /// The size of a chunk as it was configured, in bytes.
    pub chunk_size: u64,
    /// The size that this chunk is said to have, if it is said, in bytes.
    pub current_size: Option<u64>,
    /// The size of the file in bytes.
    pub total_size: u64,
    /// How many chunks.
    pub total_chunks: u64,
}

/// Why a request makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Senseless {
    /// A parameter is not there in any of the dialects.
    #[error("expected the parameter resumable{0} or flow{0}")]
    Missing(&'static str),
    /// A parameter is no number.
    #[error("expected a whole number of at most 16 digits as {0}")]
    NoNumber(&'static str),
    /// An identifier is empty or far too long.
    #[error("expected an identifier of 1 to {LONGEST_IDENTIFIER} bytes")]
    Identifier,
    /// The numbers contradict each other.
    #[error("expected a chunk that fits into its file: {0}")]
    Contradiction(&'static str),
}

/// Which library has sent a request; `value` looks a parameter up by its name.
pub fn dialect<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Dialect {
    let names = Parameter::ALL.map(|parameter| Dialect::Flow.name(parameter));
    let is_flow = names.into_iter().flatten().any(|name| value(&name).is_some());
    if is_flow { Dialect::Flow } else { Dialect::Resumable }
}

impl Chunk {
    /// Reads the parameters of a request; `value` looks one up by its name.
    ///
    /// # Errors
    /// When one is missing or senseless, or when they contradict each other.
    pub fn read<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Result<Chunk, Senseless> {
        let find = |parameter: Parameter| parameter.names().find_map(|name| value(&name));
        let text = |parameter: Parameter, name| find(parameter).ok_or(Senseless::Missing(name));
        let number = |parameter, name| number(text(parameter, name)?, name);
        let identifier = text(Parameter::Identifier, "Identifier")?;
        if identifier.is_empty() || identifier.len() > LONGEST_IDENTIFIER {
            return Err(Senseless::Identifier);
        }
        let chunk = Chunk {
            identifier: identifier.to_owned(),
            filename: text(Parameter::Filename, "Filename")?.to_owned(),
            number: number(Parameter::ChunkNumber, "ChunkNumber")?,
            chunk_size: number(Parameter::ChunkSize, "ChunkSize")?,
            current_size: match find(Parameter::CurrentChunkSize) {
                Some(_) => Some(number(Parameter::CurrentChunkSize, "CurrentChunkSize")?),
                None => None,
            },
            total_size: number(Parameter::TotalSize, "TotalSize")?,
            total_chunks: number(Parameter::TotalChunks, "TotalChunks")?,
        };
        chunk.check()?;
        Ok(chunk)
    }

    fn check(&self) -> Result<(), Senseless> {
        let fail = |why| Err(Senseless::Contradiction(why));
        if self.chunk_size == 0 {
            return fail("the size of a chunk is 0");
        }
        if self.number == 0 || self.number > self.total_chunks {
            return fail("the number is not from 1 to the number of chunks");
        }
        if ![self.total_size / self.chunk_size, self.total_size.div_ceil(self.chunk_size)]
            .map(|count| count.max(1))
            .contains(&self.total_chunks)
        {
            return fail("the number of chunks does not go with the sizes");
        }
        let range = self.range();
        if self.current_size.is_some_and(|size| size != range.end - range.start) {
            return fail("the size of this chunk does not go with the others");
        }
        Ok(())
    }

    /// Which bytes of the file this chunk has, whichever way the client lays chunks out.
    pub fn range(&self) -> Range<u64> {
        let start = (self.number - 1) * self.chunk_size;
        let is_last = self.number == self.total_chunks;
        start..if is_last { self.total_size } else { start + self.chunk_size }
    }
}

/// Sixteen digits are more than any file has bytes, and their products do not overflow by much
/// less than that many chunks.
fn number(text: &str, name: &'static str) -> Result<u64, Senseless> {
    let is_plain = text.len() <= 16 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = if is_plain { text.parse().ok() } else { None };
    number.ok_or(Senseless::NoNumber(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changes: &[(&str, &str)]) -> Result<Chunk, Senseless> {
        let mut fields = vec![
            ("resumableIdentifier", "10-a"),
            ("resumableFilename", "a"),
            ("resumableChunkNumber", "2"),
            ("resumableChunkSize", "4"),
            ("resumableCurrentChunkSize", "6"),
            ("resumableTotalSize", "10"),
            ("resumableTotalChunks", "2"),
        ];
        for (name, value) in changes {
            fields.retain(|(other, _)| other != name);
            fields.push((name, value));
        }
        fields.retain(|(_, value)| *value != "missing");
        Chunk::read(|name| fields.iter().find(|(other, _)| *other == name).map(|(_, v)| *v))
    }

    #[test]
    fn both_layouts_and_both_dialects_are_understood() {
        assert_eq!(read(&[]).map(|chunk| chunk.range()), Ok(4..10));
        let small = [("resumableTotalChunks", "3"), ("resumableCurrentChunkSize", "4")];
        assert_eq!(read(&small).map(|chunk| chunk.range()), Ok(4..8));
        let flow = [("resumableIdentifier", "missing"), ("flowIdentifier", "10-b")];
        assert_eq!(read(&flow).map(|chunk| chunk.identifier), Ok("10-b".to_owned()));
        assert!(read(&[("resumableCurrentChunkSize", "missing")]).is_ok(), "it is not needed");
    }

    #[test]
    fn an_empty_file_is_chunk_one_of_one() {
        let empty = [
            ("resumableTotalSize", "0"),
            ("resumableCurrentChunkSize", "0"),
            ("resumableChunkNumber", "1"),
            ("resumableTotalChunks", "1"),
        ];
        assert_eq!(read(&empty).map(|chunk| chunk.range()), Ok(0..0));
    }

    #[test]
    fn senseless_numbers_are_refused() {
        for (name, value) in [
            ("resumableChunkNumber", "0"),
            ("resumableChunkNumber", "3"),
            ("resumableChunkNumber", "-1"),
            ("resumableChunkNumber", "1e3"),
            ("resumableChunkNumber", "99999999999999999"),
            ("resumableChunkSize", "0"),
            ("resumableChunkSize", "5.5"),
            ("resumableTotalSize", "9999999999999999"),
            ("resumableTotalChunks", "5"),
            ("resumableCurrentChunkSize", "5"),
            ("resumableCurrentChunkSize", ""),
            ("resumableIdentifier", ""),
            ("resumableFilename", "missing"),
        ] {
            assert!(read(&[(name, value)]).is_err(), "{name} = {value}");
        }
        for number in ["+2", "00000000000000002", ""] {
            let refused = read(&[("resumableChunkNumber", number)]);
            assert_eq!(refused, Err(Senseless::NoNumber("ChunkNumber")), "{number}");
        }
        let long = "x".repeat(LONGEST_IDENTIFIER + 1);
        assert_eq!(read(&[("resumableIdentifier", &long)]), Err(Senseless::Identifier));
        assert!(read(&[("resumableIdentifier", &long[1..])]).is_ok(), "the longest");
    }
}
