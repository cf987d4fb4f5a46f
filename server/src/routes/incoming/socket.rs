//! One WebSocket of one upload: carries out what the protocol's `Session` wants and tells it what
//! happened. One message is in memory at a time; while it is being stored nothing is read, and the
//! browser has to wait.

mod outside;

use std::collections::VecDeque;

use axum::body::Bytes;
use axum::extract::ws::close_code;
use incoming_protocol::Md5;
use incoming_protocol::incoming::server::{Action, Event, Fault, Refusal, Session, Terms};
use incoming_protocol::incoming::wire::FromServer;
use tokio::time::{Instant, timeout};
use tungstenite::Message;

use crate::Services;
use crate::activity::Activity;
use crate::fingerprint;
use crate::routes::sockets::{NO_MEMORY, Received, Socket, closing, json, say_farewell};
use crate::store::StoreError;
use crate::uploads::{
    Attempt, Completion, Connection, Failure, Holder, Notice, OpenError, Outcome, StoreFault,
};
use outside::Happening;

pub(super) async fn serve(socket: Socket, services: Services, activity: Activity, holder: Holder) {
    let config = &services.config;
    let terms = Terms { chunk_size_kb: config.chunk_size_kb, send_ahead: config.send_ahead };
    let driver = Driver {
        services: &services,
        holder,
        socket,
        activity,
        session: Session::new(terms),
        upload: None,
        completion: None,
        attempt: None,
        chunk: Bytes::new(),
        last_sign: Instant::now(),
        handshake_ends: Instant::now() + config.handshake_timeout,
        closed: false,
    };
    driver.run().await;
}

struct Driver<'a> {
    services: &'a Services,
    holder: Holder,
    socket: Socket,
    activity: Activity,
    session: Session,
    upload: Option<Connection>,
    completion: Option<Completion>,
    attempt: Option<Attempt>,
    /// The binary message that is to be stored.
    chunk: Bytes,
    /// When the browser was last heard, or known not to have to say anything.
    last_sign: Instant,
    /// Until when hands must be shaken, however busy the line is.
    handshake_ends: Instant,
    closed: bool,
}

impl Driver<'_> {
    async fn run(mut self) {
        while !self.closed {
            match self.happening().await {
                Happening::Received(Received::Message(Message::Close(_)) | Received::Gone) => {
                    return self.finish_alone().await;
                }
                Happening::Received(Received::Message(message)) => self.message(message).await,
                Happening::Received(received) => self.not_received(received).await,
                Happening::Silence => self.silence().await,
                Happening::NoHandshake => self.feed(Event::TimedOut).await,
                Happening::Notice(notice) => self.notice(notice).await,
                Happening::Completed(outcome) => self.completed(outcome).await,
                Happening::HandoverEnded(outcome) => self.handover_ended(outcome).await,
                Happening::Stop => self.close(close_code::AWAY).await,
            }
        }
        say_farewell(&mut self.socket).await;
        self.finish_alone().await;
    }

    /// What comes now is thrown away.
    async fn not_received(&mut self, received: Received) {
        match received {
            // Who has no upload yet hears words.
            Received::Unacceptable(close_code::SIZE) if self.upload.is_none() => {
                self.feed(Event::Text(None)).await;
            }
            Received::Unacceptable(code) => self.close(code).await,
            Received::NoMemory => self.close_because(close_code::AGAIN, NO_MEMORY).await,
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
                self.chunk = Bytes::new();
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
            Action::Open { id, size, name } => self.open(&id, size, &name).await,
            Action::Check(md5) => self.check(&md5).await,
            Action::Append => self.append().await,
            Action::Complete => {
                let is_unverified = self.session.is_unverified();
                self.completion = self.upload.as_mut().map(|upload| upload.complete(is_unverified));
                None
            }
            Action::Sum => self.sum().await,
            Action::Empty => {
                self.empty().await;
                None
            }
            Action::HandOver => self.hand_over().await,
            Action::Pause => {
                tracing::debug!(id = ?self.upload.as_ref().map(Connection::id), "upload paused");
                None
            }
            Action::Cancel { reason } => self.cancel(reason).await,
            Action::Send(message) => {
                self.send(&message).await;
                None
            }
            Action::Close => {
                self.close(close_code::NORMAL).await;
                None
            }
        }
    }

    async fn open(&mut self, id: &str, size: u64, name: &str) -> Option<Event> {
        match self.services.uploads.open(id, size, name, self.holder).await {
            Ok(upload) => {
                let stored = upload.position();
                upload.listen_to(self.activity.clone());
                self.socket.bind();
                self.handshake_ends = Instant::now() + self.services.config.handshake_timeout;
                // Whoever took the upload over meanwhile asks itself.
                if self.session.is_unverified() {
                    let _ = upload.expect_sum().await;
                }
                self.upload = Some(upload);
                Some(Event::Opened { stored })
            }
            Err(OpenError::Full(full)) => {
                tracing::info!(%full, "upload not opened");
                // Every word is the end of the upload; who finds the connection closed comes back.
                self.close_because(close_code::AGAIN, &full.to_string()).await;
                None
            }
            Err(error) => {
                tracing::info!(%error, "upload not opened");
                Some(Event::Refused(refusal(&error)))
            }
        }
    }

    async fn append(&mut self) -> Option<Event> {
        let chunk = std::mem::take(&mut self.chunk);
        let Some(upload) = &mut self.upload else { return Some(Event::Failed(Fault::Cancelled)) };
        match upload.append(chunk).await {
            Ok(()) => Some(Event::Stored),
            Err(error) => self.not_stored(&error).await,
        }
    }

    async fn check(&mut self, md5: &Md5) -> Option<Event> {
        match fingerprint::of_bytes(self.chunk.clone()).await {
            Ok(found) => Some(Event::Checked(found == *md5)),
            Err(error) => self.not_stored(&StoreError::Io(error).into()).await,
        }
    }

    /// Works the MD5 of the file out, once.
    async fn sum(&mut self) -> Option<Event> {
        let Some(upload) = &self.upload else { return Some(Event::Failed(Fault::Cancelled)) };
        match upload.sum().await {
            Ok(md5) => Some(Event::Summed(md5)),
            Err(error) => self.not_stored(&error).await,
        }
    }

    async fn empty(&mut self) {
        let Some(upload) = &self.upload else { return };
        tracing::warn!(id = %upload.id(), "the file arrived damaged, it is sent again");
        if let Err(error) = upload.empty().await {
            tracing::error!(id = %upload.id(), %error, "a damaged file could not be dropped");
        }
    }

    async fn hand_over(&mut self) -> Option<Event> {
        if let Some(event) = self.release().await {
            return Some(event);
        }
        self.attempt = self.upload.as_ref().map(Connection::hand_over);
        if self.attempt.is_none() {
            self.close(close_code::ERROR).await;
        }
        None
    }

    /// A file that was verified is now like any other that is whole.
    async fn release(&mut self) -> Option<Event> {
        let upload = self.upload.as_ref()?;
        match upload.release().await {
            Ok(()) => None,
            Err(error) => self.not_stored(&error).await,
        }
    }

    async fn completed(&mut self, outcome: Result<(), StoreFault>) {
        self.completion = None;
        let event = match outcome {
            Ok(()) => Some(Event::Completed),
            Err(error) => self.not_stored(&error).await,
        };
        if let Some(event) = event {
            self.feed(event).await;
        }
    }

    /// Trouble that may pass is not told: to the browser every word is the end of the upload,
    /// and a loss is a reason to come back.
    async fn not_stored(&mut self, error: &StoreFault) -> Option<Event> {
        let id = self.upload.as_ref().map(Connection::id);
        if matches!(error, StoreFault::Lost) {
            tracing::debug!(?id, "another connection has the upload, or nobody");
            return Some(Event::Failed(Fault::Cancelled));
        }
        tracing::error!(?id, %error, "bytes not stored");
        match error {
            StoreFault::Full(full) => {
                self.close_because(close_code::AGAIN, &full.to_string()).await;
                None
            }
            StoreFault::Store(StoreError::NotFound(_) | StoreError::WrongLength { .. }) => {
                Some(Event::Failed(Fault::Reopen))
            }
            StoreFault::Store(error) if error.may_pass() && !error.is_full() => {
                self.close(close_code::ERROR).await;
                None
            }
            _ => Some(Event::Failed(Fault::Write)),
        }
    }

    async fn cancel(&mut self, reason: String) -> Option<Event> {
        let upload = self.upload.take()?;
        match upload.cancel(reason).await {
            Ok(()) => return Some(Event::CancelTold),
            Err(error) => tracing::info!(id = %upload.id(), %error, "upload not cancelled"),
        }
        // Without a word, as if the connection were lost: the browser comes back and hears how
        // the upload stands.
        self.close(close_code::NORMAL).await;
        None
    }

    async fn silence(&mut self) {
        if self.session.is_handing_over() {
            // The browser has nothing to say; proxies between us must not think we are dead.
            self.last_sign = Instant::now();
            self.put(Message::Ping(Bytes::new())).await;
        } else {
            self.feed(Event::TimedOut).await;
        }
    }

    async fn notice(&mut self, notice: Notice) {
        self.upload = None;
        match notice {
            Notice::Yours => {}
            Notice::TakenOver => self.feed(Event::TakenOver).await,
            Notice::Cancelled => self.feed(Event::CancelledElsewhere).await,
        }
    }

    async fn handover_ended(&mut self, outcome: Outcome) {
        self.attempt = None;
        match outcome {
            Ok(()) => self.feed(Event::HandedOver).await,
            Err(Failure::NotTaken { reason }) => self.feed(Event::HandoverFailed(reason)).await,
            Err(Failure::Interrupted) => self.close(close_code::ERROR).await,
        }
    }

    async fn send(&mut self, message: &FromServer) {
        match serde_json::to_string(&message.to_json()) {
            Ok(text) => self.put(Message::Text(text.into())).await,
            Err(error) => tracing::error!(%error, "a message could not be written as JSON"),
        }
    }

    async fn close(&mut self, code: u16) {
        self.close_because(code, "").await;
    }

    async fn close_because(&mut self, code: u16, reason: &str) {
        self.put(closing(code, reason)).await;
        self.closed = true;
    }

    /// Sends, unless nobody listens any more.
    async fn put(&mut self, message: Message) {
        if self.closed {
            return;
        }
        let patience = self.services.config.connection_timeout;
        if !matches!(timeout(patience, self.socket.send(message)).await, Ok(Ok(()))) {
            tracing::debug!("the browser does not listen any more");
            self.closed = true;
        }
    }

    /// A file that is whole goes to its backend also when the browser leaves meanwhile.
    async fn finish_alone(self) {
        let is_unverified = self.session.is_unverified();
        let Driver { socket, upload, completion, services, .. } = self;
        drop(socket);
        let (Some(upload), Some(mut completion)) = (upload, completion) else { return };
        match completion.outcome().await {
            Ok(()) if is_unverified || services.stop.is_cancelled() => {}
            Ok(()) => upload.hand_over_alone().await,
            Err(error) => tracing::error!(id = %upload.id(), %error, "file not completed"),
        }
    }
}

fn refusal(error: &OpenError) -> Refusal {
    match error {
        OpenError::Unknown => Refusal::Unknown,
        OpenError::SizeChanged { .. } => Refusal::SizeChanged,
        OpenError::TooLarge { .. } => Refusal::TooLarge,
        OpenError::Over => Refusal::Over,
        OpenError::Full(_) => Refusal::Unavailable,
        OpenError::Store(error) => {
            tracing::error!(%error, "the store failed");
            match error {
                error if error.is_full() => Refusal::Full,
                error if error.may_pass() => Refusal::Unavailable,
                _ => Refusal::Unknown,
            }
        }
    }
}
