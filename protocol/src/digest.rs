//! The fingerprint of bytes.

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
        joined(&["md5=:", &base64(&self.0), ":"])
    }

    /// Reads it from such a dictionary; `None` if there is none, or if it is malformed.
    pub fn from_field(field: &str) -> Option<Md5> {
        let mut members = field.as_bytes();
        loop {
            if let Some(text) = members.strip_prefix(b"md5=:") {
                let (text, end) = text.split_at_checked(BASE64_LEN)?;
                let is_ended = end.starts_with(b"==:");
                return Md5::parse(&hexadecimal(text)?).filter(|_| is_ended);
            }
            let comma = members.iter().position(|byte| *byte == b',')?;
            members = members.get(comma + 1..)?.trim_ascii_start();
        }
    }
}

/// How many digits of base64 are 16 bytes, without what fills up.
const BASE64_LEN: usize = 22;
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// 32 hexadecimal digits in base64. By hand, because the crate `base64ct` is a kilobyte of the
/// download.
fn base64(digits: &str) -> String {
    let mut text = String::new();
    let (mut bits, mut count) = (0, 0);
    // Four bits more than there are make the last digit of base64 a whole one.
    for digit in digits.bytes().chain([b'0']) {
        bits = bits << 4 | u32::from(value(digit));
        count += 4;
        if count >= 6 {
            count -= 6;
            text.push(char::from(BASE64[(bits >> count & 63) as usize]));
        }
    }
    text.push_str("==");
    text
}

/// The other way round: 22 digits of base64 are four bits more than 32 hexadecimal ones, which are 0.
fn hexadecimal(text: &[u8]) -> Option<String> {
    let mut digits = String::new();
    let (mut bits, mut count) = (0_u64, 0);
    for byte in text {
        bits = bits << 6 | BASE64.iter().position(|other| other == byte)? as u64;
        count += 6;
        while count >= 4 {
            count -= 4;
            digits.push(digit(u8::try_from(bits >> count & 15).ok()?));
        }
    }
    (digits.pop() == Some('0')).then_some(digits)
}

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
