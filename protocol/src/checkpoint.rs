//! What has to be kept of an upload so that another page can go on with it.

use crate::Json;
use crate::pieces::Layout;

/// The form of what is kept. Another one is not understood, and as good as nothing.
const VERSION: u64 = 1;

/// Flags: the last chunk is larger than the others; the server is one of ours.
const LARGE_LAST: u64 = 1;
const MARKED: u64 = 2;

/// By what the server knows an upload, and what it has confirmed.
///
/// It never holds a secret of a session: the id of Incoming!! is the ticket that the page had, and the
/// secret is that of this one upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ticket, the identifier, the uuid, or the MD5 of the file.
    pub id: String,
    /// By what our server knows whose upload it is; empty if it has not said it.
    pub secret: String,
    /// The version, the size of a chunk, flags, and borders.
    numbers: Vec<u64>,
}

impl Checkpoint {
    /// An upload under this id. The borders are those between chunks that are confirmed and chunks
    /// that are not, in order and beginning with the first confirmed one: chunks 0 to 17 and 19 are
    /// 0, 18, 19, 20. Chunks of size 0 say that it is a new upload.
    pub fn new(id: &str, layout: Layout, borders: &[u64]) -> Checkpoint {
        let mut numbers = vec![VERSION, layout.chunk_size, layout.large_last.into()];
        numbers.extend_from_slice(borders);
        Checkpoint { id: id.to_owned(), secret: String::new(), numbers }
    }

    /// True if somebody has begun the upload.
    pub fn is_begun(&self) -> bool {
        self.numbers[1] > 0
    }

    /// Where the borders between all chunks of a file are that is cut like this otherwise. Chunks of
    /// different sizes must not be mixed.
    pub fn layout(&self, mut layout: Layout) -> Layout {
        if self.is_begun() {
            let has_large_last = self.numbers[2] & LARGE_LAST > 0;
            (layout.chunk_size, layout.large_last) = (self.numbers[1], has_large_last);
        }
        layout
    }

    /// The same, of an upload whose server has shown the mark of ours, or has not.
    #[must_use]
    pub fn marked(mut self, is_marked: bool) -> Checkpoint {
        self.numbers[2] |= if is_marked { MARKED } else { 0 };
        self
    }

    /// The same, of an upload of which the server has said a secret.
    #[must_use]
    pub fn with_secret(mut self, secret: &str) -> Checkpoint {
        self.secret = secret.to_owned();
        self
    }

    /// True if the server has shown the mark of ours.
    pub fn is_marked(&self) -> bool {
        self.numbers[2] & MARKED > 0
    }

    /// The borders between chunks that are confirmed and chunks that are not.
    pub fn borders(&self) -> &[u64] {
        &self.numbers[3..]
    }

    /// As it is kept: a list of the id, the secret if there is one, and the numbers.
    pub fn to_json(&self) -> Json {
        let mut list = vec![Json::Text(self.id.clone())];
        if !self.secret.is_empty() {
            list.push(Json::Text(self.secret.clone()));
        }
        for number in &self.numbers {
            list.push(Json::from(*number));
        }
        Json::List(list)
    }

    /// Reads it again. `None` for anything but a whole checkpoint of this version.
    pub fn from_json(json: &Json) -> Option<Checkpoint> {
        let Json::List(list) = json else { return None };
        let (Json::Text(id), rest) = list.split_first()? else { return None };
        let (secret, rest) = match rest.split_first() {
            Some((Json::Text(secret), rest)) => (secret.clone(), rest),
            _ => (String::new(), rest),
        };
        let mut numbers = Vec::new();
        for number in rest {
            numbers.push(number.whole()?);
        }
        let is_whole = numbers.len() >= 3 && numbers[0] == VERSION;
        is_whole.then(|| Checkpoint { id: id.clone(), secret, numbers })
    }
}

/// What is kept of an upload for another page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// How to go on.
    pub checkpoint: Checkpoint,
    /// How many bytes the server had confirmed.
    pub bytes_acked: u64,
}

/// What a browser has of an upload: what is kept, and what a person reads of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What goes on.
    pub kept: Kept,
    /// The size of the file in bytes.
    pub bytes_total: u64,
    /// When it was kept, in milliseconds since 1970.
    pub updated_ms: f64,
    /// The name of the file.
    pub filename: String,
    /// The name of the protocol.
    pub protocol: String,
    /// Where the server is, without what may be secret in the address.
    pub endpoint: String,
    /// What the caller has chosen to tell this upload from others of the file, or nothing.
    pub scope: String,
}

const DAY_MS: f64 = 86_400_000.0;

impl Entry {
    /// For how many days something is kept, unless the caller says otherwise.
    pub const DAYS: f64 = 7.0;

    /// As it is kept, for `days` days.
    pub fn to_json(&self, days: f64) -> Json {
        let mut members = Vec::new();
        for (name, value) in [
            ("checkpoint", self.kept.checkpoint.to_json()),
            ("filename", Json::from(&*self.filename)),
            ("bytes_total", Json::from(self.bytes_total)),
            ("bytes_acked", Json::from(self.kept.bytes_acked)),
            ("protocol", Json::from(&*self.protocol)),
            ("endpoint", Json::from(&*self.endpoint)),
            ("scope", Json::from(&*self.scope)),
            ("days", Json::Number(days)),
            ("updated", Json::Number(self.updated_ms)),
        ] {
            members.push((name.to_owned(), value));
        }
        Json::Object(members)
    }

    /// Reads what is kept. `None` for what is not sound, and for what nobody may use any more at this
    /// time, in milliseconds since 1970.
    pub fn read(json: &Json, now_ms: f64) -> Option<Entry> {
        let checkpoint = Checkpoint::from_json(json.member("checkpoint")?)?;
        let number = |name| match json.member(name) {
            Some(Json::Number(number)) => Some(*number),
            _ => None,
        };
        let bytes = |name| json.member(name).and_then(Json::whole);
        let (updated_ms, days) = (number("updated")?, number("days")?);
        let is_current = now_ms < updated_ms + days * DAY_MS && updated_ms.is_finite();
        if checkpoint.id.is_empty() || !is_current {
            return None;
        }
        let text = |name| json.member(name).and_then(Json::text).unwrap_or_default().to_owned();
        Some(Entry {
            kept: Kept { checkpoint, bytes_acked: bytes("bytes_acked")? },
            bytes_total: bytes("bytes_total")?,
            updated_ms,
            filename: text("filename"),
            protocol: text("protocol"),
            endpoint: text("endpoint"),
            scope: text("scope"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(checkpoint: &Checkpoint) -> String {
        serde_json::to_string(&checkpoint.to_json()).expect("JSON")
    }

    fn read(text: &str) -> Option<Checkpoint> {
        Checkpoint::from_json(&serde_json::from_str(text).expect("JSON"))
    }

    const CUT: Layout = Layout { size: 0, chunk_size: 64, large_last: true };
    const UNCUT: Layout = Layout { size: 0, chunk_size: 0, large_last: false };

    fn some() -> Checkpoint {
        Checkpoint::new("e1bb", CUT, &[0, 18, 19, 20])
    }

    #[test]
    fn what_is_kept_is_read_again() {
        for checkpoint in [some(), Checkpoint::new("t", UNCUT, &[])] {
            assert_eq!(read(&text(&checkpoint)), Some(checkpoint));
        }
    }

    #[test]
    fn chunks_of_an_upload_that_was_begun_are_cut_as_they_were() {
        let otherwise = Layout { size: 100, chunk_size: 7, large_last: false };
        assert_eq!(some().layout(otherwise), Layout { size: 100, ..CUT });
        assert_eq!(some().borders(), [0, 18, 19, 20]);
        let new = Checkpoint::new("t", UNCUT, &[]);
        assert_eq!((new.layout(otherwise), new.is_begun()), (otherwise, false));
    }

    #[test]
    fn it_is_small_and_has_nothing_but_the_id_and_numbers() {
        assert_eq!(text(&some()), r#"["e1bb",1,64,1,0,18,19,20]"#);
        assert_eq!(text(&Checkpoint::new("t", UNCUT, &[])), r#"["t",1,0,0]"#);
    }

    const KEPT_MS: f64 = 1_700_000_000_000.0;
    const ENTRY: &str = r#"{"checkpoint":["e1bb",1,64,1,0,18,19,20],"filename":"a.bin",
        "bytes_total":2000,"bytes_acked":1216,"protocol":"resumable","endpoint":"https://host/up",
        "scope":"one","days":7,"updated":1700000000000}"#;

    fn entry(text: &str, days: f64) -> Option<Entry> {
        let json = serde_json::from_str(text).expect("JSON");
        Entry::read(&json, KEPT_MS + days * DAY_MS)
    }

    #[test]
    fn an_entry_is_what_goes_on_and_what_a_person_reads() {
        let entry = entry(ENTRY, 0.0).expect("sound");
        assert_eq!(entry.kept, Kept { checkpoint: some(), bytes_acked: 1216 });
        assert_eq!((entry.bytes_total, entry.updated_ms.to_bits()), (2000, KEPT_MS.to_bits()));
        let words = [&*entry.filename, &entry.protocol, &entry.endpoint, &entry.scope];
        assert_eq!(words, ["a.bin", "resumable", "https://host/up", "one"]);
    }

    #[test]
    fn an_entry_is_read_as_it_was_kept() {
        let kept = entry(ENTRY, 0.0).expect("sound");
        assert_eq!(Entry::read(&kept.to_json(Entry::DAYS), KEPT_MS), Some(kept.clone()));
        assert_eq!(Entry::read(&kept.to_json(Entry::DAYS), KEPT_MS + 7.0 * DAY_MS), None);
    }

    #[test]
    fn an_entry_expires_after_its_days() {
        assert!(entry(ENTRY, 6.9).is_some() && entry(ENTRY, 7.0).is_none());
        let longer = ENTRY.replace(r#""days":7"#, r#""days":30"#);
        assert!(entry(&longer, 29.0).is_some() && entry(&longer, 31.0).is_none());
    }

    #[test]
    fn an_entry_that_is_not_sound_is_nothing() {
        for (from, to) in [
            (ENTRY, "null"),
            (ENTRY, "{}"),
            (ENTRY, "[]"),
            (r#""checkpoint":["e1bb",1"#, r#""checkpoint":["e1bb",2"#),
            (r#"["e1bb""#, r#"["""#),
            (r#"["e1bb","#, "["),
            (":2000", r#":"2000""#),
            (":2000", ":-1"),
            (r#""bytes_acked":1216,"#, ""),
            (r#""days":7"#, r#""days":null"#),
            (r#","updated":1700000000000"#, ""),
            (":1700000000000", r#":"now""#),
        ] {
            let text = ENTRY.replace(from, to);
            assert_ne!(text, ENTRY);
            assert_eq!(entry(&text, 0.0), None, "{text}");
        }
    }

    #[test]
    fn what_a_person_reads_may_be_missing() {
        let entry = entry(&ENTRY.replace("filename", "name"), 0.0).expect("sound");
        assert_eq!(entry.filename, "");
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_nothing() {
        for damaged in [
            "null",
            "{}",
            "[]",
            r#"["t"]"#,
            r#"["t",1]"#,
            r#"["t",1,64]"#,
            r#"["t",2,64,0]"#,
            r#"["t","1",64,0]"#,
            "[7,1,64,0]",
            r#"["t",1,1.5,0]"#,
            r#"["t",1,64,false]"#,
            r#"["t",1,64,0,-1]"#,
            r#"["t",1,64,0,"0"]"#,
            r#"["t",1,64,0,0,null]"#,
        ] {
            assert_eq!(read(damaged), None, "{damaged}");
        }
    }
}
