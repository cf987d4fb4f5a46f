//! One client cannot have all of the server.

use std::net::SocketAddr;

use incoming_server::Config;
use reqwest::header::HeaderMap;
use tokio::net::TcpStream;

use crate::common::chunks::{Cut, stored};
use crate::common::{Browser, PATIENCE, Server, answered, bytes, raw, until};

const ASK: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

fn ask_for(client: &str) -> Vec<u8> {
    let head = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For:";
    format!("{head} {client}\r\n\r\n").into_bytes()
}

/// Asks again and again, until there is a place.
async fn until_let_in(address: SocketAddr, ask: &[u8]) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !raw(address, ask).await.starts_with("HTTP/1.1 200") {
        assert!(tokio::time::Instant::now() < deadline, "no place gets free");
    }
}

fn trusting(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
}

async fn get(server: &Server, client: &str) -> (u16, HeaderMap) {
    let request = server.client.get(server.url("/healthz")).header("x-forwarded-for", client);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.headers().clone())
}

#[tokio::test]
async fn more_connections_than_an_address_may_have_are_answered_429_and_closed() {
    let server = Server::with(|config| config.max_connections_per_address = Some(2)).await;
    let address = server.running.address();
    let (one, _other) = (server.browser().await, server.browser().await);
    let answer = raw(address, ASK).await;
    assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{answer}");
    assert!(answer.contains("Retry-After: 1\r\n") && answer.contains("from this address"));
    // Also who says nothing is not kept.
    assert!(answered(&mut TcpStream::connect(address).await.unwrap()).await.contains("429"));
    one.vanish().await;
    until_let_in(address, ASK).await;
}

#[tokio::test]
async fn a_socket_counts_as_long_as_it_is_open() {
    let server = Server::with(|config| {
        config.max_connections_per_address = Some(2);
        trusting(config);
    })
    .await;
    let address = server.running.address();
    let mut sockets = Vec::new();
    for _ in 0..2 {
        sockets.push(Browser::forwarded(address, "192.0.2.1").await);
    }
    let answer = raw(address, &ask_for("192.0.2.1")).await;
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    assert!(raw(address, &ask_for("192.0.2.2")).await.starts_with("HTTP/1.1 200"));
    sockets.pop().unwrap().vanish().await;
    until_let_in(address, &ask_for("192.0.2.1")).await;
}

#[tokio::test]
async fn connections_of_a_trusted_proxy_are_not_counted_as_its_own() {
    let server = Server::with(|config| {
        config.max_connections_per_address = Some(1);
        trusting(config);
    })
    .await;
    let address = server.running.address();
    let mut browsers = Vec::new();
    for client in ["192.0.2.1", "192.0.2.2", "2001:db8:0:1::1", "2001:db8:0:2::1"] {
        browsers.push(Browser::forwarded(address, client).await);
    }
    assert!(raw(address, &ask_for("2001:db8:0:2::ffff")).await.starts_with("HTTP/1.1 429"));
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back_and_do_no_harm_to_others() {
    let server = Server::with(|config| {
        (config.max_request_rate, config.request_burst) = (1, 3);
        trusting(config);
    })
    .await;
    for _ in 0..3 {
        assert_eq!(get(&server, "192.0.2.1").await.0, 200);
    }
    let (status, headers) = get(&server, "192.0.2.1").await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (429, "1"));
    assert_eq!(get(&server, "192.0.2.2").await.0, 200);
}

#[tokio::test]
async fn who_is_not_trusted_cannot_say_that_it_is_somebody_else() {
    let server =
        Server::with(|config| (config.max_request_rate, config.request_burst) = (1, 2)).await;
    assert_eq!(get(&server, "192.0.2.1").await.0, 200);
    assert_eq!(get(&server, "192.0.2.2").await.0, 200);
    assert_eq!(get(&server, "192.0.2.3").await.0, 429);
}

#[tokio::test]
async fn a_page_of_a_named_origin_can_read_when_to_come_back() {
    let origin = "https://a.example";
    let server = Server::with(|config| {
        (config.max_request_rate, config.request_burst) = (1, 1);
        config.cors_origins = vec![origin.to_owned()];
    })
    .await;
    get(&server, "").await;
    let request = server.client.get(server.url("/healthz")).header("origin", origin);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["access-control-allow-origin"], origin);
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("retry-after"), "{exposed}");
}

#[tokio::test]
async fn by_default_an_upload_in_many_small_chunks_is_not_hindered() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(500), 1);
    let numbers: Vec<_> = (1..=cut.count()).collect();
    for numbers in numbers.chunks(20) {
        let sent = numbers.iter().map(|number| server.send(&cut, *number));
        for answer in futures_util::future::join_all(sent).await {
            assert_eq!(answer, stored());
        }
    }
    until("the file is there", || server.arrived().len() == 1).await;
}
