//! What `complete` says where the file is.

use super::SIZE;
use super::page::Hashed;
use crate::common::{Server, bytes};

fn file() -> Hashed {
    Hashed::new("a \"b\" <ü>.html", b"<script>alert(1)</script>", SIZE)
}

async fn address(server: &Server) -> String {
    server.all_chunks(&file()).await;
    let (status, address) = server.ask(&file()).await;
    assert_eq!(status, "complete");
    address
}

#[tokio::test]
async fn a_file_can_be_downloaded_only_where_files_are_served() {
    let server = Server::start().await;
    assert_eq!(address(&server).await, "");
    let id = server.only_arrived().note["id"].as_str().unwrap().to_owned();
    let response = server.client.get(server.url(&format!("/files/{id}/a"))).send().await.unwrap();
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn a_download_is_never_shown_or_run() {
    for is_demo in [false, true] {
        let server =
            Server::with(|config| (config.serve_files, config.demo) = (!is_demo, is_demo)).await;
        let address = address(&server).await;
        assert!(address.ends_with("/a%20%22b%22%20%3C%C3%BC%3E.html"), "{address}");
        let response = server.client.get(server.url(&address)).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        assert_eq!(header("content-type"), "application/octet-stream");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'");
        let disposition = "attachment; filename*=UTF-8''a%20%22b%22%20%3C%C3%BC%3E.html";
        assert_eq!(header("content-disposition"), disposition);
        assert_eq!(response.bytes().await.unwrap(), file().content);
    }
}

#[tokio::test]
async fn neither_a_page_nor_an_image_that_is_one_can_run() {
    let server = Server::with(|config| config.demo = true).await;
    let page = "<script>alert(1)</script>";
    let image = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (name, content) in
        [("a.html", page), ("a.xhtml", page), ("a.svg", image), ("a.pdf", page), ("a.js", page)]
    {
        let unique = format!("{content}<!-- {name} -->");
        let file = Hashed::new(name, unique.as_bytes(), SIZE);
        server.all_chunks(&file).await;
        let url = server.url(&server.ask(&file).await.1);
        for asked in [url.clone(), format!("{url}?x=.html"), url.replace("/a.", "/b.html?a.")] {
            let response = server.client.get(asked).send().await.unwrap();
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), "application/octet-stream");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert!(header("content-security-policy").starts_with("sandbox;"));
            assert!(header("content-disposition").starts_with("attachment;"));
            assert_eq!(response.text().await.unwrap(), unique);
        }
    }
}

#[tokio::test]
async fn parts_of_a_file_can_be_downloaded() {
    let server = Server::with(|config| config.serve_files = true).await;
    let url = server.url(&address(&server).await);
    let response = server.client.get(url).header("range", "bytes=1-6").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.text().await.unwrap().as_str()),
        (206, "script")
    );
}

#[tokio::test]
async fn only_what_has_arrived_can_be_downloaded() {
    let server = Server::with(|config| config.serve_files = true).await;
    server.chunk(&Hashed::new("a", &bytes(2 * SIZE), SIZE), 0).await;
    for path in [
        "/files/x/a",
        "/files/..%2f..%2fetc%2fpasswd/a",
        "/files/00000000-0000-4000-8000-000000000000/a",
        "/files/%2e%2e/a",
    ] {
        let response = server.client.get(server.url(path)).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_file_that_somebody_has_moved_is_complete_and_nowhere() {
    let server = Server::with(|config| config.serve_files = true).await;
    address(&server).await;
    std::fs::remove_file(server.only_arrived().path).unwrap();
    assert_eq!(server.ask(&file()).await, ("complete".into(), String::new()));
}
