//! Files that are not what they are said to be, and files that are cut in two ways.

use super::SIZE;
use super::page::{Hashed, complete, error, md5, partial};
use crate::common::{Server, bytes};

const WRONG: &str = "MD5 signature does not match between client and server";

#[tokio::test]
async fn a_wrong_file_is_never_kept_and_can_be_sent_again() {
    let server = Server::start().await;
    let right = Hashed::new("a", &bytes(3 * SIZE), SIZE);
    let mut wrong = right.clone();
    wrong.content[SIZE + 5] ^= 1;
    for index in 0..2 {
        server.chunk(&wrong, index).await;
    }
    assert_eq!(server.chunk(&wrong, 2).await, error(WRONG));
    assert_eq!(server.ask(&right).await.0, "new");
    assert!(server.arrived().is_empty());
    assert_eq!(server.uploads(), 0);
    server.all_chunks(&right).await;
    assert!(server.only_arrived().content == right.content);
}

#[tokio::test]
async fn a_wrong_file_is_found_whatever_the_order_and_the_size() {
    let server = Server::start().await;
    for (size, order) in [(SIZE, [2, 1, 0]), (SIZE, [1, 2, 0]), (5 << 20, [0, 2, 1])] {
        let mut wrong = Hashed::new("a", &bytes(3 * size - 1), size);
        wrong.content[3 * size - 2] ^= 1;
        let mut last = String::new();
        for index in order {
            last = server.chunk(&wrong, index).await.1;
        }
        assert_eq!(last, WRONG);
    }
    assert!(server.arrived().is_empty());
}

#[tokio::test]
async fn chunks_of_two_ways_to_cut_are_never_mixed_and_the_newer_counts() {
    let server = Server::start().await;
    let content = bytes(4 * SIZE);
    let old = Hashed::new("a", &content, SIZE);
    for (chunk_size, what) in [(2 * SIZE, "another number"), (SIZE + 1, "another size")] {
        server.chunk(&old, 0).await;
        server.chunk(&old, 1).await;
        let new = Hashed::new("a", &content, chunk_size);
        assert_eq!(server.chunk(&new, 1).await, partial("1"), "{what}");
        assert_eq!(server.chunk(&old, 2).await, partial("2"), "{what}");
    }
    for index in [0, 3] {
        server.chunk(&old, index).await;
    }
    assert_eq!(server.chunk(&old, 1).await, complete());
    assert!(server.only_arrived().content == content);
}

#[tokio::test]
async fn a_last_chunk_of_another_cut_never_gets_into_a_file_that_counts() {
    let server = Server::start().await;
    let content = bytes(4 * SIZE);
    let (old, new) = (Hashed::new("a", &content, SIZE), Hashed::new("a", &content, SIZE + 1));
    server.chunk(&old, 3).await;
    for index in 0..2 {
        server.chunk(&new, index).await;
    }
    assert_eq!(server.chunk(&new, 2).await, error(WRONG));
    server.all_chunks(&new).await;
    assert!(server.only_arrived().content == content);
}

#[tokio::test]
async fn a_large_chunk_of_another_size_starts_over_and_may_come_again() {
    let server = Server::start().await;
    let content = bytes(12 << 20);
    server.chunk(&Hashed::new("a", &content, 5 << 20), 0).await;
    let other = Hashed::new("a", &content, (5 << 20) + 7);
    let (status, words) = server.chunk(&other, 1).await;
    assert!(status == "error" && words.starts_with("Could not"), "{status} {words}");
    assert_eq!(server.ask(&other).await.0, "new");
    server.all_chunks(&other).await;
    assert!(server.only_arrived().content == content);
}

#[tokio::test]
async fn a_chunk_that_is_there_is_not_changed_by_one_that_comes_again() {
    let server = Server::start().await;
    let right = Hashed::new("a", &bytes(3 * SIZE), SIZE);
    let wrong = Hashed { content: vec![7; 3 * SIZE], ..right.clone() };
    server.chunk(&right, 1).await;
    assert_eq!(server.chunk(&wrong, 1).await, partial("1"));
    server.chunk(&right, 0).await;
    assert_eq!(server.chunk(&right, 2).await, complete());
    assert!(server.only_arrived().content == right.content);
}

#[tokio::test]
async fn an_empty_file_has_one_empty_chunk_and_its_own_md5() {
    let server = Server::start().await;
    let lie = Hashed { md5: md5(b"x"), ..Hashed::new("a", b"", SIZE) };
    assert_eq!(server.chunk(&lie, 0).await, error(WRONG));
    assert_eq!(server.chunk(&Hashed::new("a", b"", SIZE), 0).await, complete());
    assert_eq!(server.only_arrived().content, b"");
}
