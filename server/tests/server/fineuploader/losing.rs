//! What is lost on the way, on either side.

use std::time::Duration;

use serde_json::json;

use super::SIZE;
use super::parts::{Parts, success};
use crate::common::{Server, Troubled, bytes, until};

fn parts() -> Parts {
    Parts::new("u", &bytes(4 * SIZE), SIZE)
}

const RESUME: [(&str, &str); 1] = [("qqresume", "true")];

#[tokio::test]
async fn an_answer_that_was_lost_delivers_nothing_twice() {
    let server = Server::with(|config| config.connection_timeout = Duration::ZERO).await;
    for _ in 0..3 {
        assert_eq!(server.whole("w", "a.bin", b"xyz").await, success());
        server.all_parts(&parts()).await;
    }
    assert_eq!(server.arrived().len(), 2);
}

#[tokio::test]
async fn a_resumed_upload_goes_on_with_what_is_missing() {
    let server = Server::start().await;
    for index in [0, 1] {
        server.part(&parts(), index).await;
    }
    let server = Server::over(server.stop().await, |_| {}).await;
    assert_eq!(server.part_with(&parts(), 2, &RESUME).await, success());
    assert_eq!(server.part(&parts(), 3).await, success());
    assert!(server.only_arrived().content == parts().content);
}

#[tokio::test]
async fn a_resumed_upload_of_which_nothing_is_left_starts_over() {
    let server = Server::start().await;
    let gone = json!({
        "success": false,
        "error": "parts of this upload are gone, send it again",
        "reset": true,
    });
    assert_eq!(server.part_with(&parts(), 2, &RESUME).await, (200, gone.clone()));
    assert_eq!(server.uploads(), 0);
    assert_eq!(server.part_with(&parts(), 0, &RESUME).await, success(), "nothing is missing yet");
    let other = Parts { part_size: 2 * SIZE, ..parts() };
    assert_eq!(server.part_with(&other, 1, &RESUME).await, (200, gone), "cut in another way");
    server.all_parts(&parts()).await;
    assert!(server.only_arrived().content == parts().content);
}

#[tokio::test]
async fn a_resumed_upload_that_is_whole_is_whole() {
    let server = Server::start().await;
    server.all_parts(&parts()).await;
    assert_eq!(server.part_with(&parts(), 3, &RESUME).await, success());
    assert_eq!(server.arrived().len(), 1);
}

#[tokio::test]
async fn the_end_of_an_upload_that_nobody_knows_asks_for_everything() {
    let server = Server::start().await;
    let (status, reply) = server.all_sent("u").await;
    assert_eq!((status, &reply["success"], &reply["reset"]), (409, &json!(false), &json!(true)));
}

#[tokio::test]
async fn after_a_reset_what_was_there_is_overwritten() {
    let server = Server::start().await;
    let wrong = Parts { content: vec![0; 4 * SIZE], ..parts() };
    for index in 0..3 {
        server.part(&wrong, index).await;
    }
    server.all_parts(&parts()).await;
    assert!(server.only_arrived().content == parts().content);
}

#[tokio::test]
async fn parts_are_kept_for_their_days_and_no_longer() {
    let server = Server::with(|config| {
        config.idle_expiry = Duration::from_millis(100);
        config.chunks_retention = Duration::from_millis(1500);
    })
    .await;
    server.part(&parts(), 0).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(server.part_with(&parts(), 1, &RESUME).await, success());
    until("the parts are gone", || server.uploads() == 0).await;
}

#[tokio::test]
async fn a_finished_upload_is_forgotten_and_its_file_stays() {
    let soon = Duration::from_millis(200);
    let server = Server::with(|config| config.finished_retention = soon).await;
    server.all_parts(&parts()).await;
    until("the upload is forgotten", || server.uploads() == 0).await;
    assert!(server.only_arrived().content == parts().content);
    assert_eq!(server.delete("u").await.0, 404);
}

fn is_reset((status, reply): &(u16, serde_json::Value)) -> bool {
    *status == 200 && reply["success"] == false && reply["reset"] == true
}

#[tokio::test]
async fn a_resumed_upload_of_which_only_the_beginning_is_left_starts_over() {
    let server = Server::start().await;
    let parts = Parts::new("u", &bytes(20 * SIZE), SIZE);
    for index in [0, 1] {
        server.part(&parts, index).await;
    }
    assert!(is_reset(&server.part_with(&parts, 15, &RESUME).await));
    // Several parts at once: those before are on their way.
    assert_eq!(server.part_with(&parts, 4, &RESUME).await, success());
    server.all_parts(&parts).await;
    assert!(server.only_arrived().content == parts.content);
}

#[tokio::test]
async fn after_a_reboot_the_first_part_that_comes_asks_for_those_that_are_gone() {
    for resume in [&RESUME[..], &[]] {
        let server = Server::start().await;
        for index in [0, 1] {
            server.part(&parts(), index).await;
        }
        let server = Server::after_a_reboot(server.stop().await).await;
        assert!(is_reset(&server.part_with(&parts(), 2, resume).await));
        server.all_parts(&parts()).await;
        assert!(server.only_arrived().content == parts().content);
    }
}

#[tokio::test]
async fn the_last_part_is_no_success_when_others_are_gone() {
    let soon = Duration::from_millis(500);
    let server = Server::with(|config| config.connection_timeout = soon).await;
    for index in [1, 2] {
        assert_eq!(server.part(&parts(), index).await, success());
    }
    assert!(is_reset(&server.part(&parts(), 3).await));
    server.all_parts(&parts()).await;
    assert!(server.only_arrived().content == parts().content);
}

#[tokio::test]
async fn the_last_part_waits_for_the_others_that_are_on_their_way() {
    let server = Server::start().await;
    for index in [1, 2] {
        assert_eq!(server.part(&parts(), index).await, success());
    }
    let parts = parts();
    let (last, first) = tokio::join!(server.part(&parts, 3), server.part(&parts, 0));
    assert_eq!((last, first), (success(), success()));
    assert!(server.only_arrived().content == parts.content);
}

#[tokio::test]
async fn parts_that_did_not_reach_the_disk_are_asked_for_again() {
    let store = Troubled::default();
    let server = Server::troubled(&store, |_| {}).await;
    for index in 0..3 {
        assert_eq!(server.part(&parts(), index).await, success());
    }
    store.lose_bytes(true);
    assert!(is_reset(&server.part(&parts(), 3).await));
    store.lose_bytes(false);
    server.all_parts(&parts()).await;
}
