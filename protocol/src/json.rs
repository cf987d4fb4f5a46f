//! A JSON value, as far as the protocols need one.
//!
//! The protocols read and write this tree; the text is the business of whoever holds the
//! connection. The browser has a JSON parser of its own, so that no visitor downloads a second
//! one; elsewhere the feature `serde` connects the tree to `serde_json`.

/// A JSON value. Objects keep the order of their keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Any number. Whole numbers are exact up to 2^53, as in JavaScript.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, its members in the order of the text.
    Object(Vec<(String, Json)>),
}

/// The largest whole number that a JSON number carries without loss, 2^53.
pub const MAX_EXACT: u64 = 1 << 53;

impl Json {
    /// Builds an object from its members.
    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
        Json::object_of(Vec::from(members))
    }

    /// Not generic, so that it is not downloaded once for every number of members.
    fn object_of(members: Vec<(&str, Json)>) -> Json {
        Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The member `key` of an object; `None` for a missing member and for anything but an object.
    /// Of a key that occurs twice the last one counts, as in JavaScript.
    pub fn member(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => {
                members.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// True if the member `key` is what JavaScript takes for true.
    pub fn says(&self, key: &str) -> bool {
        match self.member(key) {
            None | Some(Json::Null | Json::Bool(false)) => false,
            Some(Json::Number(number)) => *number != 0.0 && !number.is_nan(),
            Some(Json::Text(text)) => !text.is_empty(),
            Some(Json::Bool(true) | Json::List(_) | Json::Object(_)) => true,
        }
    }

    /// The string, if this is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn bool(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is whole, not negative and at most [`MAX_EXACT`].
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked first")]
    #[expect(clippy::cast_precision_loss, reason = "2^53 is exact")]
    pub fn whole(&self) -> Option<u64> {
        match *self {
            Json::Number(n) if (0.0..=MAX_EXACT as f64).contains(&n) && n == (n as u64) as f64 => {
                Some(n as u64)
            }
            _ => None,
        }
    }
}

impl From<u64> for Json {
    /// A number; exact up to [`MAX_EXACT`].
    #[expect(clippy::cast_precision_loss, reason = "documented")]
    fn from(n: u64) -> Json {
        Json::Number(n as f64)
    }
}

impl From<u32> for Json {
    fn from(n: u32) -> Json {
        Json::Number(n.into())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Json {
        Json::Bool(value)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.to_owned())
    }
}

#[cfg(feature = "serde")]
mod with_serde {
    use std::fmt;

    use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
    use serde::ser::{Serialize, SerializeMap, Serializer};

    use super::Json;

    impl Serialize for Json {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            match self {
                Json::Null => to.serialize_unit(),
                Json::Bool(value) => to.serialize_bool(*value),
                // Whole numbers are doubles in a browser, where it would take formatting to say that one
                // is too large; in a text nobody expects `5.0`.
                Json::Number(n) => match self.whole() {
                    Some(whole) if cfg!(not(target_arch = "wasm32")) => to.serialize_u64(whole),
                    _ => to.serialize_f64(*n),
                },
                Json::Text(text) => to.serialize_str(text),
                Json::List(items) => to.collect_seq(items),
                Json::Object(members) => {
                    let mut map = to.serialize_map(Some(members.len()))?;
                    for (key, value) in members {
                        map.serialize_entry(key, value)?;
                    }
                    map.end()
                }
            }
        }
    }

    impl<'de> Deserialize<'de> for Json {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Json, D::Error> {
            from.deserialize_any(Tree)
        }
    }

    struct Tree;

    #[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles here as in browsers")]
    impl<'de> Visitor<'de> for Tree {
        type Value = Json;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON value")
        }

        fn visit_unit<E>(self) -> Result<Json, E> {
            Ok(Json::Null)
        }

        fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
            Ok(Json::Bool(value))
        }

        fn visit_u64<E>(self, n: u64) -> Result<Json, E> {
            Ok(Json::Number(n as f64))
        }

        fn visit_i64<E>(self, n: i64) -> Result<Json, E> {
            Ok(Json::Number(n as f64))
        }

        fn visit_f64<E>(self, n: f64) -> Result<Json, E> {
            Ok(Json::Number(n))
        }

        fn visit_str<E>(self, text: &str) -> Result<Json, E> {
            Ok(Json::Text(text.to_owned()))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(Json::List(list))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
            let mut members = Vec::new();
            while let Some(entry) = entries.next_entry()? {
                members.push(entry);
            }
            Ok(Json::Object(members))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Json {
        serde_json::from_str(text).expect("valid JSON")
    }

    #[test]
    fn whole_numbers_are_written_without_a_fraction() {
        let text = serde_json::to_string(&Json::object([("Size", Json::from(41_943_043_u64))]));
        assert_eq!(text.expect("serialises"), r#"{"Size":41943043}"#);
    }

    #[test]
    fn the_order_of_keys_survives() {
        let text = r#"{"b":1,"a":[null,true,"x"],"c":{"d":-1.5}}"#;
        assert_eq!(serde_json::to_string(&parsed(text)).expect("serialises"), text);
    }

    #[test]
    fn a_size_is_whole_and_not_negative_and_exact() {
        assert_eq!(parsed("9007199254740992").whole(), Some(MAX_EXACT));
        for odd in ["-1", "1.5", "1e300", "9007199254740994", "\"7\"", "null"] {
            assert_eq!(parsed(odd).whole(), None, "{odd}");
        }
    }

    #[test]
    fn what_javascript_takes_for_true_says_so() {
        for said in ["true", "1", "-0.5", "\"false\"", "[]", "{}"] {
            assert!(parsed(&format!("{{\"a\":{said}}}")).says("a"), "{said}");
        }
        for unsaid in ["false", "0", "\"\"", "null"] {
            assert!(!parsed(&format!("{{\"a\":{unsaid}}}")).says("a"), "{unsaid}");
        }
        assert!(!parsed("{}").says("a") && !parsed("[1]").says("0"));
    }

    #[test]
    fn of_a_repeated_key_the_last_one_counts() {
        assert_eq!(parsed(r#"{"a":1,"a":2}"#).member("a"), Some(&Json::Number(2.0)));
    }
}
