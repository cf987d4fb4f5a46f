//! Throughput of the upload socket over loopback, as a ratio to one plain PUT of the same bytes to
//! the same server: `cargo bench -p incoming-server --bench loopback`.
//!
//! The sender fragments as Chromium does. Sizes in MiB, chunks in KiB: `-- SIZE [CHUNK:AHEAD...]`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use incoming_server::Config;
use incoming_server::serve::start;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

const FRAGMENT: usize = 131_000;
const ROUNDS: usize = 9;

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let size: usize = arguments.first().map_or(256, |size| size.parse().unwrap()) << 20;
    let terms = match &arguments.get(1..) {
        Some(terms) if !terms.is_empty() => terms.iter().map(|text| Terms::of(text)).collect(),
        _ => ["512:4", "512:32", "1024:16", "2048:8", "4096:2", "4096:4", "4096:8", "8192:4"]
            .map(Terms::of)
            .to_vec(),
    };
    let content = Bytes::from(vec![7; size]);
    println!("{} MiB, {ROUNDS} rounds", size >> 20);
    for terms in terms {
        measure(terms, &content).await;
    }
}

#[derive(Clone, Copy)]
struct Terms {
    chunk_kb: u32,
    ahead: u32,
}

impl Terms {
    fn of(text: &str) -> Terms {
        let (chunk, ahead) = text.split_once(':').unwrap();
        Terms { chunk_kb: chunk.parse().unwrap(), ahead: ahead.parse().unwrap() }
    }
}

async fn measure(terms: Terms, content: &Bytes) {
    let folder = TempDir::new_in(std::env::current_dir().unwrap()).unwrap();
    let (chunk, ahead) = (terms.chunk_kb.to_string(), terms.ahead.to_string());
    let storage = folder.path().to_str().unwrap();
    let arguments = ["incoming-server", "--listen", "127.0.0.1:0", "--demo", "--storage", storage];
    let terms_flags = ["--chunk-size-kb", &chunk, "--send-ahead", &ahead];
    let config = Config::from_arguments(arguments.into_iter().chain(terms_flags)).unwrap();
    let running = start(config).await.unwrap();
    let (mut sockets, mut puts) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        puts.push(put(running.address(), content).await);
        sockets.push(socket(running.address(), content, terms).await);
        for file in std::fs::read_dir(folder.path().join("arrived")).unwrap() {
            let _ = std::fs::remove_file(file.unwrap().path());
        }
    }
    print!("{:5} KiB x {:2}", terms.chunk_kb, terms.ahead);
    compare("median", median(&mut sockets), median(&mut puts));
    // On a busy machine the best round says more.
    compare("best", sockets[0], puts[0]);
    println!();
    running.stop().await;
}

fn compare(what: &str, socket: Duration, put: Duration) {
    let (socket, put) = (socket.as_secs_f64(), put.as_secs_f64());
    let ratio = put / socket;
    print!("  {what}: {socket:.3} s, PUT {put:.3} s, ratio of speeds {ratio:.2}");
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

async fn put(address: SocketAddr, content: &Bytes) -> Duration {
    let begun = Instant::now();
    let request = reqwest::Client::new().put(format!("http://{address}/demo/plain/x"));
    assert!(request.body(content.clone()).send().await.unwrap().status().is_success());
    begun.elapsed()
}

/// Until the last byte is acknowledged, which means that the file is durable.
async fn socket(address: SocketAddr, content: &Bytes, terms: Terms) -> Duration {
    let request = reqwest::Client::new().post(format!("http://{address}/demo/tickets"));
    let id = request.send().await.unwrap().text().await.unwrap();
    let begun = Instant::now();
    let stream = TcpStream::connect(address).await.unwrap();
    let url = format!("ws://{address}/incoming/0.1/frontend/upload_ws");
    let config = WebSocketConfig::default().write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(url, stream, Some(config)).await.unwrap();
    let data = json!({ "Id": id, "LengthBytes": content.len(), "Name": "x" });
    say(&mut socket, "MsgUploadReq", data).await;
    hear(&mut socket).await;
    say(&mut socket, "MsgAck", json!({ "Ack": true })).await;
    let mut ahead = 0;
    let chunk_size = terms.chunk_kb as usize * 1024;
    for start in (0..content.len()).step_by(chunk_size) {
        if ahead == terms.ahead {
            hear(&mut socket).await;
            ahead -= 1;
        }
        chunk(&mut socket, content.slice(start..content.len().min(start + chunk_size))).await;
        ahead += 1;
    }
    for _ in 0..ahead {
        hear(&mut socket).await;
    }
    let elapsed = begun.elapsed();
    assert_eq!(hear(&mut socket).await["MsgType"], "MsgAllDone");
    elapsed
}

async fn chunk(socket: &mut WebSocketStream<TcpStream>, bytes: Bytes) {
    for start in (0..bytes.len()).step_by(FRAGMENT) {
        let end = bytes.len().min(start + FRAGMENT);
        let kind = if start == 0 { Data::Binary } else { Data::Continue };
        let last = end == bytes.len();
        let frame = Frame::message(bytes.slice(start..end), OpCode::Data(kind), last);
        socket.send(Message::Frame(frame)).await.unwrap();
    }
}

async fn say(socket: &mut WebSocketStream<TcpStream>, kind: &str, data: Value) {
    let text = json!({ "MsgType": kind, "MsgData": data }).to_string();
    socket.send(Message::text(text)).await.unwrap();
}

async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Value {
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}
