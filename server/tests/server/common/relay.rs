//! Somebody on the way who cuts connections.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Both sides hear that the other one has closed.
    Close,
    /// Both sides are reset.
    Reset,
    /// Nothing comes any more, and nobody hears of it.
    Freeze,
    /// Nothing comes any more from the client, who still hears the server.
    Mute,
}

/// A cut after so many bytes to the server.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub how: How,
    pub after: u64,
}

/// Ends with all of its connections when it is dropped.
pub struct Relay {
    pub address: SocketAddr,
    cuts: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// One cut for each connection, as long as there are any.
    pub async fn start(server: SocketAddr, cuts: impl IntoIterator<Item = Cut>) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let plan = Mutex::new(cuts.into_iter().collect::<VecDeque<_>>());
        let count = Arc::new(AtomicU64::new(0));
        let cuts = Arc::clone(&count);
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let cut = plan.lock().unwrap().pop_front();
                connections.spawn(relay(client, server, cut, Arc::clone(&count)));
            }
        });
        Relay { address, cuts, accepting }
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn relay(mut client: TcpStream, server: SocketAddr, cut: Option<Cut>, count: Arc<AtomicU64>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let limit = cut.map_or(u64::MAX, |cut| cut.after);
    let is_cut = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::select! {
            is_cut = pass(from_client, to_server, limit) => is_cut,
            _ = pass(from_server, to_client, u64::MAX) => false,
        }
    };
    if !is_cut {
        return;
    }
    count.fetch_add(1, Ordering::SeqCst);
    match cut.map(|cut| cut.how) {
        Some(How::Reset) => {
            client.set_zero_linger().unwrap();
            server.set_zero_linger().unwrap();
        }
        Some(How::Mute) => {
            let (mut from_server, _) = server.split();
            let _ = tokio::io::copy(&mut from_server, &mut client).await;
        }
        Some(How::Freeze) => std::future::pending().await,
        Some(How::Close) | None => {}
    }
}

/// Passes bytes on; true when there were enough of them.
async fn pass(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, limit: u64) -> bool {
    let mut buffer = vec![0; 16 * 1024];
    let mut left = limit;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let Ok(length @ 1..) = from.read(&mut buffer[..most]).await else {
            let _ = to.shutdown().await;
            // What comes the other way is still wanted.
            return std::future::pending().await;
        };
        if to.write_all(&buffer[..length]).await.is_err() {
            return false;
        }
        left -= length as u64;
    }
    true
}
