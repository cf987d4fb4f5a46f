//! Chunks in requests.

use reqwest::Method;

use super::{SIZE, damaged, field, header, send, sending};
use crate::common::chunks::{Cut, form, form_type, stored};
use crate::common::{Server, bytes};
use crate::fineuploader::parts::Parts;

/// Sends bytes with the digest that the chunk should have; says the status and what arrived.
async fn verify(server: &Server, cut: &Cut, number: usize, bytes: &[u8]) -> (u16, Option<String>) {
    let request = sending(server, cut, number, bytes);
    let request = request.header("content-digest", field(cut.bytes(number)));
    let response = send(request).await;
    let arrived = header(&response, "upload-content-digest").map(str::to_owned);
    assert_eq!(header(&response, "upload-repr-digest"), None, "nobody asked");
    (response.status().as_u16(), arrived)
}

#[tokio::test]
async fn a_damaged_chunk_is_refused_and_not_stored_and_others_are_kept() {
    let server = Server::start().await;
    let content = bytes(3 * SIZE);
    let cut = Cut::new("a", &content, SIZE);
    let (first, second) = (cut.bytes(1), damaged(cut.bytes(2)));
    assert_eq!(verify(&server, &cut, 1, first).await, (200, Some(field(first))));
    assert_eq!(verify(&server, &cut, 2, &second).await, (422, Some(field(&second))));
    assert_eq!((server.test(&cut, 1).await, server.test(&cut, 2).await), (200, 204));
    for number in [2, 3] {
        let right = cut.bytes(number);
        assert_eq!(verify(&server, &cut, number, right).await, (200, Some(field(right))));
    }
    assert!(server.only_arrived().content == content);
}

#[tokio::test]
async fn a_chunk_that_is_there_is_not_touched_by_a_damaged_repetition() {
    let server = Server::start().await;
    let content = bytes(2 * SIZE);
    let cut = Cut::new("a", &content, SIZE);
    assert_eq!(server.send(&cut, 1).await, stored());
    let bad = damaged(cut.bytes(1));
    assert_eq!(verify(&server, &cut, 1, &bad).await, (422, Some(field(&bad))));
    assert_eq!(server.test(&cut, 1).await, 200);
    assert_eq!(verify(&server, &cut, 1, cut.bytes(1)).await.0, 200, "it is compared");
    assert_eq!(server.send(&cut, 2).await, stored());
    assert_eq!(verify(&server, &cut, 2, &damaged(cut.bytes(2))).await.0, 422);
    assert_eq!(verify(&server, &cut, 2, cut.bytes(2)).await.0, 200);
    assert!(server.only_arrived().content == content);
}

#[tokio::test]
async fn a_chunk_of_another_file_is_given_up_when_the_right_one_was_proven() {
    let server = Server::start().await;
    let content = bytes(2 * SIZE);
    let cut = Cut::new("a", &content, SIZE);
    let other = Cut { content: damaged(&content), ..cut.clone() };
    assert_eq!(server.send(&other, 2).await, stored());
    assert_eq!(verify(&server, &cut, 2, cut.bytes(2)).await.0, 503, "it is to be sent again");
    assert_eq!(verify(&server, &cut, 2, cut.bytes(2)).await.0, 200);
    assert_eq!(verify(&server, &cut, 1, cut.bytes(1)).await.0, 200);
    assert!(server.only_arrived().content == content);
}

#[tokio::test]
async fn a_digest_that_cannot_be_read_is_refused_in_words_and_an_unknown_one_ignored() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(2 * SIZE), SIZE);
    let request = sending(&server, &cut, 1, cut.bytes(1)).header("content-digest", "md5=:x:");
    let response = send(request).await;
    assert_eq!(response.status(), 400);
    let words = response.text().await.unwrap();
    assert!(words.contains("expected md5=:<24 characters of base64>:"), "{words}");
    assert_eq!(server.test(&cut, 1).await, 204);
    let request = sending(&server, &cut, 1, cut.bytes(1));
    let response = send(request.header("content-digest", "sha-256=:AAAA:")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "upload-content-digest"), None);
}

#[tokio::test]
async fn an_empty_chunk_has_a_digest_too() {
    let server = Server::start().await;
    let cut = Cut::new("a", b"", SIZE);
    assert_eq!(verify(&server, &cut, 1, b"").await, (200, Some(field(b""))));
}

#[tokio::test]
async fn pages_of_other_origins_may_send_and_read_digests() {
    let origin = "https://a.example";
    let server = Server::with(|config| config.cors_origins = vec![origin.to_owned()]).await;
    let asked = "content-digest,want-repr-digest,upload-damaged-digest";
    let preflight = server.request(Method::OPTIONS).header("origin", origin);
    let preflight = preflight.header("access-control-request-method", "POST");
    let response = send(preflight.header("access-control-request-headers", asked)).await;
    assert_eq!(header(&response, "access-control-allow-headers"), Some(asked));
    let cut = Cut::new("a", &bytes(SIZE), SIZE);
    let request = sending(&server, &cut, 1, cut.bytes(1)).header("origin", origin);
    let response = send(request.header("content-digest", field(cut.bytes(1)))).await;
    let exposed = header(&response, "access-control-expose-headers").unwrap();
    assert!(exposed.contains("upload-content-digest") && exposed.contains("upload-repr-digest"));
}

#[tokio::test]
async fn parts_of_fine_uploader_are_compared_too() {
    let server = Server::start().await;
    let content = bytes(2 * SIZE);
    let parts = Parts::new("u-1", &content, SIZE);
    for (index, sent, status) in [
        (0, parts.bytes(0).to_vec(), 200),
        (0, damaged(parts.bytes(0)), 422),
        (1, damaged(parts.bytes(1)), 422),
        (1, parts.bytes(1).to_vec(), 200),
        (1, damaged(parts.bytes(1)), 422),
        (1, parts.bytes(1).to_vec(), 200),
    ] {
        let request = server.fine(Method::POST, "").body(form(&parts.fields(index), "blob", &sent));
        let request = request.header("content-type", form_type());
        let response = send(request.header("content-digest", field(parts.bytes(index)))).await;
        assert_eq!(response.status(), status, "{index}");
        assert_eq!(header(&response, "upload-content-digest"), Some(field(&sent).as_str()));
        let text = response.text().await.unwrap();
        let reply: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(reply["success"], status == 200);
        assert_eq!(reply.get("preventRetry"), None, "it may be sent again");
    }
    assert!(server.only_arrived().content == content);
}
