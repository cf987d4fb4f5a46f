//! A web application's backend that answers as told and remembers what it was told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::PATIENCE;

#[derive(Clone, Debug)]
pub enum Reply {
    Done,
    Wait,
    /// The whole reply, head and body, as it goes over the wire.
    Raw(String),
    /// This, after a while.
    Slowly(Duration, &'static str),
    /// Accepts the call and never answers.
    Never,
}

impl Reply {
    pub fn body(body: &str) -> Reply {
        let length = body.len();
        Reply::Raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"))
    }

    pub fn chunked(body: &str) -> Reply {
        let chunks: String = body.chars().map(|c| format!("1\r\n{c}\r\n")).collect();
        Reply::Raw(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
        ))
    }

    pub fn status(status: &str) -> Reply {
        Reply::Raw(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))
    }

    fn text(&self) -> Option<String> {
        match self {
            Reply::Done => Reply::body("done").text(),
            Reply::Slowly(_, body) => Reply::body(body).text(),
            Reply::Wait => Reply::body("wait").text(),
            Reply::Raw(text) => Some(text.clone()),
            Reply::Never => None,
        }
    }
}

/// What the backend was told.
#[derive(Debug)]
pub struct Call {
    pub form: String,
}

impl Call {
    pub fn of(&self, name: &str) -> String {
        let mut pairs = form_urlencoded::parse(self.form.as_bytes());
        let found = pairs.find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.form)).1.into_owned()
    }
}

pub struct Backend {
    address: SocketAddr,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    calls: mpsc::UnboundedReceiver<Call>,
}

impl Backend {
    /// Answers every call so.
    pub async fn always(reply: Reply) -> Backend {
        Backend::replying([reply]).await
    }

    /// Answers so, one after another; the last answer is repeated.
    pub async fn replying<const N: usize>(replies: [Reply; N]) -> Backend {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let replies = Arc::new(Mutex::new(VecDeque::from(replies)));
        let (sender, calls) = mpsc::unbounded_channel();
        let queue = Arc::clone(&replies);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&queue), sender.clone()));
            }
        });
        Backend { address, replies, calls }
    }

    pub fn url(&self) -> String {
        format!("http://{}/taken?a=b", self.address)
    }

    pub fn now_reply(&self, reply: Reply) {
        *self.replies.lock().unwrap() = VecDeque::from([reply]);
    }

    pub async fn call(&mut self) -> Call {
        let call = tokio::time::timeout(PATIENCE, self.calls.recv()).await;
        call.expect("the backend was not called").unwrap()
    }

    /// What it was told since somebody asked last.
    pub fn calls(&mut self) -> Vec<Call> {
        std::iter::from_fn(|| self.calls.try_recv().ok()).collect()
    }

    pub fn was_called(&mut self) -> bool {
        self.calls.try_recv().is_ok()
    }
}

async fn answer(
    mut stream: TcpStream,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    calls: mpsc::UnboundedSender<Call>,
) {
    let Some((head, form)) = read_request(&mut stream).await else { return };
    assert!(head.starts_with("POST /taken?a=b HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("application/x-www-form-urlencoded"), "{head}");
    let reply = {
        let mut replies = replies.lock().unwrap();
        if replies.len() > 1 { replies.pop_front().unwrap() } else { replies[0].clone() }
    };
    let _ = calls.send(Call { form });
    if let Reply::Slowly(pause, _) = reply {
        tokio::time::sleep(pause).await;
    }
    match reply.text() {
        Some(text) => drop(stream.write_all(text.as_bytes()).await),
        None => tokio::time::sleep(Duration::from_secs(3600)).await,
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut text = String::new();
    loop {
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).await.ok().filter(|length| *length > 0)?;
        text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let lower = head.to_ascii_lowercase();
        let expected = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        if expected.map_or(0, |length| length.trim().parse().unwrap()) <= body.len() {
            return Some((head.to_owned(), body.to_owned()));
        }
    }
}
