//! Whole files in requests.

use reqwest::Method;

use super::{SIZE, damaged, field, header, send, sending};
use crate::common::chunks::{Cut, form, form_type};
use crate::common::{Server, bytes};
use crate::fineuploader::parts::Parts;

/// More than is hashed on the spot.
const LARGE: usize = 50_000;

/// Sends a chunk and says the digest of the file that the answer has.
async fn ask(server: &Server, cut: &Cut, number: usize, damaged: Option<&str>) -> Option<String> {
    ask_as(server, cut, number, damaged, &mut String::new()).await
}

/// The same as whoever knows a secret, or hears one.
async fn ask_as(
    server: &Server,
    cut: &Cut,
    number: usize,
    damaged: Option<&str>,
    secret: &mut String,
) -> Option<String> {
    let request = sending(server, cut, number, cut.bytes(number));
    let mut request = request.header("want-repr-digest", "md5=10");
    if let Some(damaged) = damaged {
        request = request.header("upload-damaged-digest", damaged);
    }
    let response = send(request.header("upload-secret", &*secret)).await;
    assert_eq!(response.status(), 200);
    header(&response, "upload-secret").into_iter().for_each(|told| *secret = told.to_owned());
    header(&response, "upload-repr-digest").map(str::to_owned)
}

#[tokio::test]
async fn the_answer_that_completes_a_file_has_its_digest_and_so_has_a_repetition() {
    let server = Server::start().await;
    let content = bytes(3 * SIZE + 7);
    let cut = Cut::new("a", &content, SIZE);
    assert_eq!(ask(&server, &cut, 3, None).await, None);
    assert_eq!(ask(&server, &cut, 1, None).await, None);
    let whole = Some(field(&content));
    assert_eq!(ask(&server, &cut, 2, None).await, whole);
    assert_eq!(ask(&server, &cut, 2, None).await, whole, "the answer may have been lost");
    let test = server.request(Method::GET).query(&cut.fields(1));
    let test = send(test.header("want-repr-digest", "md5=10")).await;
    assert_eq!(header(&test, "upload-repr-digest").map(str::to_owned), whole);
}

#[tokio::test]
async fn the_digest_is_right_in_whatever_order_chunks_come_and_after_a_restart() {
    let content = bytes(5 * LARGE + 7);
    let cut = Cut::new("a", &content, LARGE);
    for order in [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [2, 1, 5, 3, 4]] {
        for restart in 0..5 {
            let mut server = Server::start().await;
            let mut told = None;
            for (number, before) in order.into_iter().zip(0..) {
                if restart == before {
                    server = Server::over(server.stop().await, |_| {}).await;
                }
                told = ask(&server, &cut, number, None).await;
            }
            assert_eq!(told, Some(field(&content)), "{order:?}, restart before {restart}");
        }
    }
}

#[tokio::test]
async fn the_digest_is_that_of_what_is_kept_also_when_a_part_came_twice() {
    let server = Server::start().await;
    let content = bytes(3 * LARGE);
    let (right, wrong) = (Parts::new("u-1", &content, LARGE), damaged(&content[..LARGE]));
    let sent = [(0, right.bytes(0)), (1, right.bytes(1)), (0, &wrong), (2, right.bytes(2))];
    let mut told = None;
    for (index, bytes) in sent {
        let body = form(&right.fields(index), "blob", bytes);
        let request = server.fine(Method::POST, "").header("content-type", form_type()).body(body);
        let response = send(request.header("want-repr-digest", "md5=10")).await;
        told = header(&response, "upload-repr-digest").map(str::to_owned);
    }
    assert_eq!(told, Some(field(&server.only_arrived().content)));
}

#[tokio::test]
async fn a_chunk_that_broke_off_and_came_again_counts_once() {
    let server = Server::start().await;
    let content = bytes(2 * LARGE);
    let cut = Cut::new("a", &content, LARGE);
    let bad = damaged(cut.bytes(1));
    let cut_off = sending(&server, &cut, 1, &bad).header("want-repr-digest", "md5=10");
    let mut body = form(&cut.fields(1), &cut.name, &bad);
    body.truncate(body.len() - 1000);
    assert_ne!(send(cut_off.body(body)).await.status(), 200);
    assert_eq!(ask(&server, &cut, 1, None).await, None);
    assert_eq!(ask(&server, &cut, 2, None).await, Some(field(&content)));
}

#[tokio::test]
async fn nobody_is_told_a_digest_who_does_not_ask() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(SIZE), SIZE);
    let response = send(sending(&server, &cut, 1, cut.bytes(1))).await;
    assert_eq!(header(&response, "upload-repr-digest"), None);
    let late = ask(&server, &cut, 1, None).await;
    assert_eq!(late, Some(field(cut.bytes(1))), "but it can be found out later");
}

#[tokio::test]
async fn a_file_that_arrived_damaged_is_replaced() {
    let server = Server::start().await;
    let content = bytes(2 * SIZE);
    let cut = Cut::new("a", &content, SIZE);
    let bad = Cut { content: damaged(&content), ..cut.clone() };
    let secret = &mut String::new();
    ask_as(&server, &bad, 1, None, secret).await;
    let told = ask_as(&server, &bad, 2, None, secret).await.unwrap();
    assert_eq!(told, field(&bad.content));
    let told = Some(told.as_str());
    assert_eq!(ask_as(&server, &cut, 1, told, secret).await, None, "it begins anew");
    assert_eq!(ask_as(&server, &cut, 2, told, secret).await, Some(field(&content)));
    assert!(server.only_arrived().content == content);
    assert_eq!(ask_as(&server, &cut, 2, told, secret).await, Some(field(&content)), "another file");
    assert_eq!(server.arrived().len(), 1);
}

#[tokio::test]
async fn who_does_not_know_the_secret_can_send_a_file_again_and_deletes_nothing() {
    let server = Server::start().await;
    let content = bytes(2 * SIZE);
    let cut = Cut::new("a", &content, SIZE);
    let bad = Cut { content: damaged(&content), ..cut.clone() };
    ask(&server, &bad, 1, None).await;
    let told = ask(&server, &bad, 2, None).await;
    for number in [1, 2] {
        ask(&server, &cut, number, told.as_deref()).await;
    }
    let arrived = server.arrived();
    assert_eq!(arrived.len(), 2);
    for content in [&content, &bad.content] {
        assert!(arrived.iter().any(|arrived| arrived.content == *content));
    }
}

#[tokio::test]
async fn no_question_deletes_a_file_also_if_it_says_that_the_file_is_damaged() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(SIZE), SIZE);
    let secret = &mut String::new();
    let told = ask_as(&server, &cut, 1, None, secret).await.unwrap();
    for secret in ["", secret] {
        let test = server.request(Method::GET).query(&cut.fields(1));
        let test = test.header("want-repr-digest", "md5=10").header("upload-secret", secret);
        let answer = send(test.header("upload-damaged-digest", &told)).await;
        assert_eq!((answer.status().as_u16(), server.arrived().len()), (200, 1));
        assert_eq!(header(&answer, "upload-repr-digest"), Some(&*told));
    }
    assert_eq!(server.uploads(), 1);
}

#[tokio::test]
async fn fine_uploader_hears_the_digest_with_the_last_part_and_once_more_at_the_end() {
    let server = Server::start().await;
    let content = bytes(2 * SIZE);
    let parts = Parts::new("u-1", &content, SIZE);
    let mut told = Vec::new();
    for index in 0..2 {
        let body = form(&parts.fields(index), "blob", parts.bytes(index));
        let request = server.fine(Method::POST, "").header("content-type", form_type()).body(body);
        let response = send(request.header("want-repr-digest", "md5=10")).await;
        told.push(header(&response, "upload-repr-digest").map(str::to_owned));
    }
    assert_eq!(told, [None, Some(field(&content))]);
    let end = server.fine(Method::POST, "/success").form(&[("qquuid", "u-1")]);
    let end = send(end.header("want-repr-digest", "md5=10")).await;
    assert_eq!(header(&end, "upload-repr-digest"), Some(field(&content).as_str()));
}
