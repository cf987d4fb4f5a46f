//! Who sends all of a body before it looks for an answer, as some proxies do.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common::PATIENCE;

/// A request that is refused.
pub struct Refused {
    pub what: &'static str,
    pub status: u16,
    target: String,
    kind: &'static str,
    origin: &'static str,
}

impl Refused {
    pub fn new(what: &'static str, status: u16, target: &str) -> Refused {
        let kind = "application/octet-stream";
        Refused { what, status, target: target.to_owned(), kind, origin: "" }
    }

    pub fn of_other_page(self) -> Refused {
        Refused { origin: "Origin: http://evil.example\r\n", ..self }
    }

    pub fn of_type(self, kind: &'static str) -> Refused {
        Refused { kind, ..self }
    }

    pub fn head(&self, more: &str, length: usize) -> String {
        let Refused { target, kind, origin, .. } = self;
        format!(
            "POST {target} HTTP/1.1\r\nHost: a.example\r\n{origin}{more}Content-Type: {kind}\r\n\
             Content-Length: {length}\r\n\r\n"
        )
    }

    /// The status, when all has been sent.
    pub async fn send(&self, address: SocketAddr, length: usize) -> u16 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let sending = async {
            stream.write_all(self.head("", length).as_bytes()).await?;
            let piece = vec![b'x'; 1 << 20];
            for _ in 0..length / piece.len() {
                stream.write_all(&piece).await?;
            }
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let sent = tokio::time::timeout(PATIENCE, sending).await.expect("nothing is answered");
        let answer = sent.unwrap_or_else(|error| panic!("{}: {error}", self.what));
        let answer = std::str::from_utf8(&answer).unwrap();
        answer.strip_prefix("HTTP/1.1 ").unwrap().parse().unwrap()
    }
}
