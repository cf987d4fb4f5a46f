//! Mr. Robusto, as long as everything goes well.

mod cuts;
mod downloads;
mod hostile;
mod losing;
pub mod page;
pub mod racing;
mod replay;

use futures_util::future::join_all;
use reqwest::Method;

use crate::common::{Server, bytes};
use page::{Hashed, complete, partial};

const SIZE: usize = 100;

#[tokio::test]
async fn a_file_arrives_in_chunks_and_is_known_at_once_afterwards() {
    let server = Server::start().await;
    let file = Hashed::new("dir/blåbær ü 文件.bin", &bytes(3 * SIZE - 7), SIZE);
    assert_eq!(server.ask(&file).await, ("new".into(), String::new()));
    assert_eq!(server.chunk(&file, 0).await, partial("0"));
    assert_eq!(server.chunk(&file, 1).await, partial("0,1"));
    assert_eq!(server.ask(&file).await, partial("0,1"));
    assert_eq!(server.chunk(&file, 2).await, complete());
    assert_eq!(server.ask(&file).await, complete());
    let arrived = server.only_arrived();
    assert!(arrived.content == file.content);
    assert_eq!(arrived.note["name"], "blåbær ü 文件.bin");
    assert_eq!(arrived.note["size"], 3 * SIZE as u64 - 7);
    assert_eq!(arrived.note["protocol"], "robusto");
}

#[tokio::test]
async fn answers_are_plain_text_to_the_letter() {
    let server = Server::start().await;
    let file = Hashed::new("a", b"x", SIZE);
    for (request, expected) in [
        (server.question(&file.query()), r#"{"status":"new","value":""}"#),
        (
            server.question(&[]),
            r#"{"status":"error","value":"Invalid parameters, expecting md5 and name"}"#,
        ),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/plain; charset=UTF-8");
        assert_eq!(response.text().await.unwrap(), expected);
    }
}

#[tokio::test]
async fn files_of_all_sizes_arrive_in_any_order() {
    let server = Server::start().await;
    let sizes = [0, 1, SIZE - 1, SIZE, SIZE + 1, 2 * SIZE, 5 * SIZE + 7];
    for size in sizes {
        for order in 0..3 {
            let content: Vec<u8> = bytes(size).into_iter().map(|byte| byte ^ order).collect();
            if size == 0 && order > 0 {
                continue;
            }
            let file = Hashed::new("a", &content, SIZE);
            let mut indices: Vec<_> = (0..file.count()).collect();
            match order {
                0 => {}
                1 => indices.reverse(),
                _ => indices.rotate_left(file.count() / 2),
            }
            let last = indices.pop().unwrap();
            for index in indices {
                assert_eq!(server.chunk(&file, index).await.0, "partial", "{size} {index}");
            }
            assert_eq!(server.chunk(&file, last).await, complete(), "{size}");
            assert!(server.arrived().iter().any(|arrived| arrived.content == content));
        }
    }
    assert_eq!(server.arrived().len(), 3 * sizes.len() - 2);
}

#[tokio::test]
async fn chunks_are_listed_in_order_whatever_the_order_they_came_in() {
    let server = Server::start().await;
    let file = Hashed::new("a", &bytes(12 * SIZE), SIZE);
    for index in [10, 2, 11, 0] {
        server.chunk(&file, index).await;
    }
    assert_eq!(server.ask(&file).await, partial("0,2,10,11"));
}

#[tokio::test]
async fn the_same_content_under_another_name_is_stored_once() {
    let server = Server::start().await;
    let file = Hashed::new("first.bin", &bytes(2 * SIZE), SIZE);
    server.all_chunks(&file).await;
    let other = Hashed { name: "second.bin".into(), ..file.clone() };
    assert_eq!(server.ask(&other).await, complete());
    assert_eq!(server.chunk(&other, 0).await, complete());
    assert_eq!(server.only_arrived().note["name"], "first.bin");
}

#[tokio::test]
async fn digits_in_either_case_are_the_same_key() {
    let server = Server::start().await;
    let file = Hashed::new("a", &bytes(2 * SIZE), SIZE);
    let loud = Hashed { md5: file.md5.to_uppercase(), ..file.clone() };
    assert_eq!(server.chunk(&loud, 0).await, partial("0"));
    assert_eq!(server.chunk(&file, 1).await, complete());
    assert_eq!(server.ask(&loud).await, complete());
    assert_eq!(server.arrived().len(), 1);
}

#[tokio::test]
async fn of_all_chunks_that_race_one_completes_the_file() {
    for _ in 0..10 {
        let server = Server::start().await;
        let file = Hashed::new("a", &bytes(8 * SIZE), SIZE);
        let all = (0..8).chain(0..8).map(|index| server.chunk(&file, index));
        let answers = join_all(all).await;
        assert!(answers.contains(&complete()), "{answers:?}");
        assert!(answers.iter().all(|(status, _)| status != "error"), "{answers:?}");
        assert!(server.only_arrived().content == file.content);
    }
}

#[tokio::test]
async fn the_last_chunks_at_once_complete_it_once() {
    for _ in 0..10 {
        let server = Server::start().await;
        let file = Hashed::new("a", &bytes(4 * SIZE), SIZE);
        for index in 0..2 {
            server.chunk(&file, index).await;
        }
        let (a, b) = tokio::join!(server.chunk(&file, 2), server.chunk(&file, 3));
        assert_eq!([a.0, b.0].iter().filter(|status| *status == "complete").count(), 1);
        assert_eq!(server.arrived().len(), 1);
    }
}

#[tokio::test]
async fn large_chunks_arrive_as_they_come_also_at_once() {
    let server = Server::start().await;
    let size = 5 << 20;
    let file = Hashed::new("a", &bytes(2 * size + 9), size);
    let answers = join_all((0..3).rev().map(|index| server.chunk(&file, index))).await;
    for (index, (status, words)) in (0..3).rev().zip(answers) {
        if status == "error" {
            assert!(words.starts_with("Could not"), "{words}");
            server.chunk(&file, index).await;
        }
    }
    assert_eq!(server.ask(&file).await, complete());
    assert!(server.only_arrived().content == file.content);
}

#[tokio::test]
async fn a_large_chunk_that_nobody_can_place_waits_for_the_first() {
    let server = Server::start().await;
    let size = 5 << 20;
    let file = Hashed::new("a", &bytes(2 * size), size);
    let (second, first) = tokio::join!(server.chunk(&file, 1), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        server.chunk(&file, 0).await
    });
    assert_eq!((first.0.as_str(), second), ("partial", complete()));
}

#[tokio::test]
async fn there_may_be_as_many_chunks_as_the_original_counts() {
    let server = Server::start().await;
    let file = Hashed::new("a", &bytes(9_999), 1);
    assert_eq!(server.chunk(&file, 9_998).await, partial("9998"));
    let file = Hashed::new("a", &bytes(10_000), 1);
    assert_eq!(server.chunk(&file, 0).await, page::error("Invalid file upload parameters"));
    assert_eq!(server.uploads(), 1);
}

#[tokio::test]
async fn a_post_without_a_file_is_a_question() {
    let server = Server::start().await;
    let file = Hashed::new("a", &bytes(2 * SIZE), SIZE);
    server.chunk(&file, 1).await;
    let post = server.robusto(Method::POST).query(&file.query());
    assert_eq!(page::answer(post).await, partial("1"));
}
