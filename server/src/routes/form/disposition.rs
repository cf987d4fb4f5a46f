//! What a part of a form says of itself.

use std::borrow::Cow;

use axum::http::{HeaderMap, header};
use percent_encoding::percent_decode;

use crate::parameters::{latin_1, text};

/// The `Content-Disposition` of a part, in any encoding that browsers or scripts have used for it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Disposition {
    /// The name of the parameter.
    pub(super) name: String,
    /// The name of the file, if it is one.
    pub(super) filename: Option<String>,
}

impl Disposition {
    /// Reads it. The first value of a name counts, and `filename` before `filename*`, which forms
    /// should not have.
    pub(super) fn read(headers: &HeaderMap) -> Disposition {
        let value = headers.get(header::CONTENT_DISPOSITION).map(|value| value.as_bytes());
        let parameters: Vec<_> = parameters(value.unwrap_or_default()).collect();
        let find = |wanted: &[u8]| {
            let mut found = parameters.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.next().map(|(_, value)| unquoted(value))
        };
        let filename = find(b"filename").map(|name| text(&name));
        Disposition {
            name: text(&find(b"name").unwrap_or_default()),
            filename: filename.or_else(|| find(b"filename*").map(|name| extended(&name))),
        }
    }
}

/// Names and values, which may be quoted.
fn parameters(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let (mut is_quoted, mut before) = (false, 0);
    let is_border = move |byte: &u8| {
        is_quoted ^= *byte == b'"' && before != b'\\';
        before = *byte;
        *byte == b';' && !is_quoted
    };
    value.split(is_border).filter_map(|parameter| {
        let equals = parameter.iter().position(|byte| *byte == b'=')?;
        Some((parameter[..equals].trim_ascii(), parameter[equals + 1..].trim_ascii()))
    })
}

/// A backslash only hides a quotation mark: old browsers send paths of Windows.
fn unquoted(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(quoted) = value.strip_prefix(b"\"") else { return Cow::Borrowed(value) };
    let mut plain = Vec::new();
    for byte in quoted {
        match byte {
            b'"' if plain.last() == Some(&b'\\') => {
                plain.pop();
            }
            b'"' => break,
            _ => {}
        }
        plain.push(*byte);
    }
    Cow::Owned(plain)
}

/// A value with its encoding (RFC 8187).
fn extended(value: &[u8]) -> String {
    let mut fields = value.splitn(3, |byte| *byte == b'\'');
    let (charset, encoded) = match (fields.next(), fields.next(), fields.next()) {
        (Some(charset), Some(_), Some(encoded)) => (charset, encoded),
        _ => (&b""[..], value),
    };
    let bytes: Cow<'_, [u8]> = percent_decode(encoded).into();
    if charset.eq_ignore_ascii_case(b"iso-8859-1") { latin_1(&bytes) } else { text(&bytes) }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(value: &[u8]) -> (String, Option<String>) {
        let value = HeaderValue::from_bytes(value).unwrap();
        let read = Disposition::read(&HeaderMap::from_iter([(header::CONTENT_DISPOSITION, value)]));
        (read.name, read.filename)
    }

    fn filename(value: &[u8]) -> String {
        read(&[b"form-data; name=\"f\"; ", value].concat()).1.unwrap()
    }

    #[test]
    fn a_parameter_has_a_name_and_a_file_has_two() {
        assert_eq!(read(b"form-data; name=\"a;b\""), ("a;b".to_owned(), None));
        assert_eq!(read(b"form-data; Name = a"), ("a".to_owned(), None));
        assert_eq!(
            read(b"form-data; filename=\"x; name=y\"; name=f"),
            ("f".to_owned(), Some("x; name=y".to_owned()))
        );
        assert_eq!(read(b"form-data"), (String::new(), None));
        assert_eq!(read(b"form-data; name=\"f\"; filename=\"\"").1.as_deref(), Some(""));
    }

    #[test]
    fn a_name_is_read_in_every_encoding_there_is() {
        for (value, name) in [
            (&b"filename=\"a b.txt\""[..], "a b.txt"),
            ("filename=\"blåbær ü 文件.bin\"".as_bytes(), "blåbær ü 文件.bin"),
            (b"filename=\"caf\xe9.txt\"", "café.txt"),
            (br#"filename="say \"hi\".txt""#, "say \"hi\".txt"),
            (br#"filename="C:\fakepath\a.txt""#, r"C:\fakepath\a.txt"),
            (br#"filename="a"b.txt""#, "a"),
            (b"filename*=UTF-8''bl%C3%A5b%C3%A6r%20%22.txt", "blåbær \".txt"),
            (b"filename*=utf-8'en'a.txt", "a.txt"),
            (b"filename*=\"UTF-8''%e2%82%ac.txt\"", "€.txt"),
            (b"filename*=ISO-8859-1''%A3%C3%A9", "£Ã©"),
            (b"filename*=UTF-8''caf%E9", "café"),
            (b"filename*=plain%20text", "plain text"),
            (b"filename*=UTF-8''b; filename=a", "a"),
        ] {
            assert_eq!(filename(value), name, "{value:?}");
        }
    }
}
