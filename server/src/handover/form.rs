//! The form that a backend gets, encoded as the original server did: keys in alphabetical order,
//! a space as `+`, everything else as percent-encoded UTF-8.

use std::fmt::Write as _;

use crate::uploads::Document;

pub(super) fn complete(document: &Document, location: &str) -> String {
    encode(document, "no", "", location)
}

pub(super) fn cancelled(document: &Document, reason: &str) -> String {
    encode(document, "yes", reason, "")
}

fn encode(document: &Document, cancelled: &str, reason: &str, location: &str) -> String {
    let id = document.id.hyphenated().to_string();
    let name = document.file.as_ref().map_or("", |file| file.name.as_str());
    let fields = [
        ("backendSecret", document.backend.secret.reveal()),
        ("cancelReason", reason),
        ("cancelled", cancelled),
        ("filename", location),
        ("filenameFromBrowser", name),
        ("id", &id),
    ];
    fields.map(|(key, value)| format!("{key}={}", escape(value))).join("&")
}

fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b' ' => escaped.push('+'),
            b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                escaped.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(escaped, "%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use uuid::Uuid;

    use super::*;
    use crate::uploads::{Backend, FileInfo, Secret};

    fn document() -> Document {
        let backend = Backend {
            finish_url: "http://127.0.0.1/".to_owned(),
            secret: Secret::new("se cret&ü"),
            remove_when_finished: true,
        };
        let mut document = Document::new(Uuid::nil(), backend, SystemTime::UNIX_EPOCH);
        document.file = Some(FileInfo { size: 1, name: "blåbær ü 文件.bin".to_owned() });
        document
    }

    #[test]
    fn a_whole_file_is_offered_in_the_words_of_the_original() {
        assert_eq!(
            complete(&document(), "/srv/up/data"),
            "backendSecret=se+cret%26%C3%BC&cancelReason=&cancelled=no&filename=%2Fsrv%2Fup%2Fdata\
             &filenameFromBrowser=bl%C3%A5b%C3%A6r+%C3%BC+%E6%96%87%E4%BB%B6.bin\
             &id=00000000-0000-0000-0000-000000000000"
        );
    }

    #[test]
    fn a_cancellation_names_the_reason_and_no_file() {
        let form = cancelled(&document(), "user cancelled manually");
        assert!(form.contains("cancelReason=user+cancelled+manually&cancelled=yes&filename=&"));
    }
}
