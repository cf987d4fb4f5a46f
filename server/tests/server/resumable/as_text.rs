//! Resumable.js with `chunkFormat: 'base64'`: a chunk is the text of a `data:` URL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, RequestBuilder};

use super::{SIZE, sizes};
use crate::common::chunks::{BOUNDARY, Cut, Pairs, answer, form_type, stored};
use crate::common::{Server, bytes};

/// What precedes a chunk without a type of its own.
const HEAD: &str = "data:application/octet-stream;base64,";

/// A form that is nothing but parameters.
fn form(fields: &Pairs) -> Vec<u8> {
    let head = |name: &str| format!("Content-Disposition: form-data; name=\"{name}\"");
    let parts = fields
        .iter()
        .map(|(name, value)| format!("--{BOUNDARY}\r\n{}\r\n\r\n{value}\r\n", head(name)));
    format!("{}--{BOUNDARY}--\r\n", parts.collect::<String>()).into()
}

fn request(server: &Server, cut: &Cut, number: usize, text: &str) -> RequestBuilder {
    let query = cut.fields(number);
    let fields = [query.clone(), vec![("file".to_owned(), text.to_owned())]].concat();
    let request = server.request(Method::POST).query(&query).body(form(&fields));
    request.header("content-type", form_type())
}

async fn send(server: &Server, cut: &Cut, number: usize, text: &str) -> (u16, String) {
    answer(request(server, cut, number, text)).await
}

fn url(bytes: &[u8]) -> String {
    format!("{HEAD}{}", STANDARD.encode(bytes))
}

#[tokio::test]
async fn files_of_all_sizes_arrive() {
    for force in [false, true] {
        let server = Server::start().await;
        for size in sizes() {
            let cut = Cut { force, ..Cut::new("a", &bytes(size), SIZE) };
            for number in 1..=cut.count() {
                let sent = send(&server, &cut, number, &url(cut.bytes(number))).await;
                assert_eq!(sent, stored(), "{size}: {number}");
            }
        }
        let mut found: Vec<_> = server.arrived().into_iter().map(|a| a.content).collect();
        found.sort_by_key(Vec::len);
        assert!(found == sizes().map(bytes), "{force}");
    }
}

#[tokio::test]
async fn a_chunk_of_many_megabytes_arrives() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes((9 << 20) + 1), 9 << 20);
    assert_eq!(send(&server, &cut, 1, &url(&cut.content)).await, stored());
    assert!(server.only_arrived().content == cut.content);
}

#[tokio::test]
async fn whatever_a_browser_writes_before_the_bytes_is_understood() {
    let server = Server::start().await;
    for (at, head) in ["data:text/x;charset=utf-8;base64,", "data:;base64,", "data:base64,"]
        .into_iter()
        .enumerate()
    {
        let cut = Cut::new(&at.to_string(), b"xyz", SIZE);
        assert_eq!(send(&server, &cut, 1, &format!("{head}eHl6")).await, stored(), "{head}");
    }
    for (at, nothing) in ["data:", HEAD].into_iter().enumerate() {
        let cut = Cut::new(&format!("empty{at}"), b"", SIZE);
        assert_eq!(send(&server, &cut, 1, nothing).await, stored(), "{nothing}");
    }
    assert_eq!(server.arrived().len(), 5);
}

#[tokio::test]
async fn text_that_is_no_base64_or_not_of_the_size_it_says_is_refused_and_nothing_of_it_counts() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(2 * SIZE), SIZE);
    let whole = url(cut.bytes(1));
    for text in [
        &whole[..whole.len() - 1],
        &whole.replacen('=', "", 1),
        &format!("{whole}AAAA"),
        &format!("{HEAD}{}", "?".repeat(136)),
        &url(&cut.bytes(1)[1..]),
        &url(&bytes(SIZE + 1)),
        &url(&bytes(1 << 20)),
        "data:text/plain,xyz",
        "xyz",
        "",
    ] {
        let (status, words) = send(&server, &cut, 1, text).await;
        assert_eq!(status, 400, "{text:.60}: {words}");
        assert_eq!(server.test(&cut, 1).await, 204, "{text:.60}");
    }
    assert_eq!(send(&server, &cut, 1, &whole).await, stored());
}

#[tokio::test]
async fn what_is_damaged_on_its_way_is_noticed() {
    let server = Server::start().await;
    let cut = Cut::new("a", b"xyz", SIZE);
    for (content, status) in [(&b"abc"[..], 422), (b"xyz", 200)] {
        let digest =
            format!("md5=:{}:", STANDARD.encode(<md5::Md5 as md5::Digest>::digest(b"xyz")));
        let request = request(&server, &cut, 1, &url(content)).header("content-digest", digest);
        assert_eq!(answer(request).await.0, status);
    }
    assert_eq!(server.only_arrived().content, b"xyz");
}

#[tokio::test]
async fn a_parameter_of_the_page_that_is_a_data_url_is_no_file() {
    let server = Server::start().await;
    let cut = Cut::new("a", b"xyz", SIZE);
    let of_page = ("thumbnail".to_owned(), "data:image/png;base64,AAAA".to_owned());
    let query = [cut.fields(1), vec![of_page]].concat();
    for file in ["file", "other"] {
        let fields = [query.clone(), vec![(file.to_owned(), url(b"xyz"))]].concat();
        assert_eq!(server.send_form(&query, form(&fields)).await, stored(), "{file}");
    }
    let flow = Cut { library: "flow", ..Cut::new("b", b"xyz", SIZE) };
    let fields = [flow.fields(1), query[query.len() - 1..].to_vec()].concat();
    let body = crate::common::chunks::form(&fields, "b", b"xyz");
    assert_eq!(server.send_form(&Vec::new(), body).await, stored());
    assert!(server.arrived().iter().all(|arrived| arrived.content == b"xyz"));
}
