//! Resumable.js and flow.js, as long as everything goes well.

mod as_text;
mod bad_input;
mod cut_bodies;
mod keys;
mod losing;
mod same_key;
mod settings;

use reqwest::Method;
use serde_json::json;

use crate::common::chunks::{Cut, stored, whole_answer};
use crate::common::{Server, bytes};

const SIZE: usize = 100;

/// Every way to lay chunks out: one byte, a chunk, one less, one more, twice a chunk and so on.
fn sizes() -> [usize; 8] {
    [0, 1, SIZE - 1, SIZE, SIZE + 1, 2 * SIZE - 1, 3 * SIZE, 5 * SIZE + 7]
}

#[tokio::test]
async fn a_file_arrives_under_an_id_with_a_note_beside_it() {
    let server = Server::start().await;
    let content = bytes(3 * SIZE + 7);
    server.send_all(&Cut::new("dir/blåbær ü 文件.bin", &content, SIZE)).await;
    let arrived = server.only_arrived();
    assert!(arrived.content == content);
    assert_eq!(arrived.note["name"], "blåbær ü 文件.bin");
    assert_eq!(arrived.note["size"], content.len());
    assert_eq!(arrived.note["protocol"], "resumable");
    assert_eq!(arrived.note["id"], arrived.path.file_name().unwrap().to_str().unwrap());
    assert!(arrived.note["received"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn both_libraries_both_layouts_and_all_sizes_arrive() {
    for library in ["resumable", "flow"] {
        for force in [false, true] {
            let server = Server::start().await;
            for size in sizes() {
                let cut = Cut { library, force, ..Cut::new("a", &bytes(size), SIZE) };
                server.send_all(&cut).await;
            }
            let mut found: Vec<_> = server.arrived().into_iter().map(|a| a.content).collect();
            found.sort_by_key(Vec::len);
            assert!(found == sizes().map(bytes), "{library} {force}");
        }
    }
}

#[tokio::test]
async fn every_answer_says_whether_all_chunks_are_there() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(2 * SIZE), SIZE);
    let says = |has_all| (200, json!({ "has_all_chunks": has_all }).to_string());
    let send = |number| {
        let request = server.request(Method::POST).query(&cut.fields(number));
        whole_answer(request.body(cut.bytes(number).to_vec()))
    };
    let test = |number| whole_answer(server.request(Method::GET).query(&cut.fields(number)));
    assert_eq!(send(2).await, says(false));
    assert_eq!(test(2).await, says(false));
    assert_eq!(send(1).await, says(true));
    assert_eq!(send(2).await, says(true), "an echo");
    assert_eq!(test(1).await, says(true));
}

#[tokio::test]
async fn raw_bytes_arrive_with_every_method() {
    let server = Server::start().await;
    for method in [Method::POST, Method::PUT, Method::PATCH] {
        let cut = Cut::new(method.as_str(), &bytes(2 * SIZE + 1), SIZE);
        for number in 1..=cut.count() {
            let query = cut.fields(number);
            let answer = server.send_raw(method.clone(), &query, cut.bytes(number)).await;
            assert_eq!(answer, stored());
        }
    }
    assert_eq!(server.arrived().len(), 3);
}

#[tokio::test]
async fn parameters_come_in_the_form_in_the_query_or_in_both() {
    use crate::common::chunks::form;
    let server = Server::start().await;
    for (name, in_query, in_form) in [("a", true, false), ("b", false, true), ("c", true, true)] {
        let cut = Cut::new(name, b"xyz", SIZE);
        let fields = |wanted: bool| if wanted { cut.fields(1) } else { Vec::new() };
        let body = form(&fields(in_form), name, b"xyz");
        assert_eq!(server.send_form(&fields(in_query), body).await, stored(), "{name}");
    }
    assert_eq!(server.arrived().len(), 3);
}

#[tokio::test]
async fn chunks_come_in_any_order_and_more_than_once() {
    let server = Server::start().await;
    let content = bytes(5 * SIZE);
    let cut = Cut::new("a", &content, SIZE);
    for number in [5, 2, 2, 1, 5, 4, 1] {
        assert_eq!(server.send(&cut, number).await, stored());
        assert!(server.arrived().is_empty());
    }
    assert_eq!(server.send(&cut, 3).await, stored());
    assert!(server.only_arrived().content == content);
}

#[tokio::test]
async fn a_chunk_that_comes_again_overwrites_the_first() {
    let server = Server::start().await;
    let wrong = Cut::new("a", &[0; 2 * SIZE], SIZE);
    let right = Cut::new("a", &bytes(2 * SIZE), SIZE);
    server.send(&wrong, 1).await;
    server.send_all(&right).await;
    assert!(server.only_arrived().content == right.content);
}

#[tokio::test]
async fn an_echo_after_the_end_changes_nothing() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(3 * SIZE), SIZE);
    server.send_all(&cut).await;
    server.send_all(&cut).await;
    assert!(server.only_arrived().content == cut.content);
}

#[tokio::test]
async fn a_question_is_answered_with_200_or_204() {
    let server = Server::start().await;
    for library in ["resumable", "flow"] {
        let cut = Cut { library, ..Cut::new(library, &bytes(3 * SIZE), SIZE) };
        assert_eq!(server.test(&cut, 1).await, 204);
        server.send(&cut, 2).await;
        let mut answers = Vec::new();
        for number in 1..=3 {
            answers.push(server.test(&cut, number).await);
        }
        assert_eq!(answers, [204, 200, 204]);
        server.send(&cut, 1).await;
        server.send(&cut, 3).await;
        for number in 1..=3 {
            assert_eq!(server.test(&cut, number).await, 200, "a whole file is remembered");
        }
        let head = server.request(Method::HEAD).query(&cut.fields(1)).send().await.unwrap();
        assert_eq!(head.status(), 200);
    }
    assert_eq!(server.uploads(), 2, "a question leaves nothing behind");
}

#[tokio::test]
async fn of_two_last_chunks_that_race_one_completes_the_file() {
    for _ in 0..20 {
        let server = Server::start().await;
        let cut = Cut::new("a", &bytes(8 * SIZE), SIZE);
        let all = (1..=8).chain(1..=8).map(|number| server.send(&cut, number));
        for answer in futures_util::future::join_all(all).await {
            assert_eq!(answer, stored());
        }
        assert!(server.only_arrived().content == cut.content);
        let notes = std::fs::read_dir(server.storage().join("arrived")).unwrap().count();
        assert_eq!(notes, 2, "one file and one note");
    }
}

#[tokio::test]
async fn files_come_side_by_side() {
    let server = Server::start().await;
    let cuts: Vec<Cut> =
        (0..10).map(|i| Cut::new(&format!("{i}"), &bytes(1000 * i + 1), 512)).collect();
    futures_util::future::join_all(cuts.iter().map(|cut| server.send_all(cut))).await;
    for (arrived, cut) in server.arrived().iter().zip(&cuts) {
        assert_eq!(arrived.note["name"], json!(cut.name));
        assert!(arrived.content == cut.content);
    }
    assert_eq!(server.arrived().len(), 10);
}

#[tokio::test]
async fn large_chunks_arrive_piece_by_piece() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(7 * 1024 * 1024 + 3), 3 * 1024 * 1024);
    server.send_all(&cut).await;
    assert!(server.only_arrived().content == cut.content);
}

#[tokio::test]
async fn a_chunk_leaves_no_copy_behind() {
    let server = Server::start().await;
    let cut = Cut::new("a", &bytes(4 * SIZE), SIZE);
    for number in [4, 1] {
        server.send(&cut, number).await;
    }
    let folder = server.upload(&server.only_upload());
    let marks = std::fs::metadata(folder.join("marks")).unwrap().len();
    assert!(marks <= 128, "a note is small, these are {marks} bytes");
    assert_eq!(std::fs::metadata(folder.join("data")).unwrap().len(), 4 * SIZE as u64);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3, "bytes, marks and document");
}
