//! Somebody who streams other bytes under the MD5 of an honest client.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::page::{Hashed, complete};
use crate::common::chunks::{CLOSE, form, form_head};
use crate::common::{PATIENCE, Server, bytes, until};

const MIB: usize = 1 << 20;

/// A chunk that comes as slowly as its sender likes.
pub struct Slow {
    socket: TcpStream,
    body: Vec<u8>,
}

impl Slow {
    pub async fn begin(server: &Server, file: &Hashed, index: usize, bytes: &[u8]) -> Slow {
        let body = form(&file.fields(index), "blob", bytes);
        let target = format!("/robusto?md5={}&name=a", file.md5);
        let head = form_head(&target, CLOSE, body.len());
        let mut socket = TcpStream::connect(server.running.address()).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        Slow { socket, body }
    }

    pub async fn send(&mut self, length: usize) {
        let rest = self.body.split_off(length);
        self.socket.write_all(&self.body).await.unwrap();
        self.body = rest;
    }

    pub async fn finish(mut self) -> String {
        self.send(self.body.len()).await;
        let mut answer = String::new();
        self.socket.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

pub async fn until_stored(server: &Server, length: usize) {
    let is_stored = || {
        let data = server.data(&server.only_upload());
        std::fs::metadata(data).is_ok_and(|data| data.len() >= length as u64)
    };
    until("an upload has begun", || server.uploads() == 1).await;
    until("bytes are stored", is_stored).await;
}

/// Sends a chunk until who has left it in the middle is known to be gone.
pub async fn until_brought(server: &Server, file: &Hashed, index: usize) {
    let deadline = Instant::now() + PATIENCE;
    while server.chunk(file, index).await.0 == "error" {
        assert!(Instant::now() < deadline, "chunk {index} is refused for ever");
    }
}

/// Sends chunks as often as it takes: another may have spoiled the upload meanwhile.
async fn insist(server: &Server, file: &Hashed) {
    for _ in 0..3 {
        for index in 0..file.count() {
            server.chunk(file, index).await;
        }
        if server.ask(file).await == complete() {
            return;
        }
    }
    panic!("an honest client does not get through");
}

#[tokio::test]
async fn nobody_writes_over_chunks_that_are_there() {
    let server = Server::start().await;
    let right = Hashed::new("a", &bytes(8 * MIB), 2 * MIB);
    let mut wrong = Slow::begin(&server, &right, 0, &vec![7; 7 * MIB]).await;
    wrong.send(5 * MIB).await;
    until_stored(&server, 4 * MIB).await;
    for index in 0..3 {
        server.chunk(&right, index).await;
    }
    let answer = wrong.finish().await;
    server.chunk(&right, 3).await;
    insist(&server, &right).await;
    assert!(server.only_arrived().content == right.content);
    assert!(answer.contains("Could not save file chunk"), "{answer}");
}

#[tokio::test]
async fn a_chunk_that_somebody_brings_is_taken_from_nobody_else() {
    let server = Server::start().await;
    let right = Hashed::new("a", &bytes(9 * MIB), 8 * MIB);
    server.chunk(&right, 0).await;
    let mut wrong = Slow::begin(&server, &right, 1, &vec![7; 7 * MIB]).await;
    wrong.send(5 * MIB).await;
    until_stored(&server, 12 * MIB).await;
    let (status, words) = server.chunk(&right, 1).await;
    assert!(status == "error" && words.contains("at this moment"), "{status} {words}");
    drop(wrong);
    insist(&server, &right).await;
    assert!(server.only_arrived().content == right.content);
}

#[tokio::test]
async fn a_chunk_that_hangs_on_a_dead_connection_is_taken_over() {
    let server = Server::start().await;
    for index in 0..2 {
        let mut content = bytes(10 * MIB);
        content[0] = index + 7;
        let (file, index) = (Hashed::new("a", &content, 5 * MIB), usize::from(index));
        if index == 1 {
            server.chunk(&file, 0).await;
        }
        // Nobody knows that its connection is dead.
        let mut dead = Slow::begin(&server, &file, index, &file.content[file.range(index)]).await;
        dead.send(9 * MIB / 2).await;
        tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
        for index in 0..2 {
            assert_ne!(server.chunk(&file, index).await.0, "error", "{index}");
        }
        assert_eq!(server.ask(&file).await, complete());
        // What still comes does no harm.
        dead.finish().await;
    }
    assert_eq!(server.arrived().len(), 2);
}
