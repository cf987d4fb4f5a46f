//! What a request says to the server.

use crate::Md5;

/// What every request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What the file is known by. Digits in either case are the same.
    pub md5: Md5,
    /// The name of the file: anything at all, but not nothing.
    pub name: String,
}

/// Which chunk a form brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Which one, from 0.
    pub index: u64,
    /// How many there are.
    pub count: u64,
}

/// Why a request makes no sense, in the words of the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Senseless {
    /// There is no MD5 of 32 hexadecimal digits, or no name.
    #[error("Invalid parameters, expecting md5 and name")]
    File,
    /// There is no file in the form, its numbers are none, or they contradict each other.
    #[error("Invalid file upload parameters")]
    Chunk,
}

impl File {
    /// Reads the parameters in the query of a request; `value` looks one up by its name.
    ///
    /// # Errors
    /// When there is no MD5 or no name.
    pub fn read<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Result<File, Senseless> {
        let md5 = value("md5").and_then(Md5::parse).ok_or(Senseless::File)?;
        let name = value("name").filter(|name| !name.trim().is_empty()).ok_or(Senseless::File)?;
        Ok(File { md5, name: name.to_owned() })
    }
}

impl Chunk {
    /// Reads the parameters in a form; `value` looks one up by its name. The original takes four
    /// digits, this one up to sixteen.
    ///
    /// # Errors
    /// When a number is missing or none, or the chunk is none of them.
    pub fn read<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Result<Chunk, Senseless> {
        let number = |name| value(name).and_then(number).ok_or(Senseless::Chunk);
        let chunk = Chunk { index: number("chunk")?, count: number("chunks")? };
        if chunk.index < chunk.count { Ok(chunk) } else { Err(Senseless::Chunk) }
    }

    /// True if no chunk comes after this one.
    pub fn is_last(self) -> bool {
        self.index + 1 == self.count
    }
}

/// The numbers of chunks as an answer lists them.
pub fn list(numbers: impl Iterator<Item = u64>) -> String {
    let mut list = String::new();
    for number in numbers {
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(&number.to_string());
    }
    list
}

fn number(text: &str) -> Option<u64> {
    let is_plain = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

    fn file(md5: Option<&'static str>, name: Option<&'static str>) -> Result<File, Senseless> {
        File::read(|wanted| if wanted == "md5" { md5 } else { name })
    }

    fn chunk(index: &'static str, count: &'static str) -> Result<Chunk, Senseless> {
        Chunk::read(|wanted| Some(if wanted == "chunk" { index } else { count }))
    }

    #[test]
    fn a_file_has_an_md5_and_a_name() {
        assert!(file(Some(MD5), Some("文件")).is_ok());
        assert!(file(Some(MD5), Some("0")).is_ok(), "the original takes it for nothing");
        for (md5, name) in [
            (None, Some("a")),
            (Some(MD5), None),
            (Some(MD5), Some(" ")),
            (Some("xyz"), Some("a")),
            (Some("../../../../../../../../../../.."), Some("a")),
        ] {
            assert_eq!(file(md5, name), Err(Senseless::File), "{md5:?} {name:?}");
        }
    }

    #[test]
    fn a_chunk_is_one_of_them() {
        assert_eq!(chunk("0", "1"), Ok(Chunk { index: 0, count: 1 }));
        assert_eq!(chunk("00099", "12345").map(Chunk::is_last), Ok(false));
        for (index, count) in [
            ("5", "5"),
            ("0", "0"),
            ("a", "2"),
            ("", "2"),
            ("-1", "2"),
            ("1e0", "2"),
            (" 1", "2"),
            ("0", "99999999999999999"),
            ("99999999999999999999", "99999999999999999999"),
        ] {
            assert_eq!(chunk(index, count), Err(Senseless::Chunk), "{index} of {count}");
        }
        assert_eq!(Chunk::read(|_| None), Err(Senseless::Chunk));
    }

    #[test]
    fn chunks_are_listed_with_commas() {
        assert_eq!(list([0, 1, 12].into_iter()), "0,1,12");
        assert_eq!(list(std::iter::empty()), "");
    }
}
