//! A browser that sends files in chunks, in the words of Resumable.js or flow.js.

use std::ops::Range;
use std::path::PathBuf;

use incoming_protocol::http::HAS_ALL_CHUNKS;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use super::{PATIENCE, Server};

pub const BOUNDARY: &str = "----WebKitFormBoundaryYZ7UsTAVlmscleBO";

/// A file that is cut.
#[derive(Clone)]
pub struct Cut {
    pub library: &'static str,
    pub identifier: String,
    pub name: String,
    pub content: Vec<u8>,
    pub chunk_size: usize,
    /// The last chunk is smaller, not larger.
    pub force: bool,
}

pub type Pairs = Vec<(String, String)>;

impl Cut {
    pub fn new(name: &str, content: &[u8], chunk_size: usize) -> Cut {
        let plain: String =
            name.chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
        Cut {
            library: "resumable",
            identifier: format!("{}-{plain}", content.len()),
            name: name.to_owned(),
            content: content.to_vec(),
            chunk_size,
            force: false,
        }
    }

    pub fn count(&self) -> usize {
        let size = self.content.len();
        let count =
            if self.force { size.div_ceil(self.chunk_size) } else { size / self.chunk_size };
        count.max(1)
    }

    pub fn range(&self, number: usize) -> Range<usize> {
        let start = (number - 1) * self.chunk_size;
        start..if number == self.count() { self.content.len() } else { start + self.chunk_size }
    }

    pub fn bytes(&self, number: usize) -> &[u8] {
        &self.content[self.range(number)]
    }

    pub fn fields(&self, number: usize) -> Pairs {
        let mut fields = vec![
            ("ChunkNumber", number.to_string()),
            ("ChunkSize", self.chunk_size.to_string()),
            ("CurrentChunkSize", self.range(number).len().to_string()),
            ("TotalSize", self.content.len().to_string()),
            ("Type", "application/octet-stream".to_owned()),
            ("Identifier", self.identifier.clone()),
            ("Filename", self.name.clone()),
            ("RelativePath", self.name.clone()),
            ("TotalChunks", self.count().to_string()),
        ];
        fields.retain(|(name, _)| self.library == "resumable" || *name != "Type");
        let library = self.library;
        fields.into_iter().map(|(name, value)| (format!("{library}{name}"), value)).collect()
    }
}

/// A form as Chromium writes it, the file as its last part.
pub fn form(fields: &[(String, String)], name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
        body.extend_from_slice(format!("{head}\r\n\r\n{value}\r\n").as_bytes());
    }
    let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=");
    let kind = "Content-Type: application/octet-stream";
    body.extend_from_slice(format!("{head}\"{name}\"\r\n{kind}\r\n\r\n").as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Closes a connection after the answer.
pub const CLOSE: &str = "Connection: close\r\n";

pub fn form_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// The head of a request with such a form of so many bytes; `more` are lines of headers.
pub fn form_head(target: &str, more: &str, length: usize) -> String {
    let kind = form_type();
    format!(
        "POST {target} HTTP/1.1\r\nHost: x\r\n{more}Content-Type: {kind}\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

/// A file that arrived, and what is said of it.
#[derive(Debug)]
pub struct Arrived {
    pub content: Vec<u8>,
    pub note: Value,
    pub path: PathBuf,
}

impl Server {
    pub fn request(&self, method: Method) -> RequestBuilder {
        self.client.request(method, self.url("/resumable")).timeout(PATIENCE)
    }

    /// Sends a chunk as Resumable.js or flow.js does.
    pub async fn send(&self, cut: &Cut, number: usize) -> (u16, String) {
        let fields = cut.fields(number);
        let query = if cut.library == "flow" { Vec::new() } else { fields.clone() };
        let body = form(&fields, &cut.name, cut.bytes(number));
        let request = self.request(Method::POST).query(&query).body(body);
        answer(request.header("content-type", form_type())).await
    }

    pub async fn send_raw(&self, method: Method, query: &Pairs, body: &[u8]) -> (u16, String) {
        let request = self.request(method).query(query).body(body.to_vec());
        answer(request.header("content-type", "application/octet-stream")).await
    }

    pub async fn send_form(&self, query: &Pairs, body: Vec<u8>) -> (u16, String) {
        let request = self.request(Method::POST).query(query).body(body);
        answer(request.header("content-type", form_type())).await
    }

    /// Asks for a chunk.
    pub async fn test(&self, cut: &Cut, number: usize) -> u16 {
        let request = self.request(Method::GET).query(&cut.fields(number));
        request.send().await.unwrap().status().as_u16()
    }

    pub async fn send_all(&self, cut: &Cut) {
        for number in 1..=cut.count() {
            assert_eq!(self.send(cut, number).await, stored(), "chunk {number}");
        }
    }

    /// All files that have arrived, in the order of their names.
    pub fn arrived(&self) -> Vec<Arrived> {
        arrived(&self.storage().join("arrived"))
    }

    /// The only file that has arrived.
    pub fn only_arrived(&self) -> Arrived {
        let mut arrived = self.arrived();
        assert_eq!(arrived.len(), 1);
        arrived.remove(0)
    }

    /// The id of the only upload.
    pub fn only_upload(&self) -> String {
        let entries = std::fs::read_dir(self.storage()).unwrap().map(|entry| entry.unwrap());
        let mut ids = entries.filter(|entry| entry.path().join("upload.json").exists());
        let id = ids.next().unwrap().file_name().into_string().unwrap();
        assert!(ids.next().is_none());
        id
    }

    /// How many uploads there are, over or not.
    pub fn uploads(&self) -> usize {
        let entries = std::fs::read_dir(self.storage()).unwrap();
        entries.filter(|entry| entry.as_ref().unwrap().path().join("upload.json").exists()).count()
    }
}

pub fn arrived(folder: &std::path::Path) -> Vec<Arrived> {
    let mut arrived = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let note = entry.unwrap().path();
        if note.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let path = note.with_extension("");
        let Ok(content) = std::fs::read(&path) else { continue };
        let note = serde_json::from_slice(&std::fs::read(note).unwrap()).unwrap();
        arrived.push(Arrived { content, note, path });
    }
    arrived.sort_by_key(|arrived| arrived.note["name"].as_str().unwrap().to_owned());
    arrived
}

pub fn stored() -> (u16, String) {
    (200, "stored".to_owned())
}

/// Status and text, without what only our client looks at.
pub async fn answer(request: RequestBuilder) -> (u16, String) {
    let (status, text) = whole_answer(request).await;
    let Ok(Value::Object(mut members)) = serde_json::from_str(&text) else { return (status, text) };
    match members.remove(HAS_ALL_CHUNKS) {
        Some(_) if members.is_empty() => (status, "stored".to_owned()),
        Some(_) => (status, Value::Object(members).to_string()),
        None => (status, text),
    }
}

/// Status and text.
pub async fn whole_answer(request: RequestBuilder) -> (u16, String) {
    let response: Response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}
