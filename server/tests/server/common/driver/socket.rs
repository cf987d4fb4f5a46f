//! A WebSocket as a browser has it: what is sent waits in a queue, and what was sent before a
//! hang-up still travels.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use incoming_protocol::Event;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::Tell;
use super::line::Line;

type Stream = WebSocketStream<TcpStream>;

pub struct Socket {
    outbox: mpsc::UnboundedSender<Message>,
    waiting: Arc<AtomicU64>,
}

impl Socket {
    pub fn open(line: Line, url: String, tell: Tell) -> Socket {
        let (outbox, inbox) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicU64::new(0));
        tokio::spawn(converse(line, url, tell, inbox, Arc::clone(&waiting)));
        Socket { outbox, waiting }
    }

    pub fn text(&self, text: String) {
        self.put(Message::text(text));
    }

    pub fn bytes(&self, bytes: Bytes) {
        self.put(Message::Binary(bytes));
    }

    /// How many bytes have not left.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::SeqCst)
    }

    /// A socket that is no longer open says so by its end.
    fn put(&self, message: Message) {
        self.waiting.fetch_add(message.len() as u64, Ordering::SeqCst);
        let _ = self.outbox.send(message);
    }
}

async fn converse(
    line: Line,
    url: String,
    tell: Tell,
    inbox: mpsc::UnboundedReceiver<Message>,
    waiting: Arc<AtomicU64>,
) {
    match connect(&line, url).await {
        Ok(socket) => {
            tell(Event::Connected);
            let (writer, reader) = socket.split();
            tokio::spawn(write(writer, inbox, waiting));
            tell(read(reader, &tell).await);
        }
        Err(reason) => tell(Event::Disconnected { code: 1006, reason }),
    }
}

async fn connect(line: &Line, url: String) -> Result<Stream, String> {
    let stream = line.connect().await.map_err(|error| error.to_string())?;
    let (socket, _) = client_async(url, stream).await.map_err(|error| error.to_string())?;
    Ok(socket)
}

async fn write(
    mut writer: SplitSink<Stream, Message>,
    mut inbox: mpsc::UnboundedReceiver<Message>,
    waiting: Arc<AtomicU64>,
) {
    while let Some(message) = inbox.recv().await {
        let length = message.len() as u64;
        if writer.send(message).await.is_err() {
            return;
        }
        waiting.fetch_sub(length, Ordering::SeqCst);
    }
    let _ = writer.close().await;
}

/// Reads to the end, and says how it ended.
async fn read(mut reader: SplitStream<Stream>, tell: &Tell) -> Event {
    loop {
        match reader.next().await {
            Some(Ok(Message::Text(text))) => {
                let json = serde_json::from_str(&text).ok();
                tell(json.map_or(Event::Garbled, Event::Received));
            }
            Some(Ok(Message::Close(frame))) => {
                let (code, reason) = frame.map_or((1005, String::new()), |frame| {
                    (frame.code.into(), frame.reason.to_string())
                });
                return Event::Disconnected { code, reason };
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                return Event::Disconnected { code: 1006, reason: error.to_string() };
            }
            None => return Event::Disconnected { code: 1006, reason: String::new() },
        }
    }
}
