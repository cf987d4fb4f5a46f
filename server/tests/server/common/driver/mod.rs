//! Carries out what an upload asks for as `src/driver.rs` does in a browser: the same machines with
//! real sockets, so that all protocols and their retries are tried against the real server.

pub mod content;
mod http;
pub mod line;
mod socket;
pub mod tally;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use incoming_protocol::http::{Body, Field, Request, RequestId};
use incoming_protocol::{
    Action, Attempt, Event, Job, Json, Link, Options, Outcome, Protocol, RawOptions, Retry,
    Speedometer, StallTimeout, Step, Upload, Verification, Wake,
};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

pub use content::Content;
pub use line::Line;
use socket::Socket;
pub use tally::Tally;

/// How often a queue is looked at while there is something in it.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Tells what happened in an attempt.
type Tell = Arc<dyn Fn(Event) + Send + Sync>;

/// What is to be uploaded, and how.
#[derive(Clone, Debug)]
pub struct Errand {
    pub protocol: Protocol,
    pub name: String,
    pub content: Content,
    pub ticket: Option<String>,
    pub chunk_size: Option<u64>,
    pub verify: Option<Verification>,
    pub stall_timeout: Duration,
    pub own: Vec<(String, Json)>,
}

/// How it went.
#[derive(Debug)]
pub struct Delivered {
    pub outcome: Outcome,
    pub verified: Option<Verification>,
    pub tally: Tally,
    /// What the server said, each thing once.
    pub words: BTreeSet<String>,
}

/// One upload that is under way.
struct Driver {
    line: Line,
    content: Content,
    upload: Upload,
    queue: VecDeque<Step>,
    events: mpsc::UnboundedSender<(Option<Attempt>, Event)>,
    socket: Option<Socket>,
    requests: JoinSet<()>,
    timers: HashMap<Wake, AbortHandle>,
    is_hashing: bool,
    speed: Speedometer,
    begun: Instant,
    tally: Tally,
    outcome: Option<Outcome>,
    words: BTreeSet<String>,
}

impl Errand {
    pub fn new(protocol: Protocol, name: &str, content: Content) -> Errand {
        Errand {
            protocol,
            name: name.to_owned(),
            content,
            ticket: None,
            chunk_size: None,
            verify: None,
            stall_timeout: Duration::from_secs(60),
            own: Vec::new(),
        }
    }

    fn job(&self) -> Job {
        let (scheme, path) = (self.protocol.scheme(false), self.protocol.path());
        Job {
            ticket: self.ticket.clone(),
            endpoint: format!("{scheme}://{}{path}", line::HOST),
            name: self.name.clone(),
            relative_path: self.name.clone(),
            media_type: String::new(),
            size: self.content.size,
            options: Options {
                chunk_size: self.chunk_size,
                retry: Retry {
                    delays: [10, 20, 40, 80].map(Duration::from_millis).into(),
                    attempts: None,
                },
                stall_timeout: StallTimeout(self.stall_timeout),
                verify: self.verify,
                own: RawOptions::new(self.own.clone()),
                ..Options::default()
            },
        }
    }

    /// Uploads, until that has come to an end.
    pub async fn run(&self, line: &Line, seed: u64) -> Delivered {
        let (events, mut heard) = mpsc::unbounded_channel();
        let upload = Upload::new(self.protocol, self.job(), seed).unwrap();
        let mut driver = Driver {
            line: line.clone(),
            content: self.content,
            upload,
            queue: VecDeque::new(),
            events,
            socket: None,
            requests: JoinSet::new(),
            timers: HashMap::new(),
            is_hashing: false,
            speed: Speedometer::default(),
            begun: Instant::now(),
            tally: Tally::default(),
            outcome: None,
            words: BTreeSet::new(),
        };
        let steps = driver.upload.start();
        driver.carry_out(steps);
        while driver.outcome.is_none() {
            match tokio::time::timeout(LOOK_EVERY, heard.recv()).await {
                Ok(event) => {
                    let (attempt, event) = event.expect("the driver holds a sender");
                    driver.hear(attempt, event);
                }
                Err(_) => driver.look(),
            }
        }
        let verified = driver.upload.view().verified;
        let outcome = driver.outcome.take().expect("looked at above");
        let words = std::mem::take(&mut driver.words);
        Delivered { outcome, verified, tally: std::mem::take(&mut driver.tally), words }
    }
}

/// Asks for a ticket until there is one.
pub async fn ticket(line: &Line, finish_url: &str) -> String {
    let path = "/incoming/0.1/backend/new_upload";
    let fields =
        vec![Field::new("signalFinishURL", finish_url), Field::new("removeFileWhenFinished", "0")];
    let url = format!("http://{}{path}", line::HOST);
    let request = Request::new(RequestId(0), "POST", &url, Body::Form(fields));
    let nothing = Content { seed: 0, size: 0 };
    loop {
        match http::exchange(line.clone(), nothing, request.clone(), |_| {}).await {
            Ok(response) if response.status == 200 => return response.text,
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

impl Driver {
    /// Without an attempt, what is told belongs to the one under way.
    fn hear(&mut self, attempt: Option<Attempt>, event: Event) {
        let attempt = attempt.unwrap_or_else(|| self.upload.attempt());
        let link = self.measure();
        let mut steps = self.upload.handle(attempt, Event::Measured(link));
        let answered = match &event {
            Event::Responded(id, _) => Some(*id),
            _ => None,
        };
        self.words.extend(words(&event));
        if let Event::Loaded(id, bytes) = &event {
            self.tally.loaded(*id, *bytes);
        }
        let before = self.upload.confirmed().0;
        steps.extend(self.upload.handle(attempt, event));
        let after = self.upload.confirmed().0;
        match answered {
            Some(id) => self.tally.answered(id, after.saturating_sub(before)),
            None if after > before => self.tally.confirm(before..after),
            None if after < before => self.tally.fall_back(after),
            None => {}
        }
        self.carry_out(steps);
    }

    fn look(&mut self) {
        let link = self.measure();
        if link.waiting > 0 {
            let steps = self.upload.handle(self.upload.attempt(), Event::Measured(link));
            self.carry_out(steps);
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate")]
    fn measure(&mut self) -> Link {
        let (acknowledged, in_this_connection) = self.upload.confirmed();
        let now_ms = self.begun.elapsed().as_secs_f64() * 1000.0;
        if in_this_connection {
            self.speed.record(now_ms, acknowledged);
        } else {
            self.speed.restart(now_ms, acknowledged);
        }
        Link {
            waiting: self.socket.as_ref().map_or(0, Socket::waiting),
            bytes_per_second: self.speed.bytes_per_second().map(|rate| rate as u64),
            is_offline: false,
        }
    }

    fn carry_out(&mut self, steps: Vec<Step>) {
        self.queue.extend(steps);
        while let Some(Step { attempt, action }) = self.queue.pop_front() {
            self.perform(attempt, action);
        }
    }

    fn perform(&mut self, attempt: Attempt, action: Action) {
        self.tally.attempts = self.tally.attempts.max(attempt.number().into());
        match action {
            Action::Connect(url) => {
                let tell = self.tell(Some(attempt));
                self.socket = Some(Socket::open(self.line.clone(), url, tell));
            }
            Action::Send(json) => {
                let text = serde_json::to_string(&json).unwrap();
                self.socket.iter().for_each(|socket| socket.text(text.clone()));
            }
            Action::SendRange(range) => {
                self.tally.send(&range);
                let bytes = self.content.bytes(range);
                self.socket.iter().for_each(|socket| socket.bytes(bytes.clone()));
            }
            Action::Request(request) => self.request(attempt, request),
            Action::HangUp => self.hang_up(),
            Action::Wait(wake, after) => self.wait(attempt, wake, after),
            Action::Digest(range) => self.digest(attempt, range),
            Action::Recall => self.tell(Some(attempt))(Event::Recalled(None)),
            Action::CheckFile => self.tell(Some(attempt))(Event::FileIntact),
            Action::Settle(outcome) => self.outcome = Some(outcome),
            // Nothing is resumed here.
            Action::Identify | Action::Hold | Action::LetGo | Action::Forget => {}
            Action::AskId | Action::Keep(_) | Action::Notify(_) => {}
        }
    }

    fn tell(&self, attempt: Option<Attempt>) -> Tell {
        let events = self.events.clone();
        Arc::new(move |event| drop(events.send((attempt, event))))
    }

    fn request(&mut self, attempt: Attempt, request: Request) {
        let id = request.id;
        self.tally.request(id, request.body.range().cloned().unwrap_or_default());
        let (line, content, tell) = (self.line.clone(), self.content, self.tell(Some(attempt)));
        let loading = Arc::clone(&tell);
        self.requests.spawn(async move {
            let loaded = move |bytes| loading(Event::Loaded(id, bytes));
            tell(match http::exchange(line, content, request, loaded).await {
                Ok(response) => Event::Responded(id, response),
                Err(reason) => Event::RequestLost(id, reason),
            });
        });
    }

    fn hang_up(&mut self) {
        self.timers.drain().for_each(|(_, timer)| timer.abort());
        self.requests.abort_all();
        self.socket = None;
    }

    fn wait(&mut self, attempt: Attempt, wake: Wake, after: Duration) {
        let tell = self.tell(Some(attempt));
        let timer = tokio::spawn(async move {
            tokio::time::sleep(after).await;
            tell(Event::Woke(wake));
        });
        if let Some(earlier) = self.timers.insert(wake, timer.abort_handle()) {
            earlier.abort();
        }
    }

    /// The digest of the whole file belongs to no attempt.
    fn digest(&mut self, attempt: Attempt, range: std::ops::Range<u64>) {
        let is_whole = range == (0..self.content.size);
        if is_whole && std::mem::replace(&mut self.is_hashing, true) {
            return;
        }
        let (content, tell) = (self.content, self.tell((!is_whole).then_some(attempt)));
        tokio::task::spawn_blocking(move || {
            let md5 = content.md5(range.clone());
            tell(Event::Digested(range, md5));
        });
    }
}

fn words(event: &Event) -> Option<String> {
    match event {
        Event::Responded(_, response) => Some(response.text.clone()),
        Event::Received(json) => serde_json::to_string(json).ok(),
        Event::Disconnected { code, reason } => Some(format!("closed with {code} {reason}")),
        _ => None,
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.hang_up();
    }
}
