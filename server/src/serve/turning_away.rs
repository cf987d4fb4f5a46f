//! Connections of clients that have too many.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::routes::mark::{INCOMING, UPLOAD_SERVER};

/// How many are answered at once; more are closed without a word.
const AT_ONCE: usize = 64;
/// How long one is kept so that the other side can send all that it has begun and read the answer.
const FAREWELL: Duration = Duration::from_secs(30);
/// How long it may send nothing meanwhile.
const SILENCE: Duration = Duration::from_secs(1);

const WORDS: &str =
    "too many connections from this address, close some of them or try again later\n";

/// Who answers them.
#[derive(Debug)]
pub(super) struct TurningAway {
    places: Arc<Semaphore>,
}

impl Default for TurningAway {
    fn default() -> TurningAway {
        TurningAway { places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl TurningAway {
    /// Answers a connection on which nothing was read, and closes it.
    pub(super) fn turn_away(&self, stream: TcpStream, peer: SocketAddr) {
        tracing::debug!(%peer, "too many connections from this address");
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let _ = tokio::time::timeout(FAREWELL, answer(stream)).await;
            drop(place);
        });
    }
}

/// A socket that is closed on unread bytes is reset, so that they are read. What was asked for is not
/// known; the answer has the mark, because it may be an upload.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let length = WORDS.len();
    let head = format!(
        "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 1\r\n\
         {UPLOAD_SERVER}: {INCOMING}\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(WORDS.as_bytes()).await?;
    stream.shutdown().await?;
    let mut scrap = vec![0; 16 * 1024];
    while tokio::time::timeout(SILENCE, stream.read(&mut scrap)).await?? > 0 {}
    Ok(())
}
