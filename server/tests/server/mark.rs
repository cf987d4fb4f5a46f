//! Every answer of an upload route says that it is this server that answers, so that no login page on
//! the way is taken for it.

use std::io::ErrorKind;

use incoming_server::Config;
use reqwest::{Method, RequestBuilder, Response};

use crate::common::chunks::{Cut, form, form_type, stored};
use crate::common::{CHUNK, Hook, Server, Troubled, raw};
use crate::fineuploader::parts::success;
use crate::robusto::page::Hashed;

const STRANGER: &str = "https://evil.example";

/// Every upload route, with each of its methods, ones that it does not have, and what is below it.
const ROUTES: [(Method, &str); 20] = [
    (Method::GET, "/resumable"),
    (Method::HEAD, "/resumable"),
    (Method::POST, "/resumable"),
    (Method::PUT, "/resumable"),
    (Method::PATCH, "/resumable"),
    (Method::DELETE, "/resumable"),
    (Method::OPTIONS, "/resumable"),
    (Method::GET, "/resumable/nothing"),
    (Method::POST, "/fineuploader"),
    (Method::GET, "/fineuploader"),
    (Method::GET, "/fineuploader/success"),
    (Method::POST, "/fineuploader/success"),
    (Method::GET, "/fineuploader/session"),
    (Method::DELETE, "/fineuploader/u-1"),
    (Method::POST, "/fineuploader/u-1/nothing"),
    (Method::GET, "/robusto"),
    (Method::POST, "/robusto"),
    (Method::PUT, "/robusto"),
    (Method::GET, "/files/nothing"),
    (Method::GET, "/files/00000000-0000-0000-0000-000000000000/a"),
];

fn is_marked(response: &Response) -> bool {
    response.headers().get("upload-server").is_some_and(|value| value == "incoming")
}

async fn expect_marked(request: RequestBuilder, status: u16) {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), status, "{}", response.url());
    assert!(is_marked(&response), "{status} {}", response.url());
}

fn sending(server: &Server, cut: &Cut) -> RequestBuilder {
    let fields = cut.fields(1);
    let body = form(&fields, &cut.name, cut.bytes(1));
    let request = server.request(Method::POST).query(&fields).body(body);
    request.header("content-type", form_type())
}

fn cut() -> Cut {
    Cut::new("a", b"xyz", CHUNK)
}

#[tokio::test]
async fn every_answer_of_every_upload_route_has_the_mark() {
    for is_demo in [false, true] {
        let server =
            Server::with(|config| (config.serve_files, config.demo) = (!is_demo, is_demo)).await;
        for (method, path) in ROUTES {
            let response = server.client.request(method.clone(), server.url(path)).send().await;
            let response = response.unwrap();
            assert!(is_marked(&response), "{method} {path}: {response:?}");
        }
    }
}

#[tokio::test]
async fn a_success_has_the_mark() {
    let server = Server::with(|config| config.serve_files = true).await;
    expect_marked(server.request(Method::GET).query(&cut().fields(1)), 204).await;
    expect_marked(sending(&server, &cut()), 200).await;
    expect_marked(server.request(Method::GET).query(&cut().fields(1)), 200).await;
    assert_eq!(server.whole("u-1", "a", b"xyz").await, success());
    let all_sent = server.fine(Method::POST, "/success").form(&[("qquuid", "u-1")]);
    expect_marked(all_sent, 200).await;
    expect_marked(server.fine(Method::DELETE, "/u-1"), 200).await;
    let file = Hashed::new("a", b"xyz", CHUNK);
    server.all_chunks(&file).await;
    expect_marked(server.question(&file.query()), 200).await;
    let (_, address) = server.ask(&file).await;
    expect_marked(server.client.get(server.url(&address)), 200).await;
}

#[tokio::test]
async fn what_can_never_be_right_is_refused_with_the_mark() {
    let server = Server::with(|config| config.max_file_size = 1).await;
    expect_marked(server.request(Method::POST).body("xyz"), 400).await;
    expect_marked(server.fine(Method::POST, "").body("xyz"), 400).await;
    expect_marked(sending(&server, &Cut { library: "flow", ..cut() }), 413).await;
}

#[tokio::test]
async fn pages_of_unknown_origins_are_refused_with_the_mark() {
    let server = Server::start().await;
    for path in ["/resumable", "/fineuploader", "/fineuploader/success", "/robusto"] {
        let request = server.client.post(server.url(path)).header("origin", STRANGER);
        expect_marked(request, 403).await;
    }
}

#[tokio::test]
async fn the_refusal_of_a_hook_and_its_silence_have_the_mark() {
    let hook = Hook::saying("403 Forbidden").await;
    for (says, status) in [("403 Forbidden", 403), ("500 Internal Server Error", 503)] {
        hook.now_say(Some(says), "", "not yours");
        let server = Server::with(|config| config.authorize_url = Some(hook.url())).await;
        for path in ["/resumable", "/fineuploader", "/robusto"] {
            expect_marked(server.client.post(server.url(path)), status).await;
        }
        expect_marked(server.client.delete(server.url("/fineuploader/u-1")), status).await;
    }
}

#[tokio::test]
async fn who_asks_too_much_is_refused_with_the_mark() {
    let server =
        Server::with(|config| (config.max_request_rate, config.request_burst) = (1, 1)).await;
    let fills = server.client.get(server.url("/healthz"));
    assert_eq!(fills.send().await.unwrap().status(), 200);
    let request = server.client.post(server.url("/resumable"));
    expect_marked(request, 429).await;
}

#[tokio::test]
async fn who_has_too_many_connections_is_refused_with_the_mark() {
    let server = Server::with(|config| config.max_connections_per_address = Some(1)).await;
    let _one = server.browser().await;
    let answer = raw(server.running.address(), b"").await.to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 429 "), "{answer}");
    assert!(answer.contains("\r\nupload-server: incoming\r\n"), "{answer}");
}

#[tokio::test]
async fn that_there_is_no_room_is_told_with_the_mark() {
    let server = Server::with(|config| config.max_storage = Some(8)).await;
    let half_there = Cut::new("b", b"abcdef", 3);
    assert_eq!(server.send(&half_there, 1).await, stored());
    expect_marked(sending(&server, &cut()), 507).await;
}

#[tokio::test]
async fn trouble_of_the_store_is_told_with_the_mark() {
    let store = Troubled::default();
    let server = Server::troubled(&store, |_| {}).await;
    store.fail(ErrorKind::Other);
    expect_marked(sending(&server, &cut()), 503).await;
}

#[tokio::test]
async fn the_demo_under_a_strange_name_refuses_with_the_mark() {
    let server = Server::with(|config| config.demo = true).await;
    for (method, path) in ROUTES {
        let request = server.client.request(method, server.url(path));
        expect_marked(request.header("host", "evil.example"), 421).await;
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_read_the_mark_of_every_answer() {
    let hook = Hook::saying("403 Forbidden").await;
    let origin = "https://a.example";
    let named = |config: &mut Config| config.cors_origins = vec![origin.to_owned()];
    let open = Server::with(named).await;
    let guarded = Server::with(|config| {
        named(config);
        config.authorize_url = Some(hook.url());
    })
    .await;
    for server in [open, guarded] {
        // An OPTIONS is a preflight, whose answer pages never see.
        for (method, path) in ROUTES.into_iter().filter(|(method, _)| method != Method::OPTIONS) {
            let request = server.client.request(method.clone(), server.url(path));
            let response = request.header("origin", origin).send().await.unwrap();
            assert!(is_marked(&response), "{method} {path}");
            let headers = response.headers();
            assert_eq!(headers["access-control-allow-origin"], origin, "{method} {path}");
            let exposed = headers["access-control-expose-headers"].to_str().unwrap();
            assert!(exposed.split(',').any(|name| name == "upload-server"), "{exposed}");
        }
    }
}

#[tokio::test]
async fn no_other_route_has_the_mark_because_its_success_proves_nothing() {
    let server = Server::with(|config| config.demo = true).await;
    for path in ["/", "/healthz", "/demo/files", "/incoming/0.1/frontend/incoming.js"] {
        let response = server.client.get(server.url(path)).send().await.unwrap();
        assert!(!response.headers().contains_key("upload-server"), "{path}");
    }
}
