//! The fingerprint of bytes.

use base64ct::{Base64, Encoding as _};

use crate::joined;

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

    /// As a member of a dictionary of digests in the form of RFC 9530: `md5=:<base64>:`.
    pub fn to_field(&self) -> String {
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(self.0.as_bytes().chunks(2)) {
            *byte = pair.iter().fold(0, |byte, digit| byte << 4 | value(*digit));
        }
        let mut text = [0; BASE64_LEN];
        joined(&["md5=:", Base64::encode(&bytes, &mut text).unwrap_or_default(), ":"])
    }

    /// Reads it from such a dictionary; `None` if there is none, or if it is malformed.
    pub fn from_field(field: &str) -> Option<Md5> {
        let mut members = field.split(',').map(str::trim_ascii);
        let text = members.find_map(|member| member.strip_prefix("md5=:"))?.strip_suffix(':')?;
        let mut bytes = [0; 18];
        let bytes = Base64::decode(text, &mut bytes).ok()?;
        <[u8; 16]>::try_from(bytes).ok().map(Md5::from)
    }
}

/// The length of 16 bytes in base64.
const BASE64_LEN: usize = 24;

/// The number that a lower-case hexadecimal digit stands for.
fn value(digit: u8) -> u8 {
    if digit.is_ascii_digit() { digit - b'0' } else { digit - b'a' + 10 }
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
    fn a_field_says_the_same_fingerprint_whatever_else_it_says() {
        let md5 = Md5::parse("d41d8cd98f00b204e9800998ecf8427e").expect("an MD5");
        assert_eq!(md5.to_field(), "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:");
        for field in
            ["md5=:1B2M2Y8AsgTpgAmY7PhCfg==:", "sha=:AAA=:, md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"]
        {
            assert_eq!(Md5::from_field(field), Some(md5.clone()), "{field}");
        }
        for field in
            ["", "md5=:1B2M:", "md5=1B2M2Y8AsgTpgAmY7PhCfg==", "md5=:*B2M2Y8AsgTpgAmY7PhCfg==:"]
        {
            assert_eq!(Md5::from_field(field), None, "{field}");
        }
    }

    #[test]
    fn anything_else_is_no_fingerprint() {
        for text in ["", "d41d8cd98f00b204e9800998ecf8427", "d41d8cd98f00b204e9800998ecf8427g"] {
            assert_eq!(Md5::parse(text), None, "{text}");
        }
        assert_eq!(Md5::parse("ä41d8cd98f00b204e9800998ecf8427"), None, "no more bytes than that");
    }
}
