//! Options as they came, until somebody reads them.

use crate::nearest::nearest;
use crate::words::listed;
use crate::{Error, Json, joined};

/// Options by name, as a caller gave them; whoever knows one takes it out. What is wrong is
/// remembered until somebody asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawOptions {
    group: &'static str,
    members: Vec<(String, Json)>,
    /// Every name that somebody knows.
    known: Vec<String>,
    wrong: Option<Error>,
}

impl RawOptions {
    /// Options as they came. `null` is as good as nothing.
    pub fn new(members: Vec<(String, Json)>) -> RawOptions {
        RawOptions { members, ..RawOptions::default() }
    }

    pub(super) fn has(&self, name: &str, what: impl Fn(&Json) -> bool) -> bool {
        self.members.iter().any(|(other, value)| other == name && what(value))
    }

    /// True if there is such an option.
    pub fn has_any(&self, name: &str) -> bool {
        self.has(name, |value| !matches!(value, Json::Null))
    }

    /// Says that somebody else reads an option of this name, so that it is among those that are
    /// known.
    pub fn know(&mut self, name: &str) {
        if !self.known.iter().any(|known| known == name) {
            self.known.push(name.to_owned());
        }
    }

    /// Takes an option out, whatever it is.
    pub fn take(&mut self, name: &str) -> Option<Json> {
        self.know(name);
        let index = self.members.iter().position(|(other, _)| other == name)?;
        Some(self.members.swap_remove(index).1).filter(|value| !matches!(value, Json::Null))
    }

    fn expect(&mut self, name: &str, expected: &str, is_right: fn(&Json) -> bool) -> Option<Json> {
        let value = self.take(name)?;
        if is_right(&value) {
            return Some(value);
        }
        self.reject(name, expected);
        None
    }

    /// Takes a whole number of at least `least`.
    pub fn whole(&mut self, name: &str, least: u64) -> Option<u64> {
        let number = self.expect(name, "a whole number", |value| value.whole().is_some());
        let number = number?.whole()?;
        if number < least {
            self.reject(name, "a whole number, at least 1");
        }
        Some(number)
    }

    /// Takes a string.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.expect(name, "a string", |value| matches!(value, Json::Text(_)))? {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Takes one of two strings: true if it is the second, false if it is the first or not given.
    pub fn take_second(&mut self, name: &str, of: [&str; 2], expected: &str) -> bool {
        match self.text(name) {
            Some(text) if text == of[1] => true,
            Some(text) if text != of[0] => {
                self.reject(name, expected);
                false
            }
            _ => false,
        }
    }

    /// Takes `true` or `false`, or takes this for it.
    pub fn flag(&mut self, name: &str, otherwise: bool) -> bool {
        let flag = self.expect(name, "true or false", |value| value.bool().is_some());
        flag.and_then(|flag| flag.bool()).unwrap_or(otherwise)
    }

    /// Takes an array.
    pub fn list(&mut self, name: &str) -> Option<Vec<Json>> {
        match self.expect(name, "an array", |value| matches!(value, Json::List(_)))? {
            Json::List(items) => Some(items),
            _ => None,
        }
    }

    /// Takes an object; nothing is as good as an empty one.
    pub fn group(&mut self, name: &'static str) -> RawOptions {
        let object = self.expect(name, "an object", |value| matches!(value, Json::Object(_)));
        let members = match object {
            Some(Json::Object(members)) => members,
            _ => Vec::new(),
        };
        RawOptions { group: name, members, ..RawOptions::default() }
    }

    /// Says that everything that is known in a group has been taken.
    pub fn end_group(&mut self, mut group: RawOptions) {
        let wrong = group.nothing_else().err();
        self.wrong = self.wrong.take().or(wrong);
    }

    /// Remembers that an option is not what it should be.
    pub fn reject(&mut self, name: &str, expected: &str) {
        let wrong = Error::Misuse(joined(&["expected ", expected, " as ", &self.full(name)]));
        self.wrong.get_or_insert(wrong);
    }

    /// Asks whether everything so far was right.
    ///
    /// # Errors
    /// The first thing that was not.
    pub fn check(&mut self) -> Result<(), Error> {
        self.wrong.take().map_or(Ok(()), Err)
    }

    /// Says that everything that is known has been taken.
    ///
    /// # Errors
    /// The first thing that was wrong, or something that is left.
    pub fn nothing_else(&mut self) -> Result<(), Error> {
        self.check()?;
        let mut left = self.members.iter().filter(|(_, value)| !matches!(value, Json::Null));
        let Some((name, _)) = left.next() else { return Ok(()) };
        let nearest = nearest(name, &self.known).map(|nearest| self.full(nearest));
        let (did_you_mean, end) =
            if nearest.is_some() { ("did you mean ", "? ") } else { ("", "") };
        let nearest = nearest.unwrap_or_default();
        let known = listed(&mut self.known.iter().map(String::as_str));
        let name = self.full(name);
        Err(Error::Misuse(joined(&[
            "unknown option ",
            &name,
            "; ",
            did_you_mean,
            &nearest,
            end,
            "known are: ",
            &known,
        ])))
    }

    fn full(&self, name: &str) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        joined(&[self.group, dot, name])
    }
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;

    fn read(text: &str) -> RawOptions {
        let Ok(Json::Object(members)) = serde_json::from_str(text) else { panic!("an object") };
        Options::read(RawOptions::new(members)).expect("for the protocol to say").own
    }

    /// What is said of something that nobody takes.
    fn refusal(mut left: RawOptions) -> String {
        left.nothing_else().expect_err("unknown").to_string()
    }

    #[test]
    fn an_option_that_nobody_takes_is_unknown_and_every_one_that_somebody_takes_is_named() {
        let mut left = read(r#"{"parallel":5}"#);
        left.know("endpoint");
        left.flag("octet", false);
        left.know("octet");
        assert_eq!(
            refusal(left),
            "unknown option parallel; known are: stall_timeout_ms, chunk_size, verify, resume, \
             resume_days, resume_scope, retry, redirects, endpoint, octet"
        );
    }

    #[test]
    fn the_nearest_one_is_suggested() {
        for (given, suggestion) in [
            (
                r#"{"chunkSize":5}"#,
                "unknown option chunkSize; did you mean chunk_size? known are: ",
            ),
            (r#"{"chunksize":5}"#, "did you mean chunk_size? "),
            (r#"{"verifi":5}"#, "did you mean verify? "),
            (r#"{"withCredentials":true}"#, "did you mean with_credentials? "),
        ] {
            let mut left = read(given);
            left.know("with_credentials");
            let words = refusal(left);
            assert!(words.contains(suggestion), "{words}");
        }
    }

    #[test]
    fn options_of_a_group_are_named_with_it() {
        let mut raw = RawOptions::new(Vec::new());
        let given = vec![("delay".to_owned(), Json::from(5_u32))];
        let mut group = RawOptions { group: "retry", ..RawOptions::new(given) };
        group.list("delays");
        raw.end_group(group);
        let words = raw.check().expect_err("unknown").to_string();
        assert_eq!(
            words,
            "unknown option retry.delay; did you mean retry.delays? known are: delays"
        );
    }
}
