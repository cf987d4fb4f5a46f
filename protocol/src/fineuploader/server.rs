//! What a request says to the server, of a client of any version, and what it is answered.

use std::ops::Range;

use crate::Json;
use crate::http::HAS_ALL_CHUNKS;

/// The longest uuid that is taken, in bytes.
pub const LONGEST_UUID: usize = 4096;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To take a file, or a part of it.
    Upload(Upload),
    /// To remove the file with this uuid.
    Remove(String),
}

/// A file, or a part of it, as the parameters describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// What the file is known by: a key, and never a path.
    pub uuid: String,
    /// The name of the file, anything at all; `None` if at most the form's part tells it.
    pub filename: Option<String>,
    /// The size of the file in bytes, if it is said.
    pub total_size: Option<u64>,
    /// Which part this is; `None` if it is the whole file.
    pub part: Option<Part>,
    /// The upload was begun in another page.
    pub resumes: bool,
}

/// One part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which part, from 0.
    pub index: u64,
    /// How many parts.
    pub total_parts: u64,
    /// The size of the file in bytes.
    pub total_size: u64,
    /// Which bytes of the file it has.
    pub range: Range<u64>,
}

/// A file of which all parts are said to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// What the file is known by.
    pub uuid: String,
    /// The name of the file, if it is said.
    pub filename: Option<String>,
}

/// Why a request makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Senseless {
    /// A parameter is not there.
    #[error("expected the parameter {0}")]
    Missing(&'static str),
    /// A parameter is no number.
    #[error("expected a whole number of at most 16 digits as {0}")]
    NoNumber(&'static str),
    /// The uuid is empty or far too long.
    #[error("expected a qquuid of 1 to {LONGEST_UUID} bytes")]
    Uuid,
    /// The numbers contradict each other.
    #[error("expected a part that fits into its file: {0}")]
    Contradiction(&'static str),
}

impl Asked {
    /// Reads the parameters of a request; `value` looks one up by its name.
    ///
    /// # Errors
    /// When one is missing or senseless, or when they contradict each other.
    pub fn read<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Result<Asked, Senseless> {
        let uuid = uuid(value("qquuid"))?;
        if value("_method") == Some("DELETE") {
            return Ok(Asked::Remove(uuid));
        }
        let total_size = number(&value, "qqtotalfilesize");
        let part = match value("qqpartindex") {
            None => None,
            Some(_) => Some(Part::read(&value)?),
        };
        Ok(Asked::Upload(Upload {
            uuid,
            filename: filename(&value),
            total_size: value("qqtotalfilesize").map(|_| total_size).transpose()?,
            part,
            resumes: value("qqresume") == Some("true"),
        }))
    }
}

impl Upload {
    /// The name of the file, which a form may tell with the file's own part only; there a piece
    /// of a file is called `blob`.
    pub fn name<'a>(&'a self, of_form_part: Option<&'a str>) -> &'a str {
        let of_form_part = of_form_part.filter(|name| self.part.is_none() || *name != "blob");
        self.filename.as_deref().or(of_form_part).unwrap_or("file")
    }
}

impl Part {
    fn read<'a>(value: &impl Fn(&str) -> Option<&'a str>) -> Result<Part, Senseless> {
        let index = number(value, "qqpartindex")?;
        let start = number(value, "qqpartbyteoffset")?;
        let size = number(value, "qqchunksize")?;
        let total_size = number(value, "qqtotalfilesize")?;
        let total_parts = number(value, "qqtotalparts")?;
        // Sums of numbers of 16 digits do not overflow.
        let part = Part { index, total_parts, total_size, range: start..start + size };
        part.check()?;
        Ok(part)
    }

    fn check(&self) -> Result<(), Senseless> {
        let fail = |why| Err(Senseless::Contradiction(why));
        let Range { start, end } = self.range;
        if self.index >= self.total_parts {
            return fail("the index is not below the number of parts");
        }
        if end > self.total_size || (start == end && self.total_size > 0) {
            return fail("the part is not inside of the file");
        }
        let is_last = self.index + 1 == self.total_parts;
        if is_last != (end == self.total_size) {
            return fail("the last part ends where the file ends, and no other");
        }
        let part_size = self.part_size();
        if self.index.checked_mul(part_size) != Some(start) || part_size < end - start {
            return fail("the offset does not go with the index and the size");
        }
        if self.total_size.div_ceil(part_size.max(1)).max(1) != self.total_parts {
            return fail("the number of parts does not go with the sizes");
        }
        Ok(())
    }

    /// The size of every part but the last, in bytes: what the last one says by where it begins.
    pub fn part_size(&self) -> u64 {
        if self.index + 1 == self.total_parts && self.index > 0 {
            return self.range.start / self.index;
        }
        self.range.end - self.range.start
    }
}

impl Finished {
    /// Reads the parameters of a request to the success endpoint.
    ///
    /// # Errors
    /// When there is no uuid that could be one.
    pub fn read<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Result<Finished, Senseless> {
        Ok(Finished { uuid: uuid(value("qquuid"))?, filename: filename(&value) })
    }
}

/// Makes sure that a uuid may be one; it may have any characters.
///
/// # Errors
/// If it is missing, empty or far too long.
pub fn uuid(text: Option<&str>) -> Result<String, Senseless> {
    let uuid = text.ok_or(Senseless::Missing("qquuid"))?;
    let is_key = (1..=LONGEST_UUID).contains(&uuid.len());
    if is_key { Ok(uuid.to_owned()) } else { Err(Senseless::Uuid) }
}

/// Under which names the name of the file comes; the first one that says something counts.
///
/// `qqfilename` came with 3.3 and is on every request since 3.7, `qqfile` is older, and
/// `qqblobname` is for what is no file.
pub const FILENAMES: [&str; 3] = ["qqfilename", "qqfile", "qqblobname"];

fn filename<'a>(value: &impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let names = FILENAMES.into_iter().filter_map(value);
    names.filter(|name| !name.is_empty()).map(str::to_owned).next()
}

fn number<'a>(
    value: &impl Fn(&str) -> Option<&'a str>,
    name: &'static str,
) -> Result<u64, Senseless> {
    let text = value(name).ok_or(Senseless::Missing(name))?;
    let is_plain = text.len() <= 16 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = if is_plain { text.parse().ok() } else { None };
    number.ok_or(Senseless::NoNumber(name))
}

/// What a request is answered. Clients look at it whatever the status is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It worked; for a part, whether all parts are there now.
    Success(Option<bool>),
    /// It did not work, for this reason, and may work another time.
    Failure(String),
    /// It did not work, for this reason, and never will.
    Refusal(String),
    /// Parts are gone: everything is to be sent again.
    Reset(String),
}

impl Reply {
    /// The body: an object always, because the client hangs for ever at `null`.
    pub fn to_json(&self) -> Json {
        let succeeds = matches!(self, Reply::Success(_));
        let mut members = vec![("success".to_owned(), Json::Bool(succeeds))];
        let (words, flag) = match self {
            Reply::Success(whole) => {
                members.extend(whole.map(|whole| (HAS_ALL_CHUNKS.to_owned(), Json::Bool(whole))));
                return Json::Object(members);
            }
            Reply::Failure(words) => (words, None),
            Reply::Refusal(words) => (words, Some("preventRetry")),
            Reply::Reset(words) => (words, Some("reset")),
        };
        members.push(("error".to_owned(), Json::Text(words.clone())));
        members.extend(flag.map(|flag| (flag.to_owned(), Json::Bool(true))));
        Json::Object(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: [(&str, &str); 7] = [
        ("qquuid", "u"),
        ("qqfilename", "a.bin"),
        ("qqpartindex", "1"),
        ("qqpartbyteoffset", "4"),
        ("qqchunksize", "4"),
        ("qqtotalparts", "3"),
        ("qqtotalfilesize", "10"),
    ];

    fn lookup<'a>(fields: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
        fields.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }

    fn part(changes: &[(&str, &str)]) -> Result<Part, Senseless> {
        let mut fields = PART.to_vec();
        for (name, value) in changes {
            fields.retain(|(other, _)| other != name);
            fields.push((name, value));
        }
        fields.retain(|(_, value)| *value != "missing");
        match Asked::read(|name| lookup(&fields, name))? {
            Asked::Upload(Upload { part: Some(part), .. }) => Ok(part),
            other => panic!("{other:?}"),
        }
    }

    fn upload(fields: &[(&str, &str)]) -> Upload {
        match Asked::read(|name| lookup(fields, name)) {
            Ok(Asked::Upload(upload)) => upload,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_part_of_a_file_is_understood() {
        let numbers = |part: Part| (part.range.clone(), part.part_size());
        assert_eq!(part(&[]).map(numbers), Ok((4..8, 4)));
        let first = [("qqpartindex", "0"), ("qqpartbyteoffset", "0")];
        assert_eq!(part(&first).map(numbers), Ok((0..4, 4)));
        let last = [("qqpartindex", "2"), ("qqpartbyteoffset", "8"), ("qqchunksize", "2")];
        assert_eq!(part(&last).map(numbers), Ok((8..10, 4)));
    }

    #[test]
    fn a_file_may_be_one_part_and_empty() {
        let one = |size| {
            let only = [("qqpartindex", "0"), ("qqpartbyteoffset", "0"), ("qqtotalparts", "1")];
            part(&[&only[..], &[("qqchunksize", size), ("qqtotalfilesize", size)]].concat())
        };
        assert_eq!(one("10").map(|part| part.range), Ok(0..10));
        assert_eq!(one("0").map(|part| part.range), Ok(0..0));
    }

    #[test]
    fn lies_are_refused() {
        for (name, value) in [
            ("qqpartindex", "0"),
            ("qqpartindex", "2"),
            ("qqpartindex", "3"),
            ("qqpartindex", "-1"),
            ("qqpartindex", "9999999999999999"),
            ("qqpartindex", ""),
            ("qqpartbyteoffset", "3"),
            ("qqpartbyteoffset", "8"),
            ("qqpartbyteoffset", "9999999999999999"),
            ("qqpartbyteoffset", "1e1"),
            ("qqchunksize", "0"),
            ("qqchunksize", "3"),
            ("qqchunksize", "6"),
            ("qqchunksize", "99999999999999999"),
            ("qqtotalparts", "2"),
            ("qqtotalparts", "4"),
            ("qqtotalparts", "9999999999999999"),
            ("qqtotalfilesize", "7"),
            ("qqtotalfilesize", "8"),
            ("qqtotalfilesize", "13"),
            ("qqtotalfilesize", "9999999999999999"),
            ("qqtotalfilesize", "missing"),
            ("qqchunksize", "missing"),
            ("qquuid", "missing"),
            ("qquuid", ""),
        ] {
            assert!(part(&[(name, value)]).is_err(), "{name} = {value}");
        }
        let empty = [("qqpartindex", "0"), ("qqpartbyteoffset", "0"), ("qqchunksize", "0")];
        let bytes = [("qqtotalparts", "5"), ("qqtotalfilesize", "5")];
        assert!(part(&[&empty[..], &bytes].concat()).is_err(), "no part of bytes is empty");
        for number in ["+1", "00000000000000001"] {
            let refused = part(&[("qqpartindex", number)]);
            assert_eq!(refused, Err(Senseless::NoNumber("qqpartindex")), "{number}");
        }
        let long = "x".repeat(LONGEST_UUID + 1);
        assert_eq!(part(&[("qquuid", &long)]), Err(Senseless::Uuid));
        assert!(part(&[("qquuid", &long[1..])]).is_ok(), "the longest");
    }

    #[test]
    fn huge_numbers_that_fit_each_other_do_not_overflow() {
        let huge = "9999999999999999";
        let last = [("qqpartindex", "9999999999999998"), ("qqtotalparts", huge)];
        let sizes = [("qqpartbyteoffset", huge), ("qqchunksize", huge), ("qqtotalfilesize", huge)];
        assert!(part(&[last, [sizes[0], sizes[1]]].concat()).is_err());
        assert!(part(&sizes).is_err());
    }

    #[test]
    fn a_name_is_found_where_each_version_has_it() {
        let newest = upload(&[("qquuid", "u"), ("qqfilename", "a"), ("qqfile", "b")]);
        assert_eq!(newest.name(Some("c")), "a");
        let oldest = upload(&[("qquuid", "u"), ("qqfile", "b")]);
        assert_eq!(oldest.name(Some("c")), "b");
        let between = upload(&[("qquuid", "u"), ("qqtotalfilesize", "5")]);
        assert_eq!((between.name(Some("c")), between.total_size), ("c", Some(5)));
        assert_eq!(between.name(Some("blob")), "blob", "a whole file may be called so");
        assert_eq!(between.name(None), "file");
        let piece = Upload { part: part(&[]).ok(), ..between };
        assert_eq!(piece.name(Some("blob")), "file");
    }

    #[test]
    fn a_post_may_be_a_removal() {
        let fields = [("qquuid", "../x"), ("_method", "DELETE")];
        let asked = Asked::read(|name| lookup(&fields, name));
        assert_eq!(asked, Ok(Asked::Remove("../x".to_owned())));
    }

    #[test]
    fn a_resumed_upload_says_so() {
        assert!(upload(&[("qquuid", "u"), ("qqresume", "true")]).resumes);
        assert!(!upload(&[("qquuid", "u"), ("qqresume", "false")]).resumes);
    }

    #[test]
    fn replies_are_objects_always() {
        let text = |reply: Reply| serde_json::to_string(&reply.to_json()).expect("serialises");
        assert_eq!(text(Reply::Success(None)), r#"{"success":true}"#);
        assert_eq!(text(Reply::Success(Some(false))), r#"{"success":true,"has_all_chunks":false}"#);
        assert_eq!(text(Reply::Failure("x".into())), r#"{"success":false,"error":"x"}"#);
        let refusal = r#"{"success":false,"error":"x","preventRetry":true}"#;
        assert_eq!(text(Reply::Refusal("x".into())), refusal);
        let reset = r#"{"success":false,"error":"x","reset":true}"#;
        assert_eq!(text(Reply::Reset("x".into())), reset);
    }
}
