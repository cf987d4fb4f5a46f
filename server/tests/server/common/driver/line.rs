//! Where the server is now. It comes back under another address when it was killed, and clients
//! still know it by the name that they were told.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;

/// The name under which clients know the server.
pub const HOST: &str = "server.test";

#[derive(Clone, Debug, Default)]
pub struct Line(Arc<Mutex<Option<SocketAddr>>>);

impl Line {
    pub fn to(address: SocketAddr) -> Line {
        let line = Line::default();
        line.leads_to(address);
        line
    }

    pub fn leads_to(&self, address: SocketAddr) {
        *self.0.lock().unwrap() = Some(address);
    }

    /// Nobody is there.
    pub fn leads_nowhere(&self) {
        *self.0.lock().unwrap() = None;
    }

    pub async fn connect(&self) -> io::Result<TcpStream> {
        let address = *self.0.lock().unwrap();
        let stream = TcpStream::connect(address.ok_or(io::ErrorKind::ConnectionRefused)?).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}
