//! The memory of the real program, while sockets are open and afterwards.

use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common::Program;

const SOCKETS: usize = 2000;
/// How long the program may take to give memory back.
const PATIENCE: Duration = Duration::from_secs(60);

/// In KiB.
fn memory(program: &Program) -> usize {
    let status = format!("/proc/{}/status", program.child.id().unwrap());
    let status = std::fs::read_to_string(status).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

async fn socket(program: &Program) -> TcpStream {
    let mut stream = TcpStream::connect(program.address).await.unwrap();
    let head = "GET /galileo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    stream
}

async fn burst(program: &Program, sockets: usize) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for _ in 0..sockets {
        open.push(socket(program).await);
    }
    open
}

#[tokio::test]
async fn an_idle_socket_takes_little_memory_and_a_burst_of_them_gives_it_back() {
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    // The program gives half of them to other things, and two to each connection.
    if limit < 5 * SOCKETS as u64 {
        eprintln!("skipped: no more than {limit} files may be open here");
        return;
    }
    let folder = TempDir::new().unwrap();
    let program = Program::start(folder.path()).await;
    drop(burst(&program, 10).await);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = memory(&program);
    let open = burst(&program, SOCKETS).await;
    let each = (memory(&program) - before) / SOCKETS;
    assert!(each <= 32, "a socket takes {each} KiB");
    drop(open);
    let given_back = async {
        while memory(&program) > before * 3 / 2 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let given_back = tokio::time::timeout(PATIENCE, given_back).await;
    given_back.unwrap_or_else(|_| panic!("{before} KiB before, {} after", memory(&program)));
}
