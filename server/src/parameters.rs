//! Text that comes from outside: the parameters of an address, and the names in a form.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The text of these bytes: what they are in UTF-8, or else in Latin-1.
///
/// Bytes that are no UTF-8 are told from each other, unlike with replacement characters; the same text in
/// UTF-8 and in Latin-1 is the same.
pub(crate) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => latin_1(bytes),
    }
}

/// The text of these bytes in Latin-1.
pub(crate) fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The parameters of a query, or of a form that is written like one.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(encoded: &str) -> String {
    let spaced = encoded.replace('+', " ");
    let bytes: Cow<'_, [u8]> = percent_decode_str(&spaced).into();
    text(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Vec<(String, String)> {
        pairs(query).collect()
    }

    #[test]
    fn a_query_in_utf_8_is_read_as_everybody_reads_it() {
        for query in
            ["a=1&b=2", "", "&&", "a", "=", "a=b=c", "a+b=%2B%20&%C3%BC=%E6%96%87", "a=%zz%", "%00"]
        {
            let expected: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            assert_eq!(of(query), expected, "{query}");
        }
    }

    #[test]
    fn what_is_no_utf_8_is_latin_1_and_different_bytes_stay_different() {
        assert_eq!(of("name=caf%E9"), [("name".to_owned(), "café".to_owned())]);
        assert_ne!(of("id=%E9"), of("id=%E8"));
    }
}
