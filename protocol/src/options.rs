//! What the caller may choose.

use std::time::Duration;

use crate::{Error, Json};

/// What is to be uploaded, and where.
#[derive(Clone, Debug)]
pub struct Job {
    /// What the server knows the upload by, if the caller says so.
    pub ticket: Option<String>,
    /// The address of the server.
    pub endpoint: String,
    /// The name of the file, without a path.
    pub name: String,
    /// The path inside a folder that was chosen, or the name.
    pub relative_path: String,
    /// The media type, or nothing.
    pub media_type: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// How to go about it.
    pub options: Options,
}

/// How to go about an upload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The largest chunk in bytes. Default: as the protocol says.
    pub chunk_size: Option<u64>,
    /// When to try again.
    pub retry: Retry,
    /// How long nothing may move before a connection counts as lost.
    pub stall_timeout: StallTimeout,
    /// What only the protocol knows.
    pub own: Given,
}

/// How long nothing may move. Default: 60 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StallTimeout(pub Duration);

impl Default for StallTimeout {
    fn default() -> StallTimeout {
        StallTimeout(Duration::from_secs(60))
    }
}

/// When to try again after a loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// The longest wait before the first new attempt, the second and so on; the last one repeats.
    /// Each wait is a random part of it, so that a thousand clients of a server that comes back
    /// do not come back at once. Default: 0.5, 1, 2, 4, 8, 16, 30 seconds.
    pub delays: Vec<Duration>,
    /// How many attempts in a row may fail without a byte confirmed. Default: any number.
    pub attempts: Option<u32>,
}

impl Default for Retry {
    fn default() -> Retry {
        let delays = [500, 1000, 2000, 4000, 8000, 16_000, 30_000];
        Retry { delays: delays.map(Duration::from_millis).into(), attempts: None }
    }
}

/// The options that every protocol has.
const COMMON: &str = "chunk_size, retry, stall_timeout_ms";

impl Options {
    /// Reads what a caller gave.
    ///
    /// # Errors
    /// A misuse that names the option that is wrong. Whether one is unknown is for the protocol
    /// to say.
    pub fn read(mut given: Given) -> Result<Options, Error> {
        let stall_timeout = given.whole("stall_timeout_ms", 1)?.map(Duration::from_millis);
        Ok(Options {
            chunk_size: given.whole("chunk_size", 1)?,
            retry: given.group("retry")?.map(retry).transpose()?.unwrap_or_default(),
            stall_timeout: stall_timeout.map(StallTimeout).unwrap_or_default(),
            own: given,
        })
    }
}

fn retry(mut given: Given) -> Result<Retry, Error> {
    let mut rule = Retry::default();
    if let Some(delays) = given.list("delays")? {
        let delays = delays.iter().map(|delay| delay.whole().map(Duration::from_millis));
        let delays = delays.collect::<Option<_>>();
        rule.delays = delays.ok_or_else(|| given.wrong("delays", "milliseconds"))?;
    }
    if given.peek("attempts") != Some(&Json::Number(f64::INFINITY)) {
        let attempts = given.whole("attempts", 0)?;
        rule.attempts = attempts.map(|attempts| u32::try_from(attempts).unwrap_or(u32::MAX));
    }
    given.take("attempts");
    given.nothing_else("delays, attempts")?;
    Ok(rule)
}

/// Options by name, as a caller gave them; whoever knows one takes it out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    group: &'static str,
    members: Vec<(String, Json)>,
}

impl Given {
    /// Options as they came. `null` is as good as nothing.
    pub fn new(members: Vec<(String, Json)>) -> Given {
        Given { group: "", members }
    }

    fn peek(&self, name: &str) -> Option<&Json> {
        self.members.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// Takes an option out, whatever it is.
    pub fn take(&mut self, name: &str) -> Option<Json> {
        let index = self.members.iter().position(|(other, _)| other == name)?;
        Some(self.members.swap_remove(index).1).filter(|value| *value != Json::Null)
    }

    /// Takes a whole number of at least `least`.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn whole(&mut self, name: &str, least: u64) -> Result<Option<u64>, Error> {
        let expected = if least == 0 { "a whole number" } else { "a whole number, at least 1" };
        self.read(name, expected, |value| value.whole().filter(|number| *number >= least))
    }

    /// Takes a string.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        self.read(name, "a string", |value| value.text().map(str::to_owned))
    }

    /// Takes `true` or `false`.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Error> {
        self.read(name, "true or false", Json::bool)
    }

    /// Takes an array.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn list(&mut self, name: &str) -> Result<Option<Vec<Json>>, Error> {
        self.read(name, "an array", |value| match value {
            Json::List(items) => Some(items.clone()),
            _ => None,
        })
    }

    /// Takes an object.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn group(&mut self, name: &'static str) -> Result<Option<Given>, Error> {
        self.read(name, "an object", |value| match value {
            Json::Object(members) => Some(Given { group: name, members: members.clone() }),
            _ => None,
        })
    }

    /// Says that everything that is known has been taken; `known` lists it.
    ///
    /// # Errors
    /// If something is left.
    pub fn nothing_else(&self, known: &str) -> Result<(), Error> {
        let mut left = self.members.iter().filter(|(_, value)| *value != Json::Null);
        let Some((name, _)) = left.next() else { return Ok(()) };
        let common = if self.group.is_empty() { COMMON } else { "" };
        let comma = if common.is_empty() || known.is_empty() { "" } else { ", " };
        let name = self.full(name);
        Err(Error::Misuse(format!("unknown option {name}; known are: {common}{comma}{known}")))
    }

    fn read<T>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&Json) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.take(name) else { return Ok(None) };
        read(&value).map(Some).ok_or_else(|| self.wrong(name, expected))
    }

    /// The error of an option that is not what it should be.
    pub fn wrong(&self, name: &str, expected: &str) -> Error {
        Error::Misuse(format!("expected {expected} as {}", self.full(name)))
    }

    fn full(&self, name: &str) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        format!("{}{dot}{name}", self.group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Options, String> {
        let Ok(Json::Object(members)) = serde_json::from_str(text) else { panic!("an object") };
        Options::read(Given::new(members)).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_given_is_the_default() {
        assert_eq!(read("{}"), Ok(Options::default()));
        assert_eq!(
            read(r#"{"chunk_size":null,"retry":null}"#).map(|o| o.retry),
            Ok(Retry::default())
        );
    }

    #[test]
    fn everything_given_is_taken() {
        let given =
            r#"{"chunk_size":5,"stall_timeout_ms":7,"retry":{"delays":[0,1],"attempts":2}}"#;
        let retry =
            Retry { delays: vec![Duration::ZERO, Duration::from_millis(1)], attempts: Some(2) };
        let stall_timeout = StallTimeout(Duration::from_millis(7));
        let expected = Options { chunk_size: Some(5), retry, stall_timeout, own: Given::default() };
        assert_eq!(read(given), Ok(expected));
    }

    #[test]
    fn attempts_may_be_endless() {
        let endless = Json::Object(vec![("attempts".into(), Json::Number(f64::INFINITY))]);
        let given = Given::new(vec![("retry".into(), endless)]);
        assert_eq!(Options::read(given).map(|options| options.retry), Ok(Retry::default()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (given, expected) in [
            (r#"{"chunk_size":0}"#, "a whole number, at least 1 as chunk_size"),
            (r#"{"chunk_size":"4 MB"}"#, "chunk_size"),
            (r#"{"stall_timeout_ms":-1}"#, "stall_timeout_ms"),
            (r#"{"retry":5}"#, "an object as retry"),
            (r#"{"retry":{"attempts":"many"}}"#, "a whole number as retry.attempts"),
            (r#"{"retry":{"delays":5}}"#, "an array as retry.delays"),
            (r#"{"retry":{"delays":["soon"]}}"#, "milliseconds as retry.delays"),
            (r#"{"retry":{"forever":true}}"#, "unknown option retry.forever"),
        ] {
            let words = read(given).expect_err(given);
            assert!(words.contains(expected), "{words}");
        }
    }

    #[test]
    fn an_option_that_nobody_takes_is_unknown() {
        let options = read(r#"{"chunksize":5}"#).expect("for the protocol to say");
        let words = options.own.nothing_else("octet").expect_err("unknown").to_string();
        assert!(
            words.contains("chunksize") && words.contains("stall_timeout_ms, octet"),
            "{words}"
        );
    }
}
