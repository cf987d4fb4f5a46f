//! A browser that sends files whole or in parts, in the words of Fine Uploader.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::common::chunks::{Pairs, answer, form, form_type};
use crate::common::{PATIENCE, Server};

/// A file, and the size of its parts.
#[derive(Clone)]
pub struct Parts {
    pub uuid: String,
    pub name: String,
    pub content: Vec<u8>,
    pub part_size: usize,
}

impl Parts {
    pub fn new(uuid: &str, content: &[u8], part_size: usize) -> Parts {
        let name = format!("{uuid}.bin");
        Parts { uuid: uuid.to_owned(), name, content: content.to_vec(), part_size }
    }

    pub fn count(&self) -> usize {
        self.content.len().div_ceil(self.part_size).max(1)
    }

    pub fn bytes(&self, index: usize) -> &[u8] {
        let start = index * self.part_size;
        &self.content[start..self.content.len().min(start + self.part_size)]
    }

    /// The parameters of a part in the order of version 5.
    pub fn fields(&self, index: usize) -> Pairs {
        pairs(&[
            ("qqpartindex", &index.to_string()),
            ("qqpartbyteoffset", &(index * self.part_size).to_string()),
            ("qqchunksize", &self.bytes(index).len().to_string()),
            ("qqtotalparts", &self.count().to_string()),
            ("qqtotalfilesize", &self.content.len().to_string()),
            ("qqfilename", &self.name),
            ("qquuid", &self.uuid),
        ])
    }
}

pub fn pairs(fields: &[(&str, &str)]) -> Pairs {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub fn success() -> (u16, Value) {
    (200, json!({ "success": true }))
}

/// What Fine Uploader sees of an answer: the status, and the body as JSON, which is an object.
pub async fn reply(request: RequestBuilder) -> (u16, Value) {
    let (status, text) = answer(request).await;
    let reply: Value = serde_json::from_str(&text).unwrap();
    assert!(reply["success"].is_boolean(), "{reply}");
    (status, reply)
}

impl Server {
    pub fn fine(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.url(&format!("/fineuploader{path}"));
        reqwest::Client::new().request(method, url).timeout(PATIENCE)
    }

    /// Sends a form.
    pub async fn fine_form(
        &self,
        query: &Pairs,
        fields: &Pairs,
        filename: &str,
        bytes: &[u8],
    ) -> (u16, Value) {
        let request = self.fine(Method::POST, "").query(query).body(form(fields, filename, bytes));
        reply(request.header("content-type", form_type())).await
    }

    pub async fn part(&self, parts: &Parts, index: usize) -> (u16, Value) {
        self.part_with(parts, index, &[]).await
    }

    /// Sends a part with something more to say.
    pub async fn part_with(
        &self,
        parts: &Parts,
        index: usize,
        more: &[(&str, &str)],
    ) -> (u16, Value) {
        let fields = [parts.fields(index), pairs(more)].concat();
        self.fine_form(&Vec::new(), &fields, "blob", parts.bytes(index)).await
    }

    pub async fn all_parts(&self, parts: &Parts) {
        for index in 0..parts.count() {
            assert_eq!(self.part(parts, index).await, success(), "part {index}");
        }
    }

    /// Says that all parts are there.
    pub async fn all_sent(&self, uuid: &str) -> (u16, Value) {
        reply(self.fine(Method::POST, "/success").form(&[("qquuid", uuid)])).await
    }

    /// Sends a whole file as the newest version does.
    pub async fn whole(&self, uuid: &str, name: &str, bytes: &[u8]) -> (u16, Value) {
        let size = bytes.len().to_string();
        let fields = [("qquuid", uuid), ("qqfilename", name), ("qqtotalfilesize", &size)];
        self.fine_form(&Vec::new(), &pairs(&fields), name, bytes).await
    }

    /// Deletes a file.
    pub async fn delete(&self, uuid: &str) -> (u16, Value) {
        reply(self.fine(Method::DELETE, &format!("/{uuid}?"))).await
    }
}
