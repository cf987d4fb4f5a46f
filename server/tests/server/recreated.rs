//! A storage folder that somebody deletes under the server.

use incoming_server::serve::start;
use reqwest::Method;
use tempfile::TempDir;

use crate::common::chunks::{Cut, stored};
use crate::common::{Backend, CHUNK, Reply, Server, bytes, config};
use crate::fineuploader::parts::{Parts, success};

/// What is done to the folder.
const DEEDS: [(&str, bool); 2] = [("deleted", false), ("deleted and made anew", true)];

fn delete(folder: &std::path::Path, is_made_anew: bool) {
    std::fs::remove_dir_all(folder).unwrap();
    if is_made_anew {
        std::fs::create_dir(folder).unwrap();
    }
}

async fn expect_all_to_arrive(server: &Server) {
    let mut backend = Backend::always(Reply::Done).await;
    let id = server.ticket(&backend).await;
    let mut browser = server.browser().await;
    browser.upload(&id, b"ticket", "a").await;
    browser.expect_done().await;
    assert_eq!(backend.call().await.of("cancelled"), "no");
    let cut = Cut::new("b", &bytes(3 * CHUNK), CHUNK);
    server.send_all(&cut).await;
    assert_eq!(server.whole("whole", "c", b"whole").await, success());
    let md5 = "9e925e9341b490bfd3b4c4ca3b0c1ef2";
    let body = crate::common::chunks::form(&[], "blob", b"this");
    let query = format!("/robusto?md5={md5}&name=d&chunk=0&chunks=1");
    let request = server.client.request(Method::POST, server.url(&query)).body(body);
    let kind = crate::common::chunks::form_type();
    let answer = request.header("content-type", kind).send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("complete"), "{answer}");
    assert_eq!(server.arrived().len(), 3);
}

#[tokio::test]
async fn what_comes_next_is_stored() {
    for (what, is_made_anew) in DEEDS {
        let server = Server::start().await;
        expect_all_to_arrive(&server).await;
        delete(&server.storage(), is_made_anew);
        println!("{what}");
        expect_all_to_arrive(&server).await;
    }
}

#[tokio::test]
async fn an_upload_that_was_under_way_is_told_so_and_arrives_when_it_is_sent_again() {
    for (what, is_made_anew) in DEEDS {
        let server = Server::start().await;
        let cut = Cut::new("a", &bytes(3 * CHUNK), CHUNK);
        assert_eq!(server.send(&cut, 1).await, stored());
        let parts = Parts::new("u", &bytes(3 * CHUNK), CHUNK);
        assert_eq!(server.part(&parts, 0).await, success());
        delete(&server.storage(), is_made_anew);
        let (status, words) = server.send(&cut, 2).await;
        assert_ne!((status, words), stored(), "{what}: chunk 1 is gone");
        let (_, reply) = server.part(&parts, 1).await;
        assert_ne!(reply["success"], true, "{what}: part 0 is gone");
        server.send_all(&cut).await;
        server.all_parts(&parts).await;
        let arrived = server.arrived();
        assert_eq!(arrived.len(), 2, "{what}");
        assert!(arrived.iter().all(|arrived| arrived.content == cut.content));
    }
}

#[tokio::test]
async fn a_folder_of_arrivals_that_was_deleted_is_made_anew() {
    let folder = TempDir::new().unwrap();
    let arrivals = folder.path().join("elsewhere/arrivals");
    let server = Server::over(folder, |config| config.arrivals = Some(arrivals.clone())).await;
    std::fs::remove_dir_all(arrivals.parent().unwrap()).unwrap();
    server.send_all(&Cut::new("a", b"xyz", CHUNK)).await;
    assert_eq!(crate::common::chunks::arrived(&arrivals)[0].content, b"xyz");
}

#[tokio::test]
async fn another_server_that_has_taken_the_new_folder_keeps_it_for_itself() {
    let server = Server::start().await;
    delete(&server.storage(), false);
    let other = start(config(&server.folder.path().join("storage"))).await.unwrap();
    let cut = Cut::new("a", b"xyz", CHUNK);
    assert_eq!(server.send(&cut, 1).await.0, 503);
    assert_eq!(server.uploads(), 0);
    other.stop().await;
    assert_eq!(server.send(&cut, 1).await, stored());
    let third = start(config(&server.folder.path().join("storage"))).await;
    assert!(third.is_err(), "the folder is the first one's again");
}
