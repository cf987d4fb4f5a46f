//! A page that speaks the words of Mr. Robusto.

use std::ops::Range;

use md5::{Digest as _, Md5};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::common::chunks::{Pairs, form, form_type};
use crate::common::{PATIENCE, Server};

/// A file that is cut.
#[derive(Clone)]
pub struct Hashed {
    pub md5: String,
    pub name: String,
    pub content: Vec<u8>,
    pub chunk_size: usize,
}

/// Status and value.
pub type Answer = (String, String);

pub fn complete() -> Answer {
    ("complete".into(), String::new())
}

pub fn partial(list: &str) -> Answer {
    ("partial".into(), list.into())
}

pub fn error(words: &str) -> Answer {
    ("error".into(), words.into())
}

pub fn md5(content: &[u8]) -> String {
    format!("{:x}", Md5::digest(content))
}

impl Hashed {
    pub fn new(name: &str, content: &[u8], chunk_size: usize) -> Hashed {
        Hashed { md5: md5(content), name: name.to_owned(), content: content.to_vec(), chunk_size }
    }

    pub fn count(&self) -> usize {
        self.content.len().div_ceil(self.chunk_size).max(1)
    }

    pub fn range(&self, index: usize) -> Range<usize> {
        let start = index * self.chunk_size;
        start..(start + self.chunk_size).min(self.content.len())
    }

    pub fn query(&self) -> Pairs {
        vec![("md5".into(), self.md5.clone()), ("name".into(), self.name.clone())]
    }

    pub fn fields(&self, index: usize) -> Pairs {
        vec![("chunk".into(), index.to_string()), ("chunks".into(), self.count().to_string())]
    }
}

impl Server {
    pub fn robusto(&self, method: Method) -> RequestBuilder {
        self.client.request(method, self.url("/robusto")).timeout(PATIENCE * 2)
    }

    pub fn question(&self, query: &[(String, String)]) -> RequestBuilder {
        self.robusto(Method::GET).query(query)
    }

    pub async fn ask(&self, file: &Hashed) -> Answer {
        answer(self.question(&file.query())).await
    }

    pub async fn chunk(&self, file: &Hashed, index: usize) -> Answer {
        let bytes = &file.content[file.range(index)];
        self.bring(&file.query(), &file.fields(index), bytes).await
    }

    pub async fn all_chunks(&self, file: &Hashed) {
        for index in 0..file.count() - 1 {
            assert_eq!(self.chunk(file, index).await.0, "partial");
        }
        assert_eq!(self.chunk(file, file.count() - 1).await.0, "complete");
    }

    pub async fn bring(
        &self,
        query: &[(String, String)],
        fields: &[(String, String)],
        bytes: &[u8],
    ) -> Answer {
        let request = self.robusto(Method::POST).query(query).body(form(fields, "blob", bytes));
        answer(request.header("content-type", form_type())).await
    }
}

pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    let part = |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("{text}")).to_owned();
    (part("status"), part("value"))
}
