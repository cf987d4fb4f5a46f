//! Who is let in to the protocols without tickets.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::common::chunks::{Cut, Pairs, answer, form, form_type};
use crate::common::{Backend, CHUNK, Hook, Reply, Server, bytes};
use crate::fineuploader::parts::{pairs, success};

const ROUTES: [(&str, Method); 8] = [
    ("/resumable", Method::GET),
    ("/resumable", Method::POST),
    ("/fineuploader", Method::POST),
    ("/fineuploader/u-1", Method::DELETE),
    ("/fineuploader/success", Method::POST),
    ("/fineuploader/session", Method::GET),
    ("/robusto?md5=d41d8cd98f00b204e9800998ecf8427e&name=a", Method::GET),
    ("/robusto?md5=d41d8cd98f00b204e9800998ecf8427e&name=a", Method::POST),
];

async fn asking(hook: &Hook, change: impl FnOnce(&mut incoming_server::Config)) -> Server {
    Server::with(|config| {
        config.authorize_url = Some(hook.url());
        change(config);
    })
    .await
}

fn sending(server: &Server, cut: &Cut, number: usize) -> RequestBuilder {
    let fields = cut.fields(number);
    let body = form(&fields, &cut.name, cut.bytes(number));
    let request = server.request(Method::POST).query(&fields).body(body);
    request.header("content-type", form_type()).header("authorization", "Bearer hush")
}

#[tokio::test]
async fn nobody_is_let_in_anywhere_whom_the_hook_refuses() {
    let hook = Hook::saying("403 Forbidden").await;
    hook.now_say(Some("403 Forbidden"), "", "not yours");
    let server = asking(&hook, |_| {}).await;
    for (path, method) in ROUTES {
        let request = server.client.request(method.clone(), server.url(path)).body("xyz");
        let (status, words) = answer(request).await;
        assert_eq!(status, 403, "{method} {path}");
        assert!(words.contains("not yours"), "{words}");
    }
    let request = format!("ws://{}/galileo", server.running.address()).into_client_request();
    let refused = tokio_tungstenite::connect_async(request.unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("403"), "{refused}");
    assert_eq!(server.uploads(), 0);
}

#[tokio::test]
async fn tickets_need_no_hook() {
    let hook = Hook::saying("403 Forbidden").await;
    let server = asking(&hook, |_| {}).await;
    let backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    browser.expect_done().await;
    assert!(hook.asked().is_empty());
}

#[tokio::test]
async fn the_hook_gets_the_headers_of_the_request_and_no_body() {
    let hook = Hook::saying("204 No Content").await;
    let server = asking(&hook, |_| {}).await;
    let cut = Cut::new("a", b"xyz", CHUNK);
    let request = sending(&server, &cut, 1).header("cookie", "session=1");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let asked = hook.asked().remove(0);
    for line in [
        "GET /may?key=hush-hook HTTP/1.1",
        "authorization: Bearer hush",
        "cookie: session=1",
        "x-original-method: POST",
        "x-forwarded-for: 127.0.0.1",
    ] {
        assert!(asked.contains(&format!("{line}\r\n")), "{line} in {asked}");
    }
    assert!(asked.contains("x-original-uri: /resumable?resumableChunkNumber=1&"), "{asked}");
    assert!(!asked.contains("content-length") && !asked.contains("content-type"), "{asked}");
}

#[tokio::test]
async fn an_upload_is_asked_for_once_and_not_with_every_chunk() {
    let hook = Hook::saying("200 OK").await;
    let server = asking(&hook, |_| {}).await;
    let cut = Cut::new("a", &bytes(20 * 100), 100);
    for number in 1..=cut.count() {
        assert_eq!(sending(&server, &cut, number).send().await.unwrap().status(), 200);
    }
    assert_eq!(hook.asked().len(), 1);
    let other = Cut::new("b", b"xyz", 100);
    assert_eq!(sending(&server, &other, 1).send().await.unwrap().status(), 200);
    assert_eq!(hook.asked().len(), 2, "another upload");
    let stranger = sending(&server, &other, 1).header("cookie", "session=2");
    assert_eq!(stranger.send().await.unwrap().status(), 200);
    assert_eq!(hook.asked().len(), 3, "another browser");
}

#[tokio::test]
async fn without_a_cache_every_request_is_asked_for() {
    let hook = Hook::saying("200 OK").await;
    let server = asking(&hook, |config| config.authorize_cache = Duration::ZERO).await;
    let cut = Cut::new("a", &bytes(300), 100);
    for number in 1..=3 {
        assert_eq!(sending(&server, &cut, number).send().await.unwrap().status(), 200);
    }
    assert_eq!(hook.asked().len(), 3);
}

#[tokio::test]
async fn a_refusal_is_never_remembered() {
    let hook = Hook::saying("401 Unauthorized").await;
    hook.now_say(Some("401 Unauthorized"), "WWW-Authenticate: Bearer\r\n", "log in first");
    let server = asking(&hook, |_| {}).await;
    let cut = Cut::new("a", b"xyz", CHUNK);
    let refused = sending(&server, &cut, 1).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    assert_eq!(refused.text().await.unwrap(), "log in first");
    hook.now_say(Some("200 OK"), "", "");
    assert_eq!(sending(&server, &cut, 1).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn nobody_is_let_in_by_mistake() {
    let hook = Hook::saying("500 Internal Server Error").await;
    let server =
        asking(&hook, |config| config.authorize_timeout = Duration::from_millis(100)).await;
    let cut = Cut::new("a", b"xyz", CHUNK);
    for (status, headers) in [
        (Some("500 Internal Server Error"), ""),
        (Some("302 Found"), "Location: /\r\n"),
        (Some("404 Not Found"), ""),
        (Some("nonsense"), ""),
        (None, ""),
    ] {
        hook.now_say(status, headers, "");
        let answer = sending(&server, &cut, 1).send().await.unwrap();
        assert_eq!(answer.status(), 503, "{status:?}");
        assert!(answer.headers().contains_key("retry-after"));
    }
    let nobody = |config: &mut incoming_server::Config| {
        config.authorize_url = Some("http://127.0.0.1:1/".to_owned());
    };
    let server = Server::with(nobody).await;
    assert_eq!(sending(&server, &cut, 1).send().await.unwrap().status(), 503);
    assert_eq!(server.uploads(), 0);
}

#[tokio::test]
async fn a_browser_that_still_sends_hears_why_it_is_refused() {
    let hook = Hook::saying("403 Forbidden").await;
    hook.now_say(Some("403 Forbidden"), "", "not yours");
    let server = asking(&hook, |_| {}).await;
    let cut = Cut::new("a", &bytes(8 << 20), 8 << 20);
    let (status, words) = answer(sending(&server, &cut, 1)).await;
    assert_eq!((status, words.as_str()), (403, "not yours"));
}

#[tokio::test]
async fn fine_uploader_hears_it_in_its_own_words() {
    let hook = Hook::saying("403 Forbidden").await;
    hook.now_say(Some("403 Forbidden"), "", "not yours");
    let server = asking(&hook, |_| {}).await;
    let request = server.client.post(server.url("/fineuploader")).body("x");
    let (_, words) = answer(request).await;
    let reply: serde_json::Value = serde_json::from_str(&words).unwrap();
    assert_eq!((&reply["success"], &reply["error"]), (&false.into(), &"not yours".into()));
}

#[tokio::test]
async fn a_form_does_not_do_what_the_hook_was_not_asked_for() {
    let hook = Hook::saying("200 OK").await;
    let server = asking(&hook, |_| {}).await;
    let (own, other) = (Cut::new("own", b"xyz", CHUNK), Cut::new("other", b"abc", CHUNK));
    let body = form(&other.fields(1), &other.name, other.bytes(1));
    let request = server.request(Method::POST).query(&own.fields(1)).body(body);
    let (status, words) = answer(request.header("content-type", form_type())).await;
    assert_eq!(status, 400, "{words}");
    assert!(words.contains("the same"), "{words}");
    assert!(server.arrived().is_empty());

    let removal = server.client.post(server.url("/fineuploader"));
    let removal = removal.header("content-type", "application/x-www-form-urlencoded");
    let (status, words) = answer(removal.body("_method=DELETE&qquuid=u-1")).await;
    assert_eq!(status, 405, "{words}");
}

#[tokio::test]
async fn no_form_deletes_a_file_when_a_hook_decides() {
    let hook = Hook::saying("200 OK").await;
    let server = asking(&hook, |_| {}).await;
    assert_eq!(server.whole("u", "a", b"xyz").await, success());
    let removal = pairs(&[("_method", "DELETE"), ("qquuid", "u")]);
    let (status, words) = server.fine_form(&Vec::new(), &removal, "x", b"y").await;
    assert_eq!(status, 405, "{words}");
    assert_eq!(server.arrived().len(), 1);
    let deleted = answer(server.client.delete(server.url("/fineuploader/u"))).await;
    assert_eq!(deleted.0, 200);
    assert!(server.arrived().is_empty());
}

#[tokio::test]
async fn the_end_of_a_file_is_not_asked_for_behind_the_hook() {
    let hook = Hook::saying("200 OK").await;
    let server = asking(&hook, |_| {}).await;
    assert_eq!(server.whole("other", "a", b"xyz").await, success());
    for (asked, expected) in [("other", 200), ("own", 400)] {
        let request = server.client.post(server.url("/fineuploader/success"));
        let request = request.query(&[("qquuid", asked)]).body("qquuid=other");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let (status, words) = answer(request).await;
        assert_eq!(status, expected, "{words}");
    }
}

#[tokio::test]
async fn nothing_is_said_to_the_server_in_other_words_than_to_the_hook() {
    let hook = Hook::saying("200 OK").await;
    let server = asking(&hook, |_| {}).await;
    let (own, other) = (Cut::new("own", b"xyz", CHUNK), Cut::new("other", b"abc", CHUNK));
    let flow = |cut: &Cut| -> Pairs {
        let fields = cut.fields(1).into_iter();
        fields.map(|(name, value)| (name.replace("resumable", "flow"), value)).collect()
    };
    let own_fields = own.fields(1);
    let twice = [own_fields.clone(), flow(&other)].concat();
    for (query, fields) in [
        (own_fields.clone(), flow(&other)),
        (flow(&own), other.fields(1)),
        (twice.clone(), own_fields.clone()),
        (own_fields.clone(), twice),
    ] {
        let request = server.request(Method::POST).query(&query).body(form(
            &fields,
            &other.name,
            other.bytes(1),
        ));
        let (status, words) = answer(request.header("content-type", form_type())).await;
        assert!(matches!(status, 400 | 415), "{words}");
        assert!(words.contains("under any name"), "{words}");
    }
    assert!(server.arrived().is_empty());
    let file = [("qquuid", "u"), ("qqfile", "approved"), ("qqtotalfilesize", "3")];
    for hidden in [("qqfilename", "hidden"), ("qquuid", "other"), ("qqtotalfilesize", "4")] {
        let hidden = pairs(&[hidden]);
        let (status, words) = server.fine_form(&pairs(&file), &hidden, "x", b"xyz").await;
        assert_eq!(status, 400, "{words}");
        let query = [pairs(&file), hidden].concat();
        let (status, words) = server.fine_form(&query, &Vec::new(), "x", b"xyz").await;
        assert_eq!(status, 400, "{words}");
    }
    assert!(server.arrived().is_empty());
}

#[tokio::test]
async fn the_hook_is_told_what_a_request_means() {
    let hook = Hook::saying("204 No Content").await;
    let server = asking(&hook, |_| {}).await;
    let cut = Cut::new("a", b"xyz", CHUNK);
    let request = sending(&server, &cut, 1).header("X-Upload-Id", "of somebody else");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let asked = hook.asked().remove(0);
    for line in [
        "x-upload-protocol: resumable",
        &format!("x-upload-id: {}", cut.identifier),
        "x-upload-size: 3",
        "x-upload-action: upload",
    ] {
        assert!(asked.contains(&format!("{line}\r\n")), "{line} in {asked}");
    }
}
