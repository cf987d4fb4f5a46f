//! The real program, killed at any moment.

use std::process::Stdio;

use reqwest::Method;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::common::chunks::{Cut, arrived, form, form_head};
use crate::common::{Backend, Browser, CHUNK, PATIENCE, Program, Reply, bytes};

impl Program {
    pub async fn ticket(&self, backend: &Backend) -> String {
        let url = format!("http://{}/incoming/0.1/backend/new_upload", self.address);
        let form = [("signalFinishURL", backend.url().as_str()), ("removeFileWhenFinished", "0")]
            .map(|(key, value)| format!("{key}={value}"))
            .join("&");
        let request = reqwest::Client::new().post(url).body(form);
        let media_type = "application/x-www-form-urlencoded";
        request.header("content-type", media_type).send().await.unwrap().text().await.unwrap()
    }

    pub async fn test(&self, cut: &Cut, number: usize) -> u16 {
        self.ask(Method::GET, cut, number, Vec::new()).await
    }

    pub async fn send(&self, cut: &Cut, number: usize) -> u16 {
        self.ask(Method::POST, cut, number, cut.bytes(number).to_vec()).await
    }

    async fn ask(&self, method: Method, cut: &Cut, number: usize, body: Vec<u8>) -> u16 {
        let url = format!("http://{}/resumable", self.address);
        let request = reqwest::Client::new().request(method, url).query(&cut.fields(number));
        request.body(body).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn an_upload_survives_being_killed_again_and_again() {
    let storage = TempDir::new().unwrap();
    let mut backend = Backend::always(Reply::Done).await;
    let content = bytes(30 * CHUNK + 7);
    let mut process = Program::start(storage.path()).await;
    let id = process.ticket(&backend).await;
    let mut acknowledged = 0;
    for round in 0..5 {
        let mut browser = Browser::connect(process.address).await;
        let position = browser.open(&id, content.len(), "a").await;
        assert!(position >= acknowledged, "what was acknowledged is there");
        browser.fill(&content[position..][..(round + 1) * CHUNK]).await;
        acknowledged = position + (round + 1) * CHUNK;
        // One more is somewhere between here and the disk when the process dies.
        browser.binary(&content[acknowledged..][..CHUNK]).await;
        process.kill().await;
        process = Program::start(storage.path()).await;
    }
    let mut browser = Browser::connect(process.address).await;
    let position = browser.open(&id, content.len(), "a").await;
    assert!(position >= acknowledged);
    browser.fill(&content[position..]).await;
    browser.expect_done().await;
    let path = backend.call().await.of("filename");
    assert!(std::fs::read(path).unwrap() == content, "every byte is in its place");
}

#[tokio::test]
async fn a_handover_that_a_kill_interrupted_is_made_again() {
    let storage = TempDir::new().unwrap();
    let mut backend = Backend::always(Reply::Never).await;
    let process = Program::start(storage.path()).await;
    let id = process.ticket(&backend).await;
    let mut browser = Browser::connect(process.address).await;
    browser.upload(&id, b"xyz", "a").await;
    backend.call().await;
    process.kill().await;

    backend.now_reply(Reply::Done);
    let process = Program::start(storage.path()).await;
    let mut browser = Browser::connect(process.address).await;
    assert_eq!(browser.open(&id, 3, "a").await, 3);
    browser.expect_done().await;
    assert_eq!(std::fs::read(backend.call().await.of("filename")).unwrap(), b"xyz");
}

#[tokio::test]
async fn a_file_in_chunks_survives_being_killed_again_and_again() {
    let storage = TempDir::new().unwrap();
    let cut = Cut::new("a", &bytes(30 * CHUNK + 7), CHUNK);
    let mut numbers: Vec<usize> = (1..=cut.count()).rev().collect();
    let mut acknowledged = Vec::new();
    for _ in 0..5 {
        let process = Program::start(storage.path()).await;
        for number in &acknowledged {
            assert_eq!(process.test(&cut, *number).await, 200, "chunk {number}");
        }
        for number in numbers.drain(..5) {
            assert_eq!(process.send(&cut, number).await, 200);
            acknowledged.push(number);
        }
        // One more is somewhere between here and the disk when the process dies.
        let body = form(&cut.fields(numbers[0]), "a", cut.bytes(numbers[0]));
        let mut stream = TcpStream::connect(process.address).await.unwrap();
        let length = body.len();
        let head = form_head("/resumable", "", length);
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body[..length / 2]).await.unwrap();
        process.kill().await;
    }
    let process = Program::start(storage.path()).await;
    assert_eq!(process.test(&cut, numbers[0]).await, 204, "it was cut short");
    for number in numbers {
        assert_eq!(process.send(&cut, number).await, 200);
    }
    let arrived = arrived(&storage.path().join("arrived"));
    assert_eq!(arrived.len(), 1);
    assert!(arrived[0].content == cut.content, "every byte is in its place");
}

#[tokio::test]
async fn two_processes_never_share_a_folder() {
    let storage = TempDir::new().unwrap();
    let first = Program::start(storage.path()).await;
    let second = Command::new(env!("CARGO_BIN_EXE_incoming-server"))
        .args(["--listen", "127.0.0.1:0", "--storage"])
        .arg(storage.path())
        .kill_on_drop(true)
        .output();
    let second = tokio::time::timeout(PATIENCE, second).await.unwrap().unwrap();
    assert!(!second.status.success());
    let words = String::from_utf8(second.stderr).unwrap();
    assert!(words.contains("is in use by another server"), "{words}");
    first.kill().await;
    Program::start(storage.path()).await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_process_ends_when_it_is_told_to() {
    let storage = TempDir::new().unwrap();
    let mut process = Program::start(storage.path()).await;
    let pid = process.child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(pid).status().await.unwrap().success());
    assert!(process.child.wait().await.unwrap().success());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_may_open_as_many_files_as_the_system_lets_it() {
    let storage = TempDir::new().unwrap();
    let program = env!("CARGO_BIN_EXE_incoming-server");
    let script = format!("ulimit -Sn 100; exec {program} --listen 127.0.0.1:0 --storage \"$0\"");
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .arg(storage.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().is_some());
    let limits = format!("/proc/{}/limits", child.id().unwrap());
    let limits = std::fs::read_to_string(limits).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<_> = files.split_whitespace().filter(|word| word.len() > 1).collect();
    assert_eq!(numbers[3], numbers[4], "{files}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_log_that_cannot_be_written_ends_nothing() {
    let folder = TempDir::new().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let process = Program::with(folder.path(), &["--log", "trace"], full).await;
    let cut = Cut::new("a", &bytes(200), 100);
    for number in [1, 2] {
        assert_eq!(process.send(&cut, number).await, 200);
    }
}
