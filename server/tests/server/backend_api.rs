//! What a backend calls, without sockets: requests into the router, answers out of it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use incoming_server::store::Memory;
use incoming_server::{Config, Services, app};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::common::config;

const FINISH: &str = "signalFinishURL=http%3A%2F%2Fa.example%2Ftaken";
const FORM: &str = "application/x-www-form-urlencoded";

async fn router_with(change: impl FnOnce(&mut Config)) -> Router {
    let folder = TempDir::new().unwrap();
    let mut config = config(folder.path());
    change(&mut config);
    let address = "127.0.0.1:4000".parse().unwrap();
    let services = Services::new(config, Arc::new(Memory::default()), address).await.unwrap();
    app(&services).unwrap()
}

async fn router() -> Router {
    router_with(|_| {}).await
}

async fn send(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn post(function: &str, query: &str, media_type: &str, body: &str) -> Request<Body> {
    let request = Request::post(format!("/incoming/0.1/backend/{function}?{query}"));
    let request = match media_type {
        "" => request,
        media_type => request.header(header::CONTENT_TYPE, media_type),
    };
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn call(router: &Router, function: &str, query: &str) -> (u16, String) {
    let (status, body) = send(router, post(function, query, "", "")).await;
    (status.as_u16(), body)
}

fn is_ticket(text: &str) -> bool {
    let shape: String =
        text.chars().map(|c| if matches!(c, '0'..='9' | 'a'..='f') { 'x' } else { c }).collect();
    shape == "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
}

#[tokio::test]
async fn a_ticket_is_a_random_id_in_plain_text() {
    let router = router().await;
    let response = router.clone().oneshot(post("new_upload", FINISH, "", "")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    let (one, other) =
        (call(&router, "new_upload", FINISH).await.1, call(&router, "new_upload", FINISH).await.1);
    assert!(is_ticket(&one) && is_ticket(&other) && one != other, "{one} {other}");
}

#[tokio::test]
async fn parameters_come_in_the_query_in_a_form_and_in_multipart() {
    let router = router().await;
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"signalFinishURL\"\r\n\r\n\
                     http://a.example/taken\r\n--b--\r\n";
    for request in [
        post("new_upload", FINISH, "", ""),
        post("new_upload", "", FORM, FINISH),
        post("new_upload", "", "application/x-www-form-urlencoded; charset=UTF-8", FINISH),
        post("new_upload", "", "multipart/form-data; boundary=b", multipart),
    ] {
        let (status, body) = send(&router, request).await;
        assert_eq!(status, 200, "{body}");
        assert!(is_ticket(&body));
    }
}

#[tokio::test]
async fn the_body_wins_over_the_query() {
    let router = router().await;
    let (_, id) = call(&router, "new_upload", &format!("{FINISH}&backendSecret=right")).await;
    let body = format!("id={id}&backendSecret=right");
    let request = post("cancel_upload", "id=wrong&backendSecret=wrong", FORM, &body);
    assert_eq!(send(&router, request).await, (StatusCode::OK, "ok".to_owned()));
}

#[tokio::test]
async fn a_ticket_needs_an_absolute_http_address() {
    let router = router().await;
    for (query, text) in [
        ("", "parse \"\": empty url"),
        ("signalFinishURL=foo", "parse \"foo\": expected an absolute http or https URL"),
        ("signalFinishURL=/x", "parse \"/x\": expected an absolute http or https URL"),
        ("signalFinishURL=ftp://a/", "parse \"ftp://a/\": expected an absolute http or https URL"),
    ] {
        let expected = (400, format!("signalFinishURL invalid: {text}"));
        assert_eq!(call(&router, "new_upload", query).await, expected);
    }
}

#[tokio::test]
async fn handover_hosts_can_be_restricted() {
    let router = router_with(|config| config.handover_hosts = vec!["a.example".to_owned()]).await;
    assert_eq!(call(&router, "new_upload", FINISH).await.0, 200);
    let other = "signalFinishURL=http://169.254.169.254/";
    assert_eq!(call(&router, "new_upload", other).await.0, 400);
}

#[tokio::test]
async fn a_truth_that_go_does_not_know_is_refused() {
    let router = router().await;
    let query = format!("{FINISH}&removeFileWhenFinished=maybe");
    let text = "removeFileWhenFinished invalid: strconv.ParseBool: parsing \"maybe\": \
                invalid syntax";
    assert_eq!(call(&router, "new_upload", &query).await, (400, text.to_owned()));
}

#[tokio::test]
async fn ids_and_secrets_are_checked_in_this_order() {
    let router = router().await;
    let (_, id) = call(&router, "new_upload", &format!("{FINISH}&backendSecret=s")).await;
    let wrong_secret = (403, "backendSecret not given or wrong".to_owned());
    for function in ["cancel_upload", "finish_upload"] {
        let unknown = (400, "id unknown".to_owned());
        assert_eq!(call(&router, function, "").await, (400, "id not given".to_owned()));
        assert_eq!(call(&router, function, "id=x&backendSecret=s").await, unknown);
        assert_eq!(call(&router, function, "id=..%2F..%2Fx").await, unknown);
        assert_eq!(call(&router, function, &format!("id={id}")).await, wrong_secret);
        let query = format!("id={id}&backendSecret=S");
        assert_eq!(call(&router, function, &query).await, wrong_secret);
    }
    let query = format!("id={id}&backendSecret=s");
    let not_yet = (412, "uploader is not in 'handing over' state".to_owned());
    assert_eq!(call(&router, "finish_upload", &query).await, not_yet);
    assert_eq!(call(&router, "cancel_upload", &query).await, (200, "ok".to_owned()));
}

#[tokio::test]
async fn a_wrong_method_is_answered_with_405_and_nothing_else() {
    let router = router().await;
    for path in ["backend/new_upload", "backend/cancel_upload", "backend/finish_upload"] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let request = Request::builder().method(method).uri(format!("/incoming/0.1/{path}"));
            let answer = send(&router, request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer, (StatusCode::METHOD_NOT_ALLOWED, String::new()));
        }
    }
    let request = Request::post("/incoming/0.1/frontend/upload_ws").body(Body::empty()).unwrap();
    let answer = send(&router, request).await;
    assert_eq!(answer, (StatusCode::METHOD_NOT_ALLOWED, String::new()));
}

#[tokio::test]
async fn pages_are_turned_away_whatever_is_allowed() {
    for allowed in [vec![], vec!["*".to_owned()], vec!["http://a.example".to_owned()]] {
        let router = router_with(|config| {
            config.allowed_origins.clone_from(&allowed);
            config.cors_origins.clone_from(&allowed);
        });
        let router = router.await;
        for function in ["new_upload", "cancel_upload", "finish_upload"] {
            for (name, value) in [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "none"),
                ("origin", "http://a.example"),
                ("origin", "null"),
            ] {
                let mut request = post(function, FINISH, "", "");
                request.headers_mut().insert(name, value.parse().unwrap());
                let (status, words) = send(&router, request).await;
                assert_eq!(status, StatusCode::FORBIDDEN, "{function} {name}: {value}");
                assert!(words.contains("for servers and not for pages"), "{words}");
            }
        }
        assert_eq!(send(&router, post("new_upload", FINISH, "", "")).await.0, 200);
    }
}

#[tokio::test]
async fn a_form_that_is_too_large_or_broken_is_refused() {
    let router = router_with(|config| config.max_form_size = 1000).await;
    let large = format!("{FINISH}&backendSecret={}", "x".repeat(1000));
    let (status, _) = send(&router, post("new_upload", "", FORM, &large)).await;
    assert_eq!(status, 413);
    let multipart = "multipart/form-data; boundary=b";
    let (status, _) = send(&router, post("new_upload", "", multipart, "--b\r\nnonsense")).await;
    assert_eq!(status, 400);
    let (status, _) = send(&router, post("new_upload", "", "multipart/form-data", "x")).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn there_are_no_more_tickets_than_allowed() {
    let router = router_with(|config| config.max_tickets = 2).await;
    let (_, id) = call(&router, "new_upload", FINISH).await;
    call(&router, "new_upload", FINISH).await;
    assert_eq!(call(&router, "new_upload", FINISH).await.0, 503);
    call(&router, "cancel_upload", &format!("id={id}")).await;
    assert_eq!(call(&router, "new_upload", FINISH).await.0, 200);
}

#[tokio::test]
async fn the_server_says_that_it_lives() {
    let request = Request::get("/healthz").body(Body::empty()).unwrap();
    assert_eq!(send(&router().await, request).await, (StatusCode::OK, "ok".to_owned()));
}

#[tokio::test]
async fn the_scripts_come_from_the_package() {
    let package = TempDir::new().unwrap();
    let router = router_with(|config| config.package = package.path().to_owned()).await;
    for name in [
        "incoming.js",
        "incoming-resumable.js",
        "incoming-incoming.js",
        "incoming-digest.js",
        "incoming-checkpoints.js",
    ] {
        let path = format!("/incoming/0.1/frontend/{name}");
        let request = || Request::get(&path).body(Body::empty()).unwrap();
        let (status, text) = send(&router, request()).await;
        assert_eq!(status, 404);
        assert!(text.contains("npm run build"), "{text}");

        std::fs::write(package.path().join(name), name).unwrap();
        let response = router.clone().oneshot(request()).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        let modified = response.headers()[header::LAST_MODIFIED].clone();
        assert_eq!(send(&router, request()).await, (StatusCode::OK, name.to_owned()));
        let mut again = request();
        again.headers_mut().insert(header::IF_MODIFIED_SINCE, modified);
        assert_eq!(send(&router, again).await.0, 304);
    }
}

#[tokio::test]
async fn the_script_comes_compressed_to_who_reads_that() {
    let package = TempDir::new().unwrap();
    let router = router_with(|config| config.package = package.path().to_owned()).await;
    for (name, content) in [("", "plain"), (".br", "brotli"), (".gz", "gzip")] {
        std::fs::write(package.path().join(format!("incoming.js{name}")), content).unwrap();
    }
    for (accepted, encoding, content) in [
        ("gzip, deflate, br, zstd", Some("br"), "brotli"),
        ("gzip", Some("gzip"), "gzip"),
        ("identity", None, "plain"),
    ] {
        let request = Request::get("/incoming/0.1/frontend/incoming.js")
            .header(header::ACCEPT_ENCODING, accepted);
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let headers = response.headers();
        let found = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap());
        assert_eq!(found, encoding);
        assert_eq!(headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(headers[header::VARY], "accept-encoding");
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert_eq!(body, content);
    }
}

#[tokio::test]
async fn cors_is_off_unless_asked_for() {
    let request = || {
        let request = Request::get("/healthz").header(header::ORIGIN, "https://a.example");
        request.body(Body::empty()).unwrap()
    };
    let allowed = async |router: Router| {
        let response = router.oneshot(request()).await.unwrap();
        response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).cloned()
    };
    let with = async |origin: &str| {
        router_with(|config| config.cors_origins = vec![origin.to_owned()]).await
    };
    assert_eq!(allowed(router().await).await, None);
    assert_eq!(allowed(with("https://a.example").await).await.unwrap(), "https://a.example");
    assert_eq!(allowed(with("https://b.example").await).await, None);
    assert_eq!(allowed(with("*").await).await.unwrap(), "*");
}
