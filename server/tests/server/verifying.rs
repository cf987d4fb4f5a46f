//! What arrives is compared with what was sent.

mod chunks;
mod files;
mod sockets;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest as _, Md5};
use reqwest::{Method, RequestBuilder, Response};

use crate::common::Server;
use crate::common::chunks::{Cut, form, form_type};

const SIZE: usize = 100;

/// A digest as headers have it.
fn field(bytes: &[u8]) -> String {
    format!("md5=:{}:", BASE64_STANDARD.encode(Md5::digest(bytes)))
}

/// A digest as messages have it.
fn hex(bytes: &[u8]) -> String {
    format!("{:x}", Md5::digest(bytes))
}

/// The same bytes but for one bit.
fn damaged(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    bytes
}

/// A request that sends these bytes as a chunk.
fn sending(server: &Server, cut: &Cut, number: usize, bytes: &[u8]) -> RequestBuilder {
    let fields = cut.fields(number);
    let request = server.request(Method::POST).query(&fields);
    request.header("content-type", form_type()).body(form(&fields, &cut.name, bytes))
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}
