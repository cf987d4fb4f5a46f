//! Two files of the same size and name, one after the other.

use super::SIZE;
use crate::common::chunks::{Cut, stored};
use crate::common::{Server, bytes};

const LARGE: usize = 1_500_000;

fn cut() -> Cut {
    Cut::new("a", &bytes(4 * SIZE), SIZE)
}

/// Another file that the browser cannot tell from it.
fn other() -> Cut {
    Cut { content: vec![7; 4 * SIZE], ..cut() }
}

/// Another file whose first chunk is the same.
fn akin() -> Cut {
    Cut { content: [&cut().content[..SIZE], &[7; 3 * SIZE]].concat(), ..cut() }
}

/// A file of three large chunks, of which one byte is another one.
fn large_with(place: Option<usize>) -> Cut {
    let mut content = bytes(3 * LARGE);
    place.into_iter().for_each(|place| content[place] ^= 1);
    Cut::new("large", &content, LARGE)
}

async fn send(server: &Server, cut: &Cut, numbers: &[usize]) {
    for number in numbers {
        assert_eq!(server.send(cut, *number).await, stored(), "chunk {number}");
    }
}

async fn restarted(server: Server) -> Server {
    Server::over(server.stop().await, |_| {}).await
}

#[tokio::test]
async fn what_was_left_of_one_file_is_not_put_into_another() {
    for library in ["resumable", "flow"] {
        for left in [&[1][..], &[1, 2, 3], &[1, 3, 2]] {
            let server = Server::start().await;
            send(&server, &Cut { library, ..cut() }, left).await;
            server.send_all(&Cut { library, ..other() }).await;
            assert!(server.only_arrived().content == other().content, "{library} {left:?}");
            assert_eq!(server.uploads(), 1);
        }
    }
}

#[tokio::test]
async fn one_byte_makes_another_file() {
    for place in [0, LARGE - 1, LARGE, 2 * LARGE - 1] {
        let server = Server::start().await;
        send(&server, &large_with(None), &[1 + place / LARGE]).await;
        let server = restarted(server).await;
        server.send_all(&large_with(Some(place))).await;
        assert!(server.only_arrived().content == large_with(Some(place)).content, "{place}");
    }
}

#[tokio::test]
async fn chunks_that_both_files_have_are_kept_for_the_second() {
    let server = Server::start().await;
    send(&server, &cut(), &[1, 2, 4]).await;
    let server = restarted(server).await;
    server.send_all(&akin()).await;
    assert!(server.only_arrived().content == akin().content);
}

#[tokio::test]
async fn what_the_second_file_brought_is_kept_when_it_turns_out_to_be_another() {
    let server = Server::start().await;
    send(&server, &cut(), &[2, 3]).await;
    let server = restarted(server).await;
    send(&server, &other(), &[1, 3]).await;
    let mut answers = Vec::new();
    for number in 1..=4 {
        answers.push(server.test(&other(), number).await);
    }
    assert_eq!(answers, [200, 204, 200, 204]);
    send(&server, &other(), &[2, 4]).await;
    assert!(server.only_arrived().content == other().content);
}

#[tokio::test]
async fn when_nobody_knows_whose_chunk_it_was_the_browser_is_told_to_begin_again() {
    for (library, status) in [("resumable", 400), ("flow", 415)] {
        let server = Server::start().await;
        send(&server, &cut(), &[1, 2]).await;
        let akin = Cut { library, ..akin() };
        send(&server, &akin, &[1]).await;
        let (found, text) = server.send(&akin, 2).await;
        assert!(found == status && text.contains("send the whole file again"), "{found} {text}");
        server.send_all(&akin).await;
        assert!(server.only_arrived().content == akin.content);
    }
}

#[tokio::test]
async fn a_browser_is_told_to_begin_again_when_its_own_chunks_would_be_missing() {
    for (left, fine) in [(&[3, 2][..], &[1][..]), (&[4], &[1, 2, 3])] {
        let server = Server::start().await;
        send(&server, &cut(), left).await;
        send(&server, &other(), fine).await;
        let (status, text) = server.send(&other(), fine.len() + 1).await;
        assert!(status == 400 && text.contains("send the whole file again"), "{status} {text}");
        server.send_all(&other()).await;
        assert!(server.arrived().iter().any(|arrived| arrived.content == other().content));
    }
}

#[tokio::test]
async fn a_resumed_upload_is_not_started_over() {
    let server = Server::start().await;
    send(&server, &cut(), &[1, 2, 3]).await;
    send(&server, &cut(), &[1, 2, 3]).await;
    assert_eq!(server.test(&cut(), 3).await, 200);
    send(&server, &cut(), &[4]).await;
    assert!(server.only_arrived().content == cut().content);
}

#[tokio::test]
async fn another_file_right_after_the_end_arrives_too() {
    for place in [0, LARGE - 1] {
        let server = Server::start().await;
        let (first, second) = (large_with(None), large_with(Some(place)));
        server.send_all(&first).await;
        server.send_all(&second).await;
        let arrived = server.arrived();
        assert_eq!(arrived.len(), 2);
        for cut in [first, second] {
            assert!(arrived.iter().any(|arrived| arrived.content == cut.content), "{place}");
        }
    }
}

#[tokio::test]
async fn another_file_that_begins_like_the_one_that_arrived_is_sent_again_and_arrives() {
    let server = Server::start().await;
    server.send_all(&cut()).await;
    send(&server, &akin(), &[1]).await;
    let (status, text) = server.send(&akin(), 2).await;
    assert!(status == 400 && text.contains("send the whole file again"), "{status} {text}");
    server.send_all(&akin()).await;
    assert_eq!(server.arrived().len(), 2);
    assert!(server.arrived().iter().any(|arrived| arrived.content == akin().content));
}

#[tokio::test]
async fn chunks_of_a_file_that_was_taken_away_are_echoes() {
    let server = Server::start().await;
    server.send_all(&cut()).await;
    std::fs::remove_file(server.only_arrived().path).unwrap();
    server.send_all(&cut()).await;
    assert!(server.arrived().is_empty());
    assert_eq!(server.uploads(), 1);
}

#[tokio::test]
async fn of_two_files_at_once_no_chunk_is_a_mix() {
    for _ in 0..5 {
        let server = Server::start().await;
        let cuts = [3, 200].map(|byte| Cut::new("a", &vec![byte; LARGE], LARGE));
        let [first, second] = &cuts;
        tokio::join!(server.send(first, 1), server.send(second, 1));
        let arrived = server.arrived();
        assert!(!arrived.is_empty());
        for arrived in arrived {
            assert!(cuts.iter().any(|cut| cut.content == arrived.content), "a mix");
        }
    }
}
