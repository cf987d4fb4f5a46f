//! A browser that speaks frames: no rules of its own, so that it can break them.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::OpCode;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

pub use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;

use super::{CHUNK, PATIENCE};

pub struct Browser {
    pub socket: WebSocketStream<TcpStream>,
}

/// What a server says.
#[derive(Debug, PartialEq)]
pub enum Heard {
    Text(Value),
    Ping,
    Closed(Option<u16>),
}

impl Browser {
    pub async fn connect(address: SocketAddr) -> Browser {
        Browser::connect_to(address, "/incoming/0.1/frontend/upload_ws").await
    }

    pub async fn connect_to(address: SocketAddr, path: &str) -> Browser {
        Browser::open_socket(
            address,
            format!("ws://{address}{path}").into_client_request().unwrap(),
        )
        .await
    }

    /// Comes over a proxy, for this client.
    pub async fn forwarded(address: SocketAddr, client: &str) -> Browser {
        let url = format!("ws://{address}/incoming/0.1/frontend/upload_ws");
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("x-forwarded-for", client.parse().unwrap());
        Browser::open_socket(address, request).await
    }

    async fn open_socket(address: SocketAddr, request: Request<()>) -> Browser {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let config = WebSocketConfig::default().write_buffer_size(0);
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await.unwrap();
        Browser { socket }
    }

    pub async fn text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub async fn send(&mut self, kind: &str, data: Value) {
        self.text(&json!({ "MsgType": kind, "MsgData": data }).to_string()).await;
    }

    pub async fn binary(&mut self, bytes: &[u8]) {
        self.socket.send(Message::Binary(Bytes::copy_from_slice(bytes))).await.unwrap();
    }

    /// Begins a message of so many bytes, which are masked with zeros: they can be sent as they are.
    pub async fn begin(&mut self, kind: Data, length: u64) -> &mut TcpStream {
        let (opcode, mask) = (OpCode::Data(kind), Some([0; 4]));
        let mut head = Vec::new();
        FrameHeader { opcode, mask, ..FrameHeader::default() }.format(length, &mut head).unwrap();
        let stream = self.socket.get_mut();
        stream.write_all(&head).await.unwrap();
        stream
    }

    pub async fn hear(&mut self) -> Heard {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            match message.expect("the server says nothing") {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Text(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Ping(_))) => return Heard::Ping,
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Closed(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(None),
            }
        }
    }

    /// The data of the next message, which must be of this kind. Pings do not count.
    pub async fn expect(&mut self, kind: &str) -> Value {
        loop {
            match self.hear().await {
                Heard::Ping => {}
                Heard::Text(mut message) if message["MsgType"] == kind => {
                    return message["MsgData"].take();
                }
                other => panic!("expected {kind}, heard {other:?}"),
            }
        }
    }

    pub async fn expect_error(&mut self, text: &str) {
        assert_eq!(self.expect("MsgError").await, json!({ "ErrorCode": 0, "Msg": text }));
        self.expect_close(1000).await;
    }

    pub async fn expect_close(&mut self, code: u16) {
        assert_eq!(self.hear().await, Heard::Closed(Some(code)));
    }

    /// Asks to upload and agrees to the terms; says where to go on.
    pub async fn open(&mut self, id: &str, size: usize, name: &str) -> usize {
        let terms = self.request(id, size, name).await;
        self.send("MsgAck", json!({ "Ack": true })).await;
        usize::try_from(terms["FilePos"].as_u64().unwrap()).unwrap()
    }

    pub async fn request(&mut self, id: &str, size: usize, name: &str) -> Value {
        self.ask(id, &json!(size), name).await;
        self.expect("MsgUploadConf").await
    }

    pub async fn ask(&mut self, id: &str, size: &Value, name: &str) {
        self.send("MsgUploadReq", json!({ "Id": id, "LengthBytes": size, "Name": name })).await;
    }

    /// Sends everything in chunks and waits for each to be acknowledged.
    pub async fn fill(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(CHUNK) {
            self.chunk(chunk).await;
        }
    }

    pub async fn chunk(&mut self, bytes: &[u8]) {
        self.binary(bytes).await;
        assert_eq!(self.expect("MsgChunkAck").await, json!({ "ChunkSize": bytes.len() }));
    }

    pub async fn expect_done(&mut self) {
        assert_eq!(self.expect("MsgAllDone").await, json!({ "Success": true }));
        self.expect_close(1000).await;
    }

    /// A whole upload.
    pub async fn upload(&mut self, id: &str, bytes: &[u8], name: &str) {
        let position = self.open(id, bytes.len(), name).await;
        self.fill(&bytes[position..]).await;
    }

    /// Goes without a word, as a browser does that loses its network.
    pub async fn vanish(self) {
        drop(self.socket);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
