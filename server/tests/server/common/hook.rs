//! An authorisation that answers as told and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub struct Hook {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    /// Status, headers and words; no status is an authorisation that never answers.
    answer: (Option<&'static str>, &'static str, String),
    asked: Vec<String>,
}

impl Hook {
    pub async fn saying(status: &'static str) -> Hook {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = (Some(status), "", String::new());
        let shared = Arc::new(Mutex::new(Shared { answer, asked: Vec::new() }));
        let clone = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_one(stream, Arc::clone(&clone)));
            }
        });
        Hook { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}/may?key=hush-hook", self.address)
    }

    pub fn now_say(&self, status: Option<&'static str>, headers: &'static str, words: &str) {
        self.shared.lock().unwrap().answer = (status, headers, words.to_owned());
    }

    /// The heads of all requests, in small letters but for the values.
    pub fn asked(&self) -> Vec<String> {
        self.shared.lock().unwrap().asked.clone()
    }
}

async fn answer_one(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte.into());
    }
    let (status, headers, words) = {
        let mut shared = shared.lock().unwrap();
        shared.asked.push(head);
        shared.answer.clone()
    };
    let Some(status) = status else { return std::future::pending().await };
    let length = words.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{words}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}
