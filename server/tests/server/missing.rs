//! What is not there is called so.

use crate::common::Server;

#[tokio::test]
async fn every_404_has_words_for_people() {
    for is_demo in [false, true] {
        let server = Server::with(|config| config.demo = is_demo).await;
        for path in ["/", "/no/such/page", "/files/x/y", "/resumable/x", "/incoming/0.1/nothing"] {
            let answer = server.client.get(server.url(&format!("{path}?x"))).send().await.unwrap();
            assert_eq!(answer.status(), 404, "{path}");
            assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8", "{path}");
            assert!(answer.text().await.unwrap().contains("there is no"), "{path}");
            let head = server.client.head(server.url(path)).send().await.unwrap();
            assert_eq!(head.status(), 404, "{path}");
        }
    }
}
