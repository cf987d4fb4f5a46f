//! One WebSocket of one file: carries out what the protocol's `Session` wants and tells it what
//! happened. One message is in memory at a time; the next is asked for when it is stored. Whatever
//! ends the connection before the file is whole, nothing of the file is left.

use std::collections::VecDeque;

use axum::body::Bytes;
use axum::extract::ws::close_code;
use incoming_protocol::galileo::server::{Action, Event, Session};
use incoming_protocol::galileo::wire::{FromServer, Hash};
use tokio::time::{Instant, timeout};
use tungstenite::Message;

use crate::Services;
use crate::activity::Activity;
use crate::routes::sockets::{
    NO_MEMORY, Received, Socket, closing, json, received, say_farewell, silence,
};
use crate::uploads::{Full, Holder, Sum, Whole, WholeError};

pub(super) async fn serve(socket: Socket, services: Services, activity: Activity, holder: Holder) {
    let session = Session::new(services.config.galileo_chunk_size.into());
    let driver = Driver {
        services: &services,
        holder,
        socket,
        activity,
        session,
        file: None,
        handshake_ends: Instant::now() + services.config.handshake_timeout,
        chunk: Bytes::new(),
        is_done: false,
        is_closed: false,
    };
    driver.run().await;
}

struct Driver<'a> {
    services: &'a Services,
    holder: Holder,
    socket: Socket,
    activity: Activity,
    session: Session,
    file: Option<Whole>,
    /// Until when the file must be described, however busy the line is.
    handshake_ends: Instant,
    /// The binary message that is to be stored.
    chunk: Bytes,
    /// The file is whole, and the client knows; it is the one to close.
    is_done: bool,
    is_closed: bool,
}

/// What happened.
enum Happening {
    Received(Received),
    Silence,
    /// The server is to stop.
    Stop,
}

impl Driver<'_> {
    async fn run(mut self) {
        while !self.is_done && !self.is_closed {
            match self.happening().await {
                Happening::Received(Received::Message(Message::Close(_)) | Received::Gone) => {
                    return;
                }
                Happening::Received(Received::Message(message)) => self.message(message).await,
                Happening::Received(received) => self.not_received(received).await,
                Happening::Silence => self.feed(Event::TimedOut).await,
                Happening::Stop => self.close(close_code::AWAY, "").await,
            }
        }
        self.file = None;
        self.say_farewell().await;
    }

    async fn happening(&mut self) -> Happening {
        let patience = self.services.config.connection_timeout;
        tokio::select! {
            biased;
            () = self.services.stop.cancelled() => Happening::Stop,
            () = tokio::time::sleep_until(self.handshake_ends), if self.file.is_none() => {
                Happening::Silence
            }
            message = self.socket.recv() => Happening::Received(received(message)),
            () = silence(&self.activity, Instant::now(), patience) => Happening::Silence,
        }
    }

    /// What comes now is thrown away.
    async fn not_received(&mut self, received: Received) {
        match received {
            Received::Unacceptable(code) => self.close(code, "").await,
            Received::NoMemory => self.close(close_code::AGAIN, NO_MEMORY).await,
            _ => self.feed(Event::TimedOut).await,
        }
        self.activity.discard();
    }

    async fn message(&mut self, message: Message) {
        match message {
            Message::Text(text) => {
                self.feed(Event::Text(json(&text))).await;
            }
            Message::Binary(bytes) => {
                let length = bytes.len() as u64;
                self.chunk = bytes;
                self.feed(Event::Binary(length)).await;
            }
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
        }
    }

    /// Tells the session what happened and does what it wants, in this order.
    async fn feed(&mut self, event: Event) {
        let mut wanted = VecDeque::from(self.session.handle(event));
        while let Some(action) = wanted.pop_front() {
            if let Some(answer) = self.perform(action).await {
                wanted.extend(self.session.handle(answer));
            }
        }
    }

    async fn perform(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::Create { name, size } => self.create(&name, size).await,
            Action::Append => self.append().await,
            Action::Finish(hash) => self.finish(hash).await,
            Action::Discard => {
                self.file = None;
                None
            }
            Action::Send(signal) => {
                self.send(&signal).await;
                None
            }
            Action::Close => {
                self.close(close_code::NORMAL, "").await;
                None
            }
        }
    }

    async fn create(&mut self, name: &str, size: Option<u64>) -> Option<Event> {
        match self.services.uploads.receive("galileo", name, size, true, self.holder).await {
            Ok(file) => {
                tracing::info!(id = %file.id(), size, "upload begins");
                self.file = Some(file);
                self.socket.bind();
                Some(Event::Stored)
            }
            Err(error) => self.failed(&error).await,
        }
    }

    async fn append(&mut self) -> Option<Event> {
        let chunk = std::mem::take(&mut self.chunk);
        let Some(file) = &mut self.file else { return Some(gone()) };
        match file.append(chunk).await {
            Ok(()) => Some(Event::Stored),
            Err(error) => self.failed(&error).await,
        }
    }

    async fn finish(&mut self, hash: Option<Hash>) -> Option<Event> {
        let sum = match hash.map(sum).transpose() {
            Ok(sum) => sum,
            Err(words) => return Some(Event::Failed(words)),
        };
        let Some(file) = self.file.take() else { return Some(gone()) };
        match file.finish(sum).await {
            Ok(()) => Some(Event::Finished),
            Err(error @ WholeError::OtherSum { .. }) => Some(Event::Damaged(words(&error))),
            Err(error) => self.failed(&error).await,
        }
    }

    /// Trouble that may pass is not told: every word is the end of the upload, and a loss is a reason
    /// to come back.
    async fn failed(&mut self, error: &WholeError) -> Option<Event> {
        if let WholeError::Store(error) = error {
            tracing::error!(%error, "the store failed");
            if error.may_pass() && !error.is_full() {
                self.close(close_code::ERROR, "").await;
                return None;
            }
        }
        Some(Event::Failed(words(error)))
    }

    async fn send(&mut self, signal: &FromServer) {
        match serde_json::to_string(&signal.to_json()) {
            Ok(text) => self.put(Message::Text(text.into())).await,
            Err(error) => tracing::error!(%error, "a signal could not be written as JSON"),
        }
        self.is_done |= signal.close;
    }

    async fn close(&mut self, code: u16, reason: &str) {
        self.put(closing(code, reason)).await;
        self.is_closed = true;
    }

    /// Sends, unless nobody listens any more.
    async fn put(&mut self, message: Message) {
        let patience = self.services.config.connection_timeout;
        let is_sent = !self.is_closed
            && matches!(timeout(patience, self.socket.send(message)).await, Ok(Ok(())));
        self.is_closed |= !is_sent;
    }

    /// Waits for the client to close, as it should, or to answer a close frame: a socket that is
    /// closed on unread bytes is reset.
    async fn say_farewell(mut self) {
        if !say_farewell(&mut self.socket).await {
            self.close(close_code::NORMAL, "").await;
        }
    }
}

fn sum(hash: Hash) -> Result<Sum, String> {
    match hash.kind.to_ascii_lowercase().as_str() {
        "md5" => Ok(Sum::Md5(hash.value)),
        "sha1" | "sha-1" => Ok(Sum::Sha1(hash.value)),
        _ => Err("Expected a hash of the type md5 or sha1.".to_owned()),
    }
}

/// What the client hears; the causes stay in the log.
fn words(error: &WholeError) -> String {
    match error {
        WholeError::Store(error) if error.is_full() => {
            "The disk of the server is full. Try again when there is room.".to_owned()
        }
        WholeError::Store(_) => "The file could not be stored.".to_owned(),
        WholeError::Full(Full::TooMany) => "There are too many open uploads.".to_owned(),
        WholeError::Full(Full::NoRoom { .. }) => {
            "There is no room for the file at this moment.".to_owned()
        }
        WholeError::Full(Full::Share) => {
            "Your uploads hold as much as you may have at once. Try again when one has ended."
                .to_owned()
        }
        WholeError::TooLarge { limit } => format!("Expected at most {limit} bytes."),
        WholeError::OtherSum { expected, found } => {
            let expected: String = expected.chars().take(found.len()).collect();
            format!("Expected the hash {expected}. Got {found}.")
        }
    }
}

fn gone() -> Event {
    Event::Failed("The upload is over.".to_owned())
}
