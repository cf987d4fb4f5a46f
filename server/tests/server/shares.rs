//! Nobody takes all the room.

use incoming_server::Config;
use reqwest::{Method, Response};
use serde_json::json;

use crate::common::chunks::{Cut, form, form_type};
use crate::common::{Backend, Browser, Hook, Reply, Server, bytes};

const SIZE: usize = 100;

/// A file that is never whole, and so many bytes long.
fn begun(name: &str, size: usize) -> Cut {
    Cut::new(name, &bytes(size), size.div_ceil(2))
}

fn behind_a_proxy(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.1".to_owned()];
}

async fn send_from(server: &Server, address: &str, cut: &Cut) -> Response {
    let fields = cut.fields(1);
    let body = form(&fields, &cut.name, cut.bytes(1));
    let request = server.request(Method::POST).query(&fields).header("x-forwarded-for", address);
    request.header("content-type", form_type()).body(body).send().await.unwrap()
}

async fn expect_share(answer: Response) {
    assert_eq!(answer.status(), 507);
    assert_eq!(answer.headers()["retry-after"], "10");
    let words = answer.text().await.unwrap();
    assert_eq!(
        words,
        "your uploads hold as much as you may have at once, try again when one has ended"
    );
}

#[tokio::test]
async fn an_address_holds_a_quarter_of_the_room_and_leaves_the_rest_to_others() {
    let server = Server::with(|config| {
        behind_a_proxy(config);
        config.max_storage = Some(8 * SIZE as u64);
    })
    .await;
    for (address, name, is_taken) in [
        ("192.0.2.1", "a", true),
        ("192.0.2.1", "b", true),
        ("192.0.2.1", "c", false),
        ("192.0.2.2", "d", true),
        ("2001:db8::1", "e", true),
        ("2001:db8::2", "f", true),
        ("2001:db8::3", "g", false),
        ("127.0.0.1", "h", true),
        ("127.0.0.1", "i", true),
        ("127.0.0.1", "j", false),
    ] {
        let answer = send_from(&server, address, &begun(name, SIZE)).await;
        if is_taken {
            assert_eq!(answer.status(), 200, "{name}");
        } else {
            expect_share(answer).await;
        }
    }
    let folder = server.stop().await;
    let server = Server::over(folder, |config| {
        behind_a_proxy(config);
        config.max_storage = Some(8 * SIZE as u64);
    })
    .await;
    expect_share(send_from(&server, "192.0.2.1", &begun("c", SIZE)).await).await;
    let backend = Backend::always(Reply::Done).await;
    let ticket = server.ticket(&backend).await;
    let mut browser = Browser::forwarded(server.running.address(), "192.0.2.1").await;
    browser.ask(&ticket, &json!(SIZE), "a").await;
    browser.expect_close(1013).await;
}

#[tokio::test]
async fn a_file_that_is_larger_than_a_share_is_refused_for_good() {
    let server = Server::with(|config| {
        behind_a_proxy(config);
        (config.max_storage, config.share) = (Some(8 * SIZE as u64), 50);
    })
    .await;
    let answer = send_from(&server, "192.0.2.1", &begun("a", 4 * SIZE + 1)).await;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.text().await.unwrap(), "the file is larger than 400 bytes");
    assert_eq!(send_from(&server, "192.0.2.1", &begun("a", 4 * SIZE)).await.status(), 200);
}

#[tokio::test]
async fn an_address_has_a_share_of_the_uploads_that_may_be_open() {
    let server = Server::with(|config| {
        behind_a_proxy(config);
        config.max_open_uploads = 4;
    })
    .await;
    assert_eq!(send_from(&server, "192.0.2.1", &begun("a", SIZE)).await.status(), 200);
    expect_share(send_from(&server, "192.0.2.1", &begun("b", SIZE)).await).await;
    assert_eq!(send_from(&server, "192.0.2.2", &begun("c", SIZE)).await.status(), 200);
}

#[tokio::test]
async fn an_owner_whom_the_authorisation_names_has_a_share_at_whatever_address() {
    let hook = Hook::saying("200 OK").await;
    let url = hook.url();
    let server = Server::with(|config| {
        behind_a_proxy(config);
        (config.max_open_uploads, config.authorize_url) = (8, Some(url));
    })
    .await;
    hook.now_say(Some("200 OK"), "X-Upload-Owner: ann\r\n", "");
    for (address, name) in [("192.0.2.1", "a"), ("192.0.2.2", "b")] {
        assert_eq!(send_from(&server, address, &begun(name, SIZE)).await.status(), 200);
    }
    expect_share(send_from(&server, "192.0.2.3", &begun("c", SIZE)).await).await;
    hook.now_say(Some("200 OK"), "X-Upload-Owner: bob\r\n", "");
    assert_eq!(send_from(&server, "192.0.2.3", &begun("d", SIZE)).await.status(), 200);
    hook.now_say(Some("200 OK"), "", "");
    assert_eq!(send_from(&server, "192.0.2.3", &begun("e", SIZE)).await.status(), 200);
}

#[tokio::test]
async fn finished_files_take_no_tickets() {
    let server = Server::with(|config| config.max_tickets = 2).await;
    for number in 0..5 {
        server.send_all(&Cut::new(&number.to_string(), &bytes(SIZE), SIZE)).await;
    }
    let backend = Backend::always(Reply::Done).await;
    server.ticket(&backend).await;
    server.ticket(&backend).await;
    let url = backend.url();
    let (status, words) = server.call("new_upload", &[("signalFinishURL", &url)]).await;
    assert_ne!(status, 200, "{words}");
}

#[tokio::test]
async fn what_has_arrived_counts_if_the_settings_say_so() {
    for counts in [false, true] {
        let server = Server::with(|config| {
            (config.count_arrived, config.max_storage) = (counts, Some(2 * SIZE as u64 + 900));
        })
        .await;
        server.send_all(&Cut::new("a", &bytes(2 * SIZE), SIZE)).await;
        let server = Server::over(server.stop().await, |config| {
            (config.count_arrived, config.max_storage) = (counts, Some(2 * SIZE as u64 + 900));
        })
        .await;
        let answer = send_from(&server, "127.0.0.1", &begun("b", 1000)).await;
        assert_eq!(answer.status(), if counts { 507 } else { 200 });
    }
}
