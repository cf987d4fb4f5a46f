//! Whose an upload is, and what becomes of chunks whose upload is gone.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;

use crate::common::chunks::{Cut, form, form_type, stored};
use crate::common::{Server, bytes, until};
use crate::fineuploader::parts::{Parts, success};

const SIZE: usize = 100;
const SOON: Duration = Duration::from_millis(400);

fn cut() -> Cut {
    Cut::new("a", &bytes(4 * SIZE), SIZE)
}

/// What somebody sends who has guessed the identifier.
fn guessed() -> Cut {
    Cut { identifier: cut().identifier, ..Cut::new("a", &[7; 3 * SIZE], SIZE) }
}

fn parts(part_size: usize) -> Parts {
    Parts::new("u", &bytes(4 * SIZE), part_size)
}

fn sending(server: &Server, cut: &Cut, number: usize, secret: &str) -> RequestBuilder {
    let fields = cut.fields(number);
    let request = server.request(Method::POST).query(&fields).header("upload-secret", secret);
    request.header("content-type", form_type()).body(form(&fields, &cut.name, cut.bytes(number)))
}

fn secret_in(response: &Response) -> Option<String> {
    response.headers().get("upload-secret").map(|value| value.to_str().unwrap().to_owned())
}

/// Begins an upload: the secret of it.
async fn begin(server: &Server, cut: &Cut) -> String {
    let begun = sending(server, cut, 1, "").send().await.unwrap();
    assert_eq!(begun.status(), 200);
    secret_in(&begun).expect("who begins hears a secret")
}

async fn send_as(server: &Server, cut: &Cut, number: usize, secret: &str) -> u16 {
    sending(server, cut, number, secret).send().await.unwrap().status().as_u16()
}

async fn restarted(server: Server) -> Server {
    Server::over(server.stop().await, |_| {}).await
}

#[tokio::test]
async fn only_whoever_begins_hears_a_secret() {
    let server = Server::start().await;
    let secret = begin(&server, &cut()).await;
    assert!(secret.len() >= 32, "{secret}");
    for (number, shown) in [(1, ""), (2, ""), (3, &*secret)] {
        let later = sending(&server, &cut(), number, shown).send().await.unwrap();
        assert_eq!((later.status().as_u16(), secret_in(&later)), (200, None));
    }
    let asked = server.request(Method::GET).query(&cut().fields(1)).send().await.unwrap();
    assert_eq!(secret_in(&asked), None);
    assert_ne!(begin(&server, &Cut::new("b", &bytes(SIZE), SIZE)).await, secret);
}

#[tokio::test]
async fn who_guesses_an_identifier_ends_no_upload_whose_owner_is_known() {
    let mut server = Server::start().await;
    let secret = begin(&server, &cut()).await;
    assert_eq!(send_as(&server, &cut(), 2, &secret).await, 200);
    let other_bytes = Cut { content: vec![7; 4 * SIZE], ..cut() };
    for _ in 0..2 {
        for wrong in ["", "x", &secret[1..]] {
            assert_eq!(send_as(&server, &guessed(), 1, wrong).await, 400);
            assert_eq!(send_as(&server, &other_bytes, 1, wrong).await, 400);
        }
        server = restarted(server).await;
    }
    for number in [3, 4] {
        assert_eq!(send_as(&server, &cut(), number, &secret).await, 200);
    }
    assert!(server.only_arrived().content == cut().content);
}

#[tokio::test]
async fn a_page_that_has_lost_the_secret_goes_on() {
    let server = Server::start().await;
    let secret = begin(&server, &cut()).await;
    assert_eq!(send_as(&server, &cut(), 2, &secret).await, 200);
    for number in 1..=4 {
        assert_eq!(send_as(&server, &cut(), number, "").await, 200);
    }
    assert!(server.only_arrived().content == cut().content);
}

#[tokio::test]
async fn an_owner_hears_of_parts_that_somebody_else_has_brought() {
    let server = Server::start().await;
    let part = |index: usize, bytes: &[u8], secret: &str| {
        let body = form(&parts(SIZE).fields(index), "blob", bytes);
        let request = server.fine(Method::POST, "").header("upload-secret", secret);
        request.header("content-type", form_type()).body(body).send()
    };
    let told = secret_in(&part(0, parts(SIZE).bytes(0), "").await.unwrap()).unwrap();
    assert_eq!(part(1, parts(SIZE).bytes(1), &told).await.unwrap().status(), 200);
    for index in [2, 3] {
        assert_eq!(part(index, &[7; SIZE], "").await.unwrap().status(), 200);
    }
    part(2, parts(SIZE).bytes(2), &told).await.unwrap();
    let last = part(3, parts(SIZE).bytes(3), &told).await.unwrap().text().await.unwrap();
    assert!(last.contains("\"reset\":true"), "{last}");
    for index in 0..4 {
        let sent = part(index, parts(SIZE).bytes(index), &told).await.unwrap();
        assert_eq!(sent.status(), 200);
    }
    assert!(server.arrived().iter().any(|arrived| arrived.content == parts(SIZE).content));
}

#[tokio::test]
async fn the_owner_may_begin_again_in_another_cut() {
    let server = Server::start().await;
    let secret = begin(&server, &cut()).await;
    let other = Cut { chunk_size: 2 * SIZE, ..cut() };
    for (cut, number) in [(cut(), 2), (other.clone(), 1), (other, 2)] {
        assert_eq!(send_as(&server, &cut, number, &secret).await, 200);
    }
    assert!(server.only_arrived().content == cut().content);
}

#[tokio::test]
async fn chunks_of_an_upload_that_another_one_has_replaced_are_answered_like_a_loss() {
    for library in ["resumable", "flow"] {
        let server = Server::start().await;
        let (mine, other) = (Cut { library, ..cut() }, Cut { library, ..guessed() });
        server.send(&mine, 1).await;
        assert_eq!(server.send(&other, 1).await, stored(), "nobody knows better");
        let server = restarted(server).await;
        let (status, words) = server.send(&mine, 2).await;
        assert_eq!(status, 500, "{words}");
        assert!(words.contains("send the whole file again"), "{words}");
        server.send_all(&mine).await;
        assert!(server.only_arrived().content == mine.content);
    }
}

#[tokio::test]
async fn so_are_chunks_when_the_other_upload_has_come_to_its_end() {
    let server = Server::start().await;
    server.send(&cut(), 1).await;
    server.send_all(&guessed()).await;
    assert_eq!(server.send(&cut(), 2).await.0, 500);
    server.send_all(&cut()).await;
    assert_eq!(server.arrived().len(), 2);
}

#[tokio::test]
async fn parts_that_were_replaced_are_asked_for_again() {
    let server = Server::start().await;
    server.part(&parts(SIZE), 0).await;
    assert_eq!(server.part(&parts(2 * SIZE), 0).await, success());
    let (status, reply) = server.part(&parts(SIZE), 1).await;
    assert_eq!((status, &reply["reset"]), (200, &json!(true)));
    server.all_parts(&parts(SIZE)).await;
    assert!(server.only_arrived().content == parts(SIZE).content);
}

#[tokio::test]
async fn chunks_of_an_upload_that_rested_too_long_are_answered_like_a_loss() {
    for is_restarted in [false, true] {
        let mut server = Server::with(|config| config.chunks_retention = SOON).await;
        server.send(&cut(), 1).await;
        server.part(&parts(SIZE), 0).await;
        until("they are gone", || server.uploads() == 0).await;
        if is_restarted {
            server = restarted(server).await;
        }
        assert_eq!(server.send(&cut(), 2).await.0, 500);
        let (status, reply) = server.part(&parts(SIZE), 1).await;
        assert_eq!((status, &reply["reset"]), (200, &json!(true)));
        assert_eq!(server.uploads(), 0, "nothing began");
        server.send_all(&cut()).await;
        server.all_parts(&parts(SIZE)).await;
        assert_eq!(server.arrived().len(), 2);
    }
}

/// Sends a chunk from an address, as a proxy says.
async fn send_from(server: &Server, address: &str, cut: &Cut, number: usize) -> u16 {
    let request = sending(server, cut, number, "").header("x-forwarded-for", address);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_owner_hears_of_a_loss_also_if_somebody_else_has_heard_it_first() {
    let server = Server::with(|config| config.trusted_proxies = vec!["127.0.0.1".to_owned()]).await;
    let (owner, attacker) = ("192.0.2.1", "192.0.2.2");
    assert_eq!(send_from(&server, owner, &cut(), 1).await, 200);
    assert_eq!(send_from(&server, attacker, &guessed(), 1).await, 200);
    assert_eq!(send_from(&server, attacker, &cut(), 2).await, 500);
    assert_eq!(send_from(&server, attacker, &cut(), 2).await, 200, "it begins the owner's cut");
    assert_eq!(send_from(&server, owner, &cut(), 3).await, 500);
    for number in 1..=4 {
        assert_eq!(send_from(&server, owner, &cut(), number).await, 200);
    }
    assert!(server.only_arrived().content == cut().content);
}

#[tokio::test]
async fn whoever_loses_chunks_to_another_file_of_the_same_name_and_size_hears_of_it() {
    let server = Server::with(|config| config.trusted_proxies = vec!["127.0.0.1".to_owned()]).await;
    let (one, two) = ("192.0.2.1", "192.0.2.2");
    let other = Cut { content: vec![7; 4 * SIZE], ..cut() };
    for number in [1, 2] {
        assert_eq!(send_from(&server, one, &cut(), number).await, 200);
    }
    let mut answers = vec![send_from(&server, two, &other, 1).await];
    answers.push(send_from(&server, one, &cut(), 3).await);
    assert_eq!(answers.last(), Some(&500), "{answers:?}");
}

#[tokio::test]
async fn of_what_was_never_confirmed_nothing_is_missed() {
    let server = Server::with(|config| config.connection_timeout = SOON).await;
    let mut body = form(&cut().fields(1), "a", cut().bytes(1));
    body.truncate(body.len() - SIZE);
    assert_ne!(server.send_form(&cut().fields(1), body).await.0, 200);
    assert_eq!(server.send(&guessed(), 1).await, stored());
    assert_eq!(server.send(&cut(), 1).await, stored(), "it was never begun");
}

#[tokio::test]
async fn an_answer_that_was_not_heard_can_be_told_only_once() {
    let server = Server::with(|config| config.chunks_retention = SOON).await;
    server.send(&cut(), 1).await;
    until("it is gone", || server.uploads() == 0).await;
    assert_eq!(server.send(&cut(), 2).await.0, 500);
    assert_eq!(server.send(&cut(), 2).await, stored(), "who was told begins anew");
}
