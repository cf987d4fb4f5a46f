//! What the caller may choose.

mod raw;

use std::time::Duration;

pub use raw::RawOptions;

use crate::{Error, Json, Verification};

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
    /// What is to be compared with what arrived. Default: nothing.
    pub verify: Option<Verification>,
    /// Goes on where an earlier page has left the same file: which file it is
    /// and what was left of it is asked for first.
    pub resume: bool,
    /// The ticket is not known before the start: `Action::AskId` asks for it.
    pub asks_id: bool,
    /// Which answers over HTTP count.
    pub answers: Answers,
    /// What only the protocol knows.
    pub own: RawOptions,
}

/// How long nothing may move. Default: 60 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StallTimeout(pub Duration);

impl Default for StallTimeout {
    fn default() -> StallTimeout {
        StallTimeout(Duration::from_secs(60))
    }
}

/// Which answers over HTTP count, and for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// What a server refuses is tried again, as long as it does not say itself that this is useless: by
    /// one of the permanent errors of Resumable.js and flow.js, or by `preventRetry` of Fine Uploader.
    /// Default: false.
    pub retries_refusals: bool,
    /// An answer counts also if the request was redirected to another address. Default: false.
    pub follows_redirects: bool,
}

/// When to try again after a loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// The longest wait before the first new attempt, the second and so on; the last one repeats.
    /// Each wait is a random part of it, so that a thousand clients of a server that comes back
    /// do not come back at once. Default: 0.5, 1, 2, 4, 8, 16, 30 seconds.
    pub delays: Vec<Duration>,
    /// How many attempts in a row may fail without more bytes confirmed than ever
    /// before. Default: any number.
    pub attempts: Option<u32>,
}

impl Default for Retry {
    fn default() -> Retry {
        let mut delays = Vec::new();
        for milliseconds in [500, 1000, 2000, 4000, 8000, 16_000, 30_000] {
            delays.push(Duration::from_millis(milliseconds));
        }
        Retry { delays, attempts: None }
    }
}

impl Options {
    /// Reads what a caller gave.
    ///
    /// # Errors
    /// A misuse that names the option that is wrong. Whether one is unknown is for the protocol
    /// to say.
    pub fn read(mut given: RawOptions) -> Result<Options, Error> {
        let stall_timeout = given.whole("stall_timeout_ms", 1).map(Duration::from_millis);
        let chunk_size = given.whole("chunk_size", 1);
        let verify = verify(&mut given);
        let resume = given.flag("resume", false);
        // How it is kept is not the business of the protocols.
        given.whole("resume_days", 1);
        given.text("resume_scope");
        let mut group = given.group("retry");
        let retry = retry(&mut group);
        let redirects = ["error", "follow"];
        let answers = Answers {
            retries_refusals: group.flag("refusals", false),
            follows_redirects: given.take_second("redirects", redirects, "'error' or 'follow'"),
        };
        given.end_group(group);
        given.check()?;
        let stall_timeout = stall_timeout.map(StallTimeout).unwrap_or_default();
        let asks_id = false;
        Ok(Options {
            chunk_size,
            retry,
            stall_timeout,
            verify,
            resume,
            asks_id,
            answers,
            own: given,
        })
    }
}

fn verify(given: &mut RawOptions) -> Option<Verification> {
    let name = given.text("verify").filter(|name| name != "none")?;
    let verify = Verification::named(&name);
    if verify.is_none() {
        given.reject("verify", "'none', 'file' or 'chunks'");
    }
    verify
}

fn retry(given: &mut RawOptions) -> Retry {
    let mut rule = Retry::default();
    if let Some(delays) = given.list("delays") {
        rule.delays.clear();
        for delay in delays {
            match delay.whole() {
                Some(delay) => rule.delays.push(Duration::from_millis(delay)),
                None => given.reject("delays", "milliseconds"),
            }
        }
    }
    let is_endless = |value: &Json| matches!(value, Json::Number(n) if *n == f64::INFINITY);
    // More than there is time for; but who says so has chosen it.
    if given.has("attempts", is_endless) {
        given.take("attempts");
        rule.attempts = Some(u32::MAX);
    } else if let Some(attempts) = given.whole("attempts", 0) {
        rule.attempts = Some(u32::try_from(attempts).unwrap_or(u32::MAX));
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Options, String> {
        let Ok(Json::Object(members)) = serde_json::from_str(text) else { panic!("an object") };
        Options::read(RawOptions::new(members)).map_err(|error| error.to_string())
    }

    /// Without what the protocol reads.
    fn common(text: &str) -> Result<Options, String> {
        read(text).map(|options| Options { own: RawOptions::default(), ..options })
    }

    #[test]
    fn nothing_given_is_the_default() {
        assert_eq!(common("{}"), Ok(Options::default()));
        assert_eq!(
            read(r#"{"chunk_size":null,"retry":null}"#).map(|o| o.retry),
            Ok(Retry::default())
        );
    }

    #[test]
    fn everything_given_is_taken() {
        let given = r#"{"chunk_size":5,"stall_timeout_ms":7,"retry":{"delays":[0,1],"attempts":2,"refusals":true},"verify":"file","resume":true,"redirects":"follow"}"#;
        let retry =
            Retry { delays: vec![Duration::ZERO, Duration::from_millis(1)], attempts: Some(2) };
        let stall_timeout = StallTimeout(Duration::from_millis(7));
        let verify = Some(Verification::File);
        let own = RawOptions::default();
        let (chunk_size, resume, asks_id) = (Some(5), true, false);
        let answers = Answers { retries_refusals: true, follows_redirects: true };
        let expected =
            Options { chunk_size, retry, stall_timeout, verify, resume, asks_id, answers, own };
        assert_eq!(common(given), Ok(expected));
    }

    #[test]
    fn nothing_is_verified_unless_it_is_wanted() {
        for (given, verify) in [
            ("{}", None),
            (r#"{"verify":"none"}"#, None),
            (r#"{"verify":"chunks"}"#, Some(Verification::Chunks)),
        ] {
            assert_eq!(read(given).map(|options| options.verify), Ok(verify), "{given}");
        }
    }

    #[test]
    fn attempts_may_be_endless() {
        let endless = Json::Object(vec![("attempts".into(), Json::Number(f64::INFINITY))]);
        let given = RawOptions::new(vec![("retry".into(), endless)]);
        let attempts = Options::read(given).map(|options| options.retry.attempts);
        assert_eq!(attempts, Ok(Some(u32::MAX)), "and are counted for as long as there is time");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (given, expected) in [
            (r#"{"chunk_size":0}"#, "a whole number, at least 1 as chunk_size"),
            (r#"{"chunk_size":"4 MB"}"#, "chunk_size"),
            (r#"{"stall_timeout_ms":-1}"#, "stall_timeout_ms"),
            (r#"{"verify":"all"}"#, "'none', 'file' or 'chunks' as verify"),
            (r#"{"verify":true}"#, "a string as verify"),
            (r#"{"resume":"yes"}"#, "true or false as resume"),
            (r#"{"resume_days":0}"#, "a whole number, at least 1 as resume_days"),
            (r#"{"redirects":"manual"}"#, "'error' or 'follow' as redirects"),
            (r#"{"redirects":true}"#, "a string as redirects"),
            (r#"{"retry":{"refusals":"yes"}}"#, "true or false as retry.refusals"),
            (r#"{"resume_scope":7}"#, "a string as resume_scope"),
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
}
