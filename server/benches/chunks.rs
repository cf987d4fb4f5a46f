//! What one chunk costs the server, at the beginning of a large file and far into it: `cargo bench
//! -p incoming-server --bench chunks`.
//!
//! Chunks are small, so that the work around them is what is measured. Numbers of chunks to send
//! before the second measurement and bytes of a chunk: `-- COUNT SIZE`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use incoming_server::Config;
use incoming_server::serve::{Running, start};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How many chunks are measured each time.
const SAMPLE: usize = 1000;
/// The first chunk of the first sample.
const EARLY: usize = 10;

#[tokio::main]
async fn main() {
    let arguments: Vec<usize> =
        std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let late = arguments.first().copied().unwrap_or(100_000);
    let size = arguments.get(1).copied().unwrap_or(4096);
    let folder = TempDir::new_in(std::env::current_dir().unwrap()).unwrap();
    let running = server(&folder).await;
    let mut client = Client::connect(&running, size, late + SAMPLE + 1).await;
    client.send(1..EARLY).await;
    let early = client.measure(EARLY).await;
    client.send(EARLY + SAMPLE..late).await;
    let at_late = client.measure(late).await;
    running.stop().await;
    // What was in memory is gone: the first chunk reads the map.
    let running = server(&folder).await;
    let mut client = Client::connect(&running, size, late + SAMPLE + 1).await;
    let first = client.send(late..late + 1).await;
    running.stop().await;
    println!("{size} bytes a chunk, median of {SAMPLE}");
    println!("chunk {EARLY:7}: {:7.1} us", micros(early));
    println!("chunk {late:7}: {:7.1} us", micros(at_late));
    println!("ratio {:.2}", at_late.as_secs_f64() / early.as_secs_f64());
    println!("the first chunk after a restart: {:.1} us", micros(first));
}

async fn server(folder: &TempDir) -> Running {
    let storage = folder.path().to_str().unwrap();
    let arguments = ["incoming-server", "--listen", "127.0.0.1:0", "--storage", storage];
    start(Config::from_arguments(arguments).unwrap()).await.unwrap()
}

struct Client {
    stream: TcpStream,
    size: usize,
    count: usize,
}

impl Client {
    async fn connect(running: &Running, size: usize, count: usize) -> Client {
        let stream = TcpStream::connect(running.address()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream, size, count }
    }

    /// The median of a sample.
    async fn measure(&mut self, first: usize) -> Duration {
        let mut times = Vec::new();
        for number in first..first + SAMPLE {
            times.push(self.send(number..number + 1).await);
        }
        times.sort();
        times[SAMPLE / 2]
    }

    async fn send(&mut self, numbers: std::ops::Range<usize>) -> Duration {
        let begun = Instant::now();
        for number in numbers {
            self.chunk(number).await;
        }
        begun.elapsed()
    }

    async fn chunk(&mut self, number: usize) {
        let (size, count) = (self.size, self.count);
        let total = size * count;
        let mut request = format!(
            "POST /resumable?resumableChunkNumber={number}&resumableChunkSize={size}\
             &resumableTotalSize={total}&resumableIdentifier={total}-a&resumableFilename=a\
             &resumableTotalChunks={count} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
        )
        .into_bytes();
        request.resize(request.len() + size, 7);
        self.stream.write_all(&request).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"stored") {
            assert_ne!(self.stream.read_buf(&mut answer).await.unwrap(), 0, "no answer");
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
