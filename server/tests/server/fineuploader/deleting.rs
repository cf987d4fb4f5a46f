//! Files that were delivered are deleted.

use reqwest::Method;

use super::SIZE;
use super::parts::{Parts, pairs, reply, success};
use crate::common::{Backend, Reply, Server, bytes, until};

fn is_empty(server: &Server) -> bool {
    let arrivals = std::fs::read_dir(server.storage().join("arrived")).unwrap().count();
    arrivals == 0 && server.uploads() == 0
}

#[tokio::test]
async fn a_file_is_deleted_by_its_uuid_and_leaves_nothing() {
    let server = Server::start().await;
    server.whole("u-1", "a.bin", b"xyz").await;
    assert_eq!(server.delete("u-1").await, success());
    assert!(is_empty(&server));
    let (status, again) = server.delete("u-1").await;
    assert_eq!((status, &again["success"]), (404, &false.into()));
}

#[tokio::test]
async fn a_form_may_be_a_deletion_and_never_an_upload() {
    let server = Server::start().await;
    server.all_parts(&Parts::new("u", &bytes(3 * SIZE), SIZE)).await;
    let post = |fields: &[(&str, &str)]| reply(server.fine(Method::POST, "").form(&pairs(fields)));
    assert_eq!(post(&[("x", "1"), ("qquuid", "u"), ("_method", "DELETE")]).await, success());
    assert!(is_empty(&server));
    assert_eq!(post(&[("qquuid", "u"), ("_method", "DELETE")]).await.0, 404);
    for no_deletion in [&[("qquuid", "u")][..], &[("qquuid", "u"), ("_method", "PUT")]] {
        let (status, refused) = post(no_deletion).await;
        assert_eq!((status, &refused["preventRetry"]), (400, &true.into()));
    }
    assert!(is_empty(&server));
}

#[tokio::test]
async fn an_upload_that_is_not_whole_can_be_deleted() {
    let server = Server::start().await;
    let parts = Parts::new("u", &bytes(3 * SIZE), SIZE);
    server.part(&parts, 1).await;
    assert_eq!(server.delete("u").await, success());
    assert!(is_empty(&server));
    server.all_parts(&parts).await;
    assert!(server.only_arrived().content == parts.content, "it can come again");
}

#[tokio::test]
async fn a_uuid_may_have_any_characters() {
    let server = Server::start().await;
    for uuid in ["a b", "ü/文", "../../etc/passwd", "a\0b", "%2e", "success"] {
        assert_eq!(server.whole(uuid, "a.bin", b"xyz").await, success(), "{uuid}");
        let deletion = pairs(&[("qquuid", uuid), ("_method", "DELETE")]);
        let deleted = reply(server.fine(Method::POST, "").form(&deletion)).await;
        assert_eq!(deleted, success(), "{uuid}");
    }
    server.whole("ü/文 ?", "a.bin", b"xyz").await;
    assert_eq!(server.delete("%c3%bc%2f%E6%96%87%20%3F").await, success());
    assert!(is_empty(&server));
}

#[tokio::test]
async fn a_file_that_somebody_has_moved_is_not_deleted() {
    let server = Server::start().await;
    server.whole("u", "a.bin", b"xyz").await;
    let arrived = server.only_arrived();
    let moved = arrived.path.with_extension("moved");
    std::fs::rename(&arrived.path, &moved).unwrap();
    assert_eq!(server.delete("u").await.0, 409);
    assert!(moved.exists() && arrived.path.with_extension("json").exists());
}

#[tokio::test]
async fn a_file_that_the_backend_has_is_not_deleted() {
    let mut backend = Backend::always(Reply::Done).await;
    let url = backend.url();
    let server = Server::with(|config| config.signal_finish_url = Some(url)).await;
    server.whole("u", "a.bin", b"xyz").await;
    assert_eq!(backend.call().await.of("filenameFromBrowser"), "a.bin");
    assert_eq!(server.delete("u").await.0, 409);
    assert_eq!(server.arrived().len(), 1);
}

#[tokio::test]
async fn nothing_of_another_protocol_is_deleted() {
    use crate::common::chunks::Cut;
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(SIZE), SIZE);
    server.send_all(&cut).await;
    assert_eq!(server.delete(&cut.identifier).await.0, 404);
    server.only_arrived();
}

#[tokio::test]
async fn a_part_that_is_on_its_way_does_not_bring_a_deleted_file_back() {
    for _ in 0..10 {
        let server = Server::start().await;
        let parts = Parts::new("u", &bytes(4 * SIZE), SIZE);
        for index in 0..3 {
            server.part(&parts, index).await;
        }
        let (sent, deleted) = tokio::join!(server.part(&parts, 3), server.delete("u"));
        assert_eq!(deleted, success());
        assert!(sent == success() || sent.0 == 503, "{sent:?}");
        until("no file", || server.arrived().is_empty()).await;
    }
}
