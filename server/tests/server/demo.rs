//! The demo: a round trip on one machine.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::chunks::Cut;
use crate::common::{CHUNK, PATIENCE, Server, bytes};

async fn demo() -> Server {
    Server::with(|config| config.demo = true).await
}

async fn get(server: &Server, path: &str) -> reqwest::Response {
    reqwest::get(server.url(path)).await.unwrap()
}

async fn files(server: &Server) -> Vec<Value> {
    let text = get(server, "/demo/files").await.text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn it_does_not_answer_a_page_that_gave_its_own_name_this_address() {
    let server = demo().await;
    for path in ["/", "/demo/files", "/demo/tickets", "/resumable"] {
        let request = reqwest::Client::new().get(server.url(path)).header("host", "evil.example");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 421, "{path}");
        assert!(response.text().await.unwrap().contains("allowed-origins"));
    }
}

async fn ticket(server: &Server) -> String {
    let reply = reqwest::Client::new().post(server.url("/demo/tickets")).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    reply.text().await.unwrap()
}

#[tokio::test]
async fn what_arrived_is_listed_with_its_md5() {
    let server = demo().await;
    assert!(files(&server).await.is_empty());
    let content = bytes(2 * CHUNK);
    for (name, content) in [("empty", &content[..0]), ("../blåbær 🎉.bin", &content[..])] {
        let id = ticket(&server).await;
        let mut browser = server.browser().await;
        browser.upload(&id, content, name).await;
        browser.expect_done().await;
    }
    let files = files(&server).await;
    let shown: Vec<_> =
        files.iter().map(|file| (&file["name"], &file["size"], &file["state"])).collect();
    assert_eq!(shown.len(), 2);
    assert_eq!(*shown[0].0, "blåbær 🎉.bin");
    assert_eq!(*shown[0].1, content.len());
    assert_eq!(*shown[0].2, "stored");
    assert_eq!(files[1]["md5"], "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(files[1].as_object().unwrap().len(), 5, "nothing but what visitors may see");
    let path = server.storage().join("arrived").join(files[0]["id"].as_str().unwrap());
    assert_eq!(std::fs::read(path).unwrap(), content);
}

#[tokio::test]
async fn what_came_without_a_ticket_is_listed_too() {
    let server = demo().await;
    let cut = Cut::new("blåbær 🎉.bin", b"xyz", 100);
    server.send_all(&cut).await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let shown = loop {
        let shown = files(&server).await.remove(0);
        if shown["state"] == "stored" || tokio::time::Instant::now() > deadline {
            break shown;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!((&shown["name"], &shown["size"]), (&json!("blåbær 🎉.bin"), &json!(3)));
    assert_eq!(shown["md5"], "d16fb36f0911f878998c136191af705e");
    assert_eq!(shown.as_object().unwrap().len(), 5, "nothing but what visitors may see");
    assert_eq!(server.only_arrived().note["protocol"], "resumable", "the note is still whole");
}

#[tokio::test]
async fn what_arrived_is_still_listed_after_a_restart() {
    let server = demo().await;
    let id = ticket(&server).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"x", "a").await;
    browser.expect_done().await;
    let before = files(&server).await;
    let server = Server::over(server.stop().await, |config| config.demo = true).await;
    assert_eq!(files(&server).await, before);
}

#[tokio::test]
async fn a_stranger_hands_nothing_over() {
    let server = demo().await;
    let id = ticket(&server).await;
    let mut browser = server.browser().await;
    browser.open(&id, 1, "a").await;
    let form = format!("id={id}&backendSecret=&cancelled=no");
    let request = reqwest::Client::new().post(server.url("/demo/handover")).body(form);
    let media_type = "application/x-www-form-urlencoded";
    let reply = request.header("content-type", media_type).send().await.unwrap();
    assert_eq!(reply.status(), 403);
    assert!(files(&server).await.is_empty());
}

#[tokio::test]
async fn a_plain_upload_is_measured_and_not_kept() {
    let server = demo().await;
    let url = server.url("/demo/plain/a%2F..%2Fb");
    let body = bytes(3 * 1024 * 1024);
    let request = reqwest::Client::new().put(url).body(body).timeout(PATIENCE);
    let reply = request.send().await.unwrap().text().await.unwrap();
    assert_eq!(reply, "{\"size\":3145728}");
    assert_eq!(std::fs::read_dir(server.storage().join("plain")).unwrap().count(), 0);
}

#[tokio::test]
async fn the_page_and_the_package_are_served_and_not_cached() {
    let server = Server::with(|config| {
        let folder = config.storage.clone().unwrap();
        (config.demo, config.www, config.package) = (true, folder.join("w"), folder.join("p"));
        for (folder, file) in [(&config.www, "index.html"), (&config.package, "a_bg.wasm")] {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(file), "x").unwrap();
        }
    })
    .await;
    for (path, media_type) in [("/", "text/html"), ("/pkg/a_bg.wasm", "application/wasm")] {
        let reply = get(&server, path).await;
        assert_eq!(reply.status(), 200, "{path}");
        assert_eq!(reply.headers()["content-type"], media_type);
        assert_eq!(reply.headers()["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers()["cache-control"], "no-store");
    }
    assert_eq!(get(&server, "/..%2f..%2fetc/passwd").await.status(), 404);
}

#[tokio::test]
async fn the_package_comes_compressed_to_who_reads_that() {
    let server = Server::with(|config| {
        config.demo = true;
        config.package = config.storage.clone().unwrap().join("p");
        std::fs::create_dir_all(&config.package).unwrap();
        std::fs::write(config.package.join("a_bg.wasm"), "plain").unwrap();
        std::fs::write(config.package.join("a_bg.wasm.br"), "brotli").unwrap();
    })
    .await;
    for (accepted, content) in [("br", "brotli"), ("gzip", "plain")] {
        let request = reqwest::Client::new().get(server.url("/pkg/a_bg.wasm"));
        let reply = request.header("accept-encoding", accepted).send().await.unwrap();
        assert_eq!(reply.headers()["content-type"], "application/wasm");
        assert_eq!(reply.text().await.unwrap(), content);
    }
}

#[tokio::test]
async fn without_demo_mode_there_is_none() {
    let server = Server::start().await;
    for path in ["/", "/demo/files", "/demo/tickets", "/pkg/incoming.js"] {
        assert_eq!(get(&server, path).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn the_demo_stays_on_this_machine() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut config = crate::common::config(folder.path());
    config.demo = true;
    config.listen = "0.0.0.0:0".to_owned();
    let error = incoming_server::serve::start(config).await.unwrap_err().to_string();
    assert!(error.contains("loopback"), "{error}");
}
