//! Pages of other origins are kept out unless the settings name them.

use reqwest::Method;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::common::chunks::{Cut, form, form_type};
use crate::common::{CHUNK, Server};

const STRANGER: &str = "https://evil.example";

const SOCKETS: [&str; 2] = ["/incoming/0.1/frontend/upload_ws", "/galileo"];

async fn opens(server: &Server, path: &str, origin: Option<&str>) -> bool {
    let url = format!("ws://{}{path}", server.running.address());
    let mut request = url.into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    tokio_tungstenite::connect_async(request).await.is_ok()
}

/// The status of a form that a browser sends without asking anybody first.
async fn form_from(server: &Server, path: &str, origin: Option<&str>) -> u16 {
    let cut = Cut::new("a", b"xyz", CHUNK);
    let body = form(&cut.fields(1), "a", cut.bytes(1));
    let request = server.client.post(server.url(path)).header("content-type", form_type());
    let request = match origin {
        Some(origin) => request.header("origin", origin),
        None => request,
    };
    request.body(body).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_socket_without_tickets_is_opened_by_pages_of_this_server_only() {
    let server = Server::start().await;
    let own = format!("http://{}", server.running.address());
    for path in SOCKETS {
        assert!(opens(&server, path, Some(&own)).await, "{path}");
        assert!(opens(&server, path, None).await, "a program that is no browser: {path}");
    }
    let [with_tickets, without] = SOCKETS;
    for other in [STRANGER, "null", "http://127.0.0.1:1"] {
        assert!(opens(&server, with_tickets, Some(other)).await, "a ticket lets in: {other}");
        assert!(!opens(&server, without, Some(other)).await, "{other}");
    }
}

#[tokio::test]
async fn a_form_of_another_page_is_refused_although_no_browser_asks_before_it_sends_it() {
    let server = Server::with(|config| config.demo = true).await;
    let own = server.url("");
    for path in ["/resumable", "/fineuploader", "/robusto", "/demo/tickets"] {
        assert_eq!(form_from(&server, path, Some(STRANGER)).await, 403, "{path}");
        assert_ne!(form_from(&server, path, Some(&own)).await, 403, "{path}");
        assert_ne!(form_from(&server, path, None).await, 403, "{path}");
    }
    assert_eq!(server.arrived().len(), 1, "what the own page and the program have sent");
}

#[tokio::test]
async fn the_backend_api_is_not_for_pages() {
    let server = Server::start().await;
    for function in ["new_upload", "cancel_upload", "finish_upload"] {
        let path = format!("/incoming/0.1/backend/{function}?signalFinishURL=http://a.example/");
        assert_eq!(form_from(&server, &path, Some(STRANGER)).await, 403, "{function}");
    }
}

#[tokio::test]
async fn no_answer_allows_a_page_of_another_origin_to_read_it() {
    let server = Server::start().await;
    for (method, path) in [
        (Method::GET, "/healthz"),
        (Method::GET, "/resumable"),
        (Method::OPTIONS, "/resumable"),
        (Method::POST, "/fineuploader"),
        (Method::GET, "/robusto"),
        (Method::GET, "/incoming/0.1/frontend/incoming.js"),
    ] {
        let request = server.client.request(method.clone(), server.url(path));
        let request = request.header("access-control-request-method", "POST");
        let answer = request.header("origin", STRANGER).send().await.unwrap();
        let mut names = answer.headers().keys();
        assert!(
            !names.any(|name| name.as_str().starts_with("access-control")),
            "{method} {path}: {:?}",
            answer.headers()
        );
    }
}

#[tokio::test]
async fn pages_that_are_named_may_upload() {
    let named = |config: &mut incoming_server::Config| {
        config.allowed_origins = vec!["https://a.example".to_owned()];
        config.cors_origins = vec!["https://b.example".to_owned()];
    };
    let server = Server::with(named).await;
    for (origin, is_named) in
        [("https://a.example", true), ("https://b.example", true), (STRANGER, false)]
    {
        for path in SOCKETS {
            assert_eq!(opens(&server, path, Some(origin)).await, is_named, "{origin}");
        }
        let status = form_from(&server, "/resumable", Some(origin)).await;
        assert_eq!(status, if is_named { 200 } else { 403 }, "{origin}");
    }
}

#[tokio::test]
async fn a_server_whose_names_are_set_answers_under_no_other_one() {
    let hosts = vec!["uploads.example".to_owned(), "other.example:8080".to_owned()];
    let server = Server::with(|config| config.hosts = hosts).await;
    let own = server.running.address().to_string();
    for (host, path, expected) in [
        ("uploads.example", "/resumable", 400),
        ("UPLOADS.example:4000", "/resumable", 400),
        ("other.example:8080", "/resumable", 400),
        ("other.example", "/resumable", 421),
        ("evil.example", "/resumable", 421),
        (&own, "/incoming/0.1/backend/new_upload", 421),
        ("evil.example", "/healthz", 200),
    ] {
        let request = server.client.get(server.url(path)).header("host", host);
        assert_eq!(request.send().await.unwrap().status(), expected, "{host}{path}");
    }
}
