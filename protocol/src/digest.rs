//! The fingerprint of bytes.

/// The MD5 of some bytes, as 32 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Md5(Box<str>);

impl Md5 {
    /// Reads 32 hexadecimal digits in either case; anything else is none.
    pub fn parse(text: &str) -> Option<Md5> {
        let is_md5 = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_md5.then(|| Md5(text.to_ascii_lowercase().into()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<[u8; 16]> for Md5 {
    fn from(bytes: [u8; 16]) -> Md5 {
        Md5(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect())
    }
}

/// The hexadecimal digit of a number below 16.
pub(crate) fn digit(number: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(number & 15)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_in_either_case_are_the_same_fingerprint() {
        let lower = Md5::parse("d41d8cd98f00b204e9800998ecf8427e").expect("an MD5");
        assert_eq!(Md5::parse("D41D8CD98F00B204E9800998ECF8427E"), Some(lower.clone()));
        assert_eq!(lower.as_str(), "d41d8cd98f00b204e9800998ecf8427e");
    }

    #[test]
    fn bytes_and_their_digits_are_the_same_fingerprint() {
        let bytes = std::array::from_fn(|i| u8::try_from(i * 17).expect("a byte"));
        assert_eq!(Some(Md5::from(bytes)), Md5::parse("00112233445566778899aabbccddeeff"));
    }

    #[test]
    fn anything_else_is_no_fingerprint() {
        for text in ["", "d41d8cd98f00b204e9800998ecf8427", "d41d8cd98f00b204e9800998ecf8427g"] {
            assert_eq!(Md5::parse(text), None, "{text}");
        }
        assert_eq!(Md5::parse("ä41d8cd98f00b204e9800998ecf8427"), None, "no more bytes than that");
    }
}
